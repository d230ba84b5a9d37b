//! The targets of the load balancer: which are unhealthy, and why.

use super::finding::Finding;
use super::rules::{Rank, of_target};
use crate::service_context::ServiceContext;
use aws_sdk_ecs::types::Service;
use aws_sdk_elasticloadbalancingv2::types::TargetGroup;
use rd_common::Result;
use rd_common::aws::Explain;
use serde::Serialize;

/// A target of the service's target group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The target's IP address.
    pub address: String,
    /// The port of the target.
    pub port: Option<i32>,
    /// AWS's state: `healthy`, `unhealthy`, …
    pub state: String,
    /// AWS's code for the reason, such as `Target.Timeout`.
    pub reason: Option<String>,
    /// AWS's description of the reason.
    pub description: Option<String>,
    /// The health check: `GET /health, 200 within 5 s, every 15 s`.
    pub asked: String,
}

/// The targets of every target group of the service.
pub async fn read(service: &ServiceContext, live: &Service) -> Result<Vec<Target>> {
    let mut all = Vec::new();
    for balancer in live.load_balancers() {
        let Some(arn) = balancer.target_group_arn() else {
            continue;
        };
        match group(service, arn).await {
            Ok(targets) => all.extend(targets),
            // A missing target group is a finding of the checks.
            Err(error) if error.is(&["TargetGroupNotFound", "TargetGroupNotFoundException"]) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

async fn group(service: &ServiceContext, arn: &str) -> Result<Vec<Target>> {
    let elb = &service.ctx().clients.elb;
    let (group, health) = tokio::try_join!(
        async {
            let call = elb.describe_target_groups().target_group_arns(arn).send();
            call.await.doing("read the target group")
        },
        async {
            let call = elb.describe_target_health().target_group_arn(arn).send();
            call.await.doing("read the targets' health")
        },
    )?;
    let asked = group
        .target_groups()
        .first()
        .map(health_check)
        .unwrap_or_default();
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

/// The settings of the health check as one text.
fn health_check(group: &TargetGroup) -> String {
    let codes = group.matcher().and_then(|matcher| matcher.http_code());
    format!(
        "GET {}, {} within {} s, every {} s",
        group.health_check_path().unwrap_or("/"),
        codes.unwrap_or("200"),
        group.health_check_timeout_seconds().unwrap_or_default(),
        group.health_check_interval_seconds().unwrap_or_default(),
    )
}

/// A finding for each unhealthy target. The states `initial` and `draining` are part of every deployment.
pub fn findings(targets: &[Target]) -> Vec<Finding> {
    let unhealthy = targets
        .iter()
        .filter(|target| !["healthy", "initial", "draining"].contains(&target.state.as_str()));
    unhealthy.map(|target| {
        let reason = target.reason.as_deref().unwrap_or_default();
        let description = target.description.as_deref().unwrap_or_default();
        let port = target.port.unwrap_or_default();
        let text = format!(
            "{}:{port} is {}: {reason} {description} ({})",
            target.address, target.state, target.asked
        );
        match of_target(reason) {
            Some(rule) => Finding::by(rule, text),
            None => Finding::new(
                "target-unknown",
                Rank::Health,
                "a target of the load balancer is unhealthy, for a reason that rd does not know",
                "look it up at https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html",
            )
            .with_evidence(text),
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
    fn unhealthy_targets_are_found_with_the_reason() {
        let targets = [
            target("healthy", ""),
            target("draining", "Target.DeregistrationInProgress"),
            target("unhealthy", "Target.ResponseCodeMismatch"),
            target("unhealthy", "Target.Grumpy"),
        ];
        let found = findings(&targets);
        let rules: Vec<&str> = found.iter().map(|one| one.rule.as_str()).collect();
        assert_eq!(rules, ["target-wrong-code", "target-unknown"]);
        assert!(found[0].evidence[0].contains("[502]") && found[0].evidence[0].contains("/health"));
        assert!(found[1].evidence[0].contains("Target.Grumpy"));
    }
}
