//! Drift of the load balancer, the certificate and the DNS records: every setting that can be changed outside of rd.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::drift::{Drift, each_is_put_back};
use rd_testkit::network::SETTINGS;
use rd_testkit::{ELB, World};
use serde_json::json;

const BALANCER: &str = "edge.load_balancer.main";
const GROUP: &str = "edge.target_group.api";
const HTTP: &str = "edge.listener.http";
const HTTPS: &str = "edge.listener.https";

fn attribute(world: &World, key: &str, value: &str) {
    let id = world.id(BALANCER);
    let change = [
        ("LoadBalancerArn", id.as_str()),
        ("Attributes.member.1.Key", key),
        ("Attributes.member.1.Value", value),
    ];
    world.query(ELB, "ModifyLoadBalancerAttributes", &change);
}

fn group(world: &World, parameters: &[(&str, &str)]) {
    let id = world.id(GROUP);
    let mut all = vec![("TargetGroupArn", id.as_str())];
    all.extend(parameters);
    world.query(ELB, "ModifyTargetGroup", &all);
}

fn listener(world: &World, address: &str, parameters: &[(&str, &str)]) {
    let id = world.id(address);
    let mut all = vec![("ListenerArn", id.as_str())];
    all.extend(parameters);
    world.query(ELB, "ModifyListener", &all);
}

fn tag(world: &World, address: &str) {
    let id = world.id(address);
    let change = [
        ("ResourceArns.member.1", id.as_str()),
        ("Tags.member.1.Key", "Project"),
        ("Tags.member.1.Value", "somebody's"),
    ];
    world.query(ELB, "AddTags", &change);
}

/// A target group that does not belong to the stack.
fn other_group(world: &World) -> String {
    let vpc = world.output("net", "vpc_id");
    let wanted = [
        ("Name", "theirs"),
        ("Protocol", "HTTP"),
        ("Port", "80"),
        ("VpcId", vpc.as_str().unwrap()),
        ("TargetType", "ip"),
    ];
    let made = world.query(ELB, "CreateTargetGroup", &wanted);
    made.tag("TargetGroupArn").unwrap().to_owned()
}

