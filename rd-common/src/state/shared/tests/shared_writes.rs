//! Changes that share a write.

use super::*;

/// Changes that nobody waits for share a write, which comes by itself.
#[tokio::test]
async fn changes_that_nobody_waits_for_share_a_write() {
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let team = Team::new(true);
            let store: Rc<dyn Store> = Rc::new(team.store("a", lasting()));
            let lock = store.lock(&key(), holder("run-a"), Duration::ZERO).await;
            let state = LoadedState::or_empty(None, || document(0));
            let session = Session::new(store.clone(), key(), lock.unwrap(), state, "test");
            let session = Rc::new(session);
            team.aws.set_faults(|_, _| None);
            for number in 0..5 {
                session.change(|document| document.outputs.insert("n".into(), json!(number)));
                session.save_soon().await.unwrap();
            }
            while session.read(|document| document.serial) == 0 {
                sleep(Duration::from_millis(20)).await;
            }
            // Nothing is left to write.
            session.save().await.unwrap();
            let writes = team.aws.end_faults();
            assert_eq!(writes.iter().filter(|name| *name == "PUT state").count(), 1);
            let stored = store.load(&key()).await.unwrap().unwrap();
            assert_eq!(stored.document.outputs["n"], json!(4));
        })
        .await;
}
