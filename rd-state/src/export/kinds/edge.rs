//! The kinds of the load balancer, its certificate and DNS.

use super::Part;
use crate::export::hcl::{Body, Expression};
use crate::export::resource::Resource;
use crate::export::stack::Source;
use serde_json::Value;

pub fn certificate(source: &Source<'_>) -> Resource {
    let mut certificate = source.resource("aws_acm_certificate").import(source.id);
    let names = source
        .get("names")
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if let Some((first, more)) = names.split_first() {
        certificate.set("domain_name", first);
        if !more.is_empty() {
            certificate.set("subject_alternative_names", Value::from(more.to_vec()));
        }
    }
    certificate.set("key_algorithm", source.get("key_algorithm"));
    certificate.set("validation_method", "DNS");
    certificate.tags(&source.tags());
    certificate
}

pub fn certificate_validation() -> Part {
    Part::Left("it is nothing at AWS: only Terraform waits by it, and the certificate is issued")
}

pub fn dns_record(source: &Source<'_>) -> Resource {
    let (zone, name) = (source.text("zone_id"), source.text("name"));
    let kind = source.text("type");
    let mut record = source
        .resource("aws_route53_record")
        .import(format!("{zone}_{name}_{kind}"));
    record.set("zone_id", source.get("zone_id"));
    record.set("name", source.get("name"));
    record.set("type", source.get("type"));
    record.set("ttl", source.get("ttl"));
    let values = source.get("values");
    if values.as_array().is_some_and(|values| !values.is_empty()) {
        record.set("records", values);
    }
    let alias = source.get("alias");
    if !alias.is_null() {
        record.block("alias", |to| {
            to.set(
                "name",
                source.reference("aws_lb", "dns_name", &alias["dns_name"]),
            );
            to.set(
                "zone_id",
                source.reference("aws_lb", "zone_id", &alias["zone_id"]),
            );
            to.set("evaluate_target_health", &alias["evaluate_target_health"]);
        });
    }
    // The provider's own argument.
    record.ignored.push("allow_overwrite");
    record
}

/// The attributes of load balancers that rd sets, as the provider's arguments.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html>
const ALB_ATTRIBUTES: [(&str, &str); 4] = [
    ("deletion_protection.enabled", "enable_deletion_protection"),
    ("idle_timeout.timeout_seconds", "idle_timeout"),
    (
        "routing.http.drop_invalid_header_fields.enabled",
        "drop_invalid_header_fields",
    ),
    ("routing.http2.enabled", "enable_http2"),
];

/// An attribute of AWS, which is always text, as the value of an argument.
fn attribute(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse::<i64>().map_or(Value::Null, Value::from),
    }
}

pub fn load_balancer(source: &Source<'_>) -> Resource {
    let mut balancer = source.resource("aws_lb").import(source.id);
    balancer.set("name", source.get("name"));
    balancer.set("load_balancer_type", "application");
    let groups = source.get("security_group_ids");
    balancer.set(
        "security_groups",
        source.references("aws_security_group", "id", groups),
    );
    balancer.set(
        "subnets",
        source.references("aws_subnet", "id", source.spec("subnet_ids")),
    );
    let attributes = source.get("attributes");
    for (name, argument) in ALB_ATTRIBUTES {
        balancer.set(argument, attribute(&attributes[name]));
    }
    if attributes["access_logs.s3.enabled"] == "true" {
        balancer.block("access_logs", |logs| {
            logs.set("enabled", true);
            logs.set("bucket", &attributes["access_logs.s3.bucket"]);
            logs.set("prefix", &attributes["access_logs.s3.prefix"]);
        });
    }
    balancer.tags(&source.tags());
    balancer
}

pub fn target_group(source: &Source<'_>) -> Resource {
    let mut group = source.resource("aws_lb_target_group").import(source.id);
    group.set("name", source.get("name"));
    group.set(
        "vpc_id",
        source.reference("aws_vpc", "id", source.get("vpc_id")),
    );
    group.set("port", source.get("port"));
    group.set("protocol", source.get("protocol"));
    group.set("target_type", source.get("target_type"));
    let attributes = source.get("attributes");
    let delay = attribute(&attributes["deregistration_delay.timeout_seconds"]);
    group.set("deregistration_delay", delay);
    let check = source.get("health_check");
    group.block("health_check", |of| {
        let arguments = [
            ("protocol", "protocol"),
            ("port", "port"),
            ("path", "path"),
            ("matcher", "codes"),
            ("interval", "interval_seconds"),
            ("timeout", "timeout_seconds"),
            ("healthy_threshold", "healthy_threshold"),
            ("unhealthy_threshold", "unhealthy_threshold"),
        ];
        for (argument, key) in arguments {
            of.set(argument, &check[key]);
        }
    });
    if attributes["stickiness.enabled"] == "true" {
        group.block("stickiness", |stickiness| {
            stickiness.set("type", &attributes["stickiness.type"]);
            let seconds = attribute(&attributes["stickiness.lb_cookie.duration_seconds"]);
            stickiness.set("cookie_duration", seconds);
        });
    }
    // The provider's own arguments.
    group
        .ignored
        .extend(["lambda_multi_value_headers_enabled", "proxy_protocol_v2"]);
    group.tags(&source.tags());
    group
}

