//! States of each form, what is refused, and that no secret stays in the model.

use super::*;
use rd_common::Exit;
use serde_json::{Value, json};

/// The password that no byte of the model may have.
const PLANTED: &str = "planted-9f3c";

/// A resource as it is in a state of version 4, with its instances by key.
pub fn resource(module: &str, kind: &str, name: &str, instances: &[(Value, Value)]) -> Value {
    let instances = instances.iter().map(|(key, attributes)| {
        let mut instance = json!({"schema_version": 0, "attributes": attributes});
        if !key.is_null() {
            instance["index_key"] = key.clone();
        }
        instance
    });
    let mut resource = json!({
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
        "instances": instances.collect::<Vec<_>>(),
    });
    if !module.is_empty() {
        resource["module"] = module.into();
    }
    resource
}

/// The same without keys.
pub fn one(kind: &str, name: &str, attributes: Value) -> Value {
    resource("", kind, name, &[(Value::Null, attributes)])
}

/// A state of version 4 with these resources.
pub fn state(resources: &[Value]) -> Value {
    json!({"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "l", "outputs": {
        "password": {"value": PLANTED, "type": "string", "sensitive": true},
    }, "resources": resources})
}

fn read_value(value: &Value) -> rd_common::Result<Terraform> {
    read(value.to_string().as_bytes(), "terraform.tfstate")
}

fn sample() -> Value {
    state(&[
        one(
            "aws_vpc",
            "main",
            json!({"id": "vpc-1", "cidr_block": "10.0.0.0/16",
            "arn": "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"}),
        ),
        resource(
            "module.vpc[\"a]\"].module.subnets",
            "aws_subnet",
            "private",
            &[
                (json!(0), json!({"id": "subnet-1", "vpc_id": "vpc-1"})),
                (json!("b\"c"), json!({"id": "subnet-2"})),
            ],
        ),
        one(
            "aws_db_instance",
            "db",
            json!({"id": "db-ABC", "identifier": "shop", "password": PLANTED}),
        ),
        one(
            "random_password",
            "db",
            json!({"id": "none", "result": PLANTED}),
        ),
        json!({"mode": "data", "type": "aws_vpc", "name": "x", "instances": [{"attributes": {"id": "vpc-9"}}]}),
    ])
}

#[test]
fn modules_and_keys_are_parts_of_the_address() {
    let read = read_value(&sample()).unwrap();
    let addresses: Vec<&str> = read
        .resources
        .iter()
        .map(|one| one.address.as_str())
        .collect();
    assert_eq!(
        addresses,
        [
            "aws_vpc.main",
            "module.vpc[\"a]\"].module.subnets.aws_subnet.private[0]",
            "module.vpc[\"a]\"].module.subnets.aws_subnet.private[\"b\\\"c\"]",
            "aws_db_instance.db",
            "random_password.db",
        ]
    );
    let blocks: Vec<String> = read.resources.iter().map(Resource::block).collect();
    assert_eq!(
        blocks,
        [
            "aws_vpc.main",
            "module.vpc",
            "module.vpc",
            "aws_db_instance.db",
            "random_password.db"
        ]
    );
    assert_eq!(read.account.as_deref(), Some("123456789012"));
    assert_eq!(read.region.as_deref(), Some("us-east-1"));
    assert!(read.has_secrets());
}

#[test]
fn a_secret_is_not_in_the_model() {
    let read = read_value(&sample()).unwrap();
    assert!(!format!("{read:?}").contains(PLANTED));
}

#[test]
fn the_output_of_show_is_the_same_model() {
    let provider = "registry.terraform.io/hashicorp/aws";
    let show = json!({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {
        "resources": [
            {"address": "aws_vpc.main", "mode": "managed", "type": "aws_vpc", "name": "main", "provider_name": provider,
             "values": {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "arn": "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"}},
            {"address": "data.aws_vpc.x", "mode": "data", "type": "aws_vpc", "values": {"id": "vpc-9"}},
        ],
        "child_modules": [{"address": "module.db", "resources": [
            {"address": "module.db.aws_db_instance.this[0]", "mode": "managed", "type": "aws_db_instance", "index": 0,
             "provider_name": provider, "values": {"id": "db-ABC", "identifier": "shop", "password": PLANTED}},
        ]}],
    }}});
    let read = read_value(&show).unwrap();
    let found: Vec<(&str, &str)> = read
        .resources
        .iter()
        .map(|one| (one.address.as_str(), one.id()))
        .collect();
    assert_eq!(
        found,
        [
            ("aws_vpc.main", "vpc-1"),
            ("module.db.aws_db_instance.this[0]", "db-ABC")
        ]
    );
    assert!(!format!("{read:?}").contains(PLANTED));
}

