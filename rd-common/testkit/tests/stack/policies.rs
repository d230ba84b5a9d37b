//! `policy` of every program: its table has a row for each call that the code makes and no other, and what it prints is a
//! policy that IAM accepts.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::names::LONGEST;
use rd_common::slices::SLICES;
use rd_testkit::World;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The most characters of a customer managed policy, without white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>
const MANAGED_POLICY: usize = 6144;

fn policy(world: &World, slice: &str, what: &str) -> Value {
    let line = format!("policy --for {what} --account 123456789012");
    let done = world.rd(&format!("rd-{slice}")).args(&line).ok();
    serde_json::from_str(&done.stdout).unwrap()
}

/// The uses of a program that have a policy of their own.
fn uses(world: &World, slice: &str) -> Vec<String> {
    let program = format!("rd-{slice}");
    let refused = world.rd(&program).args("policy --for nothing").code(2);
    let (_, known) = refused.stderr.split_once("--for accepts: ").unwrap();
    known.trim().split(", ").map(str::to_owned).collect()
}

/// The settings of a stack with keys of its own, by their section.
const KEYS: [(&str, &str); 5] = [
    ("[net]\n", "flow_logs_kms_key = \"LOGS\"\n"),
    (
        "[data]\n",
        "secret_kms_key = \"SECRETS\"\nlog_kms_key = \"LOGS\"\n",
    ),
    (
        "[cache]\n",
        "log_exports = [\"slow-log\"]\nlog_kms_key = \"LOGS\"\n",
    ),
    ("[store]\n", "kms_key = \"OTHER\"\n"),
    (
        "[ecs]\n",
        "log_kms_key = \"LOGS\"\ndecrypt_keys = [\"SECRETS\"]\n",
    ),
];

fn with_keys(settings: &str) -> String {
    let key = |id: u8| {
        let id = format!("{id}").repeat(8);
        format!("arn:aws:kms:us-east-1:123456789012:key/{id}-1111-2222-3333-444444444444")
    };
    let mut text = settings.replace("[cache.parameters]", "[cache]\n[cache.parameters]");
    text = text.replace(
        "[ecs.parameters]",
        "[data]\n[store]\n[ecs]\n[ecs.parameters]",
    );
    for (section, lines) in KEYS {
        text = text.replace(section, &format!("{section}{lines}"));
    }
    text.replace("LOGS", &key(1))
        .replace("SECRETS", &key(2))
        .replace("OTHER", &key(3))
}

/// The KMS actions of a policy, the service through which they are allowed, and the first digit of the key.
fn key_actions(policy: &Value) -> BTreeSet<(String, String, char)> {
    let mut found = BTreeSet::new();
    for statement in policy["Statement"].as_array().unwrap() {
        for action in statement["Action"].as_array().unwrap() {
            let Some(action) = action.as_str().unwrap().strip_prefix("kms:") else {
                continue;
            };
            let via = &statement["Condition"]["StringEquals"]["kms:ViaService"];
            let (service, _) = via.as_str().unwrap().split_once('.').unwrap();
            for key in statement["Resource"].as_array().unwrap() {
                let (_, id) = key.as_str().unwrap().split_once("key/").unwrap();
                let id = id.chars().next().unwrap();
                found.insert((action.to_owned(), service.to_owned(), id));
            }
        }
    }
    found
}

