//! Finds, reads and merges the layers, and says for every bad value where it was written.

use crate::config::locate;
use crate::config::problem::Problem;
use crate::config::shared::Shared;
use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The name of the file.
const FILE: &str = "rd.toml";

/// What flags and environment say beside the file.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--environment`.
    pub environment: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--set KEY=VALUE`.
    pub set: Vec<String>,
}

/// The merged settings.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The top-level keys.
    pub shared: Shared,
    /// The file, where there is one.
    pub path: Option<PathBuf>,
    text: String,
    merged: Table,
    /// Where a value came from if not from the file: its dotted key, and the variable or flag.
    elsewhere: BTreeMap<String, String>,
}

/// Loads the settings for the program that owns `section`; with no section of its own, all tables are left alone.
pub fn load(layers: &Layers, section: Option<&str>) -> Result<Loaded> {
    let path = find(layers)?;
    let text = match &path {
        Some(path) => std::fs::read_to_string(path).map_err(|e| {
            Error::usage(format!("{} cannot be read: {e}", path.display()))
                .hint("check the path and its permissions, or name another file with --config")
        })?,
        None => String::new(),
    };
    let mut loaded = Loaded {
        shared: Shared {
            project: String::new(),
            environment: String::new(),
            region: None,
            domain: None,
            protect: None,
            tags: BTreeMap::new(),
        },
        path,
        merged: Table::new(),
        elsewhere: BTreeMap::new(),
        text,
    };
    loaded.merge(layers, section)?;
    loaded.read_shared(section)?;
    Ok(loaded)
}

fn find(layers: &Layers) -> Result<Option<PathBuf>> {
    if let Some(file) = &layers.file {
        return Ok(Some(file.clone()));
    }
    let here = std::env::current_dir().map_err(|e| {
        Error::usage(format!("the working folder cannot be read: {e}"))
            .hint("change to another folder")
    })?;
    Ok(here
        .ancestors()
        .map(|folder| folder.join(FILE))
        .find(|file| file.is_file()))
}

impl Loaded {
    /// The section of a slice, typed.
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

    /// The names of all tables that are no shared key.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.merged
            .keys()
            .map(String::as_str)
            .filter(|key| !Shared::KEYS.contains(key))
    }

    /// The folder that `rd.toml` is in, or the working folder.
    pub fn folder(&self) -> PathBuf {
        self.path
            .as_deref()
            .and_then(Path::parent)
            .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
    }

    /// The first of these problems as an error that says where the value was written.
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

    fn merge(&mut self, layers: &Layers, section: Option<&str>) -> Result<()> {
        let mut file: Table = toml::from_str(&self.text).map_err(|e| {
            let (line, text) = locate::at(&self.text, e.span().map_or(0, |span| span.start));
            Error::usage(format!(
                "{}, line {line}: {}: `{text}`",
                self.file_name(),
                e.message()
            ))
            .hint("the file is TOML: https://toml.io; `rd-state init` writes an example")
        })?;
        let environments = file.remove("environments");
        self.merged = file;
        let named = layers
            .environment
            .clone()
            .or_else(|| Some(self.merged.get("environment")?.as_str()?.to_owned()));
        if let Some(environment) = &layers.environment {
            self.put(
                "environment",
                Value::String(environment.clone()),
                "--environment or RD_ENVIRONMENT",
            )?;
        }
        self.overlay(environments, named.as_deref().unwrap_or("production"))?;
        self.variables(section)?;
        if let Some(region) = &layers.region {
            self.put(
                "region",
                Value::String(region.clone()),
                "--region or RD_REGION",
            )?;
        }
        for assignment in &layers.set {
            let Some((key, value)) = assignment.split_once('=') else {
                return Err(Error::usage(format!("--set {assignment}: it has no `=`"))
                    .hint("write --set net.nat=none"));
            };
            let head = key.split('.').next().unwrap_or_default();
            if !Shared::KEYS.contains(&head) && Some(head) != section {
                return Err(Error::usage(format!(
                    "--set {key}: this program does not read `{head}`"
                ))
                .hint(format!(
                    "it reads {} and [{}]",
                    Shared::KEYS.join(", "),
                    section.unwrap_or("no section of its own")
                )));
            }
            self.put(key, scalar(value), &format!("--set {key}"))?;
        }
        Ok(())
    }

    fn overlay(&mut self, environments: Option<Value>, environment: &str) -> Result<()> {
        let Some(environments) = environments else {
            return Ok(());
        };
        let Value::Table(mut environments) = environments else {
            return Err(self.wrong(
                "environments",
                "is not a table",
                "write `[environments.<name>]`",
            ));
        };
        if let Some((name, _)) = environments.iter().find(|(_, value)| !value.is_table()) {
            return Err(self.wrong(
                &format!("environments.{name}"),
                "is not a table",
                "write `[environments.<name>]` or `[environments.<name>.net]`",
            ));
        }
        if let Some(Value::Table(over)) = environments.remove(environment) {
            merge_tables(&mut self.merged, over);
        }
        Ok(())
    }

    /// `RD_<KEY>` for shared keys, `RD_<SECTION>_<KEY>` for the program's own.
    fn variables(&mut self, section: Option<&str>) -> Result<()> {
        for key in ["project", "domain", "protect"] {
            let name = format!("RD_{}", key.to_uppercase());
            if let Ok(text) = std::env::var(&name) {
                self.put(key, scalar(&text), &name)?;
            }
        }
        let Some(section) = section else {
            return Ok(());
        };
        let prefix = format!("RD_{}_", section.to_uppercase());
        for (name, text) in std::env::vars() {
            if let Some(key) = name.strip_prefix(&prefix) {
                self.put(
                    &format!("{section}.{}", key.to_lowercase()),
                    scalar(&text),
                    &name,
                )?;
            }
        }
        Ok(())
    }

    fn put(&mut self, key: &str, value: Value, origin: &str) -> Result<()> {
        self.elsewhere.insert(key.to_owned(), origin.to_owned());
        let mut names: Vec<&str> = key.split('.').collect();
        let last = names.pop().unwrap_or_default();
        let mut table = &mut self.merged;
        for name in names {
            let inner = table
                .entry(name)
                .or_insert_with(|| Value::Table(Table::new()));
            match inner {
                Value::Table(inner) => table = inner,
                _ => {
                    return Err(Error::usage(format!("{origin}: `{name}` is not a table"))
                        .hint("check the key"));
                }
            }
        }
        table.insert(last.to_owned(), value);
        Ok(())
    }

    fn read_shared(&mut self, section: Option<&str>) -> Result<()> {
        let mut shared = Table::new();
        for (key, value) in &self.merged {
            let ours = Shared::KEYS.contains(&key.as_str());
            if ours {
                shared.insert(key.clone(), value.clone());
                continue;
            }
            // Other programs have tables of their own; what is nearly one of ours is a slip of the pen.
            let names = Shared::KEYS
                .iter()
                .copied()
                .chain(section)
                .chain(["environments"]);
            let near = nearest(key, names);
            let others = value.is_table() && Some(key.as_str()) != section;
            if Some(key.as_str()) != section && (!others || near.is_some()) {
                return Err(self.unknown(key, near, &Shared::KEYS.join(", ")));
            }
        }
        if !shared.contains_key("project") {
            let (what, hint) = match &self.path {
                Some(path) => (
                    format!("{}: `project` is not set", path.display()),
                    "add `project = \"name\"` at its top",
                ),
                None => (
                    format!("there is no {FILE} here or in a folder above"),
                    "`rd-state init` writes one; or name one with --config or RD_CONFIG",
                ),
            };
            return Err(Error::usage(what).hint(hint));
        }
        self.shared = self.typed(Value::Table(shared), None)?;
        let problems = self.shared.problems();
        self.reject(None, &problems)
    }

    fn typed<T: DeserializeOwned>(&self, value: Value, section: Option<&str>) -> Result<T> {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            let message = inner
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            let mut key = if path == "." { String::new() } else { path };
            if let Some((name, allowed)) = unknown_field(&message) {
                if key.rsplit('.').next() != Some(&name) {
                    key = if key.is_empty() {
                        name.clone()
                    } else {
                        format!("{key}.{name}")
                    };
                }
                let key = section.map_or_else(|| key.clone(), |section| format!("{section}.{key}"));
                let near = nearest(&name, allowed.iter().map(String::as_str)).map(str::to_owned);
                return self.unknown(&key, near.as_deref(), &allowed.join(", "));
            }
            let key = match (section, key.as_str()) {
                (Some(section), "") => section.to_owned(),
                (Some(section), key) => format!("{section}.{key}"),
                (None, key) => key.to_owned(),
            };
            self.wrong(
                &key,
                &message,
                "see rd.example.toml for what each key takes",
            )
        })
    }

    fn unknown(&self, key: &str, near: Option<&str>, allowed: &str) -> Error {
        let guess = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
        self.wrong(
            key,
            "there is no such key",
            &format!("{guess}allowed: {allowed}"),
        )
    }

    fn wrong(&self, key: &str, what: &str, hint: &str) -> Error {
        Error::usage(format!("{}`{key}`: {what}", self.place(key))).hint(hint)
    }

    /// Where the value of `key` was written, as the beginning of an error.
    fn place(&self, key: &str) -> String {
        if let Some(origin) = self.elsewhere.get(key) {
            return format!("{origin}: ");
        }
        let path: Vec<&str> = key.split(['.', '[']).collect();
        let environment = self
            .merged
            .get("environment")
            .and_then(Value::as_str)
            .unwrap_or("production");
        let mut over = vec!["environments", environment];
        over.extend(&path);
        let place = if locate::has(&self.text, &over) {
            &over
        } else {
            &path
        };
        match locate::line(&self.text, place) {
            Some((line, text)) => format!("{}, line {line}: `{text}`: ", self.file_name()),
            None => String::new(),
        }
    }

    fn file_name(&self) -> String {
        self.path
            .as_deref()
            .map_or_else(|| FILE.to_owned(), |path| path.display().to_string())
    }
}

