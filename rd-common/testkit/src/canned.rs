//! HTTP clients of the AWS SDK that get answers of a test, and send nothing: for tests of how a kind reads what AWS sends.

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

/// The answers: to a request whose body has the text, the body of the response.
#[derive(Debug)]
struct Canned {
    answers: Vec<(String, String)>,
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let asked = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        let mut answers = self.answers.iter();
        let answer = answers.find(|(text, _)| asked.contains(text.as_str()));
        let (_, body) = answer.unwrap_or_else(|| panic!("no answer to {asked}"));
        let body = SdkBody::from(body.clone());
        let answer = HttpResponse::new(200.try_into().unwrap(), body);
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// A client whose every call is answered with this body and status 200. Nothing is sent.
pub fn answering(body: &str) -> SharedHttpClient {
    answering_each(&[("", body)])
}

/// A client whose calls are answered with status 200 and the first body whose text is in the body of the request. A call
/// without an answer fails the test.
pub fn answering_each(answers: &[(&str, &str)]) -> SharedHttpClient {
    let answers = answers.iter();
    let answers = answers.map(|(text, body)| ((*text).to_owned(), (*body).to_owned()));
    let connector = SharedHttpConnector::new(Canned {
        answers: answers.collect(),
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
