//! What a role may do, asked of IAM.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use super::is_denied;
use crate::site::Site;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};
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

/// The verdicts; none where these credentials may not ask.
pub async fn simulate(site: &Site, role: &str, asked: &Asked<'_>) -> Result<Option<Vec<Verdict>>> {
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
        let call = site.cx().clients.iam.simulate_principal_policy();
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
        for one in answer.evaluation_results() {
            verdicts.push(Verdict {
                action: one.eval_action_name().to_owned(),
                resource: one.eval_resource_name().unwrap_or_default().to_owned(),
                allowed: *one.eval_decision() == PolicyEvaluationDecisionType::Allowed,
                denied: *one.eval_decision() == PolicyEvaluationDecisionType::ExplicitDeny,
            });
        }
        marker = answer.marker;
        if !answer.is_truncated || marker.is_none() {
            return Ok(Some(verdicts));
        }
    }
}
