//! The front door, part by part.

use crate::clients::Clients;
use crate::config::Config;
use crate::discover::{self, Discovered};
use crate::kinds::certificate::{self, Certificate, record_name, record_value};
use crate::kinds::certificate_validation::{self, CertificateValidation};
use crate::kinds::dns_record::{self, Alias, DnsRecord};
use crate::kinds::listener::{self, Listener, TO_HTTPS};
use crate::kinds::load_balancer::{self, DELETION_PROTECTION, LoadBalancer};
use crate::kinds::target_group::{self, HealthCheck, TargetGroup};
use crate::names::{base, slug};
use rd_common::aws::Aws;
use rd_common::{
    Ctx, DeleteTarget, Document, Input, Kinds, NoArgs, Note, Part, Parts, Problem, Result, Slice,
    Stack, output,
};
use std::collections::{BTreeMap, BTreeSet};

/// The slice.
pub struct Edge;

/// Where the load balancer is in the state.
pub const BALANCER: &str = "edge.load_balancer.main";

/// For how long a record that is no alias is remembered: it changes seldom.
const TTL_SECONDS: i64 = 300;

impl Slice for Edge {
    const NAME: &'static str = "edge";
    type Config = Config;
    type Clients = Clients;
    type Discovered = Discovered;
    type DestroyArgs = NoArgs;

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn clients(aws: &Aws) -> Clients {
        Clients::new(aws)
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new()
            .with::<Certificate>()
            .with::<DnsRecord>()
            .with::<CertificateValidation>()
            .with::<LoadBalancer>()
            .with::<TargetGroup>()
            .with::<Listener>()
    }

    async fn discover(
        clients: Option<&Clients>,
        stack: &Stack,
        config: &Config,
        state: &Document,
    ) -> Result<Discovered> {
        discover::find(clients, stack, config, state).await
    }

    fn parts(stack: &Stack, config: &Config, discovered: &Discovered) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let hosts = config.hosts(stack);
        let certificate = certificate(&mut parts, config, discovered, &hosts);
        let balancer = balancer(&mut parts, stack, config);
        let group = target_group(&mut parts, stack, config);
        let http = |target: Option<Input>| listener::Spec {
            load_balancer_arn: balancer.id(),
            port: 80,
            protocol: "HTTP".to_owned(),
            certificate_arn: None,
            ssl_policy: None,
            redirect: target.is_none().then(|| TO_HTTPS.to_owned()),
            target_group_arn: target,
        };
        let reached = match certificate {
            Some(arn) => {
                let https = parts.add::<Listener>(
                    "https",
                    listener::Spec {
                        load_balancer_arn: balancer.id(),
                        port: 443,
                        protocol: "HTTPS".to_owned(),
                        certificate_arn: Some(arn),
                        ssl_policy: Some(config.ssl_policy.clone()),
                        target_group_arn: Some(group.id()),
                        redirect: None,
                    },
                );
                let http = parts.add::<Listener>("http", http(None));
                // Nobody is sent to a door that is not there.
                parts.after(&http, &https);
                https
            }
            None => parts.add::<Listener>("http", http(Some(group.id()))),
        };
        aliases(&mut parts, config, discovered, &hosts, &balancer, &reached);
        outputs(&mut parts, discovered, &hosts, &balancer, &group, &reached);
        parts
    }

    fn notes(
        stack: &Stack,
        config: &Config,
        discovered: &Discovered,
        state: &Document,
    ) -> Vec<Note> {
        crate::commands::records::notes(stack, config, discovered, state)
    }

    async fn check_destroy(ctx: &Ctx<Clients>, targets: &[DeleteTarget], _: &NoArgs) -> Result<()> {
        for one in targets.iter().filter(|one| one.address == BALANCER) {
            let arn = &one.id;
            let attributes = load_balancer::attributes(ctx, arn).await?;
            let on = attributes.and_then(|mut all| all.remove(DELETION_PROTECTION));
            if on.as_deref() == Some("true") {
                return Err(load_balancer::protected(arn).at(BALANCER));
            }
        }
        Ok(())
    }
}

/// The certificate to be carried; none while there is none that can be. With every name in Route 53 it is waited for;
/// else HTTPS begins with the apply after it was issued.
fn certificate(
    parts: &mut Parts,
    config: &Config,
    discovered: &Discovered,
    hosts: &[String],
) -> Option<Input> {
    if let Some(arn) = &config.certificate_arn {
        return Some(Input::Known(arn.clone()));
    }
    if hosts.is_empty() {
        return None;
    }
    let spec = certificate::Spec {
        names: hosts.to_vec(),
        key_algorithm: config.key_algorithm.clone(),
    };
    let name = spec.node_name();
    let wanted = parts.add::<Certificate>(&name, spec);
    let records = validation_records(parts, config, discovered, hosts, &wanted);
    parts.output(
        "certificate_records",
        wanted.attribute::<serde_json::Value>("validation_records"),
    );
    if discovered.all_in_route53(hosts) {
        let validation = parts.add::<CertificateValidation>(
            &name,
            certificate_validation::Spec {
                certificate_arn: wanted.id(),
            },
        );
        for record in &records {
            parts.after(&validation, record);
        }
        return Some(validation.attribute("certificate_arn"));
    }
    if discovered.issued {
        return Some(wanted.id());
    }
    let carried = discovered.carried.clone()?;
    let name = carried.node_name();
    Some(parts.add::<Certificate>(&name, carried).id())
}

