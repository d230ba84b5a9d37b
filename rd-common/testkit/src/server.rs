//! The local AWS API of the tests: those that `RD_TEST_AWS` names, which `make test` starts and stops, otherwise one
//! that is started when it is first needed, and ends when it has been idle.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The root folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
}

/// The URL of a local AWS API. There can be several, since each uses one core. A test, which runs in a thread of its
/// own, always gets the same one.
pub fn endpoint() -> &'static str {
    static URLS: OnceLock<Vec<String>> = OnceLock::new();
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    let urls = URLS.get_or_init(|| match std::env::var("RD_TEST_AWS") {
        Ok(urls) => urls.split_whitespace().map(str::to_owned).collect(),
        Err(_) => vec![start()],
    });
    assert!(!urls.is_empty(), "RD_TEST_AWS names no URL");
    &urls[MINE.with(|mine| *mine) % urls.len()]
}

fn start() -> String {
    let script = root().join("scripts/aws-local");
    let folder = root().join(".aws-local/tests");
    let started = Command::new(&script)
        .args(["start", "--idle-exit", "600", "--dir"])
        .arg(&folder)
        .output()
        .unwrap_or_else(|e| {
            panic!(
                "{} cannot be run: {e}; the tests need Python 3",
                script.display()
            )
        });
    assert!(
        started.status.success(),
        "{}",
        String::from_utf8_lossy(&started.stderr)
    );
    let record = std::fs::read_to_string(folder.join("server.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record["url"].as_str().unwrap().to_owned()
}
