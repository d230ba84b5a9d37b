//! The public entry: load balancer, certificate, DNS records, rules.

use super::{map_with, settings, stays, table};
use crate::terraform;
use crate::terraform::tests::{one, resource, state};
use serde_json::{Value, json};

const LB: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/1";
const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/2";
const HTTPS: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/web/1/3";
const HTTP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/web/1/4";
const CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/5";

/// What must not be in the model.
const PLANTED: &str = "planted-77aa";

fn balancer() -> Value {
    json!({"id": LB, "arn": LB, "name": "web", "internal": false, "load_balancer_type": "application",
           "dns_name": "web-1.us-east-1.elb.amazonaws.com", "idle_timeout": 60, "enable_http2": true,
           "enable_deletion_protection": true, "access_logs": [{"bucket": "", "enabled": false, "prefix": ""}]})
}

fn group(id: &str) -> Value {
    json!({"id": id, "arn": id, "name": "web", "port": 3001, "target_type": "ip", "deregistration_delay": "300",
           "health_check": [{"path": "/health", "matcher": "200-299", "interval": 30, "timeout": 5,
                             "healthy_threshold": 2, "unhealthy_threshold": 3}]})
}

fn forward(to: &str) -> Value {
    json!([{"type": "forward", "target_group_arn": to, "order": 1, "forward": []}])
}

