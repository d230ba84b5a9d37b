//! The form of a secret's value. rd writes JSON with every member and a URL. A secret that another tool has made keeps the
//! form that it has, since its readers expect it.

use crate::generate::Generated;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The members that are not confidential, by name.
pub type Fields = BTreeMap<String, Value>;

/// What a value consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// JSON with the generated member, those to connect with, and the URL that is built from them.
    #[default]
    Own,
    /// JSON with other members.
    Json,
    /// A URL with the password or the token in it.
    Url,
    /// The password or the token alone.
    Text,
    /// Something in which nothing says what the password or the token is.
    Other,
}

impl Form {
    /// The form for people.
    pub fn words(self) -> &'static str {
        match self {
            Form::Own => "JSON with a url",
            Form::Json => "JSON of its own",
            Form::Url => "a plain URL",
            Form::Text => "plain text",
            Form::Other => "a form of its own",
        }
    }
}

/// The members that rd writes itself, which do not have the password or the token.
pub(crate) const NOT_GENERATED: [&str; 5] = ["dbname", "host", "port", "url", "username"];

/// What is wrong with the member that a setting names, and what is allowed; none if it is right.
pub fn member_problem(name: Option<&str>) -> Option<(String, &'static str)> {
    let name = name.filter(|name| name.is_empty() || NOT_GENERATED.contains(name))?;
    let allowed = "the name of the member of the adopted secret's JSON that has the password or token, such as \"DB_PASS\"";
    Some((
        format!("the member `{name}` cannot have a password or token"),
        allowed,
    ))
}

/// The schemes of the URLs of databases and caches.
const SCHEMES: [&str; 4] = ["postgres", "postgresql", "redis", "rediss"];

/// What is written as it is in the user and the password of a URL: the unreserved characters.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A URL without the password in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    scheme: String,
    /// As it is written, with escapes; empty for none.
    user: String,
    host: String,
    port: Option<u16>,
    /// The path and the query, as they are written.
    rest: String,
}

impl Url {
    /// Takes a URL apart; none for another text, or a URL without a password.
    pub fn parse(text: &str) -> Option<(Self, Generated)> {
        let (scheme, rest) = text.trim().split_once("://")?;
        if !SCHEMES.contains(&scheme) {
            return None;
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (login, place) = authority.rsplit_once('@')?;
        let (user, password) = login.split_once(':')?;
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (place, None),
        };
        let password = percent_decode_str(password).decode_utf8().ok()?;
        let url = Self {
            scheme: scheme.to_owned(),
            user: user.to_owned(),
            host: host.to_owned(),
            port,
            rest: rest.to_owned(),
        };
        (!password.is_empty() && !host.is_empty()).then(|| (url, Generated::known(password)))
    }

    /// What it says about where to connect, with the names of rd.
    pub fn fields(&self) -> Fields {
        let database = self.rest.strip_prefix('/').unwrap_or_default();
        let database = database.split('?').next().unwrap_or_default();
        let text = |text: &str| {
            let text = percent_decode_str(text).decode_utf8_lossy();
            (!text.is_empty()).then(|| Value::from(text))
        };
        let all = [
            ("username", text(&self.user)),
            ("host", text(&self.host)),
            ("port", self.port.map(Value::from)),
            ("dbname", text(database)),
        ];
        let all = all.into_iter();
        all.filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }

    /// The URL with this password, and where it is according to `fields`.
    pub fn with(&self, fields: &Fields, generated: &Generated) -> String {
        let host = fields.get("host").and_then(Value::as_str);
        let port = fields.get("port").filter(|_| self.port.is_some());
        let port = match port {
            Some(Value::String(text)) => format!(":{text}"),
            Some(port) => format!(":{port}"),
            None => self.port.map(|port| format!(":{port}")).unwrap_or_default(),
        };
        format!(
            "{}://{}:{}@{}{}{}",
            self.scheme,
            self.user,
            utf8_percent_encode(generated.reveal(), ESCAPED),
            host.unwrap_or(&self.host),
            port,
            self.rest,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_url_keeps_all_but_the_password_and_the_place() {
        let text = "postgres://shop%40web:p%2Fw%40d@db.example.com:5432/shop?sslmode=verify-full";
        let (url, password) = Url::parse(text).unwrap();
        assert_eq!(password, Generated::known("p/w@d"));
        assert!(!format!("{url:?}").contains("p%2Fw"));
        let fields = url.fields();
        assert_eq!(
            json!(fields),
            json!({"username": "shop@web", "host": "db.example.com", "port": 5432, "dbname": "shop"})
        );
        assert_eq!(url.with(&fields, &password), text);
        let moved = Fields::from([("host".to_owned(), json!("new"))]);
        assert_eq!(
            url.with(&moved, &Generated::known("x")),
            "postgres://shop%40web:x@new:5432/shop?sslmode=verify-full"
        );
    }

    #[test]
    fn a_token_without_a_user_and_a_port_is_a_url_too() {
        let (url, token) = Url::parse("rediss://:t0k3n@cache.example.com").unwrap();
        assert_eq!(token, Generated::known("t0k3n"));
        assert_eq!(json!(url.fields()), json!({"host": "cache.example.com"}));
        assert_eq!(
            url.with(&Fields::new(), &token),
            "rediss://:t0k3n@cache.example.com"
        );
        for other in [
            "t0k3n",
            "https://a:b@c",
            "redis://cache:6379",
            "rediss://:@c",
            "redis://a:b@c:x",
        ] {
            assert!(Url::parse(other).is_none(), "{other}");
        }
    }
}
