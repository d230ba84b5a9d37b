//! Access to AWS: the SDK's default chains for region and credentials, with timeouts and retries for a command line.

mod calls;
pub mod change_guard;
pub mod clock;
mod credentials;
mod error_codes;
mod errors;
pub mod events;
mod guarded_client;
mod identity;
mod passing_refusals;
mod profile;
pub mod tagged;
pub mod tags;

pub use error_codes::QuotasAreFinal;
pub use errors::{Explain, SdkResult};
pub use identity::{account, caller};
pub use profile::{check_profile, profiles};

use crate::aws::calls::EveryCall;
use crate::aws::change_guard::ChangeGuard;
use crate::aws::clock::AwsClock;
use crate::aws::credentials::{CachedCredentials, fingerprint};
use crate::error::{Error, Result};
use crate::permissions::Permissions;
use crate::stack::Stack;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell as AsyncOnceCell;

/// The credentials and the region to use, from flags, variables and `rd.toml`.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The profile that `--profile` names; none for the SDK's own choice, such as `AWS_PROFILE`.
    pub profile: Option<String>,
    /// The region of `--region`, `RD_REGION` or `rd.toml`; none for the SDK's own choice.
    pub region: Option<String>,
    /// The locks that this run must hold while it changes AWS.
    pub guard: ChangeGuard,
    /// The credentials, once they were resolved: connections of the same access share them.
    pub credentials: ResolvedCredentials,
    /// The calls that the running command may make, and what they need.
    pub permissions: Permissions,
}

/// Credentials that are resolved once for several connections. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct ResolvedCredentials(Arc<AsyncOnceCell<SharedCredentialsProvider>>);

/// A connection to AWS, from which the clients of a slice are made.
pub struct Aws {
    /// For all calls. The SDK retries reads alone: a change gets one attempt, and whoever makes it repeats it, after a
    /// read where it could have succeeded.
    pub config: SdkConfig,
    /// The id of the account, set by [`account`].
    pub account: OnceCell<String>,
    profile: Option<String>,
    calls: EveryCall,
}

/// Makes a client of an SDK crate from the configuration of an [`Aws`], such as
/// `client!(aws_sdk_rds, aws.config)`. Its calls are as [`Aws::interceptor`] makes them.
#[macro_export]
macro_rules! client {
    ($service:ident, $aws:ident.$config:ident) => {
        $service::Client::from_conf(
            $service::config::Builder::from(&$aws.$config)
                .interceptor($aws.interceptor())
                .retry_classifier($crate::aws::QuotasAreFinal)
                .build(),
        )
    };
}

/// The HTTP client, with one TLS stack for all SDK clients. It costs nothing until the first connection.
fn http_client() -> SharedHttpClient {
    let client = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(
            tls::rustls_provider::CryptoMode::Ring,
        ))
        .build_https();
    guarded_client::guarded(client)
}

/// The region that the user chose, otherwise the one in the SDK's variables or profile; none where none is set.
pub async fn region(access: &Access) -> Option<String> {
    if let Some(region) = &access.region {
        return Some(region.clone());
    }
    let profile = match &access.profile {
        Some(name) => ProfileFileRegionProvider::builder()
            .profile_name(name)
            .build(),
        None => ProfileFileRegionProvider::new(),
    };
    let chain =
        RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(profile);
    chain
        .region()
        .await
        .map(|region| region.as_ref().to_owned())
}

