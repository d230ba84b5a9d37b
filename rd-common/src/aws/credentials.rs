//! The credentials, resolved once: the SDK's chain keeps nothing, and single sign-on or a `credential_process` takes
//! its time.

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// How long before they expire credentials are resolved anew: earlier than the clients ask, which is 10 s before.
/// <https://docs.rs/aws-smithy-runtime/latest/aws_smithy_runtime/client/identity/struct.LazyCacheBuilder.html>
const BEFORE_EXPIRY: Duration = Duration::from_secs(15);
/// For how long credentials without an expiry are kept: who rewrites a profile is heard within a minute.
const WITHOUT_EXPIRY: Duration = Duration::from_secs(60);

/// The SDK's chain, and what it gave last.
#[derive(Debug)]
pub(super) struct CachedCredentials {
    chain: DefaultCredentialsChain,
    /// With the time until which they are good.
    last: Mutex<Option<(Credentials, SystemTime)>>,
}

impl CachedCredentials {
    pub(super) fn new(chain: DefaultCredentialsChain) -> Self {
        Self {
            chain,
            last: Mutex::new(None),
        }
    }

    async fn credentials(&self) -> provider::Result {
        let mut last = self.last.lock().await;
        let now = SystemTime::now();
        if let Some((known, until)) = last.as_ref()
            && now < *until
        {
            return Ok(known.clone());
        }
        let new = self.chain.provide_credentials().await?;
        let until = match new.expiry() {
            Some(expiry) => expiry.checked_sub(BEFORE_EXPIRY).unwrap_or(now),
            None => now + WITHOUT_EXPIRY,
        };
        *last = Some((new.clone(), until));
        Ok(new)
    }
}

impl ProvideCredentials for CachedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// What tells that two programs use one access key, without telling the key: the first 64 bits of the SHA-256 of its id,
/// in hexadecimal.
pub(super) fn fingerprint(credentials: &Credentials) -> String {
    let digest = Sha256::digest(credentials.access_key_id());
    digest.iter().take(8).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str) -> String {
        fingerprint(&Credentials::new(key, "secret", None, None, "test"))
    }

    #[test]
    fn a_fingerprint_is_of_the_key_and_does_not_show_it() {
        assert_eq!(of("AKIAIOSFODNN7EXAMPLE"), of("AKIAIOSFODNN7EXAMPLE"));
        assert_ne!(of("AKIAIOSFODNN7EXAMPLE"), of("AKIAI44QH8DHBEXAMPLE"));
        assert_eq!(of("AKIAIOSFODNN7EXAMPLE").len(), 16);
    }
}
