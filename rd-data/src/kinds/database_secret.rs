//! The secret with which clients connect to the database: the form of its value.

use crate::clients::Clients;
use rd_secret::SecretForm;
use rd_secret::generate::Generated;
use rd_secret::secret::Secret;
use rd_secret::value::{Fields, text};
use rd_secret::version::SecretVersion;

/// The form of the database's secret: a generated `password`, and a `postgresql://` URL that requires TLS.
pub struct Database;

/// The kind of the database's secret.
pub type DatabaseSecret = Secret<Clients, Database>;
/// The kind of its current value.
pub type DatabaseSecretVersion = SecretVersion<Clients, Database>;

impl SecretForm for Database {
    const KEY: &'static str = "password";
    const SETTING: &'static str = "data.secret_member";

    fn url(fields: &Fields, generated: &Generated) -> String {
        let port = fields.get("port").map(ToString::to_string);
        format!(
            "postgresql://{}:{}@{}:{}/{}?sslmode=require",
            text(fields, "username"),
            generated.reveal(),
            text(fields, "host"),
            port.unwrap_or_default(),
            text(fields, "dbname"),
        )
    }
}