/// Secrets Manager and CloudWatch Logs use a key with their caller's permissions; S3 uses the bucket's for objects alone.
#[test]
fn the_keys_of_the_settings_are_in_the_policy() {
    let (plain, keyed) = (World::new(LONGEST), World::new(&with_keys(LONGEST)));
    let secrets = |actions: &[&'static str]| -> BTreeSet<(String, String, char)> {
        let all = actions.iter().map(|one| (*one).to_owned());
        all.map(|one| (one, "secretsmanager".to_owned(), '2'))
            .collect()
    };
    let logs: BTreeSet<_> = ["Decrypt", "DescribeKey", "GenerateDataKey"]
        .map(|one| (one.to_owned(), "logs".to_owned(), '1'))
        .into();
    let all_of_secrets = secrets(&["Decrypt", "Encrypt", "GenerateDataKey"]);
    let both: BTreeSet<_> = logs.union(&all_of_secrets).cloned().collect();
    for (slice, what, expected) in [
        ("net", "apply", logs.clone()),
        ("data", "plan", secrets(&["Decrypt"])),
        ("data", "rotate", secrets(&["Decrypt", "GenerateDataKey"])),
        ("data", "apply", both),
        ("cache", "apply", logs.clone()),
        ("cache", "rotate", BTreeSet::new()),
        ("store", "all", BTreeSet::new()),
        ("ecs", "apply", logs),
        ("ecs", "verify", secrets(&["Decrypt"])),
    ] {
        let found = key_actions(&policy(&keyed, slice, what));
        assert_eq!(found, expected, "rd-{slice} {what}");
        let without = key_actions(&policy(&plain, slice, what));
        assert!(without.is_empty(), "rd-{slice} {what}: {without:?}");
    }
}

#[test]
fn the_log_group_of_a_cache_with_a_name_of_its_own_may_be_read() {
    let world =
        World::new("project = \"shop\"\nenvironment = \"test\"\n[cache]\nname = \"sessions\"\n");
    let policy = policy(&world, "logs", "tail").to_string();
    for cache in ["sessions", "shop-test-redis"] {
        let group = format!("log-group:/aws/vendedlogs/elasticache/{cache}/*");
        assert!(policy.contains(&group), "{group}: {policy}");
    }
}

#[test]
fn log_groups_with_names_of_their_own_may_be_read() {
    let world = World::new(
        "project = \"shop\"\nenvironment = \"test\"\n[net]\nflow_logs_group_name = \"flows\"\n\
         [ecs]\nlog_group_name = \"/web/orders\"\ncluster_name = \"orders\"\n",
    );
    let policy = policy(&world, "logs", "tail").to_string();
    for group in [
        "flows",
        "/web/orders",
        "/aws/ecs/containerinsights/orders/*",
        "/vpc/shop-test",
        "/ecs/shop-test-*",
    ] {
        let group = format!("log-group:{group}\"");
        assert!(policy.contains(&group), "{group}: {policy}");
    }
}

#[test]
fn every_policy_fits_into_a_managed_policy_even_with_the_longest_names() {
    let world = World::new(&with_keys(LONGEST));
    for slice in SLICES {
        let uses = uses(&world, slice);
        assert!(uses.contains(&"plan".to_owned()) && uses.contains(&"apply".to_owned()));
        for what in uses {
            let policy = policy(&world, slice, &what);
            let size = policy.to_string().len();
            assert!(size <= MANAGED_POLICY, "rd-{slice} {what}: {size}");
            assert_eq!(policy["Version"], "2012-10-17");
            for statement in policy["Statement"].as_array().unwrap() {
                assert!(!statement["Action"].as_array().unwrap().is_empty());
                let resources = statement["Resource"].as_array().unwrap();
                assert!(!resources.is_empty());
                for resource in resources {
                    let text = resource.as_str().unwrap();
                    let whole = text == "*" || text.split(':').count() >= 6;
                    assert!(whole && text.starts_with(['a', '*']), "{slice}: {text}");
                    assert!(!text.contains('<') && !text.contains("::*"), "{text}");
                }
            }
        }
    }
}

#[test]
fn a_plan_needs_no_permission_to_change_anything() {
    let world = World::new(LONGEST);
    for slice in SLICES {
        let policy = policy(&world, slice, "plan");
        for statement in policy["Statement"].as_array().unwrap() {
            for action in statement["Action"].as_array().unwrap() {
                let action = action.as_str().unwrap();
                let (_, name) = action.split_once(':').unwrap();
                let reads = ["Describe", "Get", "List"];
                assert!(reads.iter().any(|read| name.starts_with(read)), "{action}");
            }
        }
    }
}

