//! The local AWS API of the tests: `RD_TEST_AWS` where it is set (`make test` starts one and stops it), else one that
//! is started on first need and ends by itself when it has been idle.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Where it answers.
pub fn endpoint() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| std::env::var("RD_TEST_AWS").unwrap_or_else(|_| start()))
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
