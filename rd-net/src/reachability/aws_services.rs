//! Whether a group can reach AWS's services: each through its VPC endpoint where it has one, otherwise through the
//! internet.

use crate::reachability::live_network::{End, LiveEndpoint, LiveRule};
use crate::reachability::trace::trace;
use rd_common::output::check_report::CheckStep;

/// The first word of a service's step; `rd-ecs verify` looks for it.
const STEP_PREFIX: &str = "service";

/// The services that a task needs to start, to run, and for a shell in it. S3 has the layers of images.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html>
pub const SERVICES: [&str; 7] = [
    "ecr.api",
    "ecr.dkr",
    GATEWAY_SERVICE,
    "logs",
    "secretsmanager",
    "ssm",
    "ssmmessages",
];

/// The service with a gateway endpoint: a route leads there, and it has no security group.
const GATEWAY_SERVICE: &str = "s3";

/// Checks a connection from `from` to a TCP port of each service in [`SERVICES`]. `endpoint_group` is the group of the
/// interface endpoints. The steps of the two paths come first, then one step for each service.
pub fn check(
    from: &End,
    endpoint_group: &End,
    endpoints: &[LiveEndpoint],
    port: u16,
    rules: &[LiveRule],
) -> Vec<CheckStep> {
    let to_internet = trace(from, &End::Internet, port, rules);
    let to_endpoints = trace(from, endpoint_group, port, rules);
    let (mut uses_internet, mut uses_endpoints) = (false, false);
    let mut services = Vec::new();
    for service in SERVICES {
        let name = format!("{STEP_PREFIX} {service}");
        let endpoint = endpoints
            .iter()
            .find(|one| one.service == service && one.used);
        let step = match endpoint {
            Some(one) if one.state != "available" => CheckStep::new(
                name,
                false,
                format!(
                    "its endpoint {} is {}: wait, or run rd-net apply",
                    one.id, one.state
                ),
            ),
            Some(one) if service == GATEWAY_SERVICE => {
                // The endpoint has its own route; rules and network ACLs are those for the internet.
                let mut rest = to_internet
                    .iter()
                    .filter(|step| !step.step.starts_with("route "));
                service_step(
                    name,
                    &format!("through its endpoint {}", one.id),
                    rest.find(|step| !step.ok),
                )
            }
            Some(one) => {
                uses_endpoints = true;
                service_step(
                    name,
                    &format!("through its endpoint {}", one.id),
                    to_endpoints.iter().find(|step| !step.ok),
                )
            }
            None => {
                uses_internet = true;
                service_step(
                    name,
                    "through the internet",
                    to_internet.iter().find(|step| !step.ok),
                )
            }
        };
        services.push(step);
    }
    let mut steps = Vec::new();
    if uses_internet {
        steps.extend(to_internet);
    }
    if uses_endpoints {
        steps.extend(to_endpoints);
    }
    steps.dedup();
    steps.extend(services);
    steps
}

/// A service's step: passed unless a step of its path is blocked.
fn service_step(name: String, path: &str, blocked: Option<&CheckStep>) -> CheckStep {
    match blocked {
        None => CheckStep::new(name, true, path),
        Some(step) => CheckStep::new(
            name,
            false,
            format!("{path}, but blocked: {}: {}", step.step, step.reason),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reachability::live_network::{AclEntry, LiveRoute, LiveSubnet};

    fn end(name: &str, routes: &[&str]) -> End {
        let route = |target: &&str| LiveRoute {
            destination: match *target {
                "local" => "10.0.0.0/16".parse().unwrap(),
                _ => "0.0.0.0/0".parse().unwrap(),
            },
            target: (*target).to_owned(),
            blackhole: false,
        };
        let entry = |egress| AclEntry {
            number: 100,
            egress,
            allow: true,
            protocol: "-1".into(),
            ports: None,
            block: "0.0.0.0/0".parse().unwrap(),
        };
        End::Group {
            name: name.into(),
            id: Some(format!("sg-{name}")),
            subnets: vec![LiveSubnet {
                internet_gateway_block_mode: String::new(),
                id: "subnet-1".into(),
                block: "10.0.0.0/20".parse().unwrap(),
                routes: routes.iter().map(route).collect(),
                acl: [true, false].map(entry).to_vec(),
            }],
        }
    }

    fn rule(group: &str, egress: bool, peer: Option<&str>) -> LiveRule {
        LiveRule {
            group: format!("sg-{group}"),
            egress,
            protocol: "tcp".into(),
            from_port: 443,
            to_port: 443,
            peer_block: peer.is_none().then(|| "0.0.0.0/0".parse().unwrap()),
            peer_group: peer.map(|peer| format!("sg-{peer}")),
        }
    }

    fn rules() -> [LiveRule; 2] {
        [
            rule("api", true, None),
            rule("endpoints", false, Some("api")),
        ]
    }

    fn endpoint(service: &str) -> LiveEndpoint {
        LiveEndpoint {
            id: format!("vpce-{service}"),
            service: service.to_owned(),
            state: "available".to_owned(),
            used: true,
        }
    }

    fn reached(endpoints: &[LiveEndpoint], routes: &[&str]) -> Vec<String> {
        let group = end("endpoints", &["local"]);
        let steps = check(&end("api", routes), &group, endpoints, 443, &rules());
        steps
            .iter()
            .filter(|step| step.ok)
            .filter_map(|step| step.step.strip_prefix("service "))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn without_endpoints_all_services_need_the_internet() {
        assert_eq!(reached(&[], &["local", "nat-1"]), SERVICES);
        assert_eq!(reached(&[], &["local"]), Vec::<String>::new());
    }

    #[test]
    fn without_the_internet_only_services_with_an_endpoint_are_reached() {
        let mut endpoints = [endpoint("logs"), endpoint("s3"), endpoint("ssm")];
        assert_eq!(reached(&endpoints, &["local"]), ["s3", "logs", "ssm"]);
        endpoints[0].state = "pending".to_owned();
        endpoints[1].used = false;
        assert_eq!(reached(&endpoints, &["local"]), ["ssm"]);
    }
}