impl Aws {
    /// Sets up access to AWS in `region`. Only resolving the credentials may need a call.
    pub async fn connect(access: &Access, region: &str) -> Result<Self> {
        let http = http_client();
        let chain = || credentials_chain(access, region, http.clone());
        let credentials = access.credentials.0.get_or_try_init(chain).await?.clone();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new(region.to_owned()))
            .credentials_provider(credentials)
            .app_name(AppName::new(concat!("rd-", env!("CARGO_PKG_VERSION"))).map_err(internal)?)
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(6)
                    .with_initial_backoff(Duration::from_millis(250))
                    .with_max_backoff(Duration::from_secs(8)),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(4))
                    .read_timeout(Duration::from_secs(30))
                    .operation_attempt_timeout(Duration::from_secs(45))
                    .build(),
            );
        if let Some(profile) = &access.profile {
            loader = loader.profile_name(profile);
        }
        let config = loader.load().await;
        Ok(Self {
            config,
            account: OnceCell::new(),
            profile: access
                .profile
                .clone()
                .or_else(|| std::env::var(profile::VARIABLE).ok()),
            calls: EveryCall::new(access.guard.clone(), access.permissions.clone()),
        })
    }

    /// Access through this HTTP client, with short pauses between retries.
    #[cfg(test)]
    pub(crate) fn through(http: SharedHttpClient) -> Self {
        let credentials =
            aws_credential_types::Credentials::new("local", "local", None, None, "test");
        let retries = RetryConfig::standard()
            .with_max_attempts(6)
            .with_initial_backoff(Duration::from_millis(1));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url("http://aws")
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(retries)
            .http_client(guarded_client::guarded(http))
            .build();
        Self::with(config)
    }

    /// Access with a configuration that exists already, such as one whose HTTP client has answers of a test.
    pub fn with(config: SdkConfig) -> Self {
        Self {
            config,
            account: OnceCell::new(),
            profile: None,
            calls: EveryCall::new(ChangeGuard::default(), Permissions::default()),
        }
    }

    /// The same access with connections of its own, for a thread with a runtime of its own: a connection belongs to the
    /// runtime in which it was opened.
    #[must_use]
    pub fn with_own_connections(&self) -> SdkConfig {
        let builder = self.config.to_builder();
        builder.http_client(http_client()).build()
    }

    /// Resolves the credentials before any call is made with them. Fails with a hint where there are none. Returns the
    /// fingerprint of the access key, by which programs in a pipe know that they use the same one.
    pub async fn check_credentials(&self) -> Result<String> {
        let Some(provider) = self.config.credentials_provider() else {
            return Err(Error::failed("no AWS credentials provider is set up"));
        };
        match provider.provide_credentials().await {
            Ok(credentials) => Ok(fingerprint(&credentials)),
            Err(error) => Err(errors::no_credentials(&error, self.profile.as_deref())),
        }
    }

    /// Counts and logs the calls of a client, gives changes one attempt each, and refuses them once a lock of this run is
    /// lost. Pass it to `interceptor` of the configuration of every client.
    pub fn interceptor(&self) -> SharedInterceptor {
        SharedInterceptor::new(self.calls.clone())
    }

    /// The locks that changes of AWS need.
    #[cfg(test)]
    pub(crate) fn guard(&self) -> &ChangeGuard {
        self.calls.guard()
    }

    /// The clock of AWS, which every response of a client with [`Aws::interceptor`] sets.
    pub fn clock(&self) -> AwsClock {
        self.calls.clock()
    }

    /// The number of calls made so far, retries included.
    pub fn calls(&self) -> u64 {
        self.calls.count()
    }
}

/// The credentials of the profile that `--profile` names, otherwise those of the SDK's own chain.
async fn credentials_chain(
    access: &Access,
    region: &str,
    http: SharedHttpClient,
) -> Result<SharedCredentialsProvider> {
    let provider_config = ProviderConfig::default()
        .with_http_client(http)
        .with_region(Some(Region::new(region.to_owned())));
    // Outside of EC2, nothing answers at the metadata address: one short attempt instead of the SDK's four.
    let metadata = imds::Client::builder()
        .configure(&provider_config)
        .connect_timeout(Duration::from_millis(300))
        .read_timeout(Duration::from_secs(2))
        .max_attempts(1)
        .build();
    let chain = match &access.profile {
        Some(name) => {
            let chain = profile::credentials(name, &provider_config, metadata);
            SharedCredentialsProvider::new(chain)
        }
        None => {
            profile::check_variable().await?;
            let chain = DefaultCredentialsChain::builder()
                .configure(provider_config)
                .region(Region::new(region.to_owned()))
                .imds_client(metadata)
                .build();
            SharedCredentialsProvider::new(chain.await)
        }
    };
    Ok(SharedCredentialsProvider::new(CachedCredentials::new(
        chain,
    )))
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::failed(format!("cannot set up access to AWS: {error}"))
}

/// Fails where the stack's region does not look like one, before its name becomes part of an endpoint.
pub fn check_region(stack: &Stack) -> Result<()> {
    check_region_name(&stack.region)
}

/// Fails if a text is not written like the name of a region.
pub fn check_region_name(region: &str) -> Result<()> {
    let mut parts = region.split('-');
    let letters = |part: Option<&str>| {
        part.is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()))
    };
    let plausible = letters(parts.next())
        && letters(parts.next())
        && region
            .rsplit('-')
            .next()
            .is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit());
    if plausible {
        return Ok(());
    }
    Err(
        Error::usage(format!("`{region}` is not an AWS region")).hint(
            "a region is written like `us-east-1`: set `region` in rd.toml, RD_REGION or --region",
        ),
    )
}
