//! Stores that answer in place of S3, and differ from it: what states need of them is tried, and what they lack is told.

use super::*;

async fn problems(quirk: Quirk) -> Vec<StoreProblem> {
    let team = Team::new(false);
    team.aws.set_quirk(quirk);
    let store = team.store("a", lasting());
    // The second time, the probe exists.
    let first = store.audit(&stack(), false).await.unwrap();
    let second = store.audit(&stack(), false).await.unwrap();
    assert_eq!(first, second);
    second
}

#[tokio::test]
async fn what_a_store_lacks_is_found() {
    for (quirk, says, is_fatal) in [
        (Quirk::IgnoresIfMatch, "does not hold (If-Match)", true),
        (
            Quirk::IgnoresIfNoneMatch,
            "does not hold (If-None-Match)",
            true,
        ),
        (
            Quirk::NoConditions,
            "conditional writes to s3://team/rd are refused",
            true,
        ),
        (
            Quirk::NoVersions,
            "keeps no versions of objects in the bucket team",
            true,
        ),
        (
            Quirk::PretendsVersions,
            "keeps no versions of objects in the bucket team",
            true,
        ),
        (Quirk::NoPolicy, "lets anybody overwrite a state", false),
    ] {
        let found = problems(quirk).await;
        assert_eq!(found.len(), 1, "{quirk:?}: {found:?}");
        assert!(found[0].summary.contains(says), "{quirk:?}: {found:?}");
        assert_eq!(found[0].is_fatal, is_fatal, "{quirk:?}");
    }
}

#[tokio::test]
async fn a_store_with_other_codes_or_without_etags_in_answers_works() {
    for quirk in [Quirk::OtherTexts, Quirk::NoEtags] {
        assert_eq!(problems(quirk).await, [], "{quirk:?}");
        let team = Team::new(false);
        team.aws.set_quirk(quirk);
        conformance::suite(Rc::new(team.store("a", lasting()))).await;
    }
}

#[tokio::test]
async fn a_store_without_versions_gets_no_state() {
    let team = Team::new(false);
    team.aws.set_quirk(Quirk::NoVersions);
    let store = team.store("a", lasting());
    let refused = a_run(&store, "run-a").await.unwrap_err();
    assert_eq!(refused.exit, Exit::Refused);
    assert_eq!(store.load(&key()).await.unwrap(), None);
}

#[tokio::test]
async fn a_store_without_checksums_works_without_them() {
    let mut team = Team::new(false);
    team.aws.set_quirk(Quirk::NoChecksums);
    let refused = a_run(&team.store("a", lasting()), "run-a").await;
    let hint = refused.unwrap_err().hint.clone().unwrap();
    assert!(
        hint.contains("AWS_REQUEST_CHECKSUM_CALCULATION=when_required"),
        "{hint}"
    );
    team.few_checksums = true;
    a_run(&team.store("a", lasting()), "run-a").await.unwrap();
}
