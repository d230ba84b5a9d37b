//! Whether AWS's services can be reached: each through its endpoint where it has one, else through the internet. Pure.

use crate::path::{End, Rule, follow};
use rd_common::output::check_report::CheckStep;

/// What the steps of the services begin with.
const SERVICE: &str = "service";

/// The services that tasks, their start and a shell in them need; of S3, the one whose endpoint is a gateway.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html>
pub const SERVICES: [&str; 7] = [
    "ecr.api",
    "ecr.dkr",
    GATEWAY,
    "logs",
    "secretsmanager",
    "ssm",
    "ssmmessages",
];

/// The service behind a gateway endpoint: a route leads to it, and no group stands before it.
const GATEWAY: &str = "s3";

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// The service, without region: `ecr.api`.
    pub service: String,
    /// AWS's word for how it is, in lower case.
    pub state: String,
    /// Whether the callers' subnets use it: a route leads to it, or the service's own name does.
    pub used: bool,
}

/// The way from a group to the services.
pub fn reach(
    from: &End,
    doors: &End,
    endpoints: &[Endpoint],
    port: u16,
    rules: &[Rule],
) -> Vec<CheckStep> {
    let internet = follow(from, &End::Internet, port, rules);
    let inside = follow(from, doors, port, rules);
    let (mut by_internet, mut by_door) = (false, false);
    let mut services = Vec::new();
    for service in SERVICES {
        let what = format!("{SERVICE} {service}");
        let endpoint = endpoints
            .iter()
            .find(|one| one.service == service && one.used);
        let step = match endpoint {
            Some(one) if one.state != "available" => CheckStep::new(
                what,
                false,
                format!(
                    "its endpoint {} is {}: wait, or run rd-net apply",
                    one.id, one.state
                ),
            ),
            Some(one) if service == GATEWAY => {
                // The route is the gateway's own; groups and network ACLs are as for the internet.
                let mut rest = internet
                    .iter()
                    .filter(|step| !step.step.starts_with("route "));
                through(
                    what,
                    &format!("through its endpoint {}", one.id),
                    rest.find(|step| !step.ok),
                )
            }
            Some(one) => {
                by_door = true;
                let way = format!("through its endpoint {}", one.id);
                through(what, &way, inside.iter().find(|step| !step.ok))
            }
            None => {
                by_internet = true;
                through(
                    what,
                    "through the internet",
                    internet.iter().find(|step| !step.ok),
                )
            }
        };
        services.push(step);
    }
    let mut steps = Vec::new();
    if by_internet {
        steps.extend(internet);
    }
    if by_door {
        steps.extend(inside);
    }
    steps.dedup();
    steps.extend(services);
    steps
}

fn through(what: String, way: &str, blocked: Option<&CheckStep>) -> CheckStep {
    match blocked {
        None => CheckStep::new(what, true, way),
        Some(step) => CheckStep::new(
            what,
            false,
            format!(
                "{way}, where something blocks: {}: {}",
                step.step, step.reason
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::{Entry, Hop, Subnet};

    fn end(name: &str, routes: &[&str]) -> End {
        let hop = |target: &&str| Hop {
            destination: match *target {
                "local" => "10.0.0.0/16".parse().unwrap(),
                _ => "0.0.0.0/0".parse().unwrap(),
            },
            target: (*target).to_owned(),
            blackhole: false,
        };
        let entry = |egress| Entry {
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
            subnets: vec![Subnet {
                id: "subnet-1".into(),
                block: "10.0.0.0/20".parse().unwrap(),
                routes: routes.iter().map(hop).collect(),
                acl: [true, false].map(entry).to_vec(),
            }],
        }
    }

    fn rule(group: &str, egress: bool, peer: Option<&str>) -> Rule {
        Rule {
            group: format!("sg-{group}"),
            egress,
            protocol: "tcp".into(),
            from_port: 443,
            to_port: 443,
            block: peer.is_none().then(|| "0.0.0.0/0".parse().unwrap()),
            peer: peer.map(|peer| format!("sg-{peer}")),
        }
    }

    fn rules() -> [Rule; 2] {
        [
            rule("api", true, None),
            rule("endpoints", false, Some("api")),
        ]
    }

    fn endpoint(service: &str) -> Endpoint {
        Endpoint {
            id: format!("vpce-{service}"),
            service: service.to_owned(),
            state: "available".to_owned(),
            used: true,
        }
    }

    fn reached(endpoints: &[Endpoint], routes: &[&str]) -> Vec<String> {
        let doors = end("endpoints", &["local"]);
        let steps = reach(&end("api", routes), &doors, endpoints, 443, &rules());
        steps
            .iter()
            .filter(|step| step.ok)
            .filter_map(|step| step.step.strip_prefix("service "))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn all_through_the_internet() {
        assert_eq!(reached(&[], &["local", "nat-1"]), SERVICES);
        assert_eq!(reached(&[], &["local"]), Vec::<String>::new());
    }

    #[test]
    fn without_the_internet_those_with_an_endpoint() {
        let mut endpoints = [endpoint("logs"), endpoint("s3"), endpoint("ssm")];
        assert_eq!(reached(&endpoints, &["local"]), ["s3", "logs", "ssm"]);
        endpoints[0].state = "pending".to_owned();
        endpoints[1].used = false;
        assert_eq!(reached(&endpoints, &["local"]), ["ssm"]);
    }
}
