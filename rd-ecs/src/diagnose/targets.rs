//! The targets of the load balancer: who is not well, and why.

use super::finding::Finding;
use super::rules::{Rank, of_target};
use crate::service_context::ServiceContext;
use aws_sdk_ecs::types::Service;
use aws_sdk_elasticloadbalancingv2::types::TargetGroup;
use rd_common::Result;
use rd_common::aws::Explain;
use serde::Serialize;

/// A target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// Its address.
    pub address: String,
    /// Its port.
    pub port: Option<i32>,
    /// AWS's word for how it is: `healthy`, `unhealthy`, …
    pub state: String,
    /// AWS's code for why.
    pub reason: Option<String>,
    /// AWS's words for why.
    pub description: Option<String>,
    /// What it is asked: `GET /health, 200 within 5 s, every 15 s`.
    pub asked: String,
}

/// All of them.
pub async fn read(service_context: &ServiceContext, service: &Service) -> Result<Vec<Target>> {
    let mut all = Vec::new();
    for balancer in service.load_balancers() {
        let Some(arn) = balancer.target_group_arn() else {
            continue;
        };
        match group(service_context, arn).await {
            Ok(targets) => all.extend(targets),
            // That it is gone is told by what a start needs.
            Err(error) if error.is(&["TargetGroupNotFound", "TargetGroupNotFoundException"]) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

async fn group(service_context: &ServiceContext, arn: &str) -> Result<Vec<Target>> {
    let elb = &service_context.ctx().clients.elb;
    let (group, health) = tokio::try_join!(
        async {
            let call = elb.describe_target_groups().target_group_arns(arn).send();
            call.await.doing("read the target group")
        },
        async {
            let call = elb.describe_target_health().target_group_arn(arn).send();
            call.await.doing("read how the targets are")
        },
    )?;
    let asked = group.target_groups().first().map(asked).unwrap_or_default();
    let descriptions = health.target_health_descriptions().iter();
    Ok(descriptions
        .map(|one| {
            let (target, health) = (one.target(), one.target_health());
            Target {
                address: target.and_then(|t| t.id()).unwrap_or_default().to_owned(),
                port: target
                    .and_then(aws_sdk_elasticloadbalancingv2::types::TargetDescription::port),
                state: health
                    .and_then(|health| health.state())
                    .map(|state| state.as_str().to_owned())
                    .unwrap_or_default(),
                reason: health
                    .and_then(|health| health.reason())
                    .map(|reason| reason.as_str().to_owned()),
                description: health
                    .and_then(|health| health.description())
                    .map(str::to_owned),
                asked: asked.clone(),
            }
        })
        .collect())
}

fn asked(group: &TargetGroup) -> String {
    let codes = group.matcher().and_then(|matcher| matcher.http_code());
    format!(
        "GET {}, {} within {} s, every {} s",
        group.health_check_path().unwrap_or("/"),
        codes.unwrap_or("200"),
        group.health_check_timeout_seconds().unwrap_or_default(),
        group.health_check_interval_seconds().unwrap_or_default(),
    )
}

/// The findings of them. `initial` and `draining` targets come and go.
pub fn of(targets: &[Target]) -> Vec<Finding> {
    let ill = targets
        .iter()
        .filter(|target| !["healthy", "initial", "draining"].contains(&target.state.as_str()));
    ill.map(|target| {
        let reason = target.reason.as_deref().unwrap_or_default();
        let said = target.description.as_deref().unwrap_or_default();
        let port = target.port.unwrap_or_default();
        let text = format!(
            "{}:{port} is {}: {reason} {said} ({})",
            target.address, target.state, target.asked
        );
        match of_target(reason) {
            Some(rule) => Finding::by(rule, text),
            None => Finding::own(
                "target-unknown",
                Rank::Health,
                "a target of the load balancer is not well, for a reason that is not known here",
                "look it up at https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html",
            )
            .saying(text),
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(state: &str, reason: &str) -> Target {
        Target {
            address: "10.0.16.4".to_owned(),
            port: Some(3001),
            state: state.to_owned(),
            reason: Some(reason.to_owned()),
            description: Some("Health checks failed with these codes: [502]".to_owned()),
            asked: "GET /health, 200 within 5 s, every 15 s".to_owned(),
        }
    }

    #[test]
    fn who_is_not_well_is_told_with_the_reason() {
        let targets = [
            target("healthy", ""),
            target("draining", "Target.DeregistrationInProgress"),
            target("unhealthy", "Target.ResponseCodeMismatch"),
            target("unhealthy", "Target.Grumpy"),
        ];
        let found = of(&targets);
        let rules: Vec<&str> = found.iter().map(|one| one.rule.as_str()).collect();
        assert_eq!(rules, ["target-wrong-code", "target-unknown"]);
        assert!(found[0].evidence[0].contains("[502]") && found[0].evidence[0].contains("/health"));
        assert!(found[1].evidence[0].contains("Target.Grumpy"));
    }
}
