//! Asks IAM's policy simulator what a user or a role may do.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PermissionsBoundaryDecisionDetail,
    PolicyEvaluationDecisionType,
};
use rd_common::aws::Explain;
use rd_common::{Error, Result};

/// A question to the simulator: each of these actions on each of these resources.
#[derive(Clone, Debug, Default)]
pub struct Query<'a> {
    /// The actions, such as `ssm:GetParameters`.
    pub actions: &'a [&'a str],
    /// The ARNs of the resources, or `*`.
    pub resources: &'a [String],
    /// Condition keys of the request, and their values.
    pub context: &'a [(&'a str, Vec<String>)],
}

/// The simulator's answer for one action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The action, such as `ssm:GetParameters`.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// What refuses it; nothing where it is allowed.
    pub refusal: Option<Refusal>,
}

/// What refuses an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// No policy allows it.
    NotAllowed,
    /// A policy denies it.
    Denied,
    /// The permissions boundary does not allow it.
    Boundary,
    /// A service control policy of the organization does not allow it.
    Organization,
}

impl Refusal {
    /// The refusal in words; `what` is the action, or what stands for it.
    pub fn of(self, what: &str) -> String {
        match self {
            Refusal::NotAllowed => format!("no policy allows {what}"),
            Refusal::Denied => format!("a policy denies {what}"),
            Refusal::Boundary => format!("the permissions boundary does not allow {what}"),
            Refusal::Organization => format!("a service control policy does not allow {what}"),
        }
    }
}

impl Verdict {
    /// Whether the user or role may do it.
    pub fn is_allowed(&self) -> bool {
        self.refusal.is_none()
    }

    /// Why not, in words for a message.
    pub fn why(&self) -> String {
        match self.refusal {
            None => format!("{} is allowed", self.action),
            Some(refusal) => refusal.of(&self.action),
        }
    }
}

fn refusal(decision: &PolicyEvaluationDecisionType, limit: Option<Refusal>) -> Option<Refusal> {
    match decision {
        PolicyEvaluationDecisionType::Allowed => None,
        PolicyEvaluationDecisionType::ExplicitDeny => limit.or(Some(Refusal::Denied)),
        _ => limit.or(Some(Refusal::NotAllowed)),
    }
}

/// The verdicts of one result. For several resources it has a decision for each; its own decision is about all of them
/// together.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html>
fn verdicts_of(result: &EvaluationResult) -> Vec<Verdict> {
    let organization = result.organizations_decision_detail();
    let organization = organization.is_some_and(|one| !one.allowed_by_organizations());
    let limit = |boundary: Option<bool>| match (organization, boundary) {
        (true, _) => Some(Refusal::Organization),
        (false, Some(false)) => Some(Refusal::Boundary),
        _ => None,
    };
    let action = result.eval_action_name();
    let each = result.resource_specific_results();
    if each.is_empty() {
        let boundary = result.permissions_boundary_decision_detail();
        return vec![Verdict {
            action: action.to_owned(),
            resource: result.eval_resource_name().unwrap_or_default().to_owned(),
            refusal: refusal(
                result.eval_decision(),
                limit(
                    boundary
                        .map(PermissionsBoundaryDecisionDetail::allowed_by_permissions_boundary),
                ),
            ),
        }];
    }
    each.iter()
        .map(|one| {
            let boundary = one.permissions_boundary_decision_detail();
            Verdict {
                action: action.to_owned(),
                resource: one.eval_resource_name().to_owned(),
                refusal: refusal(
                    one.eval_resource_decision(),
                    limit(
                        boundary.map(
                            PermissionsBoundaryDecisionDetail::allowed_by_permissions_boundary,
                        ),
                    ),
                ),
            }
        })
        .collect()
}

/// The most results of a page: the largest that IAM allows.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
const PAGE: i32 = 1000;

/// Simulates the query for the user or role with this ARN. None where these credentials may not use the simulator; no
/// verdicts where the user or role does not exist.
pub async fn simulate(
    iam: &Client,
    principal: &str,
    query: &Query<'_>,
) -> Result<Option<Vec<Verdict>>> {
    let mut verdicts = Vec::new();
    if query.resources.is_empty() {
        return Ok(Some(verdicts));
    }
    let actions = query.actions.iter().map(|one| (*one).to_owned()).collect();
    let context: Vec<ContextEntry> = query
        .context
        .iter()
        .map(|(key, values)| {
            let one = match values.len() {
                1 => ContextKeyTypeEnum::String,
                _ => ContextKeyTypeEnum::StringList,
            };
            ContextEntry::builder()
                .context_key_name(*key)
                .set_context_key_values(Some(values.clone()))
                .context_key_type(one)
                .build()
        })
        .collect();
    let call = iam
        .simulate_principal_policy()
        .policy_source_arn(principal)
        .set_action_names(Some(actions))
        .set_resource_arns(Some(query.resources.to_vec()))
        .set_context_entries((!context.is_empty()).then_some(context))
        .max_items(PAGE);
    let mut marker = None;
    loop {
        let page = call.clone().set_marker(marker).send().await;
        let answer = match page.doing("simulate the permissions") {
            Err(error) if error.is(&DENIED) => return Ok(None),
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

/// The codes of a call that these credentials have no permission for.
const DENIED: [&str; 3] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
];

/// Whether AWS refused a call because these credentials lack the permission.
pub fn is_denied(error: &Error) -> bool {
    error.is(&DENIED)
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
        assert_eq!(alone[0].refusal, Some(Refusal::Denied));
        assert_eq!(alone[0].resource, "arn:1");
        let both = result
            .resource_specific_results(each("arn:1", PolicyEvaluationDecisionType::Allowed))
            .resource_specific_results(each("arn:2", PolicyEvaluationDecisionType::ExplicitDeny))
            .build()
            .expect("a result");
        let both = verdicts_of(&both);
        assert!(both[0].is_allowed() && both[0].resource == "arn:1");
        assert_eq!(both[1].refusal, Some(Refusal::Denied));
        assert_eq!(both[1].resource, "arn:2");
    }
}
