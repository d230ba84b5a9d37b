//! Each setting with its value, its default, and where it was set.

use crate::error::Result;
use crate::settings::editions;
use crate::settings::example::meaning;
use crate::settings::load::Settings;
use crate::settings::override_value::Override;
use crate::settings::problem::Problem;
use crate::settings::stack_settings::StackSettings;
use crate::settings::value_type;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// One setting of `rd.toml`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// The key with its table, such as `cache.engine`.
    pub key: String,
    /// The value that counts; null where none is set and AWS, the environment or another setting decides.
    pub value: Value,
    /// The value that counts where nobody sets one; null as above.
    pub default: Value,
    /// What the setting means, as `rd.example.toml` says; none for a key of the user's.
    pub meaning: Option<String>,
    /// The values that it takes, in words; none where `meaning` says it.
    pub allowed: Option<String>,
    /// Where the value is from: `default`, `default of edition 2`, `rd.toml, line 3`, a variable or a flag.
    pub source: String,
}

impl Settings {
    /// Every key of the slice's table `name`, whose type is `T`.
    pub fn explain<T: Serialize + DeserializeOwned + Default>(
        &self,
        name: &str,
    ) -> Result<Vec<Setting>> {
        let mut first = BTreeMap::new();
        flatten(name, &to_json(&T::default()), &mut first);
        let values = to_json(&self.section::<T>(name)?);
        let defaults = to_json(&self.unset().section::<T>(name)?);
        Ok(self.settings::<T>(name, &values, &defaults, &first))
    }

    /// Every top-level key of the file.
    pub fn explain_stack(&self) -> Vec<Setting> {
        let defaults = to_json(&StackSettings::default());
        self.settings::<StackSettings>("", &to_json(&self.stack), &defaults, &BTreeMap::new())
    }

    /// The same settings in another edition. Fails where there is no such edition.
    pub fn in_edition(&self, edition: u32) -> Result<Settings> {
        let mut other = self.clone();
        other
            .origins
            .insert("edition".to_owned(), "--edition".to_owned());
        other.reject(None, &Vec::from_iter(editions::problem(edition)))?;
        other.stack.edition = edition;
        Ok(other)
    }

    /// Whether the file has a table of this name, such as `cache.parameters`.
    pub fn has_table(&self, key: &str) -> bool {
        let mut here = &self.merged;
        key.split('.').all(|name| match here.get(name) {
            Some(toml::Value::Table(inner)) => {
                here = inner;
                true
            }
            _ => false,
        })
    }

    /// The settings of a file that has none but the edition.
    fn unset(&self) -> Settings {
        let mut other = self.clone();
        other.merged.clear();
        other.overrides.clear();
        other
    }

    fn settings<T: DeserializeOwned>(
        &self,
        name: &str,
        values: &Value,
        defaults: &Value,
        first: &BTreeMap<String, Value>,
    ) -> Vec<Setting> {
        let (mut all, mut default) = (BTreeMap::new(), BTreeMap::new());
        flatten(name, values, &mut all);
        flatten(name, defaults, &mut default);
        let settings = all.into_iter().map(|(key, value)| {
            let default = default.get(&key).cloned().unwrap_or_default();
            let unchanged = first.get(&key).is_none_or(|first| *first == value);
            let source = self.written_at(&key).unwrap_or_else(|| match unchanged {
                true => "default".to_owned(),
                false => format!("default of edition {}", self.stack.edition),
            });
            let path =
                Override::parse(&format!("{key}=")).map_or_else(|_| Vec::new(), |set| set.path);
            let within = usize::from(!name.is_empty());
            Setting {
                meaning: meaning(&key),
                allowed: path.get(within..).and_then(value_type::allowed::<T>),
                key,
                value,
                default,
                source,
            }
        });
        settings.collect()
    }

    /// The values that `key` of the slice's table `name` takes, as `check` says of one that it does not take; none where it
    /// takes all that are tried.
    pub fn allowed_by<T: DeserializeOwned>(
        &self,
        name: &str,
        key: &str,
        check: impl Fn(&T) -> Vec<Problem>,
    ) -> Option<String> {
        let own = key.strip_prefix(name)?.strip_prefix('.')?;
        IMPLAUSIBLE.iter().find_map(|text| {
            let mut other = self.clone();
            let set = Override::parse(&format!("{key}={text}")).ok()?;
            other.overrides.push(set);
            let problems = check(&other.section::<T>(name).ok()?);
            let problem = problems.into_iter().find(|problem| problem.key == own);
            problem.map(|problem| problem.allowed)
        })
    }
}

/// Values that hardly any key takes: texts, numbers, lists.
const IMPLAUSIBLE: [&str; 5] = ["!", "-1", "2147483647", "['!']", "[]"];

fn to_json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The values below `key` with their dotted keys. A name that is no bare key of TOML is quoted. An empty table has none.
fn flatten(key: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
    let Value::Object(members) = value else {
        into.insert(key.to_owned(), value.clone());
        return;
    };
    for (name, value) in members {
        let is_bare = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let name = match is_bare && !name.is_empty() {
            true => name.clone(),
            false => format!("\"{name}\""),
        };
        let key = match key {
            "" => name,
            key => format!("{key}.{name}"),
        };
        flatten(&key, value, into);
    }
}
