//! Refuses symbolic links and other special files where rd keeps its own files: to write through a link would destroy
//! what it points to, and a read of a FIFO waits forever.

use crate::error::{Error, Result};
use std::fs::FileType;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Fails unless `path` is a regular file or does not exist. `what` names it for people, such as `the lock`. Returns
/// whether it exists.
pub(super) fn check_file(what: &str, path: &Path) -> Result<bool> {
    check(what, path, "a regular file", FileType::is_file)
}

/// Fails unless `path` is a folder or does not exist.
pub(super) fn check_folder(what: &str, path: &Path) -> Result<bool> {
    check(what, path, "a folder", FileType::is_dir)
}

fn check(what: &str, path: &Path, wanted: &str, fits: fn(&FileType) -> bool) -> Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if fits(&meta.file_type()) => Ok(true),
        Ok(meta) => Err(Error::refused(format!(
            "{what} {} is {}, not {wanted}",
            path.display(),
            name(meta.file_type())
        ))
        .hint("nothing was written through it; remove it, or put what it points to in its place")),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(super::io_error(&format!("read {what}"), path, &e)),
    }
}

/// A type of file, for people.
pub(super) fn name(kind: FileType) -> &'static str {
    match kind {
        kind if kind.is_symlink() => "a symbolic link",
        kind if kind.is_dir() => "a folder",
        kind if kind.is_file() => "a regular file",
        kind if kind.is_fifo() => "a FIFO",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(test)]
mod tests {
    use super::super::LocalStore;
    use crate::exit::Exit;
    use crate::state::conformance::{Writer, holder, key};
    use crate::state::store::Store;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    /// Each file of the store as a link to a file of the user, which must stay as it is.
    #[tokio::test]
    async fn nothing_is_read_or_written_through_a_link() {
        for place in ["lock", "write", "state", "history", "version"] {
            let folder = tempfile::tempdir().unwrap();
            let precious = folder.path().join("precious");
            let store = LocalStore::new(folder.path().join("rd"));
            let mut writer = Writer::lock(&store, "run-1").await;
            writer.save(1).await.unwrap();
            store.unlock(&key(), writer.lock.as_ref()).await.unwrap();
            let path = match place {
                "lock" => store.lock_file(&key()),
                "write" => store.write_lock_file(&key()),
                "state" => store.current(&key()),
                "history" => store.history_folder(&key()),
                _ => store.version_file(&key(), 2),
            };
            if path.is_dir() {
                std::fs::rename(&path, &precious).unwrap();
            } else {
                // A state that could be read, so that only the link is the reason for the refusal.
                std::fs::copy(store.current(&key()), &precious).unwrap();
            }
            let _ = std::fs::remove_file(&path);
            symlink(&precious, &path).unwrap();
            let before = content(&precious);

            let refused = async {
                let lock = store.lock(&key(), holder("run-2"), Duration::ZERO).await?;
                let tag = store.load(&key()).await?.map(|stored| stored.tag);
                let document = crate::state::conformance::document(2);
                let document = crate::state::document::Document {
                    run: "run-2".into(),
                    ..document
                };
                store
                    .save(&key(), &document, tag.as_ref(), lock.as_ref())
                    .await
            };
            let error = refused.await.unwrap_err();
            assert_eq!(error.exit, Exit::Refused, "{place}: {error}");
            assert!(
                error.summary.contains("is a symbolic link"),
                "{place}: {error}"
            );
            assert!(
                error.summary.contains(&path.display().to_string()),
                "{error}"
            );
            assert_eq!(content(&precious), before, "{place}");
        }
    }

    fn content(path: &std::path::Path) -> Vec<String> {
        match std::fs::read_dir(path) {
            Ok(entries) => entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect(),
            Err(_) => vec![std::fs::read_to_string(path).unwrap()],
        }
    }

    #[tokio::test]
    async fn a_fifo_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path());
        drop(Writer::lock(&store, "run-1").await);
        let path = store.current(&key());
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let error = store.load(&key()).await.unwrap_err();
        assert!(error.summary.contains("is a FIFO"), "{error}");
    }
}
