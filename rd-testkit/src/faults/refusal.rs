//! Errors in each protocol's own shape.

use super::call::Protocol;
use crate::http::Message;

/// The code that says "throttled".
pub(super) fn throttled(protocol: Protocol) -> (u16, &'static str) {
    match protocol {
        Protocol::Ec2 => (503, "RequestLimitExceeded"),
        Protocol::RestXml => (503, "SlowDown"),
        Protocol::Query => (400, "Throttling"),
        Protocol::Json | Protocol::RestJson | Protocol::Cbor => (400, "ThrottlingException"),
    }
}

/// An error.
pub(super) fn refusal(protocol: Protocol, status: u16, code: &str) -> Message {
    let message = format!("{code}, as the test wants it");
    let (kind, body) = match protocol {
        Protocol::Ec2 => (
            "text/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error><Code>{code}</Code>\
                 <Message>{message}</Message></Error></Errors><RequestID>fault</RequestID></Response>"
            )
            .into_bytes(),
        ),
        Protocol::Query => (
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>fault</RequestId></ErrorResponse>"
            )
            .into_bytes(),
        ),
        Protocol::RestXml => (
            "application/xml",
            format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>").into_bytes(),
        ),
        Protocol::Json | Protocol::RestJson => (
            "application/x-amz-json-1.1",
            serde_json::json!({"__type": code, "message": message}).to_string().into_bytes(),
        ),
        Protocol::Cbor => ("application/cbor", cbor(&[("__type", code), ("message", &message)])),
    };
    let mut answer = Message::answer(status, kind, body);
    if protocol == Protocol::RestJson {
        answer
            .headers
            .push(("x-amzn-errortype".to_owned(), code.to_owned()));
    }
    if protocol == Protocol::Cbor {
        answer
            .headers
            .push(("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()));
    }
    answer
}

/// A map of short texts in CBOR (RFC 8949).
fn cbor(pairs: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| -> Vec<u8> {
        let length = u8::try_from(text.len()).unwrap();
        let head = if length < 24 {
            vec![0x60 + length]
        } else {
            vec![0x78, length]
        };
        [head, text.as_bytes().to_vec()].concat()
    };
    let mut bytes = vec![0xa0 + u8::try_from(pairs.len()).unwrap()];
    for (key, value) in pairs {
        bytes.extend(text(key));
        bytes.extend(text(value));
    }
    bytes
}