/// A bucket that a load balancer may write access logs to.
fn bucket(world: &World, name: &str) -> String {
    let name = format!("{name}-{}", world.account);
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{name}/*"),
    }]});
    assert_eq!(world.s3("PUT", &format!("/{name}"), "").status, 200);
    let path = format!("/{name}?policy");
    assert!(world.s3("PUT", &path, &policy.to_string()).status < 300);
    name
}

const BEHIND: [Drift; 22] = [
    Drift {
        address: BALANCER,
        path: "attributes.deletion_protection.enabled",
        change: |world| attribute(world, "deletion_protection.enabled", "true"),
    },
    Drift {
        address: BALANCER,
        path: "attributes.idle_timeout.timeout_seconds",
        change: |world| attribute(world, "idle_timeout.timeout_seconds", "61"),
    },
    Drift {
        address: BALANCER,
        path: "attributes.routing.http2.enabled",
        change: |world| attribute(world, "routing.http2.enabled", "false"),
    },
    Drift {
        address: BALANCER,
        path: "attributes.routing.http.drop_invalid_header_fields.enabled",
        change: |world| {
            attribute(
                world,
                "routing.http.drop_invalid_header_fields.enabled",
                "false",
            );
        },
    },
    Drift {
        address: BALANCER,
        path: "attributes.access_logs.s3.enabled",
        change: |world| attribute(world, "access_logs.s3.enabled", "false"),
    },
    Drift {
        address: BALANCER,
        path: "attributes.access_logs.s3.bucket",
        change: |world| attribute(world, "access_logs.s3.bucket", &bucket(world, "theirs")),
    },
    Drift {
        address: BALANCER,
        path: "attributes.access_logs.s3.prefix",
        change: |world| attribute(world, "access_logs.s3.prefix", "elsewhere"),
    },
    Drift {
        address: BALANCER,
        path: "subnet_ids",
        change: |world| {
            let id = world.id(BALANCER);
            let (public, private) = (
                world.output("net", "public_subnet_ids"),
                world.output("net", "private_subnet_ids"),
            );
            let change = [
                ("LoadBalancerArn", id.as_str()),
                ("Subnets.member.1", public[0].as_str().unwrap()),
                ("Subnets.member.2", private[1].as_str().unwrap()),
            ];
            world.query(ELB, "SetSubnets", &change);
        },
    },
    Drift {
        address: BALANCER,
        path: "security_group_ids",
        change: |world| {
            let id = world.id(BALANCER);
            let other = world.output("net", "db_security_group_id");
            let change = [
                ("LoadBalancerArn", id.as_str()),
                ("SecurityGroups.member.1", other.as_str().unwrap()),
            ];
            world.query(ELB, "SetSecurityGroups", &change);
        },
    },
    Drift {
        address: BALANCER,
        path: "tags.Project",
        change: |world| tag(world, BALANCER),
    },
    Drift {
        address: GROUP,
        path: "health_check.protocol",
        change: |world| group(world, &[("HealthCheckProtocol", "HTTPS")]),
    },
    Drift {
        address: GROUP,
        path: "health_check.port",
        change: |world| group(world, &[("HealthCheckPort", "9000")]),
    },
    Drift {
        address: GROUP,
        path: "health_check.path",
        change: |world| group(world, &[("HealthCheckPath", "/")]),
    },
    Drift {
        address: GROUP,
        path: "health_check.codes",
        change: |world| group(world, &[("Matcher.HttpCode", "200-499")]),
    },
    Drift {
        address: GROUP,
        path: "health_check.interval_seconds",
        change: |world| group(world, &[("HealthCheckIntervalSeconds", "30")]),
    },
    Drift {
        address: GROUP,
        path: "health_check.timeout_seconds",
        change: |world| group(world, &[("HealthCheckTimeoutSeconds", "6")]),
    },
    Drift {
        address: GROUP,
        path: "health_check.healthy_threshold",
        change: |world| group(world, &[("HealthyThresholdCount", "9")]),
    },
    Drift {
        address: GROUP,
        path: "health_check.unhealthy_threshold",
        change: |world| group(world, &[("UnhealthyThresholdCount", "9")]),
    },
    Drift {
        address: GROUP,
        path: "attributes.deregistration_delay.timeout_seconds",
        change: |world| {
            let id = world.id(GROUP);
            let change = [
                ("TargetGroupArn", id.as_str()),
                (
                    "Attributes.member.1.Key",
                    "deregistration_delay.timeout_seconds",
                ),
                ("Attributes.member.1.Value", "300"),
            ];
            world.query(ELB, "ModifyTargetGroupAttributes", &change);
        },
    },
    Drift {
        address: GROUP,
        path: "tags.Project",
        change: |world| tag(world, GROUP),
    },
    // Without a certificate, the plain listener forwards.
    Drift {
        address: HTTP,
        path: "target_group_arn",
        change: |world| {
            let other = other_group(world);
            let action = [
                ("DefaultActions.member.1.Type", "forward"),
                ("DefaultActions.member.1.TargetGroupArn", other.as_str()),
            ];
            listener(world, HTTP, &action);
        },
    },
    // The stack's group is still the first of those that it forwards to.
    Drift {
        address: HTTP,
        path: "other_action",
        change: |world| {
            let (ours, theirs) = (world.id(GROUP), other_group(world));
            let of = |n: u8, what: &str| {
                format!("DefaultActions.member.1.ForwardConfig.TargetGroups.member.{n}.{what}")
            };
            let names = [
                of(1, "TargetGroupArn"),
                of(1, "Weight"),
                of(2, "TargetGroupArn"),
            ];
            let weight = of(2, "Weight");
            let action = [
                ("DefaultActions.member.1.Type", "forward"),
                (names[0].as_str(), ours.as_str()),
                (names[1].as_str(), "1"),
                (names[2].as_str(), theirs.as_str()),
                (weight.as_str(), "99"),
            ];
            listener(world, HTTP, &action);
        },
    },
];

#[test]
fn each_setting_of_load_balancer_and_targets_is_shown_and_reset() {
    let world = World::new(SETTINGS);
    world.network();
    let logs = bucket(&world, "logs");
    let settings = format!(
        "{SETTINGS}[edge]\naccess_logs_bucket = \"{logs}\"\naccess_logs_prefix = \"front\"\n"
    );
    world.settings(&settings);
    world.rd("rd-edge").args("apply -y").ok();
    each_is_put_back(&world, "rd-edge", &BEHIND);
}

fn zone(world: &World) -> String {
    let alias = world.id(api(world, ""));
    alias.split('/').next().unwrap().to_owned()
}

/// The address of the record of `api` in the world's domain.
fn api(world: &World, prefix: &str) -> &'static str {
    let domain = world.domain().replace('.', "-");
    let address = format!("edge.dns_record.{prefix}api-{domain}");
    // The table needs addresses with a static lifetime.
    Box::leak(address.into_boxed_str())
}

fn alias(world: &World, target: &str, zone_of_target: &str, evaluate: bool) {
    let set = format!(
        "<Name>api.{}</Name><Type>A</Type><AliasTarget><HostedZoneId>{zone_of_target}</HostedZoneId>\
         <DNSName>{target}</DNSName><EvaluateTargetHealth>{evaluate}</EvaluateTargetHealth></AliasTarget>",
        world.domain()
    );
    world.change_record(&zone(world), "UPSERT", &set);
}

fn validation(world: &World, ttl: u32, value: Option<&str>) {
    let record = world.output("edge", "certificate_records")[0].clone();
    let value = value.or(record["value"].as_str()).unwrap();
    let set = format!(
        "<Name>{}</Name><Type>CNAME</Type><TTL>{ttl}</TTL><ResourceRecords><ResourceRecord>\
         <Value>{value}</Value></ResourceRecord></ResourceRecords>",
        record["name"].as_str().unwrap()
    );
    world.change_record(&zone(world), "UPSERT", &set);
}

fn redirect(world: &World, field: &str, value: &str) {
    let field = format!("DefaultActions.member.1.RedirectConfig.{field}");
    let mut action = vec![
        ("DefaultActions.member.1.Type", "redirect"),
        (field.as_str(), value),
    ];
    for (other, as_wanted) in [
        ("DefaultActions.member.1.RedirectConfig.Protocol", "HTTPS"),
        ("DefaultActions.member.1.RedirectConfig.Port", "443"),
        (
            "DefaultActions.member.1.RedirectConfig.StatusCode",
            "HTTP_301",
        ),
    ] {
        if other != field {
            action.push((other, as_wanted));
        }
    }
    listener(world, HTTP, &action);
}

const TEAPOT: [(&str, &str); 2] = [
    ("DefaultActions.member.1.Type", "fixed-response"),
    (
        "DefaultActions.member.1.FixedResponseConfig.StatusCode",
        "418",
    ),
];

#[test]
fn each_setting_of_listeners_certificate_and_records_is_shown_and_reset() {
    let world = World::new(SETTINGS);
    world.network();
    world.zone(&world.domain());
    world.settings(&world.edge(""));
    world.rd("rd-edge").args("apply -y").ok();
    let (alias_of, proof_of) = (api(&world, ""), api(&world, "validation-"));
    let certificate_of: &str = Box::leak(
        api(&world, "")
            .replace("dns_record", "certificate")
            .into_boxed_str(),
    );
    let row = |address, path, change| Drift {
        address,
        path,
        change,
    };
    let table = [
        row(HTTPS, "certificate_arn", |world| {
            let other = world.certificate_of_others("their");
            let change = ("Certificates.member.1.CertificateArn", other.as_str());
            listener(world, HTTPS, &[change]);
        }),
        row(HTTPS, "ssl_policy", |world| {
            let old = ("SslPolicy", "ELBSecurityPolicy-2016-08");
            listener(world, HTTPS, &[old]);
        }),
        row(HTTPS, "port", |world| {
            listener(world, HTTPS, &[("Port", "8443")]);
        }),
        row(HTTPS, "target_group_arn", |world| {
            let other = other_group(world);
            let action = [
                ("DefaultActions.member.1.Type", "forward"),
                ("DefaultActions.member.1.TargetGroupArn", other.as_str()),
            ];
            listener(world, HTTPS, &action);
        }),
        row(HTTPS, "other_action", |world| {
            listener(world, HTTPS, &TEAPOT);
        }),
        row(HTTPS, "tags.Project", |world| tag(world, HTTPS)),
        row(HTTP, "protocol", |world| {
            let arn = world.certificate_of_others("their");
            let change = [
                ("Protocol", "HTTPS"),
                ("Certificates.member.1.CertificateArn", arn.as_str()),
            ];
            listener(world, HTTP, &change);
        }),
        row(HTTP, "redirect", |world| {
            redirect(world, "StatusCode", "HTTP_302");
        }),
        row(HTTP, "redirect", |world| redirect(world, "Port", "8443")),
        row(HTTP, "redirect", |world| {
            redirect(world, "Host", "www.example.com");
        }),
        row(HTTP, "redirect", |world| {
            redirect(world, "Path", "/elsewhere");
        }),
        row(HTTP, "redirect", |world| redirect(world, "Query", "a=b")),
        row(HTTP, "target_group_arn", |world| {
            let ours = world.id(GROUP);
            let action = [
                ("DefaultActions.member.1.Type", "forward"),
                ("DefaultActions.member.1.TargetGroupArn", ours.as_str()),
            ];
            listener(world, HTTP, &action);
        }),
        row(HTTP, "other_action", |world| {
            listener(world, HTTP, &TEAPOT);
        }),
        row(HTTP, "tags.Project", |world| tag(world, HTTP)),
        row(certificate_of, "tags.Environment", |world| {
            let address = api(world, "").replace("dns_record", "certificate");
            let change = json!({
                "CertificateArn": world.id(&address),
                "Tags": [{"Key": "Environment", "Value": "other"}],
            });
            world.json("CertificateManager.AddTagsToCertificate", &change);
        }),
        row(alias_of, "alias.dns_name", |world| {
            let theirs = "theirs-1.us-east-1.elb.amazonaws.com";
            let ours = world.output("edge", "alb_zone_id");
            alias(world, theirs, ours.as_str().unwrap(), false);
        }),
        row(alias_of, "alias.zone_id", |world| {
            // The hosted zone of load balancers in eu-west-1.
            alias(
                world,
                "theirs-1.eu-west-1.elb.amazonaws.com",
                "Z32O12XQLNTSW2",
                false,
            );
        }),
        row(alias_of, "alias.evaluate_target_health", |world| {
            let [name, of] = ["alb_dns_name", "alb_zone_id"].map(|one| world.output("edge", one));
            alias(world, name.as_str().unwrap(), of.as_str().unwrap(), true);
        }),
        row(alias_of, "alias", |world| {
            let set = format!(
                "<Name>api.{}</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>\
                 <Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>",
                world.domain()
            );
            world.change_record(&zone(world), "UPSERT", &set);
        }),
        row(proof_of, "ttl", |world| validation(world, 60, None)),
        row(proof_of, "value", |world| {
            validation(world, 300, Some("_y.elsewhere.example.com."));
        }),
    ];
    each_is_put_back(&world, "rd-edge", &table);
}

#[test]
fn resources_deleted_outside_of_rd_are_created_again() {
    let world = World::new(SETTINGS);
    world.network();
    let zone = world.zone(&world.domain());
    world.settings(&world.edge(""));
    world.rd("rd-edge").args("apply -y").ok();
    let alias = api(&world, "");
    let again = |expected: &[String]| {
        let plan = world.rd("rd-edge").args("plan").ok();
        assert_eq!(plan.actions(), expected);
        world.rd("rd-edge").args("apply -y").ok();
        assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
    };
    let listener = world.id(HTTPS);
    world.query(ELB, "DeleteListener", &[("ListenerArn", &listener)]);
    again(&[format!("create {HTTPS}")]);

    let [name, of] = ["alb_dns_name", "alb_zone_id"].map(|one| world.output("edge", one));
    let set = format!(
        "<Name>api.{}</Name><Type>A</Type><AliasTarget><HostedZoneId>{}</HostedZoneId><DNSName>{}</DNSName>\
         <EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>",
        world.domain(),
        of.as_str().unwrap(),
        name.as_str().unwrap()
    );
    world.change_record(&zone, "DELETE", &set);
    again(&[format!("create {alias}")]);

    let balancer = world.id(BALANCER);
    world.query(ELB, "DeleteLoadBalancer", &[("LoadBalancerArn", &balancer)]);
    again(&[
        format!("create {HTTP}"),
        format!("create {HTTPS}"),
        format!("create {BALANCER}"),
        format!("update {alias}"),
    ]);
}
