//! Finds `rd.toml`, merges the settings, and deserializes them into their types.

use crate::error::{Error, Result};
use crate::settings::override_value::Override;
use crate::settings::problem::Problem;
use crate::settings::stack_settings::{PRODUCTION, StackSettings};
use crate::settings::{editions, merge};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The name of the settings file.
pub(super) const FILE: &str = "rd.toml";

/// The flags and variables that override the file.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The settings file that `--config` names.
    pub file: Option<PathBuf>,
    /// The environment that `--environment` names.
    pub environment: Option<String>,
    /// The AWS region that `--region` names.
    pub region: Option<String>,
    /// Each `KEY=VALUE` of `--set`, in order.
    pub set: Vec<String>,
}

/// The merged settings of file, variables and flags.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The top-level keys of `rd.toml`, checked.
    pub stack: StackSettings,
    /// The path of the file; none where there is no file.
    pub path: Option<PathBuf>,
    pub(super) text: String,
    pub(super) merged: Table,
    /// Where each value came from that is not in the file: its dotted key, and the variable or flag.
    pub(super) origins: BTreeMap<String, String>,
    /// The variables and flags for the program's table, in order.
    pub(super) overrides: Vec<Override>,
    /// The environment that the file chooses, whatever `--environment` says.
    pub(super) base_environment: String,
    /// The environments that have a table in the file.
    pub(super) environments: Vec<String>,
}

/// Loads the settings of the program that owns the table `section`. The tables of other programs are not checked.
pub fn load(layers: &Layers, section: Option<&str>) -> Result<Settings> {
    let path = find(layers)?;
    let text = match &path {
        Some(path) => std::fs::read_to_string(path).map_err(|e| {
            Error::usage(format!("cannot read {}: {e}", path.display()))
                .hint("check the path and its permissions, or pass another file with --config")
        })?,
        None => String::new(),
    };
    let mut settings = Settings {
        stack: StackSettings::default(),
        path,
        merged: Table::new(),
        origins: BTreeMap::new(),
        overrides: Vec::new(),
        base_environment: PRODUCTION.to_owned(),
        environments: Vec::new(),
        text,
    };
    settings.merge(layers, section)?;
    settings.read_stack_settings(section)?;
    Ok(settings)
}

fn find(layers: &Layers) -> Result<Option<PathBuf>> {
    if let Some(file) = &layers.file {
        return Ok(Some(file.clone()));
    }
    let here = std::env::current_dir().map_err(|e| {
        Error::usage(format!("cannot read the working directory: {e}"))
            .hint("change to another directory")
    })?;
    Ok(here
        .ancestors()
        .map(|folder| folder.join(FILE))
        .find(|file| file.is_file()))
}

