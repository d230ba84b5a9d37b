//! Which member of a secret's value has the password of a database or the token of a cache. A state of Terraform has the
//! values of all three, so that a comparison tells. Only the names of members are kept.

use crate::terraform::Terraform;
use serde_json::{Map, Value};

/// The attribute of a secret's version that has the names of the members with the password of a database.
pub const OF_DATABASE: &str = "members with the database's password";
/// The attribute of a secret's version that has the names of the members with the token of a cache.
pub const OF_CACHE: &str = "members with the cache's token";

/// The values in a state that are compared.
#[derive(Default)]
struct Values<'a> {
    passwords: Vec<&'a str>,
    tokens: Vec<&'a str>,
    /// The ARN of a secret, and its value.
    versions: Vec<(&'a str, &'a str)>,
}

impl<'a> Values<'a> {
    /// Adds the attributes of all resources in `value`, whichever form the state has.
    fn collect(&mut self, value: &'a Value) {
        match value {
            Value::Array(all) => all.iter().for_each(|one| self.collect(one)),
            Value::Object(members) => {
                let text = |name: &str| {
                    let text = members.get(name).and_then(Value::as_str);
                    text.filter(|text| !text.is_empty())
                };
                if members.contains_key("identifier") {
                    self.passwords.extend(text("password"));
                }
                if members.contains_key("replication_group_id") {
                    self.tokens.extend(text("auth_token"));
                }
                self.versions
                    .extend(text("secret_id").zip(text("secret_string")));
                members.values().for_each(|one| self.collect(one));
            }
            _ => {}
        }
    }
}

/// Tells the versions of secrets in `found` which of their members have a password or a token.
pub fn mark(document: &Value, found: &mut Terraform) {
    let mut values = Values::default();
    values.collect(document);
    let versions = found.resources.iter_mut();
    for version in versions.filter(|one| one.kind == "aws_secretsmanager_secret_version") {
        let secret = version.text("secret_id").to_owned();
        let mut all = values.versions.iter().filter(|(of, _)| *of == secret);
        // Of several versions, nothing here tells which one is current.
        let (Some((_, value)), None) = (all.next(), all.next()) else {
            continue;
        };
        let Ok(members) = serde_json::from_str::<Map<String, Value>>(value) else {
            continue;
        };
        for (name, known) in [(OF_DATABASE, &values.passwords), (OF_CACHE, &values.tokens)] {
            let is_known = |value: &Value| value.as_str().is_some_and(|text| known.contains(&text));
            let names = members.iter().filter(|(_, value)| is_known(value));
            let names: Vec<Value> = names.map(|(name, _)| name.as_str().into()).collect();
            version.set(name, names.into());
        }
    }
}