fn https(action: &Value) -> Value {
    json!({"id": HTTPS, "load_balancer_arn": LB, "port": 443, "protocol": "HTTPS", "certificate_arn": CERTIFICATE,
           "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "default_action": action})
}

fn certificate(names: &[&str]) -> Value {
    let options: Vec<Value> = names
        .iter()
        .map(|name| {
            let domain = name.trim_start_matches("*.");
            json!({"domain_name": name, "resource_record_name": format!("_x.{domain}."), "resource_record_type": "CNAME"})
        })
        .collect();
    json!({"id": CERTIFICATE, "arn": CERTIFICATE, "domain_name": names[0], "subject_alternative_names": names,
           "validation_method": "DNS", "key_algorithm": "RSA_2048", "domain_validation_options": options,
           "private_key": PLANTED})
}

fn alias(name: &str, zone: &str) -> Value {
    json!({"id": format!("{zone}_{name}_A"), "zone_id": zone, "name": name, "fqdn": name, "type": "A",
           "alias": [{"name": "Dualstack.web-1.us-east-1.elb.amazonaws.com", "zone_id": "Z35", "evaluate_target_health": true}]})
}

fn validation(domain: &str) -> Value {
    json!({"id": format!("Z1__x.{domain}._CNAME"), "zone_id": "Z1", "name": format!("_x.{domain}"),
           "fqdn": format!("_x.{domain}"), "type": "CNAME", "records": [PLANTED], "alias": []})
}

/// The entry of a service with HTTPS, whose certificate has these names.
fn entry(names: &[&str]) -> Vec<Value> {
    let http = json!({"id": HTTP, "load_balancer_arn": LB, "port": 80, "protocol": "HTTP", "certificate_arn": null,
                      "default_action": [{"type": "redirect", "redirect": [{"port": "443", "protocol": "HTTPS"}]}]});
    vec![
        one("aws_lb", "main", balancer()),
        one("aws_lb_target_group", "web", group(GROUP)),
        one("aws_lb_listener", "https", https(&forward(GROUP))),
        one("aws_lb_listener", "http", http),
        one("aws_acm_certificate", "main", certificate(names)),
        one(
            "aws_acm_certificate_validation",
            "main",
            json!({"id": "t", "certificate_arn": CERTIFICATE}),
        ),
    ]
}

/// An entry with rules, records, and one more certificate.
pub(super) fn entry_with_rules() -> Vec<Value> {
    let mut all = entry(&["api.example.com"]);
    let conditions = json!([{"path_pattern": [{"values": ["/x"]}]}, {"host_header": [{"values": ["a.example.com"]}]}]);
    let redirect = json!({"type": "redirect", "redirect": [{"protocol": "HTTPS", "port": "443", "path": "/y"}]});
    all.push(one(
        "aws_lb_listener_rule",
        "x",
        rule(1, conditions.clone(), redirect),
    ));
    let answer = json!({"type": "fixed-response", "fixed_response": [{"status_code": "404", "message_body": "no"}]});
    all.push(one(
        "aws_lb_listener_rule",
        "y",
        rule(2, conditions, answer),
    ));
    all.push(one(
        "aws_route53_record",
        "api",
        alias("api.example.com", "Z1"),
    ));
    all.push(one(
        "aws_route53_record",
        "v",
        validation("api.example.com"),
    ));
    let more =
        json!({"id": "m", "listener_arn": HTTPS, "certificate_arn": format!("{CERTIFICATE}-more")});
    all.push(one("aws_lb_listener_certificate", "more", more));
    all
}

#[test]
fn a_certificate_whose_names_are_those_of_the_records_is_adopted_with_them() {
    let mut all = entry(&["shop.example.com", "www.shop.example.com"]);
    for name in ["shop.example.com", "www.shop.example.com"] {
        all.push(resource(
            "",
            "aws_route53_record",
            "alias",
            &[(json!(name), alias(name, "Z1"))],
        ));
        all.push(resource(
            "",
            "aws_route53_record",
            "v",
            &[(json!(name), validation(name))],
        ));
    }
    let mapping = map_with(&all, &[]);
    assert_eq!(
        table(&mapping),
        [
            format!("aws_acm_certificate.main -> edge.certificate.shop-example-com ({CERTIFICATE})"),
            "aws_acm_certificate_validation.main -> edge.certificate.shop-example-com ()".to_owned(),
            format!("aws_lb.main -> edge.load_balancer.main ({LB})"),
            format!("aws_lb_listener.http -> edge.listener.http ({HTTP})"),
            format!("aws_lb_listener.https -> edge.listener.https ({HTTPS})"),
            format!("aws_lb_target_group.web -> edge.target_group.api ({GROUP})"),
            "aws_route53_record.alias[\"shop.example.com\"] -> edge.dns_record.shop-example-com \
             (Z1/shop.example.com/A)"
                .to_owned(),
            "aws_route53_record.alias[\"www.shop.example.com\"] -> edge.dns_record.www-shop-example-com \
             (Z1/www.shop.example.com/A)"
                .to_owned(),
            "aws_route53_record.v[\"shop.example.com\"] -> edge.dns_record.validation-shop-example-com \
             (Z1/_x.shop.example.com/CNAME)"
                .to_owned(),
            "aws_route53_record.v[\"www.shop.example.com\"] -> edge.dns_record.validation-www-shop-example-com \
             (Z1/_x.www.shop.example.com/CNAME)"
                .to_owned(),
        ]
    );
    assert_eq!(
        settings(&mapping),
        [
            "edge.name = \"web\"",
            "edge.deletion_protection = true",
            "edge.ssl_policy = \"ELBSecurityPolicy-TLS13-1-2-2021-06\"",
            ".domain = \"example.com\"",
            "edge.host = \"shop\"",
            "edge.names = [\"www.shop.example.com\"]",
            "edge.hosted_zone = \"Z1\"",
            "edge.health_codes = \"200-299\"",
            "edge.health_interval_seconds = 30",
            "edge.deregistration_delay_seconds = 300",
        ]
    );
    assert!(mapping.stays.is_empty() && mapping.questions.is_empty());
}

#[test]
fn a_certificate_with_other_names_stays_and_is_served_by_its_arn() {
    let mut all = entry(&["example.com", "*.example.com"]);
    all.push(one(
        "aws_route53_zone",
        "main",
        json!({"id": "Z1", "name": "example.com"}),
    ));
    all.push(one(
        "aws_route53_record",
        "api",
        alias("api.example.com", "Z1"),
    ));
    all.push(one("aws_route53_record", "v", validation("example.com")));
    let mapping = map_with(&all, &[]);
    let settings = settings(&mapping);
    for line in [
        format!("edge.certificate_arn = \"{CERTIFICATE}\""),
        ".domain = \"example.com\"".to_owned(),
        "edge.hosted_zone = \"Z1\"".to_owned(),
    ] {
        assert!(settings.contains(&line), "{line}: {settings:?}");
    }
    assert!(!settings.iter().any(|line| line.starts_with("edge.host =")));
    assert_eq!(
        stays(&mapping),
        [
            "aws_acm_certificate.main",
            "aws_acm_certificate_validation.main",
            "aws_route53_zone.main",
            "aws_route53_record.v"
        ]
    );
    assert!(mapping.stays[0].why.contains("by its ARN"));
}

#[test]
fn records_of_another_zone_and_certificates_of_another_state_are_left_alone() {
    // Nobody has the records in this state: whoever has them keeps them.
    let mapping = map_with(&entry(&["api.example.com"]), &[]);
    assert!(settings(&mapping).contains(&"edge.hosted_zone = \"none\"".to_owned()));
    assert!(
        table(&mapping)
            .iter()
            .any(|line| line.contains("edge.certificate.api-example-com"))
    );
    // A certificate that another state has.
    let mut all = entry(&["api.example.com"]);
    all.truncate(4);
    let mapping = map_with(&all, &[]);
    let settings = settings(&mapping);
    assert!(settings.contains(&format!("edge.certificate_arn = \"{CERTIFICATE}\"")));
    assert!(
        !settings.iter().any(|line| line.starts_with(".domain")),
        "{settings:?}"
    );
    // A weighted record is one of several.
    let mut weighted = alias("api.example.com", "Z1");
    weighted["set_identifier"] = json!("blue");
    let mut all = entry(&["api.example.com"]);
    all.push(one("aws_route53_record", "api", weighted));
    let mapping = map_with(&all, &[]);
    assert_eq!(stays(&mapping), ["aws_route53_record.api"]);
}

#[test]
fn a_certificate_that_the_answers_keep_is_served_by_its_arn() {
    let mut all = entry(&["api.example.com"]);
    all.push(one(
        "aws_route53_record",
        "api",
        alias("api.example.com", "Z1"),
    ));
    let mapping = map_with(&all, &[("aws_acm_certificate.main", "terraform")]);
    assert!(settings(&mapping).contains(&format!("edge.certificate_arn = \"{CERTIFICATE}\"")));
    assert!(stays(&mapping).contains(&"aws_acm_certificate_validation.main"));
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the callers write both in place"
)]
fn rule(priority: i64, conditions: Value, action: Value) -> Value {
    json!({"id": format!("{HTTPS}/r{priority}").replace("listener/", "listener-rule/"), "listener_arn": HTTPS,
           "priority": priority, "condition": conditions, "action": [action]})
}

#[test]
fn rules_that_the_settings_can_say_are_adopted_and_others_stay() {
    let paths =
        |values: &[&str]| json!([{"path_pattern": [{"values": values}], "host_header": []}]);
    let header = json!([{"http_header": [{"http_header_name": "X-Origin", "values": [PLANTED]}]}]);
    let answer = json!({"type": "fixed-response", "fixed_response": [
        {"status_code": "404", "content_type": "text/plain", "message_body": "no"}]});
    let redirect = json!({"type": "redirect", "redirect": [{"protocol": "HTTPS", "port": "443", "host": "new.example.com",
        "path": "/#{path}", "query": "#{query}", "status_code": "HTTP_301"}]});
    let forward = |to: &str| json!({"type": "forward", "target_group_arn": to, "forward": []});
    let login =
        json!({"type": "authenticate-oidc", "authenticate_oidc": [{"client_secret": PLANTED}]});
    let rules = [
        rule(10, paths(&["/metrics"]), answer),
        rule(20, paths(&["/old/*", "/older"]), redirect),
        rule(
            30,
            json!([{"host_header": [{"values": ["a.example.com"]}]}, {"source_ip": [{"values": ["10.0.0.0/8"]}]}]),
            forward(GROUP),
        ),
        rule(40, paths(&["/admin"]), forward("arn:other")),
        rule(50, header, forward(GROUP)),
        rule(60, paths(&["/login"]), login.clone()),
        rule(70, paths(&["no-slash"]), forward(GROUP)),
    ];
    let rules: Vec<(Value, Value)> = rules
        .into_iter()
        .map(|one| (one["priority"].clone(), one))
        .collect();
    let mut all = entry(&["api.example.com"]);
    all[2] = one(
        "aws_lb_listener",
        "https",
        https(&json!([login, {"type": "forward", "target_group_arn": GROUP}])),
    );
    all.push(resource(
        "module.alb",
        "aws_lb_listener_rule",
        "this",
        &rules,
    ));
    let mapping = map_with(&all, &[]);
    let of_rules = settings(&mapping);
    let of_rules = of_rules
        .iter()
        .find(|line| line.starts_with("edge.rules"))
        .unwrap();
    assert_eq!(
        of_rules,
        "edge.rules = { rule-10 = { priority = 10, paths = [\"/metrics\"], status = 404, body = \"no\" }, \
         rule-20 = { priority = 20, paths = [\"/old/*\",\"/older\"], redirect = \"https://new.example.com/#{path}\" }, \
         rule-30 = { priority = 30, hosts = [\"a.example.com\"], source_ips = [\"10.0.0.0/8\"] } }"
    );
    let left: Vec<&str> = stays(&mapping);
    assert_eq!(
        left,
        [40, 50, 60, 70].map(|n| format!("module.alb.aws_lb_listener_rule.this[{n}]"))
    );
    let text = state(&all).to_string();
    let model = terraform::read(text.as_bytes(), "terraform.tfstate").unwrap();
    assert!(!format!("{model:?}").contains(PLANTED));
}

#[test]
fn the_group_is_that_of_the_service_and_two_load_balancers_are_a_question() {
    let mut all = entry(&["api.example.com"]);
    let other = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/other/9";
    all[2] = one(
        "aws_lb_listener",
        "https",
        https(&json!([{"type": "fixed-response", "fixed_response": [{"status_code": "404"}]}])),
    );
    all.push(one("aws_lb_target_group", "other", group(other)));
    let path = |to: &str, priority: i64| {
        rule(
            priority,
            json!([{"path_pattern": [{"values": ["/x"]}]}]),
            json!({"type": "forward", "target_group_arn": to}),
        )
    };
    all.push(resource(
        "",
        "aws_lb_listener_rule",
        "r",
        &[(json!(0), path(GROUP, 1)), (json!(1), path(other, 2))],
    ));
    let mapping = map_with(&all, &[]);
    assert_eq!(mapping.questions[0].address, "edge.target_group.api");
    let service = |group: &str| {
        one(
            "aws_ecs_service",
            "api",
            json!({"id": "s", "name": "api",
            "load_balancer": [{"target_group_arn": group, "container_port": 3001}]}),
        )
    };
    all.push(service(other));
    let mapping = map_with(&all, &[]);
    assert!(mapping.questions.is_empty(), "{:?}", mapping.questions);
    assert!(table(&mapping).contains(&format!(
        "aws_lb_target_group.other -> edge.target_group.api ({other})"
    )));
    // An internal one is not the entry of the stack; another public one may be.
    let mut second = balancer();
    second["id"] =
        json!("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/second/8");
    second["internal"] = json!(true);
    let mut all = entry(&["api.example.com"]);
    all.push(one("aws_lb", "second", second.clone()));
    assert!(map_with(&all, &[]).questions.is_empty());
    second["internal"] = json!(false);
    all.pop();
    all.push(one("aws_lb", "second", second));
    assert_eq!(
        map_with(&all, &[]).questions[0].address,
        "edge.load_balancer.main"
    );
    let answered = map_with(&all, &[("aws_lb.second", "terraform")]);
    assert!(answered.questions.is_empty());
    all.push(service(GROUP));
    assert!(map_with(&all, &[]).questions.is_empty());
}
