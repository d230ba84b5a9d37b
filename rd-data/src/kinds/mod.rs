//! The kinds, one file each. The secret and its version are of `rd-secret`.

pub mod db_instance;
pub mod db_parameter_group;
pub mod db_subnet_group;

use crate::clients::Clients;
use rd_secret::Form;
use rd_secret::generate::Generated;
use rd_secret::secret::Secret;
use rd_secret::value::{Fields, text};
use rd_secret::version::SecretVersion;

/// What one connects to the database with.
pub struct Database;

/// The database's secret.
pub type DatabaseSecret = Secret<Clients, Database>;
/// Its current value.
pub type DatabaseSecretVersion = SecretVersion<Clients, Database>;

impl Form for Database {
    const KEY: &'static str = "password";

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
