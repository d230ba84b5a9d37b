//! What the parameter groups of RDS and ElastiCache have in common: settings, comparison, and which parameters a change
//! sets and resets. The calls are in the kinds, `db_parameter_group` and `cache_parameter_group`.
//!
//! A group belongs to one parameter family, that is to one major version, for as long as it exists. Its name contains
//! the family, so that the group of the next version can be created while the old one is still in use.

use crate::error::{Error, Result};
use crate::resource::change::{Change, Diff};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

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
    /// The desired values, by name.
    pub parameters: BTreeMap<String, String>,
}

/// The parameter group that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The group's name, which is its id.
    pub name: String,
    /// The parameters whose `Source` is `user`, by name: those that were set to another value than the default.
    pub parameters: BTreeMap<String, String>,
    /// The values of desired parameters whose `Source` is another, by name. AWS leaves the `Source` of a parameter that
    /// was set to its default as it was, so these have to be read as well.
    /// <https://github.com/hashicorp/terraform-provider-aws/issues/593>
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub defaults: BTreeMap<String, String>,
}

impl Live {
    /// The value of a parameter, whoever set it; none where it is a default that was not asked for.
    pub fn value(&self, name: &str) -> Option<&String> {
        self.parameters
            .get(name)
            .or_else(|| self.defaults.get(name))
    }
}

/// The group that AWS has, from what `read` gives: the parameters of one source, or of all, each with its value. `read`
/// is called once where every desired parameter has been set by a user, otherwise once more, since a list of all takes
/// several pages. None where the group does not exist.
pub async fn read_live<F>(
    name: String,
    desired: Option<&Spec>,
    read: impl Fn(Option<&'static str>) -> F,
) -> Result<Option<Live>>
where
    F: Future<Output = Result<Option<BTreeMap<String, String>>>>,
{
    let Some(parameters) = read(Some("user")).await? else {
        return Ok(None);
    };
    let desired = desired.iter().flat_map(|spec| spec.parameters.keys());
    let others: Vec<&String> = desired
        .filter(|name| !parameters.contains_key(*name))
        .collect();
    let mut defaults = BTreeMap::new();
    if !others.is_empty() {
        let Some(mut all) = read(None).await? else {
            return Ok(None);
        };
        defaults.extend(others.into_iter().filter_map(|name| all.remove_entry(name)));
    }
    Ok(Some(Live {
        name,
        parameters,
        defaults,
    }))
}

/// The parameters that have a value, by name.
pub fn values(
    all: impl IntoIterator<Item = (Option<String>, Option<String>)>,
) -> BTreeMap<String, String> {
    all.into_iter()
        .filter_map(|(name, value)| Some((name?, value?)))
        .collect()
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
            live.value(name),
            spec.parameters.get(name),
        );
    }
    diff.finish()
}

/// The parameters to set, with their values: those that differ or are not set yet.
pub fn to_set<'a>(spec: &'a Spec, live: &Live) -> Vec<(&'a str, &'a str)> {
    spec.parameters
        .iter()
        .filter(|(name, value)| live.value(name) != Some(value))
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
            defaults: BTreeMap::new(),
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

    #[tokio::test]
    async fn a_parameter_set_to_its_default_is_up_to_date() {
        let reads = std::cell::RefCell::new(Vec::new());
        let read = |source: Option<&'static str>| {
            reads.borrow_mut().push(source);
            let all = [("timeout", "300"), ("ssl", "1"), ("memory", "5")];
            let of_user = &all[..1];
            let found = map(if source.is_some() { of_user } else { &all });
            async { Ok(Some(found)) }
        };
        let spec = spec(&[("ssl", "1"), ("memory", "6")]);
        let live = read_live("shop-redis7".into(), Some(&spec), read);
        let live = live.await.unwrap().unwrap();
        assert_eq!(reads.take(), [Some("user"), None]);
        assert_eq!(live.defaults, map(&[("ssl", "1"), ("memory", "5")]));
        let changes = diff(&spec, &live);
        let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["parameters.memory", "parameters.timeout"]);
        assert_eq!(to_set(&spec, &live), [("memory", "6")]);
        assert_eq!(to_reset(&spec, &live), ["timeout"]);
    }

    #[tokio::test]
    async fn only_what_users_set_is_read_where_that_is_all() {
        let read = |source: Option<&'static str>| {
            assert_eq!(source, Some("user"));
            async { Ok(Some(map(&[("timeout", "300")]))) }
        };
        let desired = spec(&[("timeout", "300")]);
        let live = read_live("g".into(), Some(&desired), read);
        assert!(live.await.unwrap().unwrap().defaults.is_empty());
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
