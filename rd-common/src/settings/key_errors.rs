//! Errors in the settings: what is wrong, where it was written, and what is allowed there.

use crate::error::{Error, Result};
use crate::settings::example::{keys_named, meaning};
use crate::settings::load::{FILE, Settings};
use crate::settings::locate;
use crate::settings::override_value::Override;
use crate::settings::stack_settings::{PRODUCTION, StackSettings};
use crate::settings::value_type;
use crate::slices::TABLES;
use crate::suggestion::nearest;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

impl Settings {
    pub(super) fn typed<T: DeserializeOwned>(
        &self,
        value: Value,
        section: Option<&str>,
    ) -> Result<T> {
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
                let near = nearest(&name, allowed.iter().map(String::as_str));
                let meant = match near {
                    Some(near) => vec![near.to_owned()],
                    None => keys_named(&name),
                };
                return self.unknown(&key, "unknown key", &meant, &allowed.join(", "));
            }
            let key = match (section, key.as_str()) {
                (Some(section), "") => section.to_owned(),
                (Some(section), key) => format!("{section}.{key}"),
                (None, key) => key.to_owned(),
            };
            let within = section.map_or(0, |section| section.len() + 1);
            let values = values_of::<T>(key.get(within..).unwrap_or_default());
            let hint = match (values, meaning(&key)) {
                (Some(values), _) => format!("allowed: {values}"),
                (None, Some(meaning)) => meaning,
                (None, None) => "another type of value is expected".to_owned(),
            };
            // Serde names the type of the program.
            let what = match message.split_once("expected struct ") {
                _ if message.contains("untagged enum") => {
                    "a value of this type or form is not allowed".to_owned()
                }
                Some((found, _)) => format!("{found}expected a table"),
                None => message,
            };
            self.wrong(&key, &what, &hint)
        })
    }

    /// Fails where a table has a name that neither the file nor an environment's table can have. The tables are those
    /// of all programs, whichever program reads the file. `place` is what errors write before the name.
    pub(super) fn check_names(
        &self,
        table: &Table,
        section: Option<&str>,
        place: &str,
    ) -> Result<()> {
        let keys = StackSettings::KEYS;
        for (name, value) in table {
            let is_section = TABLES.contains(&name.as_str()) || Some(name.as_str()) == section;
            let key = format!("{place}{name}");
            if is_section && !value.is_table() {
                return Err(self.wrong(&key, "is not a table", &format!("write `[{key}]`")));
            }
            if is_section || keys.contains(&name.as_str()) {
                continue;
            }
            let near = nearest(name, keys.into_iter().chain(TABLES).chain(section));
            let tables: Vec<String> = TABLES.iter().map(|slice| format!("[{slice}]")).collect();
            let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
            let (what, meant, allowed) = if value.is_table() {
                let own = ["[tags]", "[state]", "[environments.<name>]"];
                let tables = tables.iter().map(String::as_str).chain(own);
                ("unknown table", near, tables.collect::<Vec<_>>().join(", "))
            } else {
                let named = keys_named(name).into_iter();
                let named: Vec<String> = named.map(|key| format!("{place}{key}")).collect();
                let meant = if named.is_empty() { near } else { named };
                ("unknown key", meant, keys.join(", "))
            };
            return Err(self.unknown(&key, what, &meant, &allowed));
        }
        Ok(())
    }

    /// `meant` are the names that were probably meant.
    fn unknown(&self, key: &str, what: &str, meant: &[String], allowed: &str) -> Error {
        let hint = format!("{}allowed: {allowed}", question(meant));
        self.wrong(key, what, &hint)
    }

    pub(super) fn wrong(&self, key: &str, what: &str, hint: &str) -> Error {
        Error::usage(format!("{}`{key}`: {what}", self.place(key))).hint(hint)
    }

    /// The place where the value of `key` was written, as the beginning of an error: a variable, a flag, or a line.
    fn place(&self, key: &str) -> String {
        if let Some(origin) = self.origin(key) {
            return format!("{origin}: ");
        }
        let path: Vec<&str> = key.split(['.', '[']).collect();
        match locate::line(&self.text, &self.path_in_file(&path)) {
            Some((line, text)) => format!("{}, line {line}: `{text}`: ", self.file_name()),
            None => String::new(),
        }
    }

    /// Where the value of `key` was written: a variable, a flag, or a line of the file; none where it is a default.
    pub(super) fn written_at(&self, key: &str) -> Option<String> {
        if let Some(origin) = self.origin(key) {
            return Some(origin.to_owned());
        }
        // A quoted name, such as `data.parameters."rds.force_ssl"`, may have dots.
        let path: Vec<String> = Override::parse(&format!("{key}=")).ok()?.path;
        let path = self.path_in_file(&Vec::from_iter(path.iter().map(String::as_str)));
        let (line, _) =
            locate::line(&self.text, &path).filter(|_| locate::has(&self.text, &path))?;
        Some(format!("{}, line {line}", self.file_name()))
    }

    /// The variable or flag that has set `key`, or what it is in.
    fn origin(&self, key: &str) -> Option<&str> {
        // An error can be deeper than the key that was set: in an item of a list.
        let above = key.rmatch_indices(['.', '[']).map(|(at, _)| &key[..at]);
        let mut keys = std::iter::once(key).chain(above);
        keys.find_map(|key| self.origins.get(key))
            .map(String::as_str)
    }

    /// The path of a key in the file: in the table of the environment where that has it.
    fn path_in_file<'a>(&'a self, path: &[&'a str]) -> Vec<&'a str> {
        let environment = self
            .merged
            .get("environment")
            .and_then(Value::as_str)
            .unwrap_or(PRODUCTION);
        let over = [&["environments", environment], path].concat();
        match locate::has(&self.text, &over) {
            true => over,
            false => path.to_vec(),
        }
    }

    pub(super) fn file_name(&self) -> String {
        self.path
            .as_deref()
            .map_or_else(|| FILE.to_owned(), |path| path.display().to_string())
    }
}

/// Asks whether one of these names was meant; empty where there is none.
pub(super) fn question(meant: &[String]) -> String {
    let quoted: Vec<String> = meant.iter().map(|name| format!("`{name}`")).collect();
    match quoted.is_empty() {
        true => String::new(),
        false => format!("did you mean {}? ", quoted.join(" or ")),
    }
}

/// The values that the type `T` takes at `key`, or at the key that it is in: an item of a list has none of its own.
fn values_of<T: DeserializeOwned>(key: &str) -> Option<String> {
    let names: Vec<String> = key.split(['.', '[']).map(str::to_owned).collect();
    let mut known = (1..=names.len()).rev();
    known
        .find_map(|count| value_type::values_at::<T>(&names[..count]))
        .flatten()
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
