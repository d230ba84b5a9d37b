//! The network of the tasks: subnets and security groups match rd-net's outputs, the load balancer reaches the tasks, and
//! the tasks reach the AWS services that they need to start.

use super::{not_checked, reference};
use crate::service_context::ServiceContext;
use crate::verify::reference::Reference;
use aws_sdk_ecs::types::{Service, TaskDefinition};
use rd_common::Result;
use rd_common::context::Context;
use rd_common::other_program;
use rd_common::output::check_report::CheckStep;
use rd_common::outputs;
use std::collections::BTreeSet;

/// The services that every task needs to start: ECR for the image, S3 for its layers, CloudWatch Logs. Secrets and
/// parameters need more.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html>
const ALWAYS: [&str; 4] = ["ecr.api", "ecr.dkr", "s3", "logs"];

/// Checks the network of a service's tasks: a step for each problem, or one step for each path that is open.
pub async fn check(
    context: &Context,
    service: &ServiceContext,
    live: &Service,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let net = context.load_state("net").await?;
    let Some(net) = net else {
        return Ok(vec![not_checked(
            "network",
            "the state store has no state of rd-net",
        )]);
    };
    let config = live.network_configuration();
    let config = config.and_then(|config| config.awsvpc_configuration());
    let ids = |values: Option<&[String]>| values.unwrap_or_default().iter().cloned().collect();
    let mut steps = vec![
        compare(
            "subnets",
            &ids(config.map(aws_sdk_ecs::types::AwsVpcConfiguration::subnets)),
            net.output(&outputs::net::PRIVATE_SUBNET_IDS),
        ),
        compare(
            "security groups",
            &ids(config.map(aws_sdk_ecs::types::AwsVpcConfiguration::security_groups)),
            net.output(&outputs::net::API_SECURITY_GROUP_ID)
                .map(|id| vec![id]),
        ),
    ];
    if net.resources.is_empty() {
        steps.push(not_checked("network", "rd-net does not manage it"));
        return Ok(steps);
    }
    let ports = live.load_balancers().iter();
    let ports: BTreeSet<i32> = ports
        .filter_map(aws_sdk_ecs::types::LoadBalancer::container_port)
        .collect();
    let mut needed: BTreeSet<&str> = ALWAYS.into();
    for injected in reference::references(definition, &service.ctx().stack) {
        needed.insert(match injected.reference {
            Reference::Secret(..) => "secretsmanager",
            Reference::Parameter(_) => "ssm",
        });
    }
    let (aws, balancer) = tokio::try_join!(
        path_to_aws(context, &needed),
        path_from_load_balancer(context, &ports)
    )?;
    steps.extend(balancer);
    steps.extend(aws);
    Ok(steps)
}

/// Compares what the service has with the output of rd-net.
fn compare(what: &str, has: &BTreeSet<String>, output: Option<Vec<String>>) -> CheckStep {
    let Some(expected) = output else {
        return not_checked(what, "rd-net has no output for it");
    };
    let expected = BTreeSet::from_iter(expected);
    let list = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(", ");
    if *has == expected {
        return CheckStep::new(what, true, list(has));
    }
    let reason = format!(
        "the service has {}, the network has {}: run rd-ecs apply",
        list(has),
        list(&expected)
    );
    CheckStep::new(what, false, reason)
}

async fn path_from_load_balancer(
    context: &Context,
    ports: &BTreeSet<i32>,
) -> Result<Vec<CheckStep>> {
    let mut steps = Vec::new();
    for port in ports {
        let what = format!("network path from the load balancer to port {port}");
        let found = run_rd_net(context, &["check", "alb", "api", &port.to_string()]).await;
        steps.extend(summary(&what, found));
    }
    Ok(steps)
}

/// Checks the network path from the tasks to these AWS services, through an endpoint or through the internet.
pub async fn path_to_aws(context: &Context, services: &BTreeSet<&str>) -> Result<Vec<CheckStep>> {
    let what = "network path to AWS services";
    let found = run_rd_net(context, &["check", "api", "aws", "443"]).await;
    let found = found.map(|found| {
        let relevant = |step: &CheckStep| {
            let service = step.step.strip_prefix("service ");
            service.is_none_or(|service| services.contains(service))
        };
        let blocked = |step: &CheckStep| !step.ok && step.step.starts_with("service ");
        let all: Vec<CheckStep> = found.into_iter().filter(relevant).collect();
        // If every service that is needed can be reached, what blocks the others does not matter.
        let all_reached =
            all.iter().any(|step| step.step.starts_with("service ")) && !all.iter().any(blocked);
        let keep = |step: &CheckStep| !all_reached || step.step.starts_with("service ");
        all.into_iter().filter(keep).collect()
    });
    Ok(summary(what, found))
}

/// One step for each failed one; otherwise one step that says that the path is open, or that it was not checked.
fn summary(what: &str, found: NetworkCheck) -> Vec<CheckStep> {
    let steps = match found {
        Ok(steps) => steps,
        Err(why) => return vec![not_checked(what, &why)],
    };
    let failed: Vec<CheckStep> = steps
        .iter()
        .filter(|step| !step.ok)
        .map(|step| CheckStep::new(format!("{what}: {}", step.step), false, &step.reason))
        .collect();
    match failed.is_empty() {
        true => vec![CheckStep::new(what, true, "open")],
        false => failed,
    }
}

/// The steps of `rd-net check`, or why it could not run.
type NetworkCheck = std::result::Result<Vec<CheckStep>, String>;

async fn run_rd_net(context: &Context, arguments: &[&str]) -> NetworkCheck {
    if other_program::find("net").is_none() {
        return Err("rd-net is not installed".to_owned());
    }
    other_program::checked(context, "net", arguments)
        .await
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_are_compared_in_any_order() {
        let has: BTreeSet<String> = ["b".to_owned(), "a".to_owned()].into();
        assert!(compare("subnets", &has, Some(vec!["a".to_owned(), "b".to_owned()])).ok);
        assert!(!compare("subnets", &has, Some(vec!["a".to_owned()])).ok);
        assert!(
            compare("subnets", &has, None)
                .reason
                .starts_with("not checked")
        );
    }

    #[test]
    fn each_blocked_step_is_a_line() {
        let steps = vec![
            CheckStep::new("a", true, "allowed"),
            CheckStep::new("b", false, "no rule"),
        ];
        let blocked = summary("path", Ok(steps.clone()));
        assert_eq!(blocked, [CheckStep::new("path: b", false, "no rule")]);
        assert!(summary("path", Ok(steps[..1].to_vec()))[0].ok);
        assert!(summary("path", Err("x".to_owned()))[0].ok);
    }
}
