//! What AWS refuses, and the text that says what to do.

use super::*;

/// Each refusal has one text that says what to do.
#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let refused = |status, code: &'static str, on: &'static str, table| async move {
        let team = Team::new(table);
        let store = team.store("a", dying());
        team.aws.set_faults(move |_, name| {
            name.starts_with(on).then_some(Fault::Refused(status, code))
        });
        let error = a_run(&store, "run-a").await.unwrap_err();
        format!(
            "{} / {}",
            error.summary,
            error.hint.clone().unwrap_or_default()
        )
    };
    for (status, code, on, says) in [
        (
            404,
            "NoSuchBucket",
            "GET state",
            &["rd-state bootstrap", "two minutes", "(team)"][..],
        ),
        (
            301,
            "PermanentRedirect",
            "GET state",
            &["write `region = \"eu-west-1\"`"],
        ),
        (
            403,
            "AccessDenied",
            "GET state",
            &[
                "no sign that there is none",
                "s3:ListBucket",
                "iam::123456789012:user/me",
            ],
        ),
        (
            403,
            "AccessDenied",
            "PUT state",
            &["s3:PutObject on s3://team/rd/*"],
        ),
        (
            403,
            "AccessDenied:kms",
            "PUT state",
            &["kms:GenerateDataKey", "default key"],
        ),
        (
            400,
            "KMS.DisabledException",
            "GET state",
            &["must be enabled"],
        ),
        (
            400,
            "ResourceNotFoundException",
            "GetItem",
            &["no table locks in us-east-1"],
        ),
        (
            400,
            "AccessDeniedException",
            "PutItem",
            &["dynamodb:PutItem on the table locks"],
        ),
        (
            403,
            "InvalidAccessKeyId",
            "GET state",
            &["does not know this access key"],
        ),
    ] {
        let text = refused(status, code, on, true).await;
        for part in says {
            assert!(text.contains(part), "{code}: {part}: {text}");
        }
    }
    let team = Team::new(true);
    team.aws.turn_versioning_off();
    let store = team.store("a", dying());
    let error = a_run(&store, "run-a").await.unwrap_err();
    assert!(
        error
            .summary
            .contains("versioning of the state bucket team is off"),
        "{error}"
    );
    assert_eq!(
        store.load(&key()).await.unwrap(),
        None,
        "nothing was written"
    );
}

/// A policy may leave out the permission to read the bucket's versioning.
#[tokio::test]
async fn without_the_permission_to_ask_versioning_counts_as_on() {
    let team = Team::new(true);
    let store = team.store("a", dying());
    team.aws.set_faults(|_, name| {
        (name == "GET ?versioning").then_some(Fault::Refused(403, "AccessDenied"))
    });
    a_run(&store, "run-a").await.unwrap();
}
