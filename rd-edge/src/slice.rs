//! The slice `edge`: its resource list, its outputs, and the check before a destroy.

use crate::addresses::Record;
use crate::clients::Clients;
use crate::config::Config;
use crate::config::rules::RuleConfig;
use crate::discover::{self, Discovered};
use crate::domain_names::base;
use crate::kinds::certificate::{self, Certificate};
use crate::kinds::certificate_validation::{self, CertificateValidation};
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::dns_record::model::{Alias, Spec as RecordSpec};
use crate::kinds::listener::{self, Listener};
use crate::kinds::listener_certificate::{self, ListenerCertificate};
use crate::kinds::listener_rule::{self, Conditions, ListenerRule};
use crate::kinds::load_balancer::{self, DELETION_PROTECTION, DROP_INVALID_HEADERS, LoadBalancer};
use crate::kinds::target_group::{self, HealthCheck, TargetGroup};
use crate::manual_records;
use crate::permissions;
use crate::redirect::Redirect;
use crate::scan;
use rd_common::aws::Aws;
use rd_common::outputs::{edge, net};
use rd_common::permissions::{Call, OF_EVERY_PROGRAM, Resources};
use rd_common::{
    Ctx, DeleteTarget, Document, Input, Kinds, Note, Part, Parts, Problem, Result, ScanRequest,
    Slice, Stack, TerraformResources,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The public entry of a stack.
pub struct Edge;

/// For how many seconds resolvers cache a validation record, which rarely changes.
const TTL_SECONDS: i64 = 300;

/// Flags that only `rd-edge destroy` has.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DestroyArgs {
    /// Delete the DNS records that validate the certificate, too: by default they stay, since ACM renews the certificates
    /// of the same names with them, in every region of the account
    #[arg(long)]
    delete_validation_records: bool,
}

impl Slice for Edge {
    const NAME: &'static str = "edge";
    type Config = Config;
    type Clients = Clients;
    type Discovered = Discovered;
    type DestroyArgs = DestroyArgs;

    const CALLS: &'static [&'static [Call]] = &[
        permissions::CALLS,
        rd_iam::permissions::SERVICE_LINKED_ROLES,
        OF_EVERY_PROGRAM,
    ];

    fn resources(stack: &Stack, config: &Config) -> Resources {
        permissions::resources(stack, config)
    }

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn needs_two_zones(_: &Self::Config) -> Option<&'static str> {
        Some(
            "one zone cannot carry a load balancer: Elastic Load Balancing refuses fewer than two subnets in different zones",
        )
    }

    fn clients(aws: &Aws, _: &Stack, _: &Config) -> Clients {
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
            .with::<ListenerCertificate>()
            .with::<ListenerRule>()
    }

    async fn discover(
        clients: Option<&Clients>,
        stack: &Stack,
        config: &Config,
        state: &Document,
        seen: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Discovered> {
        discover::discover(clients, stack, config, state, seen).await
    }

    fn parts(stack: &Stack, config: &Config, discovered: &Discovered) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let hosts = config.hosts(stack);
        let certificate = add_certificate(&mut parts, config, discovered, &hosts);
        let balancer = add_load_balancer(&mut parts, stack, config);
        let group = add_target_group(&mut parts, stack, config);
        let http = |target: Option<Input>| listener::Spec {
            load_balancer_arn: balancer.id(),
            port: 80,
            protocol: "HTTP".to_owned(),
            certificate_arn: None,
            ssl_policy: None,
            redirect: target.is_none().then(|| Redirect::to_https().to_string()),
            target_group_arn: target,
        };
        let forwarding = match certificate {
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
                add_certificates(&mut parts, config, &https);
                let http = parts.add::<Listener>("http", http(None));
                // Clients are redirected only once HTTPS works.
                parts.after(&http, &https);
                https
            }
            None => parts.add::<Listener>("http", http(Some(group.id()))),
        };
        for (name, rule) in &config.rules {
            add_rule(&mut parts, name, rule, &forwarding, &group);
        }
        add_aliases(
            &mut parts,
            config,
            discovered,
            &hosts,
            &balancer,
            &forwarding,
        );
        set_outputs(
            &mut parts,
            discovered,
            &hosts,
            &balancer,
            &group,
            &forwarding,
        );
        parts
    }

    fn notes(
        stack: &Stack,
        config: &Config,
        discovered: &Discovered,
        state: &Document,
    ) -> Vec<Note> {
        manual_records::notes(stack, config, discovered, state)
    }

    async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
        scan::scan(ctx, request).await
    }

    async fn check_destroy(
        ctx: &Ctx<Clients>,
        targets: &[DeleteTarget],
        _: &DestroyArgs,
    ) -> Result<()> {
        for target in targets
            .iter()
            .filter(|one| one.address == load_balancer::ADDRESS)
        {
            let arn = &target.id;
            let attributes = load_balancer::read_attributes(ctx, arn).await?;
            let on = attributes.and_then(|mut all| all.remove(DELETION_PROTECTION));
            if on.as_deref() == Some("true") {
                return Err(load_balancer::protected(arn).at(load_balancer::ADDRESS));
            }
        }
        Ok(())
    }

    async fn before_destroy(
        ctx: &Ctx<Clients>,
        _: &[DeleteTarget],
        args: &DestroyArgs,
    ) -> Result<()> {
        let delete = args.delete_validation_records;
        ctx.clients.delete_validation_records.set(delete);
        Ok(())
    }
}

