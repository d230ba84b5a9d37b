//! `rd-state adopt` of the public entry: load balancer, certificate, DNS records and rules.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::adopt::{OURS, SETTINGS, adopt, hand_over, seen, terraform_state};
use rd_testkit::{Rd, World};
use serde_json::{Map, Value, json};

const ELB: (&str, &str) = ("elasticloadbalancing", "2015-12-01");

/// Reads the state of a slice of the stack that stands for what Terraform has made.
fn resources(world: &World, slice: &str) -> Map<String, Value> {
    let file = world.state_file("old/live", slice);
    let state: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    state["resources"].as_object().unwrap().clone()
}

/// The ARNs of what Elastic Load Balancing has of the slice, and of the certificate.
fn arns(edge: &Map<String, Value>) -> (Vec<String>, String) {
    let kinds = ["load_balancer", "target_group", "listener", "listener_rule"];
    let of_elb = edge
        .values()
        .filter(|one| kinds.contains(&one["kind"].as_str().unwrap()));
    let id = |one: &Value| one["id"].as_str().unwrap().to_owned();
    let certificate = edge
        .values()
        .find(|one| one["kind"] == "certificate")
        .unwrap();
    (of_elb.map(id).collect(), id(certificate))
}

/// Makes a network and an entry with other names than rd's. Returns Terraform's state of them.
pub fn terraform_entry(world: &World) -> Value {
    let domain = world.domain();
    let zone = world.zone(&domain);
    world.settings(&format!(
        "project = \"old\"\nenvironment = \"live\"\ndomain = \"{domain}\"\n[net]\nnat = \"none\"\n[edge]\nhost = \"www\"\n\
         idle_timeout_seconds = 120\nhealth_path = \"/status\"\nkey_algorithm = \"EC_prime256v1\"\n\
         rules = {{ metrics = {{ priority = 10, paths = [\"/metrics\"], status = 404, body = \"no\" }} }}\n"
    ));
    let apply = |program: &str| world.rd(program).args("apply -y");
    for one in Rd::pipe(vec![apply("rd-net"), apply("rd-edge")]) {
        assert_eq!(one.code, 0, "{}", one.stderr);
    }
    let (net, edge) = (resources(world, "net"), resources(world, "edge"));
    std::fs::remove_dir_all(world.path().join(".rd")).unwrap();
    world.settings(SETTINGS);
    hand_over(world, &net);
    let (of_elb, certificate) = arns(&edge);
    for arn in &of_elb {
        let mut remove = vec![("ResourceArns.member.1".to_owned(), arn.clone())];
        for (at, key) in OURS.iter().enumerate() {
            remove.push((format!("TagKeys.member.{}", at + 1), (*key).to_owned()));
        }
        let remove: Vec<(&str, &str)> = remove
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        world.query(ELB, "RemoveTags", &remove);
        let add = [
            ("ResourceArns.member.1", arn.as_str()),
            ("Tags.member.1.Key", "ManagedBy"),
            ("Tags.member.1.Value", "terraform"),
        ];
        world.query(ELB, "AddTags", &add);
    }
    let keys: Vec<Value> = OURS.iter().map(|key| json!({"Key": key})).collect();
    world.json(
        "CertificateManager.RemoveTagsFromCertificate",
        &json!({"CertificateArn": certificate, "Tags": keys}),
    );
    let mut state = terraform_state(&world.account, &net);
    let balancer = &edge["edge.load_balancer.main"];
    let group = &edge["edge.target_group.api"]["id"];
    let one = |kind: &str, name: &str, attributes: Value| {
        json!({"mode": "managed", "type": kind, "name": name, "module": "module.entry",
               "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
               "instances": [{"attributes": attributes}]})
    };
    let listener = |name: &str, port: u16, protocol: &str, certificate: Value, actions: Value| {
        let id = &edge[&format!("edge.listener.{name}")]["id"];
        one(
            "aws_lb_listener",
            name,
            json!({"id": id, "arn": id, "port": port, "protocol": protocol,
            "load_balancer_arn": balancer["id"], "certificate_arn": certificate, "ssl_policy": "",
            "default_action": actions}),
        )
    };
    let mut all = vec![
        one(
            "aws_lb",
            "main",
            json!({"id": balancer["id"], "arn": balancer["id"], "internal": false,
            "name": balancer["attributes"]["name"], "load_balancer_type": "application", "idle_timeout": 120,
            "enable_http2": true, "enable_deletion_protection": false, "dns_name": balancer["attributes"]["dns_name"]}),
        ),
        one(
            "aws_lb_target_group",
            "api",
            json!({"id": group, "arn": group, "target_type": "ip",
            "deregistration_delay": "30", "health_check": [{"path": "/status", "matcher": "200", "interval": 15,
            "timeout": 5, "healthy_threshold": 2, "unhealthy_threshold": 3}]}),
        ),
        listener(
            "https",
            443,
            "HTTPS",
            json!(certificate),
            json!([{"type": "forward", "target_group_arn": group}]),
        ),
        listener(
            "http",
            80,
            "HTTP",
            Value::Null,
            json!([{"type": "redirect"}]),
        ),
        one(
            "aws_lb_listener_rule",
            "metrics",
            json!({"id": edge["edge.listener_rule.metrics"]["id"], "priority": 10,
            "listener_arn": edge["edge.listener.https"]["id"], "condition": [{"path_pattern": [{"values": ["/metrics"]}]}],
            "action": [{"type": "fixed-response", "fixed_response": [{"status_code": "404", "message_body": "no"}]}]}),
        ),
    ];
    let name = format!("www.{domain}");
    let validation = edge
        .values()
        .find(|one| one["spec"]["type"] == "CNAME")
        .unwrap();
    let validation = validation["attributes"]["name"].as_str().unwrap();
    all.push(one("aws_acm_certificate", "main", json!({"id": certificate, "arn": certificate, "domain_name": name,
        "subject_alternative_names": [name], "validation_method": "DNS", "key_algorithm": "EC_prime256v1",
        "domain_validation_options": [{"domain_name": name, "resource_record_name": format!("{validation}.")}]})));
    all.push(one(
        "aws_acm_certificate_validation",
        "main",
        json!({"id": "x", "certificate_arn": certificate}),
    ));
    all.push(one(
        "aws_route53_record",
        "v",
        json!({"id": "v", "zone_id": zone, "fqdn": validation, "name": validation,
        "type": "CNAME"}),
    ));
    all.push(one(
        "aws_route53_record",
        "www",
        json!({"id": "w", "zone_id": zone, "fqdn": name, "name": "www",
        "type": "A", "alias": [{"name": balancer["attributes"]["dns_name"]}]}),
    ));
    state["resources"].as_array_mut().unwrap().extend(all);
    state
}

