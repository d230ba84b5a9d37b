//! What a role may do, asked of IAM.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use super::is_denied;
use crate::service_context::ServiceContext;
use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType,
};
use rd_common::Result;
use rd_common::aws::Explain;

/// What is asked: these actions, each at each of these resources.
#[derive(Clone, Debug, Default)]
pub struct Asked<'a> {
    /// The actions: `ssm:GetParameters`.
    pub actions: &'a [&'a str],
    /// The resources' ARNs, or `*`.
    pub resources: &'a [String],
    /// Condition keys and their values.
    pub context: &'a [(&'a str, String)],
}

/// Whether one action is allowed at one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Whether it is.
    pub allowed: bool,
    /// Whether something forbids it, rather than nothing allowing it.
    pub denied: bool,
}

impl Verdict {
    /// Why it is not allowed.
    pub fn why(&self) -> String {
        match self.denied {
            true => format!("a policy denies {}", self.action),
            false => format!("no policy allows {}", self.action),
        }
    }
}

fn verdict(action: &str, resource: &str, decision: &PolicyEvaluationDecisionType) -> Verdict {
    Verdict {
        action: action.to_owned(),
        resource: resource.to_owned(),
        allowed: *decision == PolicyEvaluationDecisionType::Allowed,
        denied: *decision == PolicyEvaluationDecisionType::ExplicitDeny,
    }
}

/// Of several resources, a result has one decision for each in it; what it says itself is of all of them together.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html>
fn verdicts_of(result: &EvaluationResult) -> Vec<Verdict> {
    let action = result.eval_action_name();
    let each = result.resource_specific_results();
    if each.is_empty() {
        let resource = result.eval_resource_name().unwrap_or_default();
        return vec![verdict(action, resource, result.eval_decision())];
    }
    each.iter()
        .map(|one| {
            verdict(
                action,
                one.eval_resource_name(),
                one.eval_resource_decision(),
            )
        })
        .collect()
}

/// The verdicts; none where these credentials may not ask.
pub async fn simulate(
    service_context: &ServiceContext,
    role: &str,
    asked: &Asked<'_>,
) -> Result<Option<Vec<Verdict>>> {
    let mut verdicts = Vec::new();
    if asked.resources.is_empty() {
        return Ok(Some(verdicts));
    }
    let strings = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    let mut context = Vec::new();
    for (key, value) in asked.context {
        let entry = ContextEntry::builder().context_key_name(*key);
        let entry = entry
            .context_key_values(value)
            .context_key_type(ContextKeyTypeEnum::String);
        context.push(entry.build());
    }
    let context = (!context.is_empty()).then_some(context);
    let mut marker = None;
    loop {
        let call = service_context
            .ctx()
            .clients
            .iam
            .simulate_principal_policy();
        let call = call
            .policy_source_arn(role)
            .set_action_names(Some(strings(asked.actions)))
            .set_resource_arns(Some(asked.resources.to_vec()))
            .set_context_entries(context.clone())
            .set_marker(marker);
        let answer = match call.send().await.doing("ask what the role may do") {
            Err(error) if is_denied(&error) => return Ok(None),
            // It is not there, which has a line of its own.
            Err(error) if error.is(&["NoSuchEntity"]) => return Ok(Some(Vec::new())),
            other => other?,
        };
        verdicts.extend(answer.evaluation_results().iter().flat_map(verdicts_of));
        marker = answer.marker;
        if !answer.is_truncated || marker.is_none() {
            return Ok(Some(verdicts));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_iam::types::ResourceSpecificResult;

    #[test]
    fn of_several_resources_each_has_its_verdict() {
        let each = |resource: &str, decision| {
            ResourceSpecificResult::builder()
                .eval_resource_name(resource)
                .eval_resource_decision(decision)
                .build()
                .expect("a result")
        };
        let result = EvaluationResult::builder()
            .eval_action_name("a:B")
            .eval_resource_name("arn:1")
            .eval_decision(PolicyEvaluationDecisionType::ExplicitDeny);
        let alone = verdicts_of(&result.clone().build().expect("a result"));
        assert_eq!(alone.len(), 1);
        assert!(alone[0].denied && alone[0].resource == "arn:1");
        let both = result
            .resource_specific_results(each("arn:1", PolicyEvaluationDecisionType::Allowed))
            .resource_specific_results(each("arn:2", PolicyEvaluationDecisionType::ExplicitDeny))
            .build()
            .expect("a result");
        let both = verdicts_of(&both);
        assert!(both[0].allowed && both[0].resource == "arn:1");
        assert!(both[1].denied && both[1].resource == "arn:2");
    }
}
