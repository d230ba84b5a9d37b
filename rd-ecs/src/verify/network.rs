//! The network: subnets and groups as the network's own program has them, the way from the load balancer, and the way to
//! AWS's services, without which no task starts.

use super::{not_checked, reference};
use crate::service_context::ServiceContext;
use crate::verify::reference::Reference;
use aws_sdk_ecs::types::{Service, TaskDefinition};
use rd_common::Result;
use rd_common::context::Context;
use rd_common::other_program;
use rd_common::output::check_report::CheckStep;
use serde_json::Value;
use std::collections::BTreeSet;

/// What every start needs, beside what containers are given: the image, whose layers are in S3, and the logs.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html>
const ALWAYS: [&str; 4] = ["ecr.api", "ecr.dkr", "s3", "logs"];

/// The way of a service's tasks: lines for what is wrong, or one that nothing is.
pub async fn check(
    context: &Context,
    service_context: &ServiceContext,
    service: &Service,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let net = context.load_state("net").await?;
    let Some(net) = net else {
        return Ok(vec![not_checked(
            "network",
            "there is no state of rd-net here",
        )]);
    };
    let config = service.network_configuration();
    let config = config.and_then(|config| config.awsvpc_configuration());
    let has = |values: Option<&[String]>| values.unwrap_or_default().iter().cloned().collect();
    let mut steps = vec![
        same(
            "subnets",
            &has(config.map(aws_sdk_ecs::types::AwsVpcConfiguration::subnets)),
            net.outputs.get("private_subnet_ids"),
        ),
        same(
            "security groups",
            &has(config.map(aws_sdk_ecs::types::AwsVpcConfiguration::security_groups)),
            net.outputs.get("api_security_group_id"),
        ),
    ];
    if net.resources.is_empty() {
        steps.push(not_checked("network", "rd-net did not make it"));
        return Ok(steps);
    }
    let ports = service.load_balancers().iter();
    let ports: BTreeSet<i32> = ports
        .filter_map(aws_sdk_ecs::types::LoadBalancer::container_port)
        .collect();
    let mut needed: BTreeSet<&str> = ALWAYS.into();
    for given in reference::all(definition, &service_context.ctx().stack) {
        needed.insert(match given.reference {
            Reference::Secret(..) => "secretsmanager",
            Reference::Parameter(_) => "ssm",
        });
    }
    let (aws, balancer) = tokio::try_join!(way(context, &needed), from_balancer(context, &ports))?;
    steps.extend(balancer);
    steps.extend(aws);
    Ok(steps)
}

fn same(what: &str, has: &BTreeSet<String>, wanted: Option<&Value>) -> CheckStep {
    let wanted: BTreeSet<String> = match wanted {
        Some(Value::String(one)) => [one.clone()].into(),
        Some(Value::Array(all)) => {
            let all = all.iter().filter_map(Value::as_str);
            all.map(str::to_owned).collect()
        }
        _ => return not_checked(what, "rd-net gives none"),
    };
    let list = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(", ");
    if *has == wanted {
        return CheckStep::new(what, true, list(has));
    }
    let reason = format!(
        "the service has {}, the network {}: run rd-ecs apply",
        list(has),
        list(&wanted)
    );
    CheckStep::new(what, false, reason)
}

async fn from_balancer(context: &Context, ports: &BTreeSet<i32>) -> Result<Vec<CheckStep>> {
    let mut steps = Vec::new();
    for port in ports {
        let what = format!("way from the load balancer to port {port}");
        let found = ask(context, &["check", "alb", "api", &port.to_string()]).await;
        steps.extend(summary(&what, found));
    }
    Ok(steps)
}

/// The way to these services of AWS: through an endpoint, or through the internet.
pub async fn way(context: &Context, services: &BTreeSet<&str>) -> Result<Vec<CheckStep>> {
    let what = "way to AWS's services";
    let found = ask(context, &["check", "api", "aws", "443"]).await;
    let found = found.map(|found| {
        let wanted = |step: &CheckStep| {
            let service = step.step.strip_prefix("service ");
            service.is_none_or(|service| services.contains(service))
        };
        let blocked = |step: &CheckStep| !step.ok && step.step.starts_with("service ");
        let all: Vec<CheckStep> = found.into_iter().filter(wanted).collect();
        // Where every service that is needed is reached, what is in the way of others does not matter.
        let all_reached =
            all.iter().any(|step| step.step.starts_with("service ")) && !all.iter().any(blocked);
        let keep = |step: &CheckStep| !all_reached || step.step.starts_with("service ");
        all.into_iter().filter(keep).collect()
    });
    Ok(summary(what, found))
}

/// What is wrong, line by line; one line where nothing is, or where it was not checked.
fn summary(what: &str, found: Asked) -> Vec<CheckStep> {
    let steps = match found {
        Ok(steps) => steps,
        Err(why) => return vec![not_checked(what, &why)],
    };
    let wrong: Vec<CheckStep> = steps
        .iter()
        .filter(|step| !step.ok)
        .map(|step| CheckStep::new(format!("{what}: {}", step.step), false, &step.reason))
        .collect();
    match wrong.is_empty() {
        true => vec![CheckStep::new(what, true, "nothing blocks")],
        false => wrong,
    }
}

/// The steps that rd-net found, or why it could not be asked.
type Asked = std::result::Result<Vec<CheckStep>, String>;

async fn ask(context: &Context, arguments: &[&str]) -> Asked {
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
    use serde_json::json;

    #[test]
    fn subnets_are_compared_in_any_order() {
        let has: BTreeSet<String> = ["b".to_owned(), "a".to_owned()].into();
        assert!(same("subnets", &has, Some(&json!(["a", "b"]))).ok);
        assert!(!same("subnets", &has, Some(&json!(["a"]))).ok);
        assert!(
            same("subnets", &has, None)
                .reason
                .starts_with("not checked")
        );
    }

    #[test]
    fn what_blocks_is_told_line_by_line() {
        let steps = vec![
            CheckStep::new("a", true, "allowed"),
            CheckStep::new("b", false, "no rule"),
        ];
        let told = summary("way", Ok(steps.clone()));
        assert_eq!(told, [CheckStep::new("way: b", false, "no rule")]);
        assert!(summary("way", Ok(steps[..1].to_vec()))[0].ok);
        assert!(summary("way", Err("x".to_owned()))[0].ok);
    }
}