impl Settings {
    /// The table `name` of a slice, as its type, with the defaults of the edition. Fails on unknown keys and wrong types, with the place.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let mut merged = Table::new();
        if let Some(table) = self.merged.get(name) {
            merged.insert(name.to_owned(), table.clone());
        }
        for set in self.overrides.iter().filter(|set| set.path[0] == name) {
            let (path, value) = set.resolve::<T>(1);
            merge::put(&mut merged, &path, value, &set.origin)?;
        }
        let mut table = match merged.remove(name) {
            Some(Value::Table(table)) => table,
            Some(_) => {
                return Err(self.wrong(name, "is not a table", &format!("write `[{name}]`")));
            }
            None => Table::new(),
        };
        editions::fill_in(self.stack.edition, name, &mut table);
        self.typed(Value::Table(table), Some(name))
    }

    /// The text that the table of another slice has under `key`, without its defaults.
    pub fn text_of(&self, table: &str, key: &str) -> Option<&str> {
        self.merged.get(table)?.get(key)?.as_str()
    }

    /// Fails where the file gives the network fewer than two zones, for a slice that AWS refuses there; `why` says so.
    pub fn require_two_zones(&self, why: &str) -> Result<()> {
        let azs = self.merged.get("net").and_then(|net| net.get("azs"));
        let count = match azs {
            Some(Value::Integer(count)) => *count,
            Some(Value::Array(names)) => names.len() as i64,
            _ => return Ok(()),
        };
        if count >= 2 {
            return Ok(());
        }
        Err(self.wrong(
            "net.azs",
            why,
            "allowed: 2 or 3 zones, as a number or as a list of names",
        ))
    }

    /// The environments that the file names: the one that it chooses, then those with a table of their own.
    pub fn environments(&self) -> Vec<&str> {
        let base = self.base_environment.as_str();
        let others = self.environments.iter().map(String::as_str);
        std::iter::once(base)
            .chain(others.filter(|name| *name != base))
            .collect()
    }

    /// The folder of `rd.toml`, or the working directory where there is none.
    pub fn folder(&self) -> PathBuf {
        self.path
            .as_deref()
            .and_then(Path::parent)
            .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
    }

    /// Fails with the first of these problems and the place where its value was written.
    pub fn reject(&self, section: Option<&str>, problems: &[Problem]) -> Result<()> {
        let Some(problem) = problems.first() else {
            return Ok(());
        };
        let key = match section {
            Some(section) => format!("{section}.{}", problem.key),
            None => problem.key.clone(),
        };
        Err(self.wrong(
            &key,
            &problem.what,
            &format!("allowed: {}", problem.allowed),
        ))
    }

    fn read_stack_settings(&mut self, section: Option<&str>) -> Result<()> {
        self.check_names(&self.merged, section, "")?;
        let mut shared = self.merged.clone();
        shared.retain(|key, _| StackSettings::KEYS.contains(&key));
        if !shared.contains_key("project") {
            let (what, hint) = match &self.path {
                Some(path) => (
                    format!("{}: `project` is not set", path.display()),
                    "add `project = \"name\"` at its top",
                ),
                None => (
                    format!("no {FILE} in this folder or one above it"),
                    "`rd-state init` writes one; or pass one with --config or RD_CONFIG",
                ),
            };
            return Err(Error::usage(what).hint(hint));
        }
        self.stack = self.typed(Value::Table(shared), None)?;
        let problems = self.stack.problems();
        self.reject(None, &problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Section {
        nat: String,
        azs: u8,
        list: Vec<String>,
    }

    fn settings(text: &str, set: &[&str]) -> Result<(Settings, Section)> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rd.toml");
        std::fs::write(&file, text).unwrap();
        let layers = Layers {
            file: Some(file),
            set: set.iter().map(|s| (*s).to_owned()).collect(),
            ..Layers::default()
        };
        let settings = load(&layers, Some("zz"))?;
        let section = settings.section("zz")?;
        Ok((settings, section))
    }

    #[test]
    fn later_layers_override_earlier_ones() {
        let text = "project='p'\nenvironment='s'\n[zz]\nnat='a'\nazs=1\n[environments.s.zz]\nnat='b'\n[net]\nx=1\n";
        let (settings, section) = settings(text, &["zz.azs=3"]).unwrap();
        assert_eq!((section.nat.as_str(), section.azs), ("b", 3));
        assert_eq!(settings.stack.environment, "s");
        assert!(!settings.stack.is_protected());
    }

    #[test]
    fn flags_are_read_by_the_type_of_their_key() {
        let set = [
            "zz.nat=7.0",
            "zz.azs=3",
            "zz.list=['a', 'b']",
            "domain=1.10",
        ];
        let (settings, section) = settings("project='p'\n", &set).unwrap();
        assert_eq!((section.nat.as_str(), section.azs), ("7.0", 3));
        assert_eq!(section.list, ["a", "b"]);
        assert_eq!(settings.stack.domain.as_deref(), Some("1.10"));
    }

    #[test]
    fn one_zone_is_refused_where_two_are_needed() {
        for (net, refused) in [
            ("", false),
            ("azs=2", false),
            ("azs=['a', 'b']", false),
            ("azs=1", true),
            ("azs=['a']", true),
        ] {
            let (settings, _) = settings(&format!("project='p'\n[net]\n{net}\n"), &[]).unwrap();
            let result = settings.require_two_zones("a database needs two");
            assert_eq!(result.is_err(), refused, "{net}");
            if let Err(error) = result {
                let text = error.to_string();
                assert!(
                    text.contains("line 3") && text.contains("a database needs two"),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn errors_name_the_line_the_key_and_what_is_allowed() {
        for (text, set, says) in [
            (
                "project='p'\n[zz]\nnatt='a'\n",
                &[][..],
                &["line 3", "zz.natt", "did you mean `nat`"][..],
            ),
            (
                "project='p'\n[zz]\nazs='a'\n",
                &[],
                &[
                    "line 3",
                    "zz.azs",
                    "invalid type",
                    "allowed: a whole number",
                ],
            ),
            (
                "project='p'\n[zy]\nazs=1\n",
                &[],
                &["line 2", "`zy`", "unknown table", "did you mean `zz`"],
            ),
            (
                "project='p'\n[databse]\nazs=1\n",
                &[],
                &["line 2", "`databse`", "did you mean `data`", "[net]"],
            ),
            (
                "project='p'\nnat='none'\n",
                &[],
                &["line 2", "`nat`: unknown key", "did you mean `net.nat`?"],
            ),
            (
                "project='p'\n[zz]\nmulti_az=true\n",
                &[],
                &["line 3", "did you mean `data.multi_az`?"],
            ),
            (
                "project='p'\n[environments.other]\nengine_version='17'\n",
                &[],
                &[
                    "line 3",
                    "did you mean `environments.other.data.engine_version` or \
                     `environments.other.cache.engine_version`?",
                ],
            ),
            (
                "project='p'\n",
                &["nat=none"],
                &["does not read `nat`", "did you mean `net.nat`?"],
            ),
            (
                "project='p'\n[mine]\nazs=1\n",
                &[],
                &["line 2", "`mine`: unknown table", "[net]"],
            ),
            (
                "project='p'\n[environments.other.redis]\nnodes=1\n",
                &[],
                &[
                    "line 2",
                    "`environments.other.redis`: unknown table",
                    "[cache]",
                ],
            ),
            (
                "project='p'\n[environments.other]\nregoin='r'\n",
                &[],
                &["line 3", "did you mean `region`"],
            ),
            (
                "project='p'\n[environments.other]\nenvironment='x'\n",
                &[],
                &["line 3", "environments.other.environment"],
            ),
            (
                "project='p'\nnet=1\n",
                &[],
                &["line 2", "`net`", "write `[net]`"],
            ),
            (
                "project='p'\n",
                &["environment=x"],
                &["--set environment", "--environment"],
            ),
            (
                "project='p'\n",
                &["zz.list=[1]"],
                &["--set zz.list", "expected a string", "allowed: a list"],
            ),
            ("project='P x'\n", &[], &["line 1", "project", "a-z"]),
            ("[zz]\n", &[], &["`project` is not set"]),
            (
                "project='p'\nregoin='r'\n",
                &[],
                &["line 2", "did you mean `region`"],
            ),
            ("project='p'\n[zz\n", &[], &["line 2", "TOML"]),
            (
                "project='p'\n",
                &["zz.azs=x"],
                &["--set zz.azs", "invalid type"],
            ),
            ("project='p'\n", &["yy.a=x"], &["does not read `yy`"]),
            (
                "project='p'\n[environments.production.zz]\nazs=-1\n",
                &[],
                &["line 3", "zz.azs"],
            ),
        ] {
            let error = settings(text, set).expect_err(text);
            let all = format!(
                "{} {}",
                error.summary,
                error.hint.as_deref().unwrap_or_default()
            );
            for part in says {
                assert!(all.contains(part), "{text:?} should say {part:?}: {all}");
            }
        }
    }
}
