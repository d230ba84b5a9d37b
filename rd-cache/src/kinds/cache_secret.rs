//! The secret with which clients connect to the cache: the form of its value.

use crate::clients::Clients;
use rd_secret::SecretForm;
use rd_secret::generate::Generated;
use rd_secret::secret::Secret;
use rd_secret::value::{Fields, text};
use rd_secret::version::SecretVersion;

/// The form of the cache's secret: a generated `token`, and a `rediss://` URL, which uses TLS.
pub struct Token;

/// The kind of the cache's secret.
pub type CacheSecret = Secret<Clients, Token>;
/// The kind of its current value.
pub type CacheSecretVersion = SecretVersion<Clients, Token>;

impl SecretForm for Token {
    const KEY: &'static str = "token";
    const SETTING: &'static str = "cache.secret_member";

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
