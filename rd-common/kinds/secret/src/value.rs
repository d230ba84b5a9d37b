//! The value of a secret: JSON with a generated member, the members to connect with, and a URL built from both.

use crate::generate::Generated;
use crate::{SecretForm, Secrets};
use aws_sdk_secretsmanager::Client;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result, Retry};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// The members that are not confidential, by name.
pub type Fields = BTreeMap<String, Value>;

/// The member that holds the URL.
const URL: &str = "url";

/// The label of the version that readers get.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>
pub const CURRENT: &str = "AWSCURRENT";
/// The label of the version that a rotation will make the current one.
pub const PENDING: &str = "AWSPENDING";

/// The value of one version of a secret.
#[derive(Clone, Debug)]
pub struct Content {
    /// The generated member; none if it is missing or empty.
    pub generated: Option<Generated>,
    /// The members that are not confidential, without the URL.
    pub fields: Fields,
    /// Whether the URL is the one built from the other members.
    pub url_matches: bool,
    /// The id of the version.
    pub version: Option<String>,
}

/// The result of reading a value.
pub enum Read {
    /// The secret exists, and this is its value.
    Content(Content),
    /// The secret does not exist, is scheduled for deletion, or has no such version.
    Absent,
    /// The credentials may not read the value.
    Denied,
}

/// Reads the version of a secret with the label `stage`.
pub async fn read<F: SecretForm>(client: &Client, secret: &str, stage: &str) -> Result<Read> {
    let call = client.get_secret_value().secret_id(secret);
    let answer = call.version_stage(stage).send().await;
    let answer = match answer.doing("read the secret's value") {
        Err(e) if e.is(&["ResourceNotFoundException"]) || is_deleted(&e) => {
            return Ok(Read::Absent);
        }
        Err(e) if e.is(&["AccessDeniedException", "AccessDenied"]) => return Ok(Read::Denied),
        other => other?,
    };
    let content = parse::<F>(answer.secret_string().unwrap_or_default());
    Ok(Read::Content(Content {
        version: answer.version_id,
        ..content
    }))
}

/// Whether an error says that the secret is scheduled for deletion, or was deleted a moment ago. The code has other causes,
/// too, so the text decides: "because it was deleted", "that's currently marked deleted", "already scheduled for deletion"
/// (<https://github.com/hashicorp/terraform-provider-aws/pull/8219>,
/// <https://github.com/hashicorp/terraform-provider-aws/issues/10259>).
pub fn is_deleted(error: &Error) -> bool {
    let says = |text: &str| error.summary.contains(text);
    error.is(&["InvalidRequestException"]) && (says("deleted") || says("deletion"))
}

/// How long reads may not show a value that was just stored.
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/secretsmanager/secret_version.go>
const VISIBLE_WITHIN: Duration = Duration::from_secs(120);

/// Reads the current value, also one that was stored a moment ago; fails if there is none, or if the credentials may not
/// read it.
pub async fn current<C: Secrets, F: SecretForm>(ctx: &Ctx<C>, secret: &str) -> Result<Content> {
    let deadline = ctx.clock.deadline(VISIBLE_WITHIN);
    loop {
        match read::<F>(ctx.clients.secrets(), secret, CURRENT).await? {
            Read::Absent if !deadline.is_over() => ctx.pause(deadline.pause()).await?,
            other => return content(other).map_err(|error| error.retry(Retry::Never)),
        }
    }
}

/// What was read of the current value; fails if there is none, or if the credentials may not read it.
pub(crate) fn content(read: Read) -> Result<Content> {
    match read {
        Read::Content(content) => Ok(content),
        // A value that was stored a moment ago is not readable at once.
        Read::Absent => Err(Error::failed("the secret has no value")
            .hint("run apply, which creates the secret with a value")
            .retry(Retry::Later)),
        Read::Denied => Err(
            Error::failed("the credentials may not read the secret's value")
                .hint("ask for the permission secretsmanager:GetSecretValue"),
        ),
    }
}

fn parse<F: SecretForm>(text: &str) -> Content {
    let mut members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let generated = match members.remove(F::KEY) {
        Some(Value::String(text)) if !text.is_empty() => Some(Generated::known(text)),
        _ => None,
    };
    let url = members.remove(URL);
    let fields: Fields = members.into_iter().collect();
    let expected = generated
        .as_ref()
        .map(|g| Value::String(F::url(&fields, g)));
    Content {
        url_matches: expected.is_some() && url == expected,
        generated,
        fields,
        version: None,
    }
}

/// The JSON of a value: the URL, the fields and the generated member.
pub fn write<F: SecretForm>(fields: &Fields, generated: &Generated) -> String {
    let mut members = Map::new();
    members.insert(URL.to_owned(), F::url(fields, generated).into());
    members.extend(fields.clone());
    members.insert(F::KEY.to_owned(), generated.reveal().into());
    Value::Object(members).to_string()
}

/// Stores a new version with the label `stage`, and returns its id.
pub async fn put<F: SecretForm>(
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
        .doing("store the secret's value")?;
    answer
        .version_id
        .ok_or_else(|| Error::failed("AWS's answer has no version of the secret"))
}

/// The member `name` as text; empty if it is missing or not a text.
pub fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Plain;

    impl SecretForm for Plain {
        const KEY: &'static str = "token";

        fn url(fields: &Fields, generated: &Generated) -> String {
            format!("x://:{}@{}", generated.reveal(), text(fields, "host"))
        }
    }

    #[test]
    fn a_written_value_is_read_back() {
        let fields = Fields::from([
            ("host".to_owned(), json!("h")),
            ("port".to_owned(), json!(1)),
        ]);
        let content = parse::<Plain>(&write::<Plain>(&fields, &Generated::known("t")));
        assert_eq!(content.fields, fields);
        assert_eq!(content.generated, Some(Generated::known("t")));
        assert!(content.url_matches);
    }

    #[test]
    fn a_value_that_was_changed_by_others_is_detected() {
        assert!(parse::<Plain>("no JSON").generated.is_none());
        let other = parse::<Plain>(r#"{"host": "h", "token": "t", "url": "x://elsewhere"}"#);
        assert!(!other.url_matches);
    }
}
