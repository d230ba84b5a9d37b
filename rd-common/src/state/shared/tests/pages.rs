//! Lists of more than one page.

use super::*;

#[tokio::test]
async fn conforms_where_each_page_has_two_entries() {
    for table in BOTH {
        let team = Team::new(table);
        team.aws.set_page(2);
        conformance::suite(Rc::new(team.store("a", lasting()))).await;
    }
}

#[tokio::test]
async fn every_page_of_a_list_is_read() {
    let team = Team::new(true);
    team.aws.set_page(3);
    let store = team.store("a", lasting());
    let names =
        |prefix: &str| -> Vec<String> { (10..20).map(|n| format!("{prefix}{n}")).collect() };
    for name in names("slice") {
        team.aws
            .put(&format!("rd/state/p/e/{name}.json"), &document(1).bytes());
    }
    for name in names("env") {
        team.aws
            .put(&format!("rd/state/p/{name}/net.json"), &document(1).bytes());
    }
    assert_eq!(store.slices(&stack()).await.unwrap(), names("slice"));
    let mut environments = vec!["e".to_owned()];
    environments.extend(names("env"));
    assert_eq!(store.environments("p").await.unwrap(), environments);
}

/// S3 has at most 1000 versions in a page, delete markers included, and lists those of other keys with the same beginning.
#[tokio::test]
async fn a_history_of_more_than_a_thousand_versions_is_whole() {
    const OBJECT: &str = "rd/state/p/e/net.json";
    let team = Team::new(true);
    let store = team.store("a", lasting());
    for serial in 1..=1100 {
        team.aws.put(OBJECT, &document(serial).bytes());
        if serial % 100 == 0 {
            team.aws.delete(OBJECT);
        }
    }
    team.aws.put(OBJECT, &document(1101).bytes());
    team.aws.put("rd/state/p/e/net.json.bak", b"{}");
    let history = store.history(&key(), usize::MAX).await.unwrap();
    let serials: Vec<u64> = history.iter().map(|version| version.serial).collect();
    assert_eq!(serials, (1..=1101).collect::<Vec<u64>>());
    assert_eq!(store.version(&key(), 1).await.unwrap(), document(1));
    assert_eq!(store.history(&key(), 50).await.unwrap(), history[1051..]);
}

#[tokio::test]
async fn pages_that_refer_to_themselves_are_an_error() {
    let team = Team::new(true);
    team.aws.set_page(2);
    let store = team.store("a", lasting());
    for name in ["a", "b", "c"] {
        let object = format!("rd/state/p/e/{name}.json");
        team.aws.put(&object, &document(1).bytes());
        for serial in 1..=5 {
            team.aws
                .put("rd/state/p/e/net.json", &document(serial).bytes());
        }
    }
    team.aws.set_quirk(Quirk::EndlessPages);
    for error in [
        store.slices(&stack()).await.unwrap_err(),
        store.history(&key(), usize::MAX).await.unwrap_err(),
    ] {
        assert!(error.summary.contains("refers to itself"), "{error}");
    }
}
