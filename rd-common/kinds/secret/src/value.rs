//! A secret's value: JSON with a generated member, the fields one connects with, and a URL made of both.

use crate::Form;
use crate::generate::Generated;
use aws_sdk_secretsmanager::Client;
use rd_common::aws::Explain;
use rd_common::{Error, Result};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The members that are no secret, by name.
pub type Fields = BTreeMap<String, Value>;

/// The member that holds the URL.
const URL: &str = "url";

/// The version in use, and the one that is about to be.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>
pub const CURRENT: &str = "AWSCURRENT";
/// The version that a rotation is about to make the current one.
pub const PENDING: &str = "AWSPENDING";

/// A value as it was read.
#[derive(Clone, Debug)]
pub struct Content {
    /// The generated member; none where somebody took it out.
    pub generated: Option<Generated>,
    /// The members that are no secret, without the URL.
    pub fields: Fields,
    /// Whether the URL is the one that the members make.
    pub url_fits: bool,
}

/// What came of reading a value.
pub enum Read {
    /// It.
    Content(Content),
    /// There is no such secret, or no version of it.
    Absent,
    /// These credentials may not read it.
    Denied,
}

/// Reads a version of a secret.
pub async fn read<F: Form>(client: &Client, secret: &str, stage: &str) -> Result<Read> {
    let call = client.get_secret_value().secret_id(secret);
    let answer = call.version_stage(stage).send().await;
    let answer = match answer.doing("read the secret's value") {
        // A secret that is scheduled for deletion answers with InvalidRequestException.
        Err(e) if e.is(&["ResourceNotFoundException", "InvalidRequestException"]) => {
            return Ok(Read::Absent);
        }
        Err(e) if e.is(&["AccessDeniedException", "AccessDenied"]) => return Ok(Read::Denied),
        other => other?,
    };
    Ok(Read::Content(parse::<F>(
        answer.secret_string().unwrap_or_default(),
    )))
}

/// The current value, for whoever cannot do without it.
pub async fn current<F: Form>(client: &Client, secret: &str) -> Result<Content> {
    match read::<F>(client, secret, CURRENT).await? {
        Read::Content(content) => Ok(content),
        Read::Absent => Err(Error::failed("the secret has no value")
            .hint("run apply: it makes the secret with a value")),
        Read::Denied => Err(Error::failed("the secret's value may not be read")
            .hint("ask for secretsmanager:GetSecretValue on it")),
    }
}

fn parse<F: Form>(text: &str) -> Content {
    let mut members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let generated = match members.remove(F::KEY) {
        Some(Value::String(text)) if !text.is_empty() => Some(Generated::known(text)),
        _ => None,
    };
    let url = members.remove(URL);
    let fields: Fields = members.into_iter().collect();
    let wanted = generated
        .as_ref()
        .map(|g| Value::String(F::url(&fields, g)));
    Content {
        url_fits: wanted.is_some() && url == wanted,
        generated,
        fields,
    }
}

/// The JSON of a value.
pub fn write<F: Form>(fields: &Fields, generated: &Generated) -> String {
    let mut members = Map::new();
    members.insert(URL.to_owned(), F::url(fields, generated).into());
    members.extend(fields.clone());
    members.insert(F::KEY.to_owned(), generated.reveal().into());
    Value::Object(members).to_string()
}

/// Puts a new version under a stage; returns its id.
pub async fn put<F: Form>(
    client: &Client,
    secret: &str,
    fields: &Fields,
    generated: &Generated,
    stage: &str,
) -> Result<String> {
    let call = client.put_secret_value().secret_id(secret);
    let answer = call
        .secret_string(write::<F>(fields, generated))
        .version_stages(stage)
        .send()
        .await
        .doing("put the secret's value")?;
    answer
        .version_id
        .ok_or_else(|| Error::failed("AWS's answer has no version of the secret"))
}

/// A text member.
pub fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Plain;

    impl Form for Plain {
        const KEY: &'static str = "token";

        fn url(fields: &Fields, generated: &Generated) -> String {
            format!("x://:{}@{}", generated.reveal(), text(fields, "host"))
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let fields = Fields::from([
            ("host".to_owned(), json!("h")),
            ("port".to_owned(), json!(1)),
        ]);
        let content = parse::<Plain>(&write::<Plain>(&fields, &Generated::known("t")));
        assert_eq!(content.fields, fields);
        assert_eq!(content.generated, Some(Generated::known("t")));
        assert!(content.url_fits);
    }

    #[test]
    fn what_somebody_spoilt_is_seen() {
        assert!(parse::<Plain>("no JSON").generated.is_none());
        let other = parse::<Plain>(r#"{"host": "h", "token": "t", "url": "x://elsewhere"}"#);
        assert!(!other.url_fits);
    }
}
