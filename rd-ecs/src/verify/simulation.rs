//! Asks IAM's policy simulator what a role may do.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use super::is_denied;
use crate::service_context::ServiceContext;
use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType,
};
use rd_common::Result;
use rd_common::aws::Explain;

/// A question to the simulator: each of these actions on each of these resources.
#[derive(Clone, Debug, Default)]
pub struct Query<'a> {
    /// The actions, such as `ssm:GetParameters`.
    pub actions: &'a [&'a str],
    /// The ARNs of the resources, or `*`.
    pub resources: &'a [String],
    /// Condition keys of the request, and their values.
    pub context: &'a [(&'a str, String)],
}

/// The simulator's answer for one action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The action, such as `ssm:GetParameters`.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// Whether the role may do it.
    pub allowed: bool,
    /// Whether a policy denies it, instead of none allowing it.
    pub denied: bool,
}

impl Verdict {
    /// Why the role may not do it, in words for a message.
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

/// The verdicts of one result. For several resources it has a decision for each; its own decision is about all of them
/// together.
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

/// Simulates the query for the role with this ARN. None where these credentials may not use the simulator; no verdicts
/// where the role does not exist.
pub async fn simulate(
    service: &ServiceContext,
    role: &str,
    query: &Query<'_>,
) -> Result<Option<Vec<Verdict>>> {
    let mut verdicts = Vec::new();
    if query.resources.is_empty() {
        return Ok(Some(verdicts));
    }
    let strings = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    let mut context = Vec::new();
    for (key, value) in query.context {
        let entry = ContextEntry::builder().context_key_name(*key);
        let entry = entry
            .context_key_values(value)
            .context_key_type(ContextKeyTypeEnum::String);
        context.push(entry.build());
    }
    let context = (!context.is_empty()).then_some(context);
    let mut marker = None;
    loop {
        let call = service.ctx().clients.iam.simulate_principal_policy();
        let call = call
            .policy_source_arn(role)
            .set_action_names(Some(strings(query.actions)))
            .set_resource_arns(Some(query.resources.to_vec()))
            .set_context_entries(context.clone())
            .set_marker(marker);
        let answer = match call.send().await.doing("simulate the role's permissions") {
            Err(error) if is_denied(&error) => return Ok(None),
            // A missing role has a step of its own.
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
    fn each_resource_has_its_own_verdict() {
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
