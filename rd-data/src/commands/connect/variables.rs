//! The variables with which every client of libpq connects through the tunnel.
//! <https://www.postgresql.org/docs/current/libpq-envars.html>

use super::Connection;
use std::path::PathBuf;

/// Variables of the user that would win over those that are set here.
pub const REMOVED: [&str; 3] = ["PGPASSWORD", "PGSERVICE", "PGSERVICEFILE"];

/// The variables, without the password. The host's name stays the database's, for its certificate, and the address is
/// that of the tunnel.
pub fn variables(connection: &Connection, local_port: u16) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("PGHOST", connection.host.clone()),
        ("PGHOSTADDR", "127.0.0.1".to_owned()),
        ("PGPORT", local_port.to_string()),
        ("PGDATABASE", connection.database.clone()),
        ("PGUSER", connection.user.clone()),
    ];
    if std::env::var_os("PGSSLMODE").is_none() {
        all.push(("PGSSLMODE", tls(root_certificates().is_some()).to_owned()));
    }
    all
}

/// The certificate is verified where the user has the authorities for it; without them, libpq can only encrypt.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>
fn tls(has_authorities: bool) -> &'static str {
    match has_authorities {
        true => "verify-full",
        false => "require",
    }
}

/// libpq's file of authorities, where there is one.
fn root_certificates() -> Option<PathBuf> {
    let named = std::env::var_os("PGSSLROOTCERT").map(PathBuf::from);
    let default = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".postgresql/root.crt"));
    named.or_else(|| default().filter(|file| file.is_file()))
}
