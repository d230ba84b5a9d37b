//! What the parameter groups of RDS and ElastiCache have in common: settings, comparison, and which parameters a change
//! sets and resets. The calls are in the kinds, `db_parameter_group` and `cache_parameter_group`.
//!
//! A group belongs to one parameter family, that is to one major version, for as long as it exists. Its name contains
//! the family, so that the group of the next version can be created while the old one is still in use.

use crate::error::{Error, Result};
use crate::resource::change::{Change, Diff};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The number of parameters that one call can set or reset, in both services.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html>
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyCacheParameterGroup.html>
pub const MAX_PER_CALL: usize = 20;

/// The desired parameter group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The group's name, which is its id.
    pub name: String,
    /// The parameter family, such as `postgres17` or `redis7`.
    pub family: String,
    /// The description that the console shows.
    pub description: String,
    /// The parameters that differ from the engine's defaults, by name.
    pub parameters: BTreeMap<String, String>,
}

/// The parameter group that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The group's name, which is its id.
    pub name: String,
    /// The parameters that a user has set (`Source` is `user`), by name.
    pub parameters: BTreeMap<String, String>,
}

/// The differences: a group with another name is another group, each parameter changes in place.
pub fn diff(spec: &Spec, live: &Live) -> Vec<Change> {
    let mut diff = Diff::new();
    diff.fixed("name", &live.name, &spec.name);
    let names: BTreeSet<&String> = spec
        .parameters
        .keys()
        .chain(live.parameters.keys())
        .collect();
    for name in names {
        diff.field(
            &format!("parameters.{name}"),
            live.parameters.get(name),
            spec.parameters.get(name),
        );
    }
    diff.finish()
}

/// The parameters to set, with their values: those that differ or are not set yet.
pub fn to_set<'a>(spec: &'a Spec, live: &Live) -> Vec<(&'a str, &'a str)> {
    spec.parameters
        .iter()
        .filter(|(name, value)| live.parameters.get(*name) != Some(value))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// The parameters to reset to the engine's default: those that are set but not desired.
pub fn to_reset<'a>(spec: &Spec, live: &'a Live) -> Vec<&'a str> {
    live.parameters
        .keys()
        .filter(|name| !spec.parameters.contains_key(*name))
        .map(String::as_str)
        .collect()
}

/// Fails for the first parameter of `to_set` that the family does not have. `known` has the names of all of its
/// parameters; if it is empty, AWS has not listed them, and AWS itself decides.
pub fn check_known(family: &str, to_set: &[(&str, &str)], known: &BTreeSet<&str>) -> Result<()> {
    match to_set.iter().find(|(name, _)| !known.contains(name)) {
        Some((unknown, _)) if !known.is_empty() => Err(Error::usage(format!(
            "{family} has no parameter `{unknown}`"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own = |text: &str| text.to_owned();
        pairs.iter().map(|(k, v)| (own(k), own(v))).collect()
    }

    fn spec(parameters: &[(&str, &str)]) -> Spec {
        Spec {
            name: "shop-redis7".into(),
            family: "redis7".into(),
            description: String::new(),
            parameters: map(parameters),
        }
    }

    #[test]
    fn a_change_sets_what_differs_and_resets_what_is_not_desired() {
        let spec = spec(&[("same", "1"), ("other", "2"), ("new", "3")]);
        let live = Live {
            name: "shop-redis7".into(),
            parameters: map(&[("same", "1"), ("other", "0"), ("old", "4")]),
        };
        assert_eq!(to_set(&spec, &live), [("new", "3"), ("other", "2")]);
        assert_eq!(to_reset(&spec, &live), ["old"]);
        let changes = diff(&spec, &live);
        let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(
            paths,
            ["parameters.new", "parameters.old", "parameters.other"]
        );
        assert!(changes.iter().all(|change| !change.replaces));
    }

    #[test]
    fn an_unknown_parameter_is_named_unless_aws_listed_none() {
        let to_set = [("timeout", "1"), ("tmeout", "1")];
        let known = BTreeSet::from(["timeout"]);
        let error = check_known("redis7", &to_set, &known).unwrap_err();
        assert_eq!(error.summary, "redis7 has no parameter `tmeout`");
        assert!(check_known("redis7", &to_set[..1], &known).is_ok());
        assert!(check_known("redis7", &to_set, &BTreeSet::new()).is_ok());
    }
}