/// One record for all names that need the same one.
fn validation_records(
    parts: &mut Parts,
    config: &Config,
    discovered: &Discovered,
    hosts: &[String],
    certificate: &Part,
) -> Vec<Part> {
    let mut done = BTreeSet::new();
    let mut records = Vec::new();
    for host in hosts {
        let Some(zone) = discovered
            .zones
            .get(host)
            .filter(|_| done.insert(base(host)))
        else {
            continue;
        };
        let record = parts.add::<DnsRecord>(
            &format!("validation-{}", slug(base(host))),
            dns_record::Spec {
                zone_id: zone.clone(),
                name: certificate.attribute(&record_name(host)),
                r#type: "CNAME".to_owned(),
                ttl: Some(TTL_SECONDS),
                value: Some(certificate.attribute(&record_value(host))),
                alias: None,
                overwrite: config.overwrite_dns,
            },
        );
        records.push(record);
    }
    records
}

fn balancer(parts: &mut Parts, stack: &Stack, config: &Config) -> Part {
    let mut attributes: BTreeMap<String, String> = [
        (
            DELETION_PROTECTION,
            config.deletion_protection(stack).to_string(),
        ),
        (
            "idle_timeout.timeout_seconds",
            config.idle_timeout_seconds.to_string(),
        ),
        ("routing.http2.enabled", config.http2.to_string()),
        (
            "routing.http.drop_invalid_header_fields.enabled",
            "true".to_owned(),
        ),
        (
            "access_logs.s3.enabled",
            config.access_logs_bucket.is_some().to_string(),
        ),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    if let Some(bucket) = &config.access_logs_bucket {
        attributes.insert("access_logs.s3.bucket".to_owned(), bucket.clone());
        attributes.insert(
            "access_logs.s3.prefix".to_owned(),
            config.access_logs_prefix.clone(),
        );
    }
    parts.add::<LoadBalancer>(
        "main",
        load_balancer::Spec {
            name: config.name(stack),
            subnet_ids: output("net", "public_subnet_ids"),
            security_group_ids: vec![output("net", "alb_security_group_id")],
            internet_gateway_id: output("net", "internet_gateway_id"),
            attributes,
        },
    )
}

fn target_group(parts: &mut Parts, stack: &Stack, config: &Config) -> Part {
    parts.add::<TargetGroup>(
        "api",
        target_group::Spec {
            name_prefix: stack.name_of("api"),
            load_balancer: config.name(stack),
            vpc_id: output("net", "vpc_id"),
            port: output("net", "app_port"),
            health_check: HealthCheck {
                protocol: "HTTP".to_owned(),
                port: "traffic-port".to_owned(),
                path: config.health_path.clone(),
                codes: config.health_codes.clone(),
                interval_seconds: config.health_interval_seconds,
                timeout_seconds: config.health_timeout_seconds,
                healthy_threshold: config.healthy_threshold,
                unhealthy_threshold: config.unhealthy_threshold,
            },
            attributes: BTreeMap::from([(
                "deregistration_delay.timeout_seconds".to_owned(),
                config.deregistration_delay_seconds.to_string(),
            )]),
        },
    )
}

/// An alias for each name in Route 53, once there is a door behind it. The names of a certificate that is still carried
/// stay with it.
fn aliases(
    parts: &mut Parts,
    config: &Config,
    discovered: &Discovered,
    hosts: &[String],
    balancer: &Part,
    reached: &Part,
) {
    let carried = discovered.carried.iter().flat_map(|carried| &carried.names);
    let all: BTreeSet<&String> = hosts.iter().chain(carried).collect();
    for host in all {
        let Some(zone) = discovered.zones.get(host) else {
            continue;
        };
        let alias = parts.add::<DnsRecord>(
            &slug(host),
            dns_record::Spec {
                zone_id: zone.clone(),
                name: Input::Known(host.clone()),
                r#type: "A".to_owned(),
                ttl: None,
                value: None,
                alias: Some(Alias {
                    dns_name: balancer.attribute("dns_name"),
                    zone_id: balancer.attribute("zone_id"),
                    evaluate_target_health: false,
                }),
                overwrite: config.overwrite_dns,
            },
        );
        parts.after(&alias, reached);
    }
}

fn outputs(
    parts: &mut Parts,
    discovered: &Discovered,
    hosts: &[String],
    balancer: &Part,
    group: &Part,
    reached: &Part,
) {
    let attribute = |part: &Part, name: &str| part.attribute::<String>(name);
    parts.output("alb_arn", balancer.id());
    parts.output("alb_arn_suffix", attribute(balancer, "arn_suffix"));
    parts.output("alb_dns_name", attribute(balancer, "dns_name"));
    parts.output("alb_zone_id", attribute(balancer, "zone_id"));
    // Known only when a listener leads to it: ECS refuses a service in a group that no load balancer uses.
    parts.output("target_group_arn", attribute(reached, "target_group_arn"));
    parts.output("target_group_arn_suffix", attribute(group, "arn_suffix"));
    let https = parts
        .nodes
        .iter()
        .any(|node| node.address == "edge.listener.https");
    parts.output("https", https);
    let carried = discovered.carried.as_ref().map(|carried| &carried.names);
    let url = match carried.and_then(|names| names.first()).or(hosts.first()) {
        Some(host) if https => serde_json::json!(format!("https://{host}")),
        Some(host) if discovered.zones.contains_key(host) => {
            serde_json::json!(format!("http://{host}"))
        }
        _ => serde_json::Value::Null,
    };
    parts.output("url", url);
}
