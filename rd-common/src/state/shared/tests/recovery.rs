//! States that were deleted, cannot be read or could not be saved, and what is found of them.

use super::*;

const OBJECT: &str = "rd/state/p/e/net.json";

#[tokio::test]
async fn a_deleted_state_is_not_a_first_run() {
    let team = Team::new(true);
    let store = team.store("a", lasting());
    a_run(&store, "run-a").await.unwrap();
    team.aws.delete(OBJECT);
    for error in [
        store.load(&key()).await.unwrap_err(),
        a_run(&store, "run-b").await.unwrap_err(),
    ] {
        assert!(error.summary.contains("was deleted"), "{error}");
        assert!(
            error
                .hint
                .as_ref()
                .unwrap()
                .contains("rd-state restore net"),
            "{error:?}"
        );
    }
    let other = team.store("a", lasting());
    store.break_lock(&key()).await.unwrap_err();
    let writer = other.lock(&key(), holder("run-c"), Duration::ZERO).await;
    assert!(writer.is_err(), "a take-over of the lock finds it, too");
}

#[tokio::test]
async fn a_deleted_or_unreadable_state_comes_back_from_its_history() {
    for broken in [true, false] {
        let team = Team::new(true);
        let store = team.store("a", lasting());
        a_run(&store, "run-a").await.unwrap();
        let lock = store
            .lock(&key(), holder("run-b"), Duration::ZERO)
            .await
            .unwrap();
        let breaks = || match broken {
            true => team.aws.put(OBJECT, b"{\"format\":"),
            false => team.aws.delete(OBJECT),
        };
        breaks();
        let restored = store.restore(&key(), 1, lock.as_ref()).await.unwrap();
        assert_eq!((restored.serial, stored(&store).await.serial), (3, 3));
        breaks();
        let kept = store
            .set_aside_unreadable(&key(), lock.as_ref())
            .await
            .unwrap();
        assert!(kept.unwrap().starts_with("s3://team/rd/state/p/e/net.json"));
        assert_eq!(stored(&store).await.serial, 3);
        let history = store.history(&key(), 50).await.unwrap();
        assert_eq!(history.len(), 3);
    }
    // An empty object is damage, and no first run.
    let team = Team::new(true);
    let store = team.store("a", lasting());
    team.aws.put(OBJECT, b"");
    let error = store.load(&key()).await.unwrap_err();
    assert!(error.summary.contains("cannot be read"), "{error}");
}

#[tokio::test]
async fn a_version_that_another_program_has_written_is_part_of_the_history() {
    let team = Team::new(true);
    let store = team.store("a", lasting());
    team.aws.put(OBJECT, &document(1).bytes());
    team.aws.put(OBJECT, b"garbage");
    team.aws.put(OBJECT, &document(2).bytes());
    let history = store.history(&key(), 50).await.unwrap();
    let serials: Vec<u64> = history.iter().map(|version| version.serial).collect();
    assert_eq!(serials, [1, 2]);
    let newest = store.history(&key(), 2).await.unwrap();
    assert_eq!(newest, history, "what is no state does not count");
    assert_eq!(store.version(&key(), 1).await.unwrap(), document(1));
}

#[tokio::test]
async fn what_could_not_be_saved_is_kept_on_this_machine() {
    let team = Team::new(true);
    let store: Rc<dyn Store> = Rc::new(team.store("a", lasting()));
    let lock = store
        .lock(&key(), holder("run-a"), Duration::ZERO)
        .await
        .unwrap();
    team.aws
        .set_faults(|_, name| (name == "PUT state").then_some(Fault::Refused(403, "AccessDenied")));
    let saved = save_next(store.as_ref(), &key(), document(0), "test", lock.as_ref()).await;
    let error = saved.unwrap_err();
    let hint = error.hint.clone().unwrap();
    let path = team
        .folder
        .path()
        .join("a/.rd/unsaved/p/e/net.000001.run-a.json");
    assert!(
        hint.contains(&format!("rd-state push net {}", path.display())),
        "{hint}"
    );
    let kept = Document::parse(&std::fs::read(path).unwrap(), "x").unwrap();
    assert_eq!(kept.serial, 1);
}

#[tokio::test]
async fn a_state_that_is_still_local_is_not_taken_for_none() {
    let team = Team::new(true);
    let store = team.store("a", lasting());
    let folder = team.folder.path().join("a/.rd/p/e");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("net.json"), document(1).bytes()).unwrap();
    let error = store.load(&key()).await.unwrap_err();
    assert_eq!(error.exit, Exit::Refused);
    assert!(
        error
            .hint
            .as_ref()
            .unwrap()
            .contains("rd-state migrate --to s3")
    );
    let lock = store.lock(&key(), holder("run-a"), Duration::ZERO).await;
    assert_eq!(lock.err().unwrap().exit, Exit::Refused);
    std::fs::write(folder.join(crate::state::moved::NOTE), b"{}").unwrap();
    assert_eq!(store.load(&key()).await.unwrap(), None);
}

#[tokio::test]
async fn environments_are_listed() {
    let team = Team::new(true);
    let store = team.store("a", lasting());
    a_run(&store, "run-a").await.unwrap();
    assert_eq!(store.environments("p").await.unwrap(), ["e"]);
    assert_eq!(store.slices(&stack()).await.unwrap(), ["net"]);
    assert!(store.environments("q").await.unwrap().is_empty());
}
