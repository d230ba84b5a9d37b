//! Caches the credentials, since the SDK's default chain resolves them again for every client, and single sign-on or a
//! `credential_process` can take seconds.

use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// How long before their expiry credentials are resolved again: earlier than clients ask for them, which is 10 s.
/// <https://docs.rs/aws-smithy-runtime/latest/aws_smithy_runtime/client/identity/struct.LazyCacheBuilder.html>
const BEFORE_EXPIRY: Duration = Duration::from_secs(15);
/// How long credentials without an expiry are cached, so that a changed profile is used within a minute.
const WITHOUT_EXPIRY: Duration = Duration::from_secs(60);

/// A chain of the SDK's providers, with the credentials that it returned last.
#[derive(Debug)]
pub(super) struct CachedCredentials {
    chain: SharedCredentialsProvider,
    /// The last credentials, with the time until which they are used.
    last: Mutex<Option<(Credentials, SystemTime)>>,
}

impl CachedCredentials {
    pub(super) fn new(chain: SharedCredentialsProvider) -> Self {
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

/// The fingerprint of an access key, by which two programs know that they use the same one: the first 64 bits of the
/// SHA-256 of its id, in hexadecimal.
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
    fn a_fingerprint_identifies_the_key_without_showing_it() {
        assert_eq!(of("AKIAIOSFODNN7EXAMPLE"), of("AKIAIOSFODNN7EXAMPLE"));
        assert_ne!(of("AKIAIOSFODNN7EXAMPLE"), of("AKIAI44QH8DHBEXAMPLE"));
        assert_eq!(of("AKIAIOSFODNN7EXAMPLE").len(), 16);
    }
}
