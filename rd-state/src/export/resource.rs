//! A resource of Terraform.

use super::hcl::{Block, Body, Expression};
use rd_common::Tags;
use serde_json::Value;

/// A resource of Terraform.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The type, such as `aws_vpc`.
    pub kind: String,
    /// The name in the configuration.
    pub name: String,
    /// The id in the form that an import of this type takes; none where the type has no import.
    pub import: Option<String>,
    /// The arguments that Terraform must ignore: the provider has them, AWS does not, or rd changes them.
    pub ignored: Vec<&'static str>,
    body: Body,
}

impl Resource {
    /// A resource without arguments.
    pub fn new(kind: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            import: None,
            ignored: Vec::new(),
            body: Body::default(),
        }
    }

    /// Sets the id for the import.
    pub fn import(mut self, id: impl Into<String>) -> Self {
        self.import = Some(id.into());
        self
    }

    /// Sets an argument; null leaves it out.
    pub fn set(&mut self, name: &str, value: impl Into<Expression>) {
        self.body.set(name, value);
    }

    /// Adds a nested block.
    pub fn block(&mut self, name: &str, fill: impl FnOnce(&mut Body)) {
        self.body.block(name, fill);
    }

    /// Sets the argument `tags` to these tags.
    pub fn tags(&mut self, tags: &Tags) {
        let tags = tags
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(value.clone())));
        self.set("tags", Value::Object(tags.collect()));
    }

    /// The address in the configuration, such as `aws_vpc.main`.
    pub fn address(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }

    /// The `resource` block of the configuration.
    pub fn to_block(&self) -> Block {
        Block::new("resource", &[&self.kind, &self.name], |body| {
            *body = self.body.clone();
            if !self.ignored.is_empty() {
                let names = self.ignored.iter();
                let names = names.map(|name| Expression::Reference((*name).to_owned()));
                let names = Expression::List(names.collect());
                body.block("lifecycle", |lifecycle| {
                    lifecycle.set("ignore_changes", names);
                });
            }
        })
    }
}
