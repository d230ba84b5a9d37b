//! One project in one environment, account and region, and the names and tags that follow from it.

use std::cell::OnceCell;
use std::collections::BTreeMap;

/// Tags of a resource.
pub type Tags = BTreeMap<String, String>;

/// The tag that says which part of the stack a resource is.
pub const ADDRESS_TAG: &str = "rd:address";
/// The tag that says which slice owns a resource.
pub const SLICE_TAG: &str = "rd:slice";
/// The tag that says whether a snapshot is taken when a resource is deleted: a delete needs no memory.
pub const FINAL_SNAPSHOT_TAG: &str = "rd:final-snapshot";

/// The stack that a program works on.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// The project, as in `rd.toml`.
    pub project: String,
    /// The environment, such as `production`.
    pub environment: String,
    /// The AWS region.
    pub region: String,
    /// The account, once it is known.
    pub account: OnceCell<String>,
    /// The user's own tags.
    pub tags: Tags,
    /// The domain, where HTTPS is wanted.
    pub domain: Option<String>,
    /// Whether what holds data is protected against deletion.
    pub protected: bool,
}

impl Stack {
    /// `<project>-<environment>`: the stack's name, and the prefix of every resource's.
    pub fn name(&self) -> String {
        format!("{}-{}", self.project, self.environment)
    }

    /// `<project>-<environment>-<thing>`.
    pub fn name_of(&self, thing: &str) -> String {
        format!("{}-{thing}", self.name())
    }

    /// Whether it is the environment that users depend on: some defaults are more careful there.
    pub fn is_production(&self) -> bool {
        self.environment == "production"
    }

    /// The account's id; empty while it is unknown, as in an offline plan.
    pub fn account(&self) -> &str {
        self.account.get().map_or("", String::as_str)
    }

    /// The part of AWS that the region is in, as ARNs name it.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
    pub fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// What the names of AWS's endpoints in the region end with.
    pub fn dns_suffix(&self) -> &'static str {
        if self.partition() == "aws-cn" {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        }
    }

    /// The tags that tell a slice's resources from all others in the account.
    pub fn ownership(&self, slice: &str) -> [(String, String); 4] {
        [
            ("Project", self.project.as_str()),
            ("Environment", self.environment.as_str()),
            ("ManagedBy", "rd"),
            (SLICE_TAG, slice),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
    }

    /// All tags of the resource at `address` (`slice.kind.name`): the user's, the owner's, and a `Name` for the
    /// console. The user's cannot replace the owner's.
    pub fn tags_for(&self, address: &str) -> Tags {
        let mut parts = address.split('.');
        let slice = parts.next().unwrap_or_default();
        let kind = parts.next().unwrap_or_default().replace('_', "-");
        let thing = match parts.next().unwrap_or_default() {
            "main" => kind,
            name => format!("{kind}-{name}"),
        };
        let mut tags = Tags::from([("Name".to_owned(), self.name_of(&thing))]);
        tags.extend(self.tags.clone());
        tags.extend(self.ownership(slice));
        tags.insert(ADDRESS_TAG.to_owned(), address.to_owned());
        tags
    }

    /// Whether these tags are those of one of this stack's resources in `slice`.
    pub fn owns(&self, slice: &str, tags: &Tags) -> bool {
        self.ownership(slice)
            .iter()
            .all(|(key, value)| tags.get(key) == Some(value))
    }
}

/// Eight characters that stand for a text in a name: 32-bit FNV-1a, which will be the same for ever.
/// <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>
pub fn short_hash(text: &str) -> String {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{hash:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_tags_come_along_but_never_hide_the_owner() {
        let stack = Stack {
            project: "p".into(),
            environment: "e".into(),
            region: "us-east-1".into(),
            account: OnceCell::new(),
            tags: Tags::from([
                ("Owner".into(), "me".into()),
                ("ManagedBy".into(), "hand".into()),
            ]),
            ..Stack::default()
        };
        let tags = stack.tags_for("net.route_table.private-a");
        assert_eq!(tags["Name"], "p-e-route-table-private-a");
        assert_eq!(tags["Owner"], "me");
        assert_eq!(tags["ManagedBy"], "rd");
        assert!(stack.owns("net", &tags) && !stack.owns("data", &tags));
        assert_eq!(stack.tags_for("net.vpc.main")["Name"], "p-e-vpc");
    }

    #[test]
    fn a_hash_is_the_one_that_was_published() {
        assert_eq!(short_hash(""), "811c9dc5");
        assert_eq!(short_hash("foobar"), "bf9cf968");
    }
}
