//! The password for libpq: a file that only this user can read and that is deleted with the client. It is in no argument,
//! and in no variable, which psql would pass on to pagers, editors and shells.
//! <https://www.postgresql.org/docs/current/libpq-pgpass.html>

use super::Connection;
use rd_common::{Error, Result};
use rd_secret::generate::Generated;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A password file; deleted where this is dropped.
pub struct PasswordFile(PathBuf);

impl PasswordFile {
    /// Writes the file, in memory where the system has a folder for that (`XDG_RUNTIME_DIR`).
    pub fn write(connection: &Connection, password: &Generated) -> Result<Self> {
        let folder = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let folder = folder.filter(|folder| folder.is_dir());
        let folder = folder.unwrap_or_else(std::env::temp_dir);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_nanos());
        let path = folder.join(format!("rd-data-{}-{now}", std::process::id()));
        let failed = |why: std::io::Error| {
            Error::failed(format!("cannot write {}: {why}", path.display()))
                .caused_by(why)
                .hint("TMPDIR chooses another folder")
        };
        // Refused where the file exists, so that nobody else can have made it.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(&path).map_err(failed)?;
        let written = Self(path.clone());
        file.write_all(line(connection, password).as_bytes())
            .map_err(failed)?;
        Ok(written)
    }

    /// The path, for `PGPASSFILE`.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PasswordFile {
    fn drop(&mut self) {
        // Nothing can be done about a file that cannot be deleted, and nobody else can read it.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// `host:port:database:user:password`, for every database at any local port.
fn line(connection: &Connection, password: &Generated) -> String {
    let escaped = |text: &str| text.replace('\\', r"\\").replace(':', r"\:");
    format!(
        "{}:*:*:{}:{}\n",
        escaped(&connection.host),
        escaped(&connection.user),
        escaped(password.reveal())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_file_is_the_users_alone_and_ends_with_its_value() {
        let connection = Connection {
            host: "db.internal".to_owned(),
            port: 5432,
            database: "shop".to_owned(),
            user: "ann:b".to_owned(),
        };
        let file = PasswordFile::write(&connection, &Generated::known(r"se\same")).unwrap();
        let path = file.path().to_owned();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "db.internal:*:*:ann\\:b:se\\\\same\n"
        );
        drop(file);
        assert!(!path.exists());
    }
}
