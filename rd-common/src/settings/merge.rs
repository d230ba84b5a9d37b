//! Merges the layers of settings, each of which overrides the one before: the file, its table for the environment,
//! variables, flags.

use crate::error::{Error, Result};
use crate::settings::load::{Layers, Settings};
use crate::settings::locate;
use crate::settings::stack_settings::StackSettings;
use toml::{Table, Value};

impl Settings {
    pub(super) fn merge(&mut self, layers: &Layers, section: Option<&str>) -> Result<()> {
        let mut file: Table = toml::from_str(&self.text).map_err(|e| {
            let (line, text) = locate::at(&self.text, e.span().map_or(0, |span| span.start));
            Error::usage(format!(
                "{}, line {line}: {}: `{text}`",
                self.file_name(),
                e.message()
            ))
            .hint("the file must be TOML (https://toml.io); `rd-state init` writes an example")
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
                return Err(Error::usage(format!("--set {assignment}: has no `=`"))
                    .hint("write it like --set net.nat=none"));
            };
            let head = key.split('.').next().unwrap_or_default();
            if !StackSettings::KEYS.contains(&head) && Some(head) != section {
                return Err(Error::usage(format!(
                    "--set {key}: this program does not read `{head}`"
                ))
                .hint(format!(
                    "it reads {} and [{}]",
                    StackSettings::KEYS.join(", "),
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

    /// Merges the variables: `RD_<KEY>` for top-level keys, and `RD_<SECTION>_<KEY>` for those of the program's table.
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
        // Other variables need not be UTF-8.
        for (name, text) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if let Some(key) = name.strip_prefix(&prefix) {
                self.put(
                    &format!("{section}.{}", key.to_lowercase()),
                    scalar(&text.to_string_lossy()),
                    &name,
                )?;
            }
        }
        Ok(())
    }

    fn put(&mut self, key: &str, value: Value, origin: &str) -> Result<()> {
        self.origins.insert(key.to_owned(), origin.to_owned());
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
                        .hint("check the name of the key"));
                }
            }
        }
        table.insert(last.to_owned(), value);
        Ok(())
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

/// The value of a variable or flag, parsed as TOML; a string where it is not TOML.
fn scalar(text: &str) -> Value {
    toml::from_str::<Table>(&format!("v = {text}"))
        .ok()
        .and_then(|mut table| table.remove("v"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}