/// What AWS says of the entry; with `tags`, also the tags.
pub fn seen_entry(world: &World, state: &Value, tags: bool) -> Vec<String> {
    let list = state["resources"].as_array().unwrap();
    let id = |kind: &str, at: usize| {
        let mut found = list.iter().filter(|one| one["type"] == kind);
        let one = found.nth(at).unwrap();
        one["instances"][0]["attributes"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (balancer, group, https) = (
        id("aws_lb", 0),
        id("aws_lb_target_group", 0),
        id("aws_lb_listener", 0),
    );
    let mut calls = vec![
        (
            "DescribeLoadBalancers",
            "LoadBalancerArns.member.1",
            &balancer,
        ),
        (
            "DescribeLoadBalancerAttributes",
            "LoadBalancerArn",
            &balancer,
        ),
        ("DescribeTargetGroups", "TargetGroupArns.member.1", &group),
        ("DescribeTargetGroupAttributes", "TargetGroupArn", &group),
        ("DescribeListeners", "LoadBalancerArn", &balancer),
        ("DescribeRules", "ListenerArn", &https),
    ];
    let (rule, http) = (id("aws_lb_listener_rule", 0), id("aws_lb_listener", 1));
    if tags {
        let arns = [&balancer, &group, &https, &http, &rule];
        calls.extend(arns.map(|arn| ("DescribeTags", "ResourceArns.member.1", arn)));
    }
    let mut all: Vec<String> = calls
        .into_iter()
        .map(|(action, name, value)| {
            let body = world.query(ELB, action, &[(name, value)]).body;
            let body = body.split("<ResponseMetadata>").next().unwrap().to_owned();
            let mut lines: Vec<&str> = body.split("<member>").map(str::trim).collect();
            lines.sort_unstable();
            lines.join("\n")
        })
        .collect();
    let certificate = json!({"CertificateArn": id("aws_acm_certificate", 0)});
    all.push(
        world
            .json("CertificateManager.DescribeCertificate", &certificate)
            .to_string(),
    );
    if tags {
        let tags = world.json("CertificateManager.ListTagsForCertificate", &certificate);
        all.push(tags.to_string());
    }
    let record = list
        .iter()
        .find(|one| one["type"] == "aws_route53_record")
        .unwrap();
    let zone = record["instances"][0]["attributes"]["zone_id"]
        .as_str()
        .unwrap();
    all.push(
        world
            .route53("GET", &format!("/2013-04-01/hostedzone/{zone}/rrset"), "")
            .body,
    );
    all
}

fn is_planned_empty(world: &World) {
    for program in ["rd-net", "rd-edge"] {
        let planned = world.rd(program).args("plan --exit-code").run();
        assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    }
}

#[test]
fn a_public_entry_is_adopted_and_given_back() {
    let world = World::new(SETTINGS);
    let state = terraform_entry(&world);
    let all = |tags: bool| [seen(&world, tags), seen_entry(&world, &state, tags)];
    let (before, with_tags) = (all(false), all(true));

    // The outputs of the network, which no store has yet, come down the pipe.
    let dry = adopt(&world, &state, "--dry-run");
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    for change in dry.of_type("change") {
        let fields = change["fields"].as_array().unwrap();
        let mut paths = fields.iter().map(|field| field["path"].as_str().unwrap());
        assert!(
            paths.all(|path| path.starts_with("tags.")) && change["action"] != "create",
            "{change}"
        );
    }
    assert_eq!(dry.of_type("end").len(), 2, "{}", dry.stdout);
    assert_eq!(all(true), with_tags);

    let done = adopt(&world, &state, "-y");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(all(false), before, "only tags change");
    is_planned_empty(&world);
    let settings = std::fs::read_to_string(world.path().join("rd.toml")).unwrap();
    for line in [
        format!("domain = \"{}\" #", world.domain()),
        "host = \"www\" #".to_owned(),
        "idle_timeout_seconds = 120 #".to_owned(),
        "rules = { rule-10 = { priority = 10,".to_owned(),
    ] {
        assert!(settings.contains(&line), "{line}: {settings}");
    }

    // A setting that changes counts, and nothing else changes with it.
    let longer = "apply -y --set edge.idle_timeout_seconds=121";
    let applied = world.rd("rd-edge").args(longer).ok();
    assert_eq!(applied.of_type("applied").len(), 1, "{}", applied.stdout);
    world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(all(false), before);

    world.rd("rd-state").args("adopt --undo -y").ok();
    assert_eq!(all(true), with_tags, "the tags are those of before");
    assert_eq!(world.rd("rd-state").args("list").ok().stdout, "");
}
