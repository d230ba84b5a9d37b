//! Finds `rd.toml`, merges the settings, and deserializes them into their types.

use crate::error::{Error, Result};
use crate::settings::key_errors::nearest;
use crate::settings::problem::Problem;
use crate::settings::stack_settings::{StackSettings, StateSettings};
use crate::slices::SLICES;
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
        stack: StackSettings {
            project: String::new(),
            environment: String::new(),
            region: None,
            domain: None,
            protect: None,
            tags: BTreeMap::new(),
            state: StateSettings::default(),
        },
        path,
        merged: Table::new(),
        origins: BTreeMap::new(),
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
    /// The table `name` of a slice, as its type. Fails on unknown keys and wrong types, with the place.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let table = match self.merged.get(name) {
            Some(Value::Table(table)) => table.clone(),
            Some(_) => {
                return Err(self.wrong(name, "is not a table", &format!("write `[{name}]`")));
            }
            None => Table::new(),
        };
        self.typed(Value::Table(table), Some(name))
    }

    /// The names of all tables that belong to programs.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.merged
            .keys()
            .map(String::as_str)
            .filter(|key| !StackSettings::KEYS.contains(key))
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
        let mut shared = Table::new();
        for (key, value) in &self.merged {
            if StackSettings::KEYS.contains(&key.as_str()) {
                shared.insert(key.clone(), value.clone());
                continue;
            }
            // Other programs have tables of their own, but a name close to one of these is a typing error.
            let names = StackSettings::KEYS
                .iter()
                .copied()
                .chain(section)
                .chain(["environments"]);
            let near = nearest(key, names);
            let is_slice = SLICES.contains(&key.as_str()) && value.is_table();
            let other_table = value.is_table() && Some(key.as_str()) != section;
            let known = Some(key.as_str()) == section || is_slice;
            if !known && (!other_table || near.is_some()) {
                return Err(self.unknown(key, near, &StackSettings::KEYS.join(", ")));
            }
        }
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
        let text = "project='p'\nenvironment='s'\n[zz]\nnat='a'\nazs=1\n[environments.s.zz]\nnat='b'\n[other]\nx=1\n";
        let (settings, section) = settings(text, &["zz.azs=3"]).unwrap();
        assert_eq!((section.nat.as_str(), section.azs), ("b", 3));
        assert_eq!(settings.stack.environment, "s");
        assert!(!settings.stack.is_protected());
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
                &["line 3", "zz.azs", "invalid type"],
            ),
            (
                "project='p'\n[zy]\nazs=1\n",
                &[],
                &["line 2", "`zy`", "did you mean `zz`"],
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
