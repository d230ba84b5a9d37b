//! Checks that a secret is only where it belongs.

use crate::faults::Call;
use crate::run::Done;
use crate::world::World;
use std::path::Path;

impl World {
    /// Fails the test where `secret` is in a file of the world, or in the output of the programs.
    pub fn keeps(&self, secret: &str, wrote: &[Done]) {
        let mut files = Vec::new();
        every_file(self.path(), &mut files);
        assert!(files.len() > 1, "there are no states to look into");
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "the secret is in {}", file.display());
        }
        for done in wrote {
            assert!(
                !done.stdout.contains(secret),
                "the secret is on stdout: {}",
                done.stdout
            );
            assert!(
                !done.stderr.contains(secret),
                "the secret is on stderr: {}",
                done.stderr
            );
        }
    }
}

/// The operations of the recorded calls whose bodies contain the secret. Fails the test where it is in a path.
pub fn carriers(calls: &[Call], secret: &str) -> Vec<String> {
    let mut operations: Vec<String> = calls
        .iter()
        .filter(|call| {
            assert!(
                !call.path.contains(secret),
                "the secret is in the path of {}",
                call.operation
            );
            String::from_utf8_lossy(&call.body).contains(secret)
        })
        .map(|call| call.operation.clone())
        .collect();
    operations.sort();
    operations.dedup();
    operations
}

fn every_file(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            every_file(&path, files);
        } else {
            files.push(path);
        }
    }
}
