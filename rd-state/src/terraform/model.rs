//! What Terraform has of a stack: its resources, with the few attributes that say which part of the stack each one is.

use crate::terraform::{attributes, containers};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The resources of one state.
#[derive(Clone, Debug, Default)]
pub struct Terraform {
    /// Every managed resource, an instance each, in the order of the state.
    pub resources: Vec<Resource>,
    /// The AWS account of the resources; none where no ARN tells.
    pub account: Option<String>,
    /// The AWS region of the resources; none where no ARN tells.
    pub region: Option<String>,
}

/// The types whose passwords Terraform has in its state.
const WITH_SECRETS: [&str; 5] = [
    "aws_db_instance",
    "aws_elasticache_replication_group",
    "aws_secretsmanager_secret_version",
    "aws_ssm_parameter",
    "random_password",
];

impl Terraform {
    /// Whether the state is likely to hold passwords.
    pub fn has_secrets(&self) -> bool {
        let mut all = self.resources.iter();
        all.any(|one| WITH_SECRETS.contains(&one.kind.as_str()))
    }
}

/// One instance of a resource in a state. It has no secret: attributes that are not needed were never copied.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Terraform's address, such as `module.vpc.aws_subnet.private["a"]`.
    pub address: String,
    /// The type, such as `aws_subnet`.
    pub kind: String,
    /// The address of the provider's configuration; the name of the provider where only that is known.
    pub provider: String,
    /// Whether Terraform would replace it.
    pub tainted: bool,
    /// Whether it was replaced, and is still to be deleted.
    pub deposed: bool,
    /// The addresses of what its configuration refers to, without instance keys.
    pub dependencies: Vec<String>,
    attributes: Map<String, Value>,
}

impl Resource {
    /// An instance with those of `values` that are needed.
    pub fn new(address: String, kind: &str, provider: &str, values: Option<&Value>) -> Self {
        let all = values.and_then(Value::as_object).into_iter().flatten();
        let needed = all.filter_map(|(name, value)| {
            let value = attributes::needed(kind, name, value)?;
            Some((name.clone(), value))
        });
        let containers = containers::of(kind, values);
        let endpoint = mail_address(kind, values);
        Self {
            address,
            kind: kind.to_owned(),
            provider: provider.to_owned(),
            tainted: false,
            deposed: false,
            dependencies: Vec::new(),
            attributes: needed.chain(containers).chain(endpoint).collect(),
        }
    }

    /// Adds what was found out about it.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.attributes.insert(name.to_owned(), value);
    }

    /// The attribute as a text; empty where it is missing or something else.
    pub fn text(&self, name: &str) -> &str {
        self.attributes
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The AWS id, as Terraform has it.
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// The attribute as a number, which the provider writes as a text in some types; none where it is something else.
    pub fn number(&self, name: &str) -> Option<i64> {
        number(self.attributes.get(name))
    }

    /// The attribute as a Boolean; none where it is something else.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.attributes.get(name)?.as_bool()
    }

    /// The attribute as a number with its fraction; none where it is something else.
    pub fn decimal(&self, name: &str) -> Option<f64> {
        self.attributes.get(name)?.as_f64()
    }

    /// The texts of a map, by name; none where it is something else.
    pub fn map(&self, name: &str) -> BTreeMap<&str, &str> {
        let members = self.attributes.get(name).and_then(Value::as_object);
        let members = members.into_iter().flatten();
        members
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect()
    }

    /// The attribute as TOML writes it; none where it is missing, empty, or a list.
    pub fn toml(&self, name: &str) -> Option<String> {
        match self.attributes.get(name)? {
            Value::String(text) if text.is_empty() => None,
            // JSON escapes all that TOML wants escaped.
            value @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
                Some(value.to_string())
            }
            _ => None,
        }
    }

    /// The texts of a list or a set; none where it is something else.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        texts(self.attributes.get(name))
    }

    /// The blocks of an attribute, such as the `route`s of a route table.
    pub fn blocks(&self, name: &str) -> Vec<Block<'_>> {
        blocks(self.attributes.get(name))
    }

    /// Whether its configuration refers to `other`.
    pub fn depends_on(&self, other: &Resource) -> bool {
        let other = without_keys(&other.address);
        self.dependencies
            .iter()
            .any(|one| without_keys(one) == other)
    }

    /// What a `removed` block names, without instance keys: the call of the outermost module that it is in, such as
    /// `module.vpc`; in the root module, the resource.
    pub fn block(&self) -> String {
        let address = without_keys(&self.address);
        let module = address.strip_prefix("module.");
        match module.and_then(|rest| rest.split('.').next()) {
            Some(name) => format!("module.{name}"),
            None => address,
        }
    }
}

/// A nested block of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a>(&'a Map<String, Value>);

impl<'a> Block<'a> {
    /// The same as [`Resource::text`], of the block.
    pub fn text(&self, name: &str) -> &'a str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The same as [`Resource::number`], of the block.
    pub fn number(&self, name: &str) -> Option<i64> {
        number(self.0.get(name))
    }

    /// The same as [`Resource::flag`], of the block.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// The number with its fraction; none where it is something else.
    pub fn decimal(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }

    /// The same as [`Resource::texts`], of the block.
    pub fn texts(&self, name: &str) -> Vec<&'a str> {
        texts(self.0.get(name))
    }

    /// The same as [`Resource::blocks`], of the block.
    pub fn blocks(&self, name: &str) -> Vec<Block<'a>> {
        blocks(self.0.get(name))
    }
}

fn number(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    let of_text = || value.as_str()?.parse().ok();
    value.as_i64().or_else(of_text)
}

fn blocks(value: Option<&Value>) -> Vec<Block<'_>> {
    let list = value.and_then(Value::as_array);
    let blocks = list.into_iter().flatten().filter_map(Value::as_object);
    blocks.map(Block).collect()
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    let list = value.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The `endpoint` of a subscription by mail. That of another one can be a webhook, whose URL is a secret.
fn mail_address(kind: &str, values: Option<&Value>) -> Option<(String, Value)> {
    let values = values.filter(|_| kind == "aws_sns_topic_subscription")?;
    let is_mail = values["protocol"] == "email";
    is_mail.then(|| ("endpoint".to_owned(), values["endpoint"].clone()))
}

/// The texts of a list, for themselves.
pub fn owned_texts(list: &[Value]) -> Vec<String> {
    let texts = list.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// An address without what is in brackets. A key in quotes may have brackets of its own.
fn without_keys(address: &str) -> String {
    let (mut text, mut in_key, mut in_quotes, mut escaped) = (String::new(), false, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' if in_key => in_quotes = !in_quotes,
            '[' if !in_key => in_key = true,
            ']' if in_key && !in_quotes => in_key = false,
            _ if !in_key => text.push(c),
            _ => {}
        }
    }
    text
}

/// The key of an instance as Terraform writes it in addresses: `[0]` or `["a"]`; nothing for a resource without keys.
pub fn key_text(key: Option<&Value>) -> String {
    match key {
        Some(Value::Number(number)) => format!("[{number}]"),
        Some(text @ Value::String(_)) => format!("[{text}]"),
        _ => String::new(),
    }
}
