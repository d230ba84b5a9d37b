//! The bucket of the sessions among others.

use super::net::own_style;
use super::{map_with, settings, stays, table};
use crate::terraform::tests::{one, resource};
use serde_json::{Value, json};

#[test]
fn a_bucket_is_known_by_its_name_or_asked_for() {
    let bucket = |id: &str| {
        one(
            "aws_s3_bucket",
            &id.replace('-', "_"),
            json!({"id": id, "bucket": id}),
        )
    };
    let part = |kind: &str, bucket: &str, more: Value| {
        one(
            kind,
            "x",
            json!({"id": bucket, "bucket": bucket, "rule": more}),
        )
    };
    let key = "arn:aws:kms:us-east-1:123456789012:key/1";
    let mut resources = own_style();
    resources.extend([
        bucket("web-sessions"),
        bucket("web-logs"),
        part("aws_s3_bucket_versioning", "web-sessions", json!([])),
        part(
            "aws_s3_bucket_server_side_encryption_configuration",
            "web-sessions",
            json!([{"apply_server_side_encryption_by_default": [{"kms_master_key_id": key}]}]),
        ),
    ]);
    resources.push(resource(
        "module.logs",
        "aws_s3_bucket_policy",
        "x",
        &[(json!(0), json!({"id": "web-logs", "bucket": "web-logs"}))],
    ));
    let mapping = map_with(&resources, &[]);
    assert_eq!(mapping.questions, []);
    let lines = table(&mapping);
    for line in [
        "aws_s3_bucket.web_sessions -> store.bucket.sessions (web-sessions)",
        "aws_s3_bucket_versioning.x -> store.bucket.sessions ()",
    ] {
        assert!(lines.iter().any(|one| one == line), "{lines:#?}");
    }
    let stays = stays(&mapping);
    assert!(
        stays.contains(&"aws_s3_bucket.web_logs")
            && stays.contains(&"module.logs.aws_s3_bucket_policy.x[0]")
    );
    let settings = settings(&mapping);
    assert!(
        settings.contains(&"store.bucket = \"web-sessions\"".to_owned()),
        "{settings:?}"
    );
    assert!(
        settings.contains(&format!("store.kms_key = \"{key}\"")),
        "{settings:?}"
    );

    let mut others = own_style();
    others.push(bucket("web-logs"));
    let asked = map_with(&others, &[]);
    assert_eq!(asked.questions[0].candidates, ["aws_s3_bucket.web_logs"]);
    let kept = map_with(&others, &[("aws_s3_bucket.web_logs", "terraform")]);
    assert_eq!(kept.questions, []);
    let answered = map_with(
        &others,
        &[("aws_s3_bucket.web_logs", "store.bucket.sessions")],
    );
    assert!(answered.decisions.iter().any(|one| one.id == "web-logs"));
}
