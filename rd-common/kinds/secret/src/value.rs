//! The value of a secret: JSON with a generated member, the members to connect with, and a URL built from both.

pub use crate::form::Fields;
use crate::form::{Form, NOT_GENERATED, Url};
use crate::generate::Generated;
use crate::{SecretForm, Secrets};
use aws_sdk_secretsmanager::Client;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result, Retry};
use serde_json::{Map, Value};
use std::time::Duration;

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
    /// What it consists of.
    pub form: Form,
    /// What a value of another form than that of rd is written from again.
    rest: Box<Rest>,
}

impl Content {
    /// Whether a new password or token can be written in a form.
    pub fn can_hold(&self, form: Form) -> bool {
        let is_known = self.generated.is_some() && !self.rest.lacks_member;
        form == Form::Own || self.form == form && is_known
    }

    /// The error of a value in which nothing says what the password or the token is.
    pub fn unknown<F: SecretForm>(&self) -> Error {
        let (key, setting) = (F::KEY, F::SETTING);
        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        let names = self.fields.iter().filter(|(_, value)| is_text(value));
        let names = names.map(|(name, _)| name.as_str());
        let mut names: Vec<&str> = names.filter(|name| !NOT_GENERATED.contains(name)).collect();
        names.sort_unstable();
        if self.form != Form::Json || names.is_empty() {
            return Error::refused(format!(
                "the value of the secret is {}, and rd does not know where its {key} is",
                self.form.words(),
            ))
            .hint("nothing was changed; set a new one with the tools that you have used so far");
        }
        let what = if self.rest.lacks_member {
            format!("the secret has no member with the name in {setting}, or one that is no text")
        } else {
            format!("the secret has no member {key}, and nothing says which one has its {key}")
        };
        Error::refused(what).hint(format!(
            "nothing was changed; set {setting} in rd.toml to the member that has the {key}: {}",
            names.join(", ")
        ))
    }
}

