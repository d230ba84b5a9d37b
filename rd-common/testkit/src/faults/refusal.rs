//! Error responses in the form of each protocol.

use super::call::Protocol;
use crate::http::Message;

/// The error code of a throttled call.
pub(super) fn throttled(protocol: Protocol) -> (u16, &'static str) {
    match protocol {
        Protocol::Ec2 => (503, "RequestLimitExceeded"),
        Protocol::RestXml => (503, "SlowDown"),
        Protocol::Query => (400, "Throttling"),
        Protocol::Json | Protocol::RestJson | Protocol::Cbor => (400, "ThrottlingException"),
    }
}

/// An error response with this status and code.
pub(super) fn refusal(protocol: Protocol, status: u16, code: &str) -> Message {
    let message = format!("{code}, as the test wants it");
    refusal_saying(protocol, status, code, &message)
}

/// As [`refusal`], with this message.
pub(super) fn refusal_saying(
    protocol: Protocol,
    status: u16,
    code: &str,
    message: &str,
) -> Message {
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
        Protocol::Cbor => ("application/cbor", cbor(&[("__type", code), ("message", message)])),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_shape() {
        let text = |protocol| refusal(protocol, 400, "Code").text();
        assert!(text(Protocol::Ec2).contains("<Response><Errors><Error><Code>Code</Code>"));
        assert!(
            text(Protocol::Query)
                .contains("<ErrorResponse><Error><Type>Sender</Type><Code>Code</Code>")
        );
        assert!(text(Protocol::RestXml).starts_with("<Error><Code>Code</Code>"));
        assert!(text(Protocol::Json).contains("\"__type\":\"Code\""));
        let rest = refusal(Protocol::RestJson, 400, "Code");
        assert_eq!(rest.header("x-amzn-errortype"), Some("Code"));
        // A map of two; the first key a text of six letters, its value one of four.
        let cbor = refusal(Protocol::Cbor, 400, "Code").body;
        assert!(
            cbor.starts_with(b"\xa2\x66__type\x64Code\x67message"),
            "{cbor:x?}"
        );
    }
}
