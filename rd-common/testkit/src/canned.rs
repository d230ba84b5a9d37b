//! An HTTP client of the AWS SDK that always gets the same answer: for tests of how a kind reads what AWS sends.

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

#[derive(Debug)]
struct Canned {
    body: String,
}

impl HttpConnector for Canned {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let body = SdkBody::from(self.body.clone());
        let answer = HttpResponse::new(200.try_into().unwrap(), body);
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// A client whose every call is answered with this body and status 200. Nothing is sent.
pub fn answering(body: &str) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Canned {
        body: body.to_owned(),
    });
    http_client_fn(move |_, _| connector.clone())
}

/// The configuration of an SDK client that uses this HTTP client: `Client::new(&sdk_config(answering(body)))`.
pub fn sdk_config(client: SharedHttpClient) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .http_client(client)
        .build()
}
