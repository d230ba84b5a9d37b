//! One project in one environment, account and region, and the names and tags that follow from it.

use std::cell::OnceCell;
use std::collections::BTreeMap;

/// The tags of a resource, value by key.
pub type Tags = BTreeMap<String, String>;

/// The key of the tag that holds the address of a resource, such as `net.vpc.main`.
pub const ADDRESS_TAG: &str = "rd:address";
/// The key of the tag that holds the slice that owns a resource.
pub const SLICE_TAG: &str = "rd:slice";
/// The key of the tag that says whether a delete takes a final snapshot. It is a tag, since a delete knows only the
/// resource: neither its settings nor its state.
pub const FINAL_SNAPSHOT_TAG: &str = "rd:final-snapshot";

/// The key of the tag of what was adopted, with the tool that made it. Where the state is lost, a rebuild keeps what such a
/// resource has, as the adoption did.
pub const ADOPTED_TAG: &str = "rd:adopted";

/// Whether rd sets this tag by itself, so that it is not one of the user's own. A `Name` of the user counts as one of
/// ours.
pub fn is_own_tag(key: &str) -> bool {
    let ours = ["Name", "Project", "Environment", "ManagedBy"];
    ours.contains(&key) || [SLICE_TAG, ADDRESS_TAG, ADOPTED_TAG].contains(&key)
}

/// Which stack of an account and region: the project and the environment. They stay apart, because `shop-eu` in `test` and
/// `shop` in `eu-test` have the same [name](StackId::name).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct StackId {
    /// The project, such as `shop`.
    pub project: String,
    /// The environment, such as `production`.
    pub environment: String,
}

impl StackId {
    /// The stack's name, `<project>-<environment>`: also the prefix of every resource's name. Two stacks can have the
    /// same name.
    pub fn name(&self) -> String {
        format!("{}-{}", self.project, self.environment)
    }

    /// The stack in the tags of a resource that rd manages; none where rd does not manage it.
    pub fn of_tags(tags: &Tags) -> Option<Self> {
        let managed = tags.get("ManagedBy").is_some_and(|by| by == "rd");
        managed.then_some(())?;
        Some(Self {
            project: tags.get("Project")?.clone(),
            environment: tags.get("Environment")?.clone(),
        })
    }
}

impl std::fmt::Display for StackId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.project, self.environment)
    }
}

/// The stack that a program works on.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// The project, as `project` in `rd.toml` names it.
    pub project: String,
    /// The environment, such as `production`.
    pub environment: String,
    /// The AWS region, such as `us-east-1`.
    pub region: String,
    /// The id of the AWS account, set once STS has told it; never in an offline plan.
    pub account: OnceCell<String>,
    /// The user's own tags, from `[tags]` in `rd.toml`.
    pub tags: Tags,
    /// The domain that serves HTTPS; none for plain HTTP.
    pub domain: Option<String>,
    /// Whether resources that hold data get AWS's deletion protection.
    pub protected: bool,
}

impl Stack {
    /// Which stack this is, in its account and region.
    pub fn id(&self) -> StackId {
        StackId {
            project: self.project.clone(),
            environment: self.environment.clone(),
        }
    }

    /// The stack's name; see [`StackId::name`].
    pub fn name(&self) -> String {
        self.id().name()
    }

    /// The name of a resource, `<project>-<environment>-<thing>`.
    pub fn name_of(&self, thing: &str) -> String {
        format!("{}-{thing}", self.name())
    }

    /// The name of a resource of a kind whose names AWS limits to `longest` characters: [`Stack::name_of`] where it fits,
    /// otherwise with a hash in place of the end of the stack's name.
    pub fn name_within(&self, longest: usize, thing: &str) -> String {
        let whole = self.name_of(thing);
        if whole.len() <= longest {
            return whole;
        }
        let stack = self.name();
        let room = longest.saturating_sub(thing.len() + "-".len() * 2 + HASH_LENGTH);
        let start: String = stack.chars().take(room).collect();
        format!(
            "{}-{}-{thing}",
            start.trim_end_matches('-'),
            short_hash(&stack)
        )
    }

    /// Whether this is the `production` environment, for which some defaults are safer and more expensive.
    pub fn is_production(&self) -> bool {
        self.environment == "production"
    }

    /// The account's id; empty while it is unknown, as in an offline plan.
    pub fn account(&self) -> &str {
        self.account.get().map_or("", String::as_str)
    }

