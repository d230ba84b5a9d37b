//! Errors in the settings: what is wrong, where it was written, and what is allowed there.

use crate::error::{Error, Result};
use crate::settings::load::{FILE, Settings};
use crate::settings::locate;
use serde::de::DeserializeOwned;
use toml::Value;

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
                "rd.example.toml shows the values that each key takes",
            )
        })
    }

    pub(super) fn unknown(&self, key: &str, near: Option<&str>, allowed: &str) -> Error {
        let guess = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
        self.wrong(key, "unknown key", &format!("{guess}allowed: {allowed}"))
    }

    pub(super) fn wrong(&self, key: &str, what: &str, hint: &str) -> Error {
        Error::usage(format!("{}`{key}`: {what}", self.place(key))).hint(hint)
    }

    /// The place where the value of `key` was written, as the beginning of an error: a variable, a flag, or a line.
    fn place(&self, key: &str) -> String {
        if let Some(origin) = self.origins.get(key) {
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

    pub(super) fn file_name(&self) -> String {
        self.path
            .as_deref()
            .map_or_else(|| FILE.to_owned(), |path| path.display().to_string())
    }
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

pub(super) fn nearest<'a>(word: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    among
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 5)
        .min()
        .map(|(_, candidate)| candidate)
}
