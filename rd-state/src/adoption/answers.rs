//! The answers of `--map FILE`: Terraform addresses with the address in rd that each one has, or `terraform`.

use rd_common::{Error, Result};
use std::collections::BTreeMap;

/// The value of a resource that stays in Terraform.
const TERRAFORM: &str = "terraform";

/// Answers, by the address in Terraform.
#[derive(Clone, Debug, Default)]
pub struct Answers(BTreeMap<String, String>);

impl Answers {
    /// Reads a TOML file of lines such as `'aws_security_group.main["api"]' = "net.security_group.api"`. `place` is its
    /// path, for errors.
    pub fn parse(text: &str, place: &str) -> Result<Self> {
        let bad = |what: String| {
            Error::usage(format!("{place} {what}")).hint(
                "each line is 'TERRAFORM ADDRESS' = \"ADDRESS\", or = \"terraform\" for what stays in Terraform",
            )
        };
        let table: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| bad(format!("is not TOML: {}", e.message())))?;
        let answers = table.into_iter().map(|(key, value)| match value {
            toml::Value::String(value) => Ok((key, value)),
            _ => Err(bad(format!("has something else than a text for {key}"))),
        });
        Ok(Self(answers.collect::<Result<_>>()?))
    }

    /// The same answers, and that this resource is the one at an address in rd.
    #[must_use]
    pub fn and(mut self, terraform: String, address: &str) -> Self {
        self.0.insert(terraform, address.to_owned());
        self
    }

    /// Answers with these pairs.
    #[cfg(test)]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        let pairs = pairs.iter();
        Self(
            pairs
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    /// The address in rd that a resource has according to the answers; none where nothing is said of it.
    pub fn address_of(&self, terraform: &str) -> Option<&str> {
        self.0.get(terraform).map(String::as_str)
    }

    /// Whether the resource stays in Terraform.
    pub fn keeps(&self, terraform: &str) -> bool {
        self.address_of(terraform) == Some(TERRAFORM)
    }

    /// The Terraform addresses that the answers name.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
