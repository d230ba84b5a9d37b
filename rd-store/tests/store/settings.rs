//! Every setting of the bucket is changed in place, and drift of it is reverted.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Done, World};
use serde_json::Value;

fn settings(store: &str) -> String {
    format!("project = \"shop\"\nenvironment = \"test\"\n[store]\n{store}\n")
}

fn bucket(world: &World) -> String {
    format!("shop-test-sessions-{}", world.account)
}

fn change(plan: &Done) -> Value {
    plan.of_type("change").remove(0)
}

/// The cause and the path of each field that a plan would change.
fn fields(plan: &Done) -> Vec<String> {
    let change = change(plan);
    let fields = change["fields"].as_array().unwrap();
    fields
        .iter()
        .map(|f| {
            format!(
                "{} {}",
                f["cause"].as_str().unwrap(),
                f["path"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn each_setting_is_changed_in_place() {
    let world = World::new(&settings(""));
    world.rd("rd-store").args("apply -y").ok();
    let steps = [
        ("versioning = false", "config versioning"),
        ("kms_key = \"alias/shop\"", "config encryption"),
        ("standard_ia_days = 45", "config lifecycle"),
        ("glacier_ir_days = 0", "config lifecycle"),
        ("noncurrent_days = 3", "config lifecycle"),
        ("multipart_days = 1", "config lifecycle"),
        ("retention_days = 365", "config lifecycle"),
        (
            "cors_origins = [\"https://app.example.com\"]",
            "config cors",
        ),
        (
            "cors_origins = [\"https://app.example.com\"]\ncors_methods = [\"GET\"]",
            "config cors",
        ),
        (
            "cors_origins = [\"https://app.example.com\"]\ncors_max_age_seconds = 60",
            "config cors",
        ),
        ("", ""),
    ];
    for (step, wanted) in steps {
        world.settings(&settings(step));
        let plan = world.rd("rd-store").args("plan").ok();
        assert_eq!(plan.actions(), ["update store.bucket.sessions"], "{step}");
        let found = fields(&plan);
        assert!(
            wanted.is_empty() || found.contains(&wanted.to_owned()),
            "{step}: {found:?}"
        );
        assert!(
            found.iter().all(|field| field.starts_with("config ")),
            "{step}: {found:?}"
        );
        world.rd("rd-store").args("apply").stdin(plan.stdout).ok();
        let after = world.rd("rd-store").args("plan").ok();
        assert_eq!(after.actions(), [""; 0], "{step}: {:?}", change(&after));
    }
}

#[test]
fn drift_of_each_setting_is_shown_and_reverted() {
    let world = World::new(&settings("cors_origins = [\"https://app.example.com\"]"));
    let apply = world.rd("rd-store").args("apply -y").ok();
    let name = bucket(&world);
    assert_eq!(apply.output("bucket_name"), name.as_str());
    let versioning =
        "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    let encryption = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
        <SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
    let public = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
        <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy>\
        <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    let owner = "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>";
    let lifecycle = "<LifecycleConfiguration><Rule><ID>x</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>\
        <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
    let drifts = [
        ("PUT", "versioning", versioning, "versioning"),
        ("PUT", "encryption", encryption, "encryption"),
        ("PUT", "publicAccessBlock", public, "public_access_block"),
        ("DELETE", "publicAccessBlock", "", "public_access_block"),
        ("PUT", "ownershipControls", owner, "ownership"),
        ("PUT", "lifecycle", lifecycle, "lifecycle"),
        ("DELETE", "lifecycle", "", "lifecycle"),
        ("DELETE", "policy", "", "policy"),
        ("DELETE", "cors", "", "cors"),
    ];
    for (method, what, body, path) in drifts {
        let answer = world.s3(method, &format!("/{name}?{what}"), body);
        assert!(answer.status < 300, "{method} {what}: {}", answer.body);
        let plan = world.rd("rd-store").args("plan").ok();
        let found = fields(&plan);
        assert!(
            !found.is_empty()
                && found
                    .iter()
                    .all(|field| field.starts_with(&format!("drift {path}"))),
            "{method} {what}: {found:?}"
        );
        let status = world.rd("rd-store").args("status").ok();
        assert_eq!(status.of_type("status")[0]["health"], "drifted", "{what}");
        world.rd("rd-store").args("apply -y").ok();
        assert_eq!(
            world.rd("rd-store").args("plan").ok().actions(),
            [""; 0],
            "{what}"
        );
    }
}

#[test]
fn a_changed_name_replaces_the_bucket_unless_it_has_objects() {
    let world = World::new(&settings(""));
    world.rd("rd-store").args("apply -y").ok();
    world.settings(&settings(&format!("bucket = \"other-{}\"", world.account)));
    let plan = world.rd("rd-store").args("plan").ok();
    assert_eq!(plan.actions(), ["replace store.bucket.sessions"]);
    // The objects would be lost with the old bucket: S3 refuses, and nothing is deleted.
    let put = world.s3("PUT", &format!("/{}/a", bucket(&world)), "data");
    assert!(put.status < 300, "{}", put.body);
    let apply = world.rd("rd-store").args("apply -y").code(1);
    assert!(apply.stderr.contains("not empty"), "{}", apply.stderr);
    assert_eq!(
        world.s3("GET", &format!("/{}/a", bucket(&world)), "").body,
        "data"
    );
}

#[test]
fn a_name_that_another_account_has_is_an_error_with_a_hint() {
    let other = World::new(&settings(""));
    let name = format!("taken-{}", other.account);
    assert!(other.s3("PUT", &format!("/{name}"), "").status < 300);
    let world = World::new(&settings(&format!("bucket = \"{name}\"")));
    let apply = world.rd("rd-store").args("apply -y").code(1);
    assert!(
        apply.stderr.contains(&name) && apply.stderr.contains("→"),
        "{}",
        apply.stderr
    );
}

#[test]
fn an_unmanaged_bucket_in_this_account_is_left_alone() {
    let world = World::new(&settings(""));
    let name = bucket(&world);
    assert!(world.s3("PUT", &format!("/{name}"), "").status < 300);
    let tags =
        "<Tagging><TagSet><Tag><Key>Team</Key><Value>billing</Value></Tag></TagSet></Tagging>";
    assert!(world.s3("PUT", &format!("/{name}?tagging"), tags).status < 300);
    let plan = world.rd("rd-store").args("plan").code(6);
    assert!(
        plan.stderr.contains("Team=billing") && plan.stderr.contains("rd:slice=store"),
        "{}",
        plan.stderr
    );
    world.rd("rd-store").args("apply -y").code(6);
    let destroy = world.rd("rd-store").args("destroy -y").ok();
    assert_eq!(destroy.actions(), [""; 0]);
    assert_eq!(world.s3("HEAD", &format!("/{name}"), "").status, 200);
}

#[test]
fn a_plan_without_change_makes_few_calls() {
    let world = World::new(&settings(""));
    world.rd("rd-store").args("apply -y").ok();
    let plan = world.rd("rd-store").args("plan -v").ok();
    assert!(
        plan.stderr.contains("9 calls to AWS") || plan.stderr.contains("10 calls to AWS"),
        "{}",
        plan.stderr
    );
}

#[test]
fn arns_and_domain_names_fit_the_partition_of_the_region() {
    let world = World::new(&settings(""));
    for (region, arn, suffix) in [
        ("us-gov-west-1", "arn:aws-us-gov:s3:::", ".amazonaws.com"),
        ("cn-north-1", "arn:aws-cn:s3:::", ".amazonaws.com.cn"),
        ("eu-west-1", "arn:aws:s3:::", ".amazonaws.com"),
    ] {
        let plan = world
            .rd("rd-store")
            .args("plan --offline --region")
            .arg(region)
            .ok();
        let output = |name: &str| plan.output(name).as_str().unwrap().to_owned();
        assert!(output("bucket_arn").starts_with(arn));
        assert!(output("bucket_domain_name").ends_with(suffix));
        assert!(
            change(&plan)["fields"]
                .to_string()
                .contains(&format!("{arn}shop-test"))
        );
    }
}