fn merge_tables(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge_tables(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// A variable's or flag's text as TOML, and where it is none, as a string.
fn scalar(text: &str) -> Value {
    toml::from_str::<Table>(&format!("v = {text}"))
        .ok()
        .and_then(|mut table| table.remove("v"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

fn unknown_field(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (name, rest) = rest.split_once('`')?;
    let allowed = rest
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    Some((name.to_owned(), allowed))
}

fn nearest<'a>(word: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    among
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 5)
        .min()
        .map(|(_, candidate)| candidate)
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

    fn loaded(text: &str, set: &[&str]) -> Result<(Loaded, Section)> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rd.toml");
        std::fs::write(&file, text).unwrap();
        let layers = Layers {
            file: Some(file),
            set: set.iter().map(|s| (*s).to_owned()).collect(),
            ..Layers::default()
        };
        let loaded = load(&layers, Some("zz"))?;
        let section = loaded.section("zz")?;
        Ok((loaded, section))
    }

    #[test]
    fn layers_go_over_each_other() {
        let text = "project='p'\nenvironment='s'\n[zz]\nnat='a'\nazs=1\n[environments.s.zz]\nnat='b'\n[other]\nx=1\n";
        let (loaded, section) = loaded(text, &["zz.azs=3"]).unwrap();
        assert_eq!((section.nat.as_str(), section.azs), ("b", 3));
        assert_eq!(loaded.shared.environment, "s");
        assert!(!loaded.shared.is_protected());
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
            let error = loaded(text, set).expect_err(text);
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
