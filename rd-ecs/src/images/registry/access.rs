//! Access to an ECR registry: the token and the address from `GetAuthorizationToken`, and a client that uses them.
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

/// The time limit for opening a connection.
const CONNECT: Duration = Duration::from_secs(4);
/// The time limit for the next bytes of a response. Uploads have limits of their own.
const READ: Duration = Duration::from_secs(30);

/// Access to the registry of one account, valid for twelve hours.
pub struct Access {
    /// The scheme of the registry's address: `https`, but `http` with a local AWS API.
    pub scheme: String,
    /// The host of the registry, with its port if it has one.
    pub host: String,
    /// The user name, which is `AWS`.
    pub user: String,
    /// The token that serves as password; secret.
    pub password: String,
    /// When the token expires.
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}://{}", self.user, self.scheme, self.host)
    }
}

impl Access {
    /// Requests access to the registry of `account`; none means the account of the credentials.
    pub async fn request(ecr: &aws_sdk_ecr::Client, account: Option<&str>) -> Result<Self> {
        let call = ecr.get_authorization_token();
        // Deprecated, because one token opens all registries; needed here for the address of the other registry.
        #[expect(
            deprecated,
            reason = "no other call returns the address of another account's registry"
        )]
        let call = call.set_registry_ids(account.map(|one| vec![one.to_owned()]));
        let answer = call.send().await.doing("get access to the registry")?;
        let data = answer.authorization_data.unwrap_or_default();
        let incomplete = || Error::failed("AWS returned an incomplete token for the registry");
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

    /// A reference to an image in this registry.
    pub fn reference(&self, repository: &str, digest: &str) -> Reference {
        Reference::with_digest(self.host.clone(), repository.to_owned(), digest.to_owned())
    }

    /// A client with access to one repository.
    pub async fn client(&self, repository: &str) -> Result<Client> {
        let client = client(match self.scheme.as_str() {
            "http" => ClientProtocol::Http,
            _ => ClientProtocol::Https,
        })?;
        // With the token stored, the client does not ask the registry how to log in: if that answer were lost, it would
        // continue without access.
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

/// A client without credentials, for any registry.
pub fn client(protocol: ClientProtocol) -> Result<Client> {
    install_tls_provider();
    let config = ClientConfig {
        protocol,
        connect_timeout: Some(CONNECT),
        read_timeout: Some(READ),
        user_agent: concat!("rd-ecs/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    };
    Client::try_from(config).map_err(|e| {
        Error::failed(format!("cannot create a client for registries: {e}")).caused_by(e)
    })
}

/// Makes ring the TLS provider of this process, as for the calls to AWS.
pub fn install_tls_provider() {
    // Fails the second time, when it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