#[test]
fn arns_are_in_the_partition_of_the_region() {
    for (region, partition) in [
        ("eu-west-1", "arn:aws:"),
        ("cn-north-1", "arn:aws-cn:"),
        ("us-gov-west-1", "arn:aws-us-gov:"),
    ] {
        let settings = LONGEST.replace("us-east-1", region);
        let world = World::new(&settings);
        for slice in SLICES {
            let text = policy(&world, slice, "all").to_string();
            assert_eq!(
                text.matches("\"arn:").count(),
                text.matches(&format!("\"{partition}")).count(),
                "{slice} {region}"
            );
        }
    }
}

/// The crates whose code a program runs besides its own.
fn sources(slice: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = vec![root.join(format!("rd-{slice}/src"))];
    for shared in [
        "src",
        "kinds/iam/src",
        "kinds/log-group/src",
        "kinds/metric/src",
        "kinds/secret/src",
        "kinds/topic/src",
    ] {
        all.push(root.join("rd-common").join(shared));
    }
    all
}

fn text_of(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &text_of(&path);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text += &std::fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// The name of the SDK's method for an operation: `create_db_instance` for `CreateDBInstance`.
fn method(operation: &str) -> String {
    let letters: Vec<char> = operation.chars().collect();
    let mut name = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let after_small = index > 0 && !letters[index - 1].is_uppercase();
        let before_small = letters
            .get(index + 1)
            .is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && index > 0 && (after_small || before_small) {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// A debug build refuses a call without a row, so that every test of the programs tests that none is missing. Here, that
/// no row is left over.
#[test]
fn every_row_is_of_a_call_that_the_code_makes() {
    let world = World::new(LONGEST);
    for slice in SLICES.into_iter().chain(["cost"]) {
        let code: String = sources(slice).iter().map(|one| text_of(one)).collect();
        let listed = world
            .rd(&format!("rd-{slice}"))
            .args("policy --calls --format json")
            .ok();
        let mut seen = BTreeSet::new();
        for row in listed.records() {
            let operation = row["operation"].as_str().unwrap();
            let service = row["service"].as_str().unwrap();
            seen.insert(service.to_owned());
            // The registry's own API has no methods in the SDK.
            let method = method(operation);
            let called = service == "ECR registry"
                || [format!(".{method}()"), format!(" {method},")]
                    .iter()
                    .any(|call| code.contains(call));
            assert!(called, "rd-{slice} never calls {service} {operation}");
        }
        let expected = if slice == "cost" {
            "Cost Explorer"
        } else {
            "STS"
        };
        assert!(seen.contains(expected), "{slice}: {seen:?}");
    }
}

#[test]
fn methods_are_named_as_the_sdk_names_them() {
    for (operation, expected) in [
        ("CreateVpc", "create_vpc"),
        ("CreateDBInstance", "create_db_instance"),
        ("AssociateKmsKey", "associate_kms_key"),
        ("StopQuery", "stop_query"),
    ] {
        assert_eq!(method(operation), expected);
    }
}

/// A refusal says which action on which resource is missing, and which command prints all that are needed.
#[test]
fn a_refusal_points_to_the_policy() {
    use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
    let proxy = Proxy::start(rd_testkit::endpoint());
    let world = World::at(rd_testkit::network::SETTINGS, proxy.url());
    let refuse = Fault::Refuse {
        status: 403,
        code: "AccessDenied",
    };
    // Also without tags in the request.
    let always = Rule {
        calls: Calls::Of("PUT bucket"),
        first: 0,
        times: usize::MAX,
        fault: refuse,
    };
    proxy.rules(vec![always], None);
    let done = world.rd("rd-store").args("apply -y").code(1);
    for part in [
        "s3:CreateBucket",
        "arn:aws:s3:::shop-test-sessions-",
        "rd-store policy --for apply",
    ] {
        assert!(done.stderr.contains(part), "{part}: {}", done.stderr);
    }
}
