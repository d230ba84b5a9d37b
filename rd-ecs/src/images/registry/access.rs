//! The way to ECR's registry: the token of `GetAuthorizationToken`, and where that says the registry is.
//! <https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html>

use crate::time::timestamp;
use aws_smithy_types::base64;
use jiff::Timestamp;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::token_cache::RegistryTokenType;
use oci_client::{Client, Reference, RegistryOperation};
use rd_common::aws::Explain;
use rd_common::{Error, Result};
use std::fmt;
use std::time::Duration;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(4);
/// How long an answer may keep still. Uploads have limits of their own.
const READ: Duration = Duration::from_secs(30);

/// Access to one account's registry, for twelve hours.
pub struct Access {
    /// `https`, or what else AWS says.
    pub scheme: String,
    /// The host, with a port where there is one.
    pub host: String,
    /// The user: `AWS`.
    pub user: String,
    /// The token.
    pub password: String,
    /// Until when it is good.
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}://{}", self.user, self.scheme, self.host)
    }
}

impl Access {
    /// Asks for access to the registry of `account`; without one, of the credentials' account.
    pub async fn ask(ecr: &aws_sdk_ecr::Client, account: Option<&str>) -> Result<Self> {
        let call = ecr.get_authorization_token();
        // Deprecated, since one token opens all registries: here it is asked for the other registry's address.
        #[expect(deprecated, reason = "nothing else tells another registry's address")]
        let call = call.set_registry_ids(account.map(|one| vec![one.to_owned()]));
        let answer = call.send().await.doing("get access to the registry")?;
        let data = answer.authorization_data.unwrap_or_default();
        let incomplete = || Error::failed("AWS gave an incomplete token for the registry");
        let first = data.into_iter().next().ok_or_else(incomplete)?;
        let token = first.authorization_token().ok_or_else(incomplete)?;
        let token = base64::decode(token)
            .ok()
            .and_then(|token| String::from_utf8(token).ok());
        let token = token.ok_or_else(incomplete)?;
        let (user, password) = token.split_once(':').ok_or_else(incomplete)?;
        let endpoint = first.proxy_endpoint().ok_or_else(incomplete)?;
        let (scheme, host) = endpoint.split_once("://").ok_or_else(incomplete)?;
        Ok(Self {
            scheme: scheme.to_owned(),
            host: host.trim_end_matches('/').to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
            expires_at: timestamp(first.expires_at.as_ref()),
        })
    }

    /// A repository of the registry, for [`Access::client`].
    pub fn reference(&self, repository: &str, digest: &str) -> Reference {
        Reference::with_digest(self.host.clone(), repository.to_owned(), digest.to_owned())
    }

    /// A client for one repository, that speaks to the registry where it is.
    pub async fn client(&self, repository: &str) -> Result<Client> {
        let client = client(match self.scheme.as_str() {
            "http" => ClientProtocol::Http,
            _ => ClientProtocol::Https,
        })?;
        // Told how the registry wants it, the client does not ask: where that answer is lost, it goes on without access.
        let at = self.reference(repository, "");
        for operation in [RegistryOperation::Pull, RegistryOperation::Push] {
            let token = RegistryTokenType::Basic(self.user.clone(), self.password.clone());
            client.tokens.insert(&at, operation, token).await;
        }
        let auth = RegistryAuth::Basic(self.user.clone(), self.password.clone());
        client.store_auth_if_needed(&self.host, &auth).await;
        Ok(client)
    }
}

/// A client for any registry.
pub fn client(protocol: ClientProtocol) -> Result<Client> {
    use_ring();
    let config = ClientConfig {
        protocol,
        connect_timeout: Some(CONNECT),
        read_timeout: Some(READ),
        user_agent: concat!("rd-ecs/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    };
    Client::try_from(config).map_err(|e| Error::failed(format!("no client for registries: {e}")))
}

/// The TLS of this process is ring's, as that of the calls to AWS is.
pub fn use_ring() {
    // A second time there is one already, which is this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