/// The parts of a redirect in the form `301 HTTPS:443 host/path?query`: code, protocol, port, host, path and query.
fn redirect_parts(text: &str) -> Option<[&str; 6]> {
    let (code, rest) = text.split_once(' ')?;
    let (origin, url) = rest.split_once(' ')?;
    let (protocol, port) = origin.rsplit_once(':')?;
    let (place, query) = url.split_once('?')?;
    let (host, path) = place.split_at(place.find('/')?);
    Some([code, protocol, port, host, path, query])
}

fn redirect(action: &mut Body, text: &str) {
    action.set("type", "redirect");
    let Some([code, protocol, port, host, path, query]) = redirect_parts(text) else {
        return;
    };
    action.block("redirect", |to| {
        to.set("status_code", format!("HTTP_{code}").as_str());
        to.set("protocol", protocol);
        to.set("port", port);
        to.set("host", host);
        to.set("path", path);
        to.set("query", query);
    });
}

/// The provider reads a forward in both of its forms, and takes it for changed where one is missing.
fn forward(action: &mut Body, target_group: Expression) {
    action.set("type", "forward");
    action.set("target_group_arn", target_group.clone());
    action.block("forward", |forward| {
        forward.block("target_group", |group| group.set("arn", target_group));
    });
}

fn target(source: &Source<'_>) -> Expression {
    source.reference("aws_lb_target_group", "arn", source.get("target_group_arn"))
}

pub fn listener(source: &Source<'_>) -> Resource {
    let mut listener = source.resource("aws_lb_listener").import(source.id);
    let balancer = source.get("load_balancer_arn");
    listener.set(
        "load_balancer_arn",
        source.reference("aws_lb", "arn", balancer),
    );
    listener.set("port", source.get("port"));
    listener.set("protocol", source.get("protocol"));
    listener.set("ssl_policy", source.get("ssl_policy"));
    let certificate = source.get("certificate_arn");
    listener.set(
        "certificate_arn",
        source.reference("aws_acm_certificate", "arn", certificate),
    );
    listener.block("default_action", |action| {
        match source.get("redirect").as_str() {
            Some(text) => redirect(action, text),
            None => forward(action, target(source)),
        }
    });
    listener.tags(&source.tags());
    listener
}

pub fn listener_certificate(source: &Source<'_>) -> Resource {
    let (listener, certificate) = (source.text("listener_arn"), source.text("certificate_arn"));
    let id = format!("{listener}_{certificate}");
    let mut part = source.resource("aws_lb_listener_certificate").import(id);
    let listener = source.get("listener_arn");
    part.set(
        "listener_arn",
        source.reference("aws_lb_listener", "arn", listener),
    );
    part.set("certificate_arn", source.get("certificate_arn"));
    part
}

pub fn listener_rule(source: &Source<'_>) -> Resource {
    let mut rule = source.resource("aws_lb_listener_rule").import(source.id);
    let listener = source.get("listener_arn");
    rule.set(
        "listener_arn",
        source.reference("aws_lb_listener", "arn", listener),
    );
    rule.set("priority", source.get("priority"));
    rule.block("action", |action| {
        if let Some(text) = source.get("redirect").as_str() {
            redirect(action, text);
        } else if let Some(text) = source.get("response").as_str() {
            action.set("type", "fixed-response");
            let mut words = text.splitn(3, ' ');
            action.block("fixed_response", |answer| {
                answer.set("status_code", words.next().unwrap_or_default());
                answer.set("content_type", words.next().unwrap_or_default());
                let body = words.next().filter(|body| !body.is_empty());
                answer.set("message_body", Value::from(body));
            });
        } else {
            forward(action, target(source));
        }
    });
    let conditions = [
        ("hosts", "host_header"),
        ("paths", "path_pattern"),
        ("methods", "http_request_method"),
        ("source_ips", "source_ip"),
    ];
    for (key, name) in conditions {
        let values = &source.get("conditions")[key];
        if values.as_array().is_some_and(|values| !values.is_empty()) {
            rule.block("condition", |condition| {
                condition.block(name, |of| of.set("values", values));
            });
        }
    }
    rule.tags(&source.tags());
    rule
}
