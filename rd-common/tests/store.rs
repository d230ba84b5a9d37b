//! Many processes at one state.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_common::settings::Retention;
use rd_common::stack::StackId;
use rd_common::state::local::LocalStore;
use rd_common::state::store::{Holder, Key, Store};
use rd_common::{Document, Stack};
use serde_json::json;
use std::cell::OnceCell;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const PROCESSES: u64 = 50;
const CHANGES: u64 = 20;
/// Set in the processes that the test starts of itself.
const FOLDER: &str = "RD_TEST_STORE_FOLDER";

fn key() -> Key {
    Key {
        stack: StackId {
            project: "p".into(),
            environment: "e".into(),
        },
        slice: "net".into(),
    }
}

/// A store that keeps every version, so that none can be missing unnoticed.
fn store(folder: &Path) -> LocalStore {
    LocalStore::new(folder).keeping(Retention {
        history_versions: u32::MAX,
        history_runs: 0,
        history_days: 0,
    })
}

/// Adds one to a number in the state, under the lock.
async fn add_one(store: &LocalStore, run: &str) {
    let holder = Holder::this_process("a test", run);
    let lock = store
        .lock(&key(), holder, Duration::from_secs(300))
        .await
        .unwrap();
    let stored = store.load(&key()).await.unwrap().unwrap();
    let mut document = stored.document;
    let count = document.outputs["count"].as_u64().unwrap();
    document.outputs.insert("count".into(), json!(count + 1));
    document.follow(document.serial, run, "add");
    store
        .save(&key(), &document, Some(&stored.tag), lock.as_ref())
        .await
        .unwrap();
    store.unlock(&key(), lock.as_ref()).await.unwrap();
}

#[tokio::test]
async fn fifty_processes_lose_no_update() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let store = store(folder.as_ref());
        for _ in 0..CHANGES {
            add_one(&store, &format!("run-{}", std::process::id())).await;
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let stack = Stack {
        project: "p".into(),
        environment: "e".into(),
        region: "us-east-1".into(),
        account: OnceCell::new(),
        tags: Default::default(),
        ..Stack::default()
    };
    let mut document = Document::empty(&stack, "net");
    document.outputs.insert("count".into(), json!(0));
    document.follow(0, "first", "make");
    let holder = Holder::this_process("a test", "first");
    let lock = store.lock(&key(), holder, Duration::ZERO).await.unwrap();
    store
        .save(&key(), &document, None, lock.as_ref())
        .await
        .unwrap();
    store.unlock(&key(), lock.as_ref()).await.unwrap();

    let own = std::env::current_exe().unwrap();
    let start = || {
        Command::new(&own)
            .args(["--exact", "fifty_processes_lose_no_update"])
            .env(FOLDER, folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..PROCESSES).map(|_| start()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let document = store.load(&key()).await.unwrap().unwrap().document;
    assert_eq!(document.outputs["count"], PROCESSES * CHANGES);
    assert_eq!(document.serial, PROCESSES * CHANGES + 1);
    let history = store.history(&key(), usize::MAX).await.unwrap();
    assert_eq!(history.len() as u64, PROCESSES * CHANGES + 1);
}