/// What a value has beside the fields and the generated member.
#[derive(Clone, Debug, Default)]
struct Rest {
    /// The name of the generated member; none where it is no member of the JSON.
    key: Option<String>,
    /// Whether the JSON has no text in the member that the settings name.
    lacks_member: bool,
    /// The URL, alone or as the member `url`.
    url: Option<Url>,
    /// A member `url` that is none. It may be confidential.
    text: Option<Generated>,
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
pub async fn read<F: SecretForm>(
    secrets: &impl Secrets,
    secret: &str,
    stage: &str,
) -> Result<Read> {
    let call = secrets.secrets().get_secret_value().secret_id(secret);
    let answer = call.version_stage(stage).send().await;
    let answer = match answer.doing("read the secret's value") {
        Err(e) if e.is(&["ResourceNotFoundException"]) || is_deleted(&e) => {
            return Ok(Read::Absent);
        }
        Err(e) if e.is(&["AccessDeniedException", "AccessDenied"]) => return Ok(Read::Denied),
        other => other?,
    };
    let text = answer.secret_string().unwrap_or_default();
    let content = parse::<F>(text, secrets.member());
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
        match read::<F>(&ctx.clients, secret, CURRENT).await? {
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

/// `member` is the one that the settings name.
fn parse<F: SecretForm>(text: &str, member: Option<&str>) -> Content {
    let Ok(mut members) = serde_json::from_str::<Map<String, Value>>(text) else {
        return parse_plain(text);
    };
    let is_text = |name: &&str| {
        let text = members.get(*name).and_then(Value::as_str);
        text.is_some_and(|text| !text.is_empty())
    };
    let named = member.filter(is_text);
    let key = named.or(Some(F::KEY)).filter(is_text);
    // An empty one is written anew.
    let generated = match members.remove(key.unwrap_or(F::KEY)) {
        Some(Value::String(text)) if !text.is_empty() => Some(Generated::known(text)),
        _ => None,
    };
    let url = members.remove(URL);
    let fields: Fields = members.into_iter().collect();
    let own = generated.as_ref().filter(|_| key == Some(F::KEY));
    let expected = own.map(|g| Value::String(F::url(&fields, g)));
    let url_matches = expected.is_some() && url == expected;
    let url_text = url.as_ref().and_then(Value::as_str);
    let parsed = url_text.and_then(Url::parse);
    Content {
        url_matches,
        version: None,
        form: if url_matches { Form::Own } else { Form::Json },
        generated: generated.or_else(|| Some(parsed.as_ref()?.1.clone())),
        fields,
        rest: Box::new(Rest {
            key: key.map(str::to_owned),
            lacks_member: member.is_some() && named.is_none(),
            text: url_text.filter(|_| parsed.is_none()).map(Generated::known),
            url: parsed.map(|(url, _)| url),
        }),
    }
}

/// A value that is no JSON: a URL or a password. A text with spaces is neither.
fn parse_plain(text: &str) -> Content {
    let is_printable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_word = is_printable && !text.contains("://") && !text.starts_with(['{', '[']);
    let parsed = Url::parse(text);
    let form = match &parsed {
        Some(_) => Form::Url,
        None if is_word => Form::Text,
        None => Form::Other,
    };
    let (url, password) = parsed.unzip();
    Content {
        generated: password.or_else(|| is_word.then(|| Generated::known(text))),
        fields: url.as_ref().map(Url::fields).unwrap_or_default(),
        url_matches: false,
        version: None,
        form,
        rest: Box::new(Rest {
            url,
            ..Rest::default()
        }),
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

/// A value in another form than that of rd, made of the current one: the same members, with these values. URLs with the
/// former password or token get the new one, and point where they did.
fn write_as(form: Form, old: &Content, fields: &Fields, generated: &Generated) -> String {
    let url = old.rest.url.as_ref();
    match form {
        Form::Url => url
            .map(|url| url.with(fields, generated))
            .unwrap_or_default(),
        Form::Text => generated.reveal().to_owned(),
        Form::Own | Form::Json | Form::Other => {
            let mut members = Map::from_iter(fields.clone());
            let text = old.rest.text.as_ref().map(|text| text.reveal().to_owned());
            if let Some(url) = url.map(|url| url.with(fields, generated)).or(text) {
                members.insert(URL.to_owned(), url.into());
            }
            for value in members.values_mut() {
                let parsed = value.as_str().and_then(Url::parse);
                let same = parsed.filter(|(_, password)| old.generated.as_ref() == Some(password));
                if let Some((url, _)) = same {
                    *value = url.with(&Fields::new(), generated).into();
                }
            }
            if let Some(key) = &old.rest.key {
                members.insert(key.clone(), generated.reveal().into());
            }
            Value::Object(members).to_string()
        }
    }
}

/// Stores a new version with the label `stage` in a form, and returns its id. `old` is the current one.
pub async fn put_as<F: SecretForm>(
    client: &Client,
    secret: &str,
    (form, old): (Form, &Content),
    fields: &Fields,
    generated: &Generated,
    stage: &str,
) -> Result<String> {
    if form == Form::Own {
        return put::<F>(client, secret, fields, generated, stage).await;
    }
    let text = write_as(form, old, fields, generated);
    put_text(client, secret, text, stage).await
}

/// Stores a new version with the label `stage`, and returns its id.
pub async fn put<F: SecretForm>(
    client: &Client,
    secret: &str,
    fields: &Fields,
    generated: &Generated,
    stage: &str,
) -> Result<String> {
    put_text(client, secret, write::<F>(fields, generated), stage).await
}

async fn put_text(client: &Client, secret: &str, text: String, stage: &str) -> Result<String> {
    let call = client.put_secret_value().secret_id(secret);
    let answer = call
        .secret_string(text)
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
        const SETTING: &'static str = "cache.secret_member";

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
        let content = parse::<Plain>(&write::<Plain>(&fields, &Generated::known("t")), None);
        assert_eq!(content.fields, fields);
        assert_eq!(content.generated, Some(Generated::known("t")));
        assert!(content.url_matches);
    }

    #[test]
    fn a_value_that_was_changed_by_others_is_detected() {
        assert!(parse::<Plain>("no JSON", None).generated.is_none());
        let other = parse::<Plain>(
            r#"{"host": "h", "token": "t", "url": "x://elsewhere"}"#,
            None,
        );
        assert!(!other.url_matches);
    }

    /// Each value with another token and host, in its own form.
    #[test]
    fn a_value_of_another_tool_keeps_its_form() {
        let fields = Fields::from([("host".to_owned(), json!("new"))]);
        for (before, form, after) in [
            ("t0k3n", Form::Text, "new0token"),
            (
                "rediss://:t0k3n@h:1/0",
                Form::Url,
                "rediss://:new0token@new:1/0",
            ),
            (
                r#"{"host":"h","token":"t0k3n","user":"u"}"#,
                Form::Json,
                r#"{"host":"new","token":"new0token","user":"u"}"#,
            ),
            (
                r#"{"host":"h","url":"redis://u:t0k3n@h"}"#,
                Form::Json,
                r#"{"host":"new","url":"redis://u:new0token@new"}"#,
            ),
            (
                r#"{"token":"t0k3n","url":"https://console"}"#,
                Form::Json,
                r#"{"host":"new","token":"new0token","url":"https://console"}"#,
            ),
        ] {
            let old = parse::<Plain>(before, None);
            assert_eq!(old.form, form, "{before}");
            assert_eq!(old.generated, Some(Generated::known("t0k3n")), "{before}");
            assert!(
                old.can_hold(form) && !format!("{old:?}").contains("t0k3n"),
                "{before}"
            );
            let mut all = old.fields.clone();
            all.extend(fields.clone());
            let written = write_as(form, &old, &all, &Generated::known("new0token"));
            // The order of members has no meaning.
            let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
            assert_eq!(value(&written), value(after));
        }
        for unknown in [
            "",
            "two words",
            "{cut",
            "https://u:t@h",
            r#"{"secret":"x"}"#,
        ] {
            let content = parse::<Plain>(unknown, None);
            assert!(!content.can_hold(content.form), "{unknown}");
        }
    }

    /// The member that the settings name has another name than that of rd; all others stay, but for URLs with the token.
    #[test]
    fn the_settings_name_the_member() {
        let text = r#"{"HOST":"h","AUTH":"t0k3n","token":"other","READER":"rediss://:t0k3n@r:1","OTHER":"redis://:x@r"}"#;
        let old = parse::<Plain>(text, Some("AUTH"));
        assert_eq!(old.generated, Some(Generated::known("t0k3n")));
        assert!(old.can_hold(Form::Json));
        let written = write_as(Form::Json, &old, &old.fields, &Generated::known("new"));
        assert_eq!(
            serde_json::from_str::<Value>(&written).unwrap(),
            json!({"HOST": "h", "AUTH": "new", "token": "other", "READER": "rediss://:new@r:1", "OTHER": "redis://:x@r"})
        );
        for (text, member, told) in [
            (r#"{"A":"x","HOST":"h","n":1}"#, None, "no member token"),
            (
                r#"{"A":"x","HOST":"h"}"#,
                Some("AUTH"),
                "name in cache.secret_member",
            ),
            (
                r#"{"A":"x","HOST":"h","token":"t"}"#,
                Some("AUTH"),
                "name in cache.secret_member",
            ),
            (r#"{"A":"x","HOST":"h","AUTH":1}"#, Some("AUTH"), "no text"),
        ] {
            let content = parse::<Plain>(text, member);
            assert!(!content.can_hold(Form::Json), "{text}");
            let error = content.unknown::<Plain>();
            let hint = error.hint.as_deref().unwrap_or_default();
            assert!(error.summary.contains(told), "{}", error.summary);
            assert!(hint.ends_with("has the token: A, HOST"), "{hint}");
        }
        // A value in the form of rd does not need the setting.
        let own = write::<Plain>(&Fields::new(), &Generated::known("t"));
        let own = parse::<Plain>(&own, Some("AUTH"));
        assert!(own.form == Form::Own && own.can_hold(Form::Own));
    }
}
