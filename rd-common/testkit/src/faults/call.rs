//! A call to AWS, as far as the proxy has to understand it.

use crate::http::Message;

/// The protocol in which a service writes its requests and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The query protocol of EC2.
    Ec2,
    /// The query protocol of IAM, STS, RDS and others.
    Query,
    /// REST with XML, as S3 has it.
    RestXml,
    /// JSON 1.0 or 1.1, with the operation in a header.
    Json,
    /// REST with bodies in JSON.
    RestJson,
    /// The RPC protocol of Smithy, with bodies in CBOR.
    Cbor,
}

/// A call that went through the proxy.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service's signing name: `ec2`, `s3`, `iam`.
    pub service: String,
    /// The operation, such as `CreateVpc`; for S3 the method with its object, such as `PUT bucket` or `PUT
    /// ?versioning`.
    pub operation: String,
    /// The protocol of the service.
    pub protocol: Protocol,
    /// Whether it changes anything.
    pub mutates: bool,
    /// The path with its query.
    pub path: String,
    /// The raw body of the request.
    pub body: Vec<u8>,
}

impl Call {
    /// The call that a request makes.
    pub(crate) fn of(request: &Message) -> Self {
        let service = request
            .header("authorization")
            .and_then(|text| text.split("Credential=").nth(1)?.split('/').nth(3))
            .unwrap_or_default()
            .to_owned();
        let mut words = request.first_line.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().to_owned();
        let (protocol, operation) = if request.header("smithy-protocol") == Some("rpc-v2-cbor") {
            (
                Protocol::Cbor,
                path.rsplit('/').next().unwrap_or_default().to_owned(),
            )
        } else if let Some(target) = request.header("x-amz-target") {
            (
                Protocol::Json,
                target.rsplit('.').next().unwrap_or_default().to_owned(),
            )
        } else if service == "route53" {
            // REST, with errors as the query protocol has them.
            (Protocol::Query, format!("{method} {path}"))
        } else if service == "chatbot" {
            (Protocol::RestJson, rest_operation(&path))
        } else if service == "s3" {
            (Protocol::RestXml, s3_operation(&method, &path))
        } else if let Some(action) = form_value(&request.body, "Action") {
            let protocol = if service == "ec2" {
                Protocol::Ec2
            } else {
                Protocol::Query
            };
            (protocol, action)
        } else {
            (Protocol::RestJson, format!("{method} {path}"))
        };
        let reads = ["Describe", "Get", "List", "Head", "GET", "HEAD"];
        Self {
            mutates: !reads.iter().any(|prefix| operation.starts_with(prefix)),
            service,
            operation,
            protocol,
            path,
            body: request.body.clone(),
        }
    }

    /// The value of a parameter of the query protocols.
    pub fn form(&self, name: &str) -> Option<String> {
        form_value(&self.body, name)
    }

    /// The key of the call: two reads with the same key ask for the same.
    pub(super) fn key(&self) -> String {
        format!(
            "{} {} {}",
            self.operation,
            self.path,
            String::from_utf8_lossy(&self.body)
        )
    }
}

/// The operation of a service that has a path for each, such as `/create-ms-teams-channel-configuration`.
fn rest_operation(path: &str) -> String {
    let path = path.replace("ms-teams", "microsoft-teams");
    let words = path.trim_matches('/').split('-');
    words
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect()
}

fn s3_operation(method: &str, path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let names: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("x-id="))
        .filter_map(|pair| pair.split('=').next())
        .filter(|name| !name.is_empty())
        .collect();
    match (names.first(), path.trim_matches('/').contains('/')) {
        (Some(name), _) => format!("{method} ?{name}"),
        (None, true) => format!("{method} object"),
        (None, false) => format!("{method} bucket"),
    }
}

fn form_value(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    text.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}
