//! HTTP clients of the AWS SDK that get answers of a test, and send nothing: for tests of how a kind reads what AWS sends.

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

/// The answers: to a request with the text in its path, its target or its body, the body of the response.
#[derive(Debug)]
struct Canned {
    answers: Vec<(String, Vec<u8>)>,
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let asked = format!("{} {target} {body}", request.uri());
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

/// A client whose calls are answered with status 200 and the first body whose text is in the URI, the header
/// `X-Amz-Target` or the body of the request. A call without an answer fails the test.
pub fn answering_each<B: AsRef<[u8]>>(answers: &[(&str, B)]) -> SharedHttpClient {
    let answers = answers.iter();
    let answers = answers.map(|(text, body)| ((*text).to_owned(), body.as_ref().to_vec()));
    let connector = SharedHttpConnector::new(Canned {
        answers: answers.collect(),
    });
    http_client_fn(move |_, _| connector.clone())
}

/// A document as services with the protocol rpcv2Cbor send it. A time is `{"epoch": 1732665600}`.
/// <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>
pub fn cbor(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_cbor(value, &mut out);
    out
}

/// The first byte of an item, with its kind, and its length or its number.
fn write_head(kind: u8, number: u64, out: &mut Vec<u8>) {
    out.push(kind << 5 | 27);
    out.extend(number.to_be_bytes());
}

fn write_cbor(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(is) => out.push(if *is { 0xf5 } else { 0xf4 }),
        Value::Number(number) => match number.as_u64() {
            Some(whole) => write_head(0, whole, out),
            None => {
                out.push(0xfb);
                out.extend(number.as_f64().unwrap().to_be_bytes());
            }
        },
        Value::String(text) => {
            write_head(3, text.len() as u64, out);
            out.extend(text.as_bytes());
        }
        Value::Array(items) => {
            write_head(4, items.len() as u64, out);
            items.iter().for_each(|item| write_cbor(item, out));
        }
        Value::Object(members) => {
            if let Some(seconds) = members.get("epoch") {
                out.push(0xc1);
                return write_cbor(seconds, out);
            }
            write_head(5, members.len() as u64, out);
            for (name, member) in members {
                write_cbor(&Value::from(name.as_str()), out);
                write_cbor(member, out);
            }
        }
    }
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
