//! The defaults that depend on `edition` in `rd.toml`, so that a better default for new stacks never changes an existing
//! one. The first edition has the defaults of the settings' own types; each line of [`CHANGED`] is one that a later edition
//! has changed. `docs/editions.md` says why.

use crate::settings::problem::Problem;
use toml::{Table, Value};

/// The edition of an `rd.toml` without one.
pub const FIRST: u32 = 1;

/// The newest edition, which `rd-state init` writes.
pub const LATEST: u32 = 2;

/// One default that an edition has changed.
#[derive(Clone, Copy, Debug)]
pub struct Changed {
    /// The edition from which on it holds.
    pub since: u32,
    /// The table of the slice, such as `cache`.
    pub table: &'static str,
    /// The key in that table.
    pub key: &'static str,
    /// Another key of the table, and the value that it must have: a version is that of an engine.
    pub given: Option<(&'static str, &'static str)>,
    /// The default of earlier editions; none where the setting was left to AWS.
    pub before: Option<&'static str>,
    /// The default from this edition on.
    pub value: &'static str,
    /// Whether `value` is written as in TOML, such as a number; otherwise it is a string without its quotes.
    pub is_toml: bool,
}

/// A line of [`CHANGED`].
const fn changed(
    since: u32,
    table: &'static str,
    key: &'static str,
    before: Option<&'static str>,
    value: &'static str,
) -> Changed {
    Changed {
        since,
        table,
        key,
        given: None,
        before,
        value,
        is_toml: false,
    }
}

/// A line of [`CHANGED`] whose value is no string: a number, or `true`.
const fn changed_to(
    since: u32,
    table: &'static str,
    key: &'static str,
    before: Option<&'static str>,
    value: &'static str,
) -> Changed {
    Changed {
        is_toml: true,
        ..changed(since, table, key, before, value)
    }
}

/// Every default that an edition has changed, in the order in which they are applied.
pub const CHANGED: [Changed; 10] = [
    changed(2, "cache", "engine", Some("redis"), "valkey"),
    Changed {
        given: Some(("engine", "valkey")),
        ..changed(2, "cache", "engine_version", None, "8.2")
    },
    changed(2, "data", "database_insights", None, "standard"),
    changed(
        2,
        "edge",
        "ssl_policy",
        Some("ELBSecurityPolicy-TLS13-1-2-Res-2021-06"),
        "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    ),
    changed(2, "ecs", "log_mode", None, "blocking"),
    changed_to(2, "ecs", "zone_rebalancing", None, "true"),
    changed_to(2, "cache", "events", None, "true"),
    changed_to(2, "logs", "database_events", Some("false"), "true"),
    changed_to(2, "logs", "latency_min_requests", None, "20"),
    changed(
        2,
        "logs",
        "running_tasks_missing_data",
        Some("breaching"),
        "missing",
    ),
];

/// Sets the keys of the slice's table `name` that nobody has set and whose default is another one in `edition`.
pub(super) fn fill_in(edition: u32, name: &str, table: &mut Table) {
    // From the newest on: the first line that applies to a key is the one that counts.
    for line in CHANGED.iter().rev().filter(|line| line.given.is_none()) {
        line.fill_in(edition, name, table);
    }
    for line in CHANGED.iter().rev().filter(|line| line.given.is_some()) {
        line.fill_in(edition, name, table);
    }
}

impl Changed {
    fn fill_in(&self, edition: u32, name: &str, table: &mut Table) {
        let applies = self.table == name && self.since <= edition && !table.contains_key(self.key);
        let given = self
            .given
            .is_none_or(|(key, value)| table.get(key).and_then(Value::as_str) == Some(value));
        if applies && given {
            table.insert(self.key.to_owned(), self.toml());
        }
    }
}

impl Changed {
    /// The default as a TOML value.
    fn toml(&self) -> Value {
        let text = || Value::String(self.value.to_owned());
        match self.is_toml {
            true => self.value.parse().unwrap_or_else(|_| text()),
            false => text(),
        }
    }
}

/// What is wrong with an edition.
pub(super) fn problem(edition: u32) -> Option<Problem> {
    (!(FIRST..=LATEST).contains(&edition)).then(|| {
        Problem::new(
            "edition",
            format!("this version of rd knows no edition {edition}"),
            format!("{FIRST} to {LATEST}; a newer version of rd may know more"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(edition: u32, text: &str) -> Table {
        let mut table: Table = toml::from_str(text).unwrap();
        fill_in(edition, "cache", &mut table);
        table
    }

    #[test]
    fn a_default_of_an_edition_is_below_every_setting() {
        assert!(filled(1, "").is_empty());
        let table = filled(2, "");
        assert_eq!(table["engine"].as_str(), Some("valkey"));
        assert_eq!(table["engine_version"].as_str(), Some("8.2"));
        // A version of Valkey is none of Redis.
        assert!(!filled(2, "engine = 'redis'").contains_key("engine_version"));
        let table = filled(2, "engine_version = '7.2'");
        assert_eq!(table["engine_version"].as_str(), Some("7.2"));
        assert!(!table.contains_key("ssl_policy"));
    }

    #[test]
    fn every_line_is_of_an_edition_that_there_is() {
        for line in CHANGED {
            assert!(line.since > FIRST && line.since <= LATEST, "{line:?}");
            assert_ne!(line.before, Some(line.value), "{line:?}");
            assert_eq!(line.toml().is_str(), !line.is_toml, "{line:?}");
        }
        assert!(problem(FIRST).is_none() && problem(LATEST).is_none());
        assert!(problem(0).is_some() && problem(LATEST + 1).is_some());
    }
}