#[test]
fn what_cannot_be_adopted_is_refused_with_what_to_do() {
    let vpc =
        |id: &str| json!({"id": id, "arn": format!("arn:aws:ec2:us-east-1:123456789012:vpc/{id}")});
    let instance = |edit: &dyn Fn(&mut Value)| {
        let mut one = one("aws_vpc", "main", vpc("vpc-1"));
        edit(&mut one["instances"][0]);
        state(&[one])
    };
    let with = |other: Value| state(&[one("aws_vpc", "main", vpc("vpc-1")), other]);
    let mut west = one("aws_vpc", "west", vpc("vpc-2"));
    west["provider"] = json!("provider[\"registry.terraform.io/hashicorp/aws\"].west");
    let elsewhere = |arn: &str| with(one("aws_vpc", "other", json!({"id": "vpc-2", "arn": arn})));
    let cases = [
        (
            json!({"version": 3, "modules": []}),
            "version 3",
            "apply -refresh-only",
        ),
        (json!({"version": 5}), "version 5", "terraform show -json"),
        (
            json!({"meta": {}, "encrypted_data": PLANTED}),
            "encrypted by OpenTofu",
            "tofu state pull",
        ),
        (
            json!({"password": PLANTED}),
            "is not a state",
            "terraform state pull",
        ),
        (json!([PLANTED]), "is not a state", "terraform state pull"),
        (
            json!({"format_version": "1.2", "planned_values": {}}),
            "is a plan",
            "without the name",
        ),
        (
            json!({"format_version": "9.0", "values": {}}),
            "format",
            "terraform state pull",
        ),
        (
            state(&[]),
            "no resources of AWS",
            "check that it is the state",
        ),
        (
            instance(&|one| one["status"] = json!("tainted")),
            "tainted): aws_vpc.main",
            "untaint",
        ),
        (
            instance(&|one| one["deposed"] = json!("abcd")),
            "deposed): aws_vpc.main",
            "terraform apply",
        ),
        (with(west), "several configurations", "state mv"),
        (
            elsewhere("arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-2"),
            "several regions: eu-west-1, us-east-1",
            "state mv",
        ),
        (
            elsewhere("arn:aws:ec2:us-east-1:999999999999:vpc/vpc-2"),
            "several accounts",
            "state mv",
        ),
    ];
    for (document, reason, to_do) in cases {
        let error = read_value(&document).unwrap_err();
        assert_eq!(error.exit, Exit::Refused, "{document}");
        assert!(error.summary.contains(reason), "{}", error.summary);
        let hint = error.hint.clone().unwrap_or_default();
        assert!(
            hint.contains(to_do) && hint.starts_with("nothing was changed"),
            "{hint}"
        );
        assert!(!format!("{error:?}").contains(PLANTED), "{error:?}");
    }
    for text in [
        "",
        "{",
        &format!("{{\"a\": {PLANTED}}}"),
        &format!("password = \"{PLANTED}\""),
    ] {
        let error = read(text.as_bytes(), "x").unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(!format!("{error:?}").contains(PLANTED), "{error:?}");
    }
}

#[test]
fn a_lock_that_terraform_holds_is_an_error() {
    let folder = std::env::temp_dir().join(format!("rd-state-lock-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("terraform.tfstate");
    assert!(refuse_if_locked(&file).is_ok());
    std::fs::write(folder.join(".terraform.tfstate.lock.info"), "{}").unwrap();
    let error = refuse_if_locked(&file).unwrap_err();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(error.exit, Exit::Locked);
    assert!(
        error
            .hint
            .clone()
            .unwrap_or_default()
            .contains("force-unlock")
    );
}

/// Values of every type, and keys that have a meaning.
const PIECES: [&str; 12] = [
    "null",
    "true",
    "-1",
    "1e999",
    "\"\"",
    "\"arn:aws:ec2\"",
    "[]",
    "{}",
    "[[]]",
    "\"module.\"",
    "\"[\"",
    "4",
];

/// A generator of numbers below a limit with a fixed seed, so that a failure can be repeated.
pub fn numbers() -> impl FnMut(usize) -> usize {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    move |below| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below.max(1) as u64).unwrap_or(0)
    }
}

#[test]
fn no_state_makes_it_panic() {
    let mut next = numbers();
    let whole = sample().to_string();
    for round in 0..4000 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            match round % 3 {
                0 => bytes[at] = u8::try_from(next(256)).unwrap_or(0),
                1 => bytes.truncate(at.max(1)),
                _ => {
                    // Another value in the place of one: still JSON.
                    let starts = [b':', b',', b'['];
                    let start = (at..bytes.len()).find(|at| starts.contains(&bytes[*at]));
                    let Some(start) = start else { continue };
                    let ends = [b',', b'}', b']'];
                    let end = (start + 1..bytes.len()).find(|at| ends.contains(&bytes[*at]));
                    let piece = PIECES[next(PIECES.len())].bytes();
                    bytes.splice(start + 1..end.unwrap_or(start + 1), piece);
                }
            }
        }
        let _ = read(&bytes, "x");
    }
}
