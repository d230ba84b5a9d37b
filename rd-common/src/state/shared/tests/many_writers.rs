//! Many runs at once, none of which loses an update.

use super::*;

const WRITERS: usize = 50;
const CHANGES: u64 = 20;

/// Reads the state, adds one to a number in it, and saves it, under the lock.
async fn add_one(store: &SharedStore, run: &str) {
    let lock = store.lock(&key(), holder(run), HOUR).await.unwrap();
    let before = store.load(&key()).await.unwrap();
    let tag = before.as_ref().map(|stored| stored.tag.clone());
    let mut next = before.map_or_else(|| document(0), |stored| stored.document);
    next.follow(next.serial, run, "add");
    let count = next.outputs["n"].as_u64().unwrap();
    next.outputs.insert("n".into(), json!(count + 1));
    store
        .save(&key(), &next, tag.as_ref(), lock.as_ref())
        .await
        .unwrap();
    store.unlock(&key(), lock.as_ref()).await.unwrap();
}

async fn many_writers(table: bool, writers: usize, changes: u64) {
    let team = Team::new(table);
    let timing = Timing {
        look: Duration::from_millis(400),
        ..lasting()
    };
    let writers = (0..writers).map(|number| {
        let store = team.store(&format!("host-{number}"), timing);
        async move {
            for _ in 0..changes {
                add_one(&store, &format!("run-{number}")).await;
            }
        }
    });
    let count = writers.len() as u64 * changes;
    join_all(writers).await;
    let store = team.store("a", timing);
    let document = stored(&store).await;
    assert_eq!(
        (document.serial, &document.outputs["n"]),
        (count, &json!(count))
    );
    let history = store.history(&key(), usize::MAX).await.unwrap();
    assert_eq!(history.len() as u64, count);
}

#[tokio::test]
async fn fifty_writers_lose_no_update() {
    many_writers(true, WRITERS, CHANGES).await;
}

#[tokio::test]
async fn fifty_writers_without_a_table_lose_no_update() {
    many_writers(false, WRITERS, CHANGES).await;
}