/// Adds the certificate and what validates it. Returns the certificate that the listener serves; none while none is
/// issued. If every name is in Route 53, the apply waits for it; otherwise the apply after it was issued enables HTTPS.
fn add_certificate(
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
    let spec = certificate::model::Spec::new(hosts, &config.key_algorithm);
    let name = &discovered.certificate_name;
    let desired = parts.add::<Certificate>(name, spec);
    let records = add_validation_records(parts, config, discovered, hosts, &desired);
    parts.output(
        edge::CERTIFICATE_RECORDS,
        desired
            .attribute(Certificate::VALIDATION_RECORDS)
            .into_value(),
    );
    if discovered.all_in_route53(hosts) {
        let validation = parts.add::<CertificateValidation>(
            name,
            certificate_validation::Spec {
                certificate_arn: desired.id(),
            },
        );
        for record in &records {
            parts.after(&validation, record);
        }
        return Some(validation.attribute(CertificateValidation::CERTIFICATE_ARN));
    }
    if discovered.issued {
        return Some(desired.id());
    }
    let previous = discovered.previous.clone()?;
    let name = &discovered.previous_name;
    Some(parts.add::<Certificate>(name, previous).id())
}

/// Adds a validation record for each name in Route 53; names that need the same record share it.
fn add_validation_records(
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
            &discovered.record_names.of(&Record::validation(host)),
            RecordSpec {
                zone_id: zone.clone(),
                name: certificate.attribute(Certificate::record_name(host, hosts)),
                r#type: "CNAME".to_owned(),
                ttl: Some(TTL_SECONDS),
                value: Some(certificate.attribute(Certificate::record_value(host, hosts))),
                alias: None,
                overwrite: config.overwrite_dns,
            },
        );
        records.push(record);
    }
    records
}

fn add_load_balancer(parts: &mut Parts, stack: &Stack, config: &Config) -> Part {
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
        (DROP_INVALID_HEADERS, "true".to_owned()),
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
            subnet_ids: net::PUBLIC_SUBNET_IDS.input(),
            security_group_ids: vec![net::ALB_SECURITY_GROUP_ID.input()],
            internet_gateway_id: net::INTERNET_GATEWAY_ID.input(),
            attributes,
        },
    )
}

fn add_target_group(parts: &mut Parts, stack: &Stack, config: &Config) -> Part {
    parts.add::<TargetGroup>(
        "api",
        target_group::Spec {
            name_prefix: stack.name_of("api"),
            load_balancer: config.name(stack),
            vpc_id: net::VPC_ID.input(),
            port: net::APP_PORT.input(),
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
            attributes: target_group_attributes(config),
        },
    )
}

fn target_group_attributes(config: &Config) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::from([(
        "deregistration_delay.timeout_seconds".to_owned(),
        config.deregistration_delay_seconds.to_string(),
    )]);
    if let Some(seconds) = config.stickiness_seconds {
        attributes.insert("stickiness.enabled".to_owned(), (seconds > 0).to_string());
        if seconds > 0 {
            attributes.insert("stickiness.type".to_owned(), "lb_cookie".to_owned());
            attributes.insert(
                "stickiness.lb_cookie.duration_seconds".to_owned(),
                seconds.to_string(),
            );
        }
    }
    attributes
}

