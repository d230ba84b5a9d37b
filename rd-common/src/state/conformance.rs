//! What every backend must do.

use super::document::Document;
use super::store::{Holder, Key, Store};
use crate::exit::Exit;
use crate::stack::Stack;
use jiff::Timestamp;
use serde_json::json;
use std::cell::OnceCell;
use std::time::Duration;

pub(super) fn key() -> Key {
    Key {
        stack: "p-e".into(),
        slice: "net".into(),
    }
}

/// A document with this serial; all of them have one lineage.
pub(crate) fn document(serial: u64) -> Document {
    let stack = Stack {
        project: "p".into(),
        environment: "e".into(),
        region: "us-east-1".into(),
        account: OnceCell::new(),
        tags: Default::default(),
        ..Stack::default()
    };
    let mut document = Document::empty(&stack, "net");
    document.lineage = "l".into();
    document.serial = serial;
    document.run = "run-1".into();
    document.outputs.insert("n".into(), json!(serial));
    document
}

fn holder(run: &str) -> Holder {
    Holder {
        who: "me@here".into(),
        what: "a test".into(),
        since: Timestamp::now(),
        run: run.into(),
    }
}

pub(super) async fn suite(store: &dyn Store) {
    let key = key();
    assert_eq!(store.load(&key).await.unwrap(), None);
    assert!(store.history(&key).await.unwrap().is_empty());
    assert!(store.slices("p-e").await.unwrap().is_empty());

    // Only the next version of what is there is taken.
    assert_eq!(
        store.save(&key, &document(2)).await.unwrap_err().exit,
        Exit::Locked
    );
    store.save(&key, &document(1)).await.unwrap();
    assert_eq!(
        store.save(&key, &document(1)).await.unwrap_err().exit,
        Exit::Locked
    );
    store.save(&key, &document(2)).await.unwrap();
    assert_eq!(
        store.save(&key, &document(4)).await.unwrap_err().exit,
        Exit::Locked
    );
    let mut other = document(3);
    other.lineage = "another".into();
    assert_eq!(
        store.save(&key, &other).await.unwrap_err().exit,
        Exit::Locked
    );
    assert_eq!(store.load(&key).await.unwrap(), Some(document(2)));
    assert_eq!(store.slices("p-e").await.unwrap(), ["net"]);

    // One holder at a time; the other is told who; a writer that is not the holder is refused.
    let lock = store
        .lock(&key, holder("run-1"), Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(lock.run(), "run-1");
    let refused = store
        .lock(&key, holder("run-2"), Duration::ZERO)
        .await
        .err()
        .unwrap();
    assert_eq!(refused.exit, Exit::Locked);
    assert!(refused.summary.contains("me@here"), "{refused}");
    let mut foreign = document(3);
    foreign.run = "run-2".into();
    assert_eq!(
        store.save(&key, &foreign).await.unwrap_err().exit,
        Exit::Locked
    );
    let held = store.holder(&key).await.unwrap();
    assert_eq!(held.map(|holder| holder.run).as_deref(), Some("run-1"));
    store.renew(&key, lock.as_ref()).await.unwrap();
    store.save(&key, &document(3)).await.unwrap();
    store.unlock(&key, lock).await.unwrap();
    let lock = store
        .lock(&key, holder("run-2"), Duration::from_secs(5))
        .await
        .unwrap();
    store.unlock(&key, lock).await.unwrap();
    assert_eq!(store.holder(&key).await.unwrap(), None);

    // A lock that was taken away: the next run gets it, and what the first one still writes is refused.
    let lost = store
        .lock(&key, holder("run-1"), Duration::ZERO)
        .await
        .unwrap();
    let holds = lost.watch();
    assert!(holds());
    store.break_lock(&key).await.unwrap();
    assert!(!holds());
    let lock = store
        .lock(&key, holder("run-2"), Duration::ZERO)
        .await
        .unwrap();
    let late = store.save(&key, &document(4)).await.unwrap_err();
    assert_eq!(late.exit, Exit::Locked);
    drop(lost);
    let held = store.holder(&key).await.unwrap();
    assert_eq!(held.map(|holder| holder.run).as_deref(), Some("run-2"));
    store.unlock(&key, lock).await.unwrap();

    // Every version stays, and an old one comes back as a new one.
    let serials: Vec<u64> = store
        .history(&key)
        .await
        .unwrap()
        .iter()
        .map(|v| v.serial)
        .collect();
    assert_eq!(serials, [1, 2, 3]);
    assert_eq!(store.version(&key, 2).await.unwrap(), document(2));
    assert_eq!(store.version(&key, 9).await.unwrap_err().exit, Exit::Usage);
    let restored = store.restore(&key, 1, "run-3").await.unwrap();
    assert_eq!((restored.serial, &restored.outputs["n"]), (4, &json!(1)));
    assert_eq!(store.load(&key).await.unwrap().unwrap().serial, 4);
}
