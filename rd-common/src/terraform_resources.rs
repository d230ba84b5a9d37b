//! Resources of AWS in the form of `terraform show -json`, in which the programs tell `rd-state adopt --scan` what AWS has.
//! <https://developer.hashicorp.com/terraform/internals/json-format#values-representation>

use crate::error::{Error, Result};
use serde_json::{Value, json};

/// The name of the provider, as a state has it.
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// What the name of the database's secret has in it, where nothing else tells which secret it is.
pub const NAMES_OF_DATABASE_SECRETS: [&str; 4] = ["database", "postgres", "rds", "db"];

/// The same for the secret of the cache.
pub const NAMES_OF_CACHE_SECRETS: [&str; 3] = ["redis", "valkey", "cache"];

/// Resources, each with the type, the id and the attributes that Terraform's AWS provider gives it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TerraformResources(Vec<Value>);

impl TerraformResources {
    /// The resources in a document of `terraform show -json`, without those of modules; none in an empty text.
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let document: Value = serde_json::from_str(text).map_err(|e| {
            Error::usage(format!("stdin is no JSON document: {e}"))
                .hint("pass the output of another scan")
        })?;
        let resources = document["values"]["root_module"]["resources"].as_array();
        Ok(Self(resources.cloned().unwrap_or_default()))
    }

    /// Adds a resource. Its address is made of its type and its id.
    pub fn add(&mut self, kind: &str, id: &str, mut values: Value) {
        values["id"] = json!(id);
        self.0.push(json!({
            "mode": "managed", "type": kind, "address": format!("{kind}.{id}"), "provider_name": PROVIDER,
            "values": values,
        }));
    }

    /// Adds those of another program.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// The attributes of each resource of a type.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        let of_type = self.0.iter().filter(move |one| one["type"] == kind);
        of_type.map(|one| &one["values"])
    }

    /// A text attribute of each resource of a type that has it.
    pub fn texts(&self, kind: &str, name: &str) -> Vec<&str> {
        let all = self.0.iter().filter(|one| one["type"] == kind);
        all.filter_map(|one| one["values"][name].as_str()).collect()
    }

    /// The addresses, in the order in which the resources were added.
    pub fn addresses(&self) -> Vec<&str> {
        let all = self.0.iter();
        all.filter_map(|one| one["address"].as_str()).collect()
    }

    /// The document, as `terraform show -json` prints one.
    pub fn document(&self) -> Value {
        json!({"format_version": "1.0", "values": {"root_module": {"resources": self.0}}})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_it_was_written() {
        let mut found = TerraformResources::default();
        found.add("aws_vpc", "vpc-1", json!({"cidr_block": "10.0.0.0/16"}));
        found.add("aws_subnet", "subnet-1", json!({"vpc_id": "vpc-1"}));
        found.add("aws_subnet", "subnet-2", json!({"vpc_id": null}));
        let again = TerraformResources::parse(&found.document().to_string()).unwrap();
        assert_eq!(again, found);
        assert_eq!(again.texts("aws_subnet", "id"), ["subnet-1", "subnet-2"]);
        assert_eq!(again.texts("aws_subnet", "vpc_id"), ["vpc-1"]);
        assert_eq!(again.of("aws_vpc").count(), 1);
        assert_eq!(again.addresses()[0], "aws_vpc.vpc-1");
        assert_eq!(
            TerraformResources::parse(" \n").unwrap(),
            TerraformResources::default()
        );
        assert!(TerraformResources::parse("{").is_err());
    }
}