/// Adds the certificates that the HTTPS listener serves besides its own, each under the end of its ARN.
fn add_certificates(parts: &mut Parts, config: &Config, https: &Part) {
    for arn in &config.certificates {
        parts.add::<ListenerCertificate>(
            arn.rsplit('/').next().unwrap_or(arn),
            listener_certificate::Spec {
                listener_arn: https.id(),
                certificate_arn: arn.clone(),
            },
        );
    }
}

/// Adds a rule of the listener that forwards to the service.
fn add_rule(parts: &mut Parts, name: &str, rule: &RuleConfig, listener: &Part, group: &Part) {
    let response = rule
        .status
        .map(|status| listener_rule::response(&status.to_string(), "text/plain", &rule.body));
    let redirect = rule.redirect.as_deref().and_then(Redirect::of_url);
    let forwards = response.is_none() && redirect.is_none();
    parts.add::<ListenerRule>(
        name,
        listener_rule::Spec {
            listener_arn: listener.id(),
            priority: rule.priority,
            conditions: Conditions {
                hosts: rule.hosts.clone(),
                paths: rule.paths.clone(),
                methods: rule.methods.clone(),
                source_ips: rule.source_ips.clone(),
            },
            target_group_arn: forwards.then(|| group.id()),
            response,
            redirect: redirect.map(|to| to.to_string()),
        },
    );
}

/// Adds an alias record for each name in Route 53, created after the listener `forwarding`. The names of the previous
/// certificate keep theirs as long as it is served.
fn add_aliases(
    parts: &mut Parts,
    config: &Config,
    discovered: &Discovered,
    hosts: &[String],
    balancer: &Part,
    forwarding: &Part,
) {
    let previous = discovered.previous.iter().flat_map(|one| &one.names);
    let all: BTreeSet<&String> = hosts.iter().chain(previous).collect();
    for host in all {
        let Some(zone) = discovered.zones.get(host) else {
            continue;
        };
        let alias = parts.add::<DnsRecord>(
            &discovered.record_names.of(&Record::alias(host)),
            RecordSpec {
                zone_id: zone.clone(),
                name: Input::Known(host.clone()),
                r#type: "A".to_owned(),
                ttl: None,
                value: None,
                alias: Some(Alias {
                    dns_name: balancer.attribute(LoadBalancer::DNS_NAME),
                    zone_id: balancer.attribute(LoadBalancer::ZONE_ID),
                    evaluate_target_health: false,
                }),
                overwrite: config.overwrite_dns,
            },
        );
        parts.after(&alias, forwarding);
    }
}

fn set_outputs(
    parts: &mut Parts,
    discovered: &Discovered,
    hosts: &[String],
    balancer: &Part,
    group: &Part,
    forwarding: &Part,
) {
    parts.output(edge::ALB_ARN, balancer.id());
    parts.output(
        edge::ALB_ARN_SUFFIX,
        balancer.attribute(LoadBalancer::ARN_SUFFIX),
    );
    parts.output(
        edge::ALB_DNS_NAME,
        balancer.attribute(LoadBalancer::DNS_NAME),
    );
    parts.output(edge::ALB_ZONE_ID, balancer.attribute(LoadBalancer::ZONE_ID));
    // From the listener, so that it is known only once requests are forwarded to the group: ECS refuses a service in a
    // group without a load balancer.
    if discovered.forwards_elsewhere {
        parts.output(edge::TARGET_GROUP_ARN, group.id());
    } else {
        parts.output(
            edge::TARGET_GROUP_ARN,
            forwarding.attribute(Listener::TARGET_GROUP_ARN),
        );
    }
    parts.output(
        edge::TARGET_GROUP_ARN_SUFFIX,
        group.attribute(TargetGroup::ARN_SUFFIX),
    );
    let https = parts
        .nodes
        .iter()
        .any(|node| node.address == "edge.listener.https");
    parts.output(edge::HTTPS, https);
    let previous = discovered.previous.as_ref().map(|one| &one.names);
    let url = match previous.and_then(|names| names.first()).or(hosts.first()) {
        Some(host) if https => Some(format!("https://{host}")),
        Some(host) if discovered.zones.contains_key(host) => Some(format!("http://{host}")),
        _ => None,
    };
    parts.output(edge::URL, url);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_kinds_are_in_the_schema() {
        rd_testkit::kinds::assert_listed(Edge::NAME, Edge::kinds().all().map(|(name, _)| name));
    }
}