    /// The partition of the region, as ARNs name it.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
    pub fn partition(&self) -> &'static str {
        self.partition_and_domain().0
    }

    /// The domain of AWS's endpoints in the region, such as `amazonaws.com`.
    pub fn dns_suffix(&self) -> &'static str {
        self.partition_and_domain().1
    }

    /// The partition with its domain, by the beginning of the region's name.
    /// <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>
    fn partition_and_domain(&self) -> (&'static str, &'static str) {
        match self.region.split('-').next() {
            Some("cn") => ("aws-cn", "amazonaws.com.cn"),
            Some("eusc") => ("aws-eusc", "amazonaws.eu"),
            Some("us") if self.region.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
            _ => ("aws", "amazonaws.com"),
        }
    }

    /// The tags that every resource of the stack has, whichever slice owns it.
    pub fn stack_tags(&self) -> [(&'static str, &str); 3] {
        [
            ("Project", self.project.as_str()),
            ("Environment", self.environment.as_str()),
            ("ManagedBy", "rd"),
        ]
    }

    /// The tags by which a slice's resources are found among all others in the account.
    pub fn ownership(&self, slice: &str) -> [(String, String); 4] {
        let [project, environment, managed_by] = self.stack_tags();
        [project, environment, managed_by, (SLICE_TAG, slice)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
    }

    /// All tags of the resource at `address` (`slice.kind.name`): the user's own, the ownership tags, and a `Name` for
    /// the console. A tag of the user never overrides an ownership tag.
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

    /// The other stack to which a resource with these tags belongs, although a state of this one has it; none where it
    /// belongs to this one. A single tag that somebody has changed does not make it another stack's: that is drift.
    pub fn other_owner(&self, tags: &Tags) -> Option<StackId> {
        let theirs = StackId::of_tags(tags)?;
        let both = theirs.project != self.project && theirs.environment != self.environment;
        let prefix = format!("{}-", theirs.name());
        let named = tags
            .get("Name")
            .is_some_and(|name| name.starts_with(&prefix));
        (theirs != self.id() && (both || named)).then_some(theirs)
    }

    /// Whether a resource with these tags belongs to `slice` of this stack.
    pub fn owns(&self, slice: &str, tags: &Tags) -> bool {
        self.ownership(slice)
            .iter()
            .all(|(key, value)| tags.get(key) == Some(value))
    }
}

/// The number of characters of a [`short_hash`].
const HASH_LENGTH: usize = 8;

/// A hash of a text for use in names: 32-bit FNV-1a in eight hexadecimal digits. Names in AWS depend on it, so it must
/// never change.
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
    fn each_partition_has_its_name_and_domain() {
        for (region, partition, domain) in [
            ("us-east-1", "aws", "amazonaws.com"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ] {
            let stack = Stack {
                region: region.to_owned(),
                ..Stack::default()
            };
            assert_eq!((stack.partition(), stack.dns_suffix()), (partition, domain));
        }
    }

    #[test]
    fn a_users_tag_never_overrides_an_ownership_tag() {
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
    fn a_name_that_fits_stays_and_a_longer_one_gets_a_hash() {
        let stack = |project: &str, environment: &str| Stack {
            project: project.into(),
            environment: environment.into(),
            ..Stack::default()
        };
        assert_eq!(
            stack("shop", "test").name_within(13, "alb"),
            "shop-test-alb"
        );
        let long = stack("abcdefghijklmnopqrstuvwx", "abcdefghijklmnop");
        let name = long.name_within(32, "alb");
        assert_eq!(name, "abcdefghijklmnopqrs-38d263c0-alb");
        assert_eq!(name.len(), 32);
        // Stacks whose names begin alike have different resources, and a hyphen is never doubled.
        let other = stack("abcdefghijklmnopqrs-uvwx", "abcdefghijklmnop");
        assert_ne!(other.name_within(32, "alb"), name);
        let cut = stack("abcdefghijklmnopqr-tuvwx", "abcdefghijklmnop").name_within(32, "alb");
        assert!(
            cut.starts_with("abcdefghijklmnopqr-") && !cut.contains("--"),
            "{cut}"
        );
    }

    #[test]
    fn one_changed_tag_is_drift_and_the_tags_of_another_stack_are_not() {
        let stack = |project: &str, environment: &str| Stack {
            project: project.into(),
            environment: environment.into(),
            ..Stack::default()
        };
        let ours = stack("shop", "test");
        let mut tags = ours.tags_for("net.vpc.main");
        assert_eq!(ours.other_owner(&tags), None);
        tags.insert("Project".into(), "theirs".into());
        assert_eq!(ours.other_owner(&tags), None);
        for (project, environment) in [("shop", "live"), ("blog", "test"), ("blog", "live")] {
            let other = stack(project, environment);
            let tags = other.tags_for("net.vpc.main");
            assert_eq!(ours.other_owner(&tags), Some(other.id()));
        }
        // The same name, and so the same `Name` of every resource.
        let tags = stack("shop-eu", "test").tags_for("net.vpc.main");
        assert!(stack("shop", "eu-test").other_owner(&tags).is_some());
    }

    #[test]
    fn the_hash_matches_published_values() {
        assert_eq!(short_hash(""), "811c9dc5");
        assert_eq!(short_hash("foobar"), "bf9cf968");
    }
}
