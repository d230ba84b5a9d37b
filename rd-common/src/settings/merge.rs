//! Merges the layers of settings, each of which overrides the one before: the file, its table for the environment,
//! variables, flags.

use crate::error::{Error, Result};
use crate::settings::example::keys_named;
use crate::settings::key_errors::question;
use crate::settings::load::{Layers, Settings};
use crate::settings::locate;
use crate::settings::override_value::Override;
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
        if let Some(base) = self.merged.get("environment").and_then(Value::as_str) {
            base.clone_into(&mut self.base_environment);
        }
        if let Some(environment) = &layers.environment {
            self.put(
                &["environment".to_owned()],
                Value::String(environment.clone()),
                "--environment or RD_ENVIRONMENT",
            )?;
        }
        let named = layers
            .environment
            .as_ref()
            .unwrap_or(&self.base_environment);
        self.overlay(environments, section, &named.clone())?;
        for variable in variables(section) {
            self.override_with(variable)?;
        }
        if let Some(region) = &layers.region {
            self.put(
                &["region".to_owned()],
                Value::String(region.clone()),
                "--region or RD_REGION",
            )?;
        }
        for assignment in &layers.set {
            let set = Override::parse(assignment)?;
            self.check_is_read(&set, section)?;
            self.override_with(set)?;
        }
        Ok(())
    }

    /// Fails for a key that `--set` cannot set in this program.
    fn check_is_read(&self, set: &Override, section: Option<&str>) -> Result<()> {
        let head = set.path[0].as_str();
        if head == "environment" {
            return Err(
                Error::usage(format!("{}: this key chooses the stack", set.origin)).hint(
                    "pass --environment, which also applies the environment's table of rd.toml",
                ),
            );
        }
        if StackSettings::KEYS.contains(&head) || Some(head) == section {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{}: this program does not read `{head}`",
            set.origin
        ))
        .hint(format!(
            "{}it reads {} and [{}]",
            question(&keys_named(head)),
            StackSettings::KEYS.join(", "),
            section.unwrap_or("no section of its own")
        )))
    }

    fn overlay(
        &mut self,
        environments: Option<Value>,
        section: Option<&str>,
        environment: &str,
    ) -> Result<()> {
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
        for (name, table) in &environments {
            let key = format!("environments.{name}");
            let Value::Table(table) = table else {
                return Err(self.wrong(
                    &key,
                    "is not a table",
                    "write `[environments.<name>]` or `[environments.<name>.net]`",
                ));
            };
            self.check_names(table, section, &format!("{key}."))?;
            if table.contains_key("environment") {
                return Err(self.wrong(
                    &format!("{key}.environment"),
                    "cannot be set for an environment",
                    "the name of the table is the environment",
                ));
            }
            self.environments.push(name.clone());
        }
        if let Some(Value::Table(over)) = environments.remove(environment) {
            merge_tables(&mut self.merged, over);
        }
        Ok(())
    }

    /// Overrides a top-level key now. The table of the program waits until its type is known, in
    /// [`Settings::section`].
    fn override_with(&mut self, set: Override) -> Result<()> {
        if StackSettings::KEYS.contains(&set.path[0].as_str()) {
            let (path, value) = set.resolve::<StackSettings>(0);
            return self.put(&path, value, &set.origin);
        }
        self.origins.insert(set.path.join("."), set.origin.clone());
        self.overrides.push(set);
        Ok(())
    }

    fn put(&mut self, path: &[String], value: Value, origin: &str) -> Result<()> {
        self.origins.insert(path.join("."), origin.to_owned());
        put(&mut self.merged, path, value, origin)
    }
}

/// Puts a value into a table, below the tables that the path names.
pub(super) fn put(table: &mut Table, path: &[String], value: Value, origin: &str) -> Result<()> {
    let Some((last, names)) = path.split_last() else {
        return Ok(());
    };
    let mut table = table;
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
    table.insert(last.clone(), value);
    Ok(())
}

/// The variables: `RD_<KEY>` for top-level keys, and `RD_<SECTION>_<KEY>` for those of the program's table.
fn variables(section: Option<&str>) -> Vec<Override> {
    let mut found = Vec::new();
    for key in ["project", "edition", "domain", "protect"] {
        let origin = format!("RD_{}", key.to_uppercase());
        if let Ok(text) = std::env::var(&origin) {
            let path = vec![key.to_owned()];
            found.push(Override { path, text, origin });
        }
    }
    let Some(section) = section else {
        return found;
    };
    let prefix = format!("RD_{}_", section.to_uppercase());
    // Other variables need not be UTF-8.
    for (name, text) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if let Some(key) = name.strip_prefix(&prefix) {
            found.push(Override {
                path: vec![section.to_owned(), key.to_lowercase()],
                text: text.to_string_lossy().into_owned(),
                origin: name.into_owned(),
            });
        }
    }
    found
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
