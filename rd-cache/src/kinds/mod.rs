//! The kinds, one file each. The secret and its version are of `rd-secret`.

pub mod cache_parameter_group;
pub mod cache_subnet_group;
pub mod replication_group;

use crate::clients::Clients;
use rd_secret::Form;
use rd_secret::generate::Generated;
use rd_secret::secret::Secret;
use rd_secret::value::{Fields, text};
use rd_secret::version::SecretVersion;

/// What one connects to the cache with.
pub struct Token;

/// The cache's secret.
pub type CacheSecret = Secret<Clients, Token>;
/// Its current value.
pub type CacheSecretVersion = SecretVersion<Clients, Token>;

impl Form for Token {
    const KEY: &'static str = "token";

    fn url(fields: &Fields, generated: &Generated) -> String {
        let port = fields.get("port").map(ToString::to_string);
        format!(
            "rediss://:{}@{}:{}",
            generated.reveal(),
            text(fields, "host"),
            port.unwrap_or_default(),
        )
    }
}
