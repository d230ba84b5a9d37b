//! The result: what each resource is, what has to be asked, and what stays in Terraform.

use rd_common::settings::editions::CHANGED;
use rd_common::settings::example::EXAMPLE;
use serde::Serialize;

/// A resource of Terraform that is a part of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Its address in Terraform.
    pub terraform: String,
    /// What a `removed` block names: its address without instance keys, or the call of its module.
    #[serde(skip)]
    pub block: String,
    /// Its id as rd has it; empty for what AWS knows only as a part of another resource.
    pub id: String,
    /// Its address in rd.
    pub address: String,
    /// How it was decided, such as `the group of the load balancer`.
    pub how: String,
}

/// A part of the stack that several resources can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The address in rd.
    pub address: String,
    /// The addresses in Terraform of those that it can be.
    pub candidates: Vec<String>,
    /// Why it is not clear.
    pub why: String,
}

/// A resource that Terraform keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stays {
    /// Its address in Terraform.
    pub terraform: String,
    /// What a `removed` block names: its address without instance keys, or the call of its module.
    #[serde(skip)]
    pub block: String,
    /// Why Terraform keeps it.
    pub why: String,
}

/// A key of `rd.toml` whose default does not fit what exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The table: the name of a slice, or one in it, such as `ecs.schedules`; empty for a key at the top of the file.
    pub table: &'static str,
    /// The key in the table.
    pub key: String,
    /// The value, as in TOML.
    pub value: String,
}

/// What each resource of a state is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The resources that are parts of the stack.
    pub decisions: Vec<Decision>,
    /// What has to be answered first.
    pub questions: Vec<Question>,
    /// What rd has no part for.
    pub stays: Vec<Stays>,
    /// What `rd.toml` must say.
    pub settings: Vec<Setting>,
    /// What to know about it, each as a sentence.
    pub notes: Vec<String>,
    /// What rd cannot express, each as a sentence: nothing can be adopted.
    pub misfits: Vec<String>,
}

impl Mapping {
    /// Adds a key whose value is a list of texts.
    pub fn set_list(&mut self, table: &'static str, key: &str, values: &[String]) {
        let quoted: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        self.set(table, key, format!("[{}]", quoted.join(", ")));
    }

    /// Adds a key whose value is a text.
    pub fn set_text(&mut self, table: &'static str, key: &str, value: &str) {
        self.set(table, key, quoted(value));
    }

    /// Adds a key whose value, as in TOML, is not the default that `rd.example.toml` says.
    pub fn set_unless_default(&mut self, table: &'static str, key: &'static str, value: String) {
        if default_of(table, key) != Some(value.as_str()) {
            self.set(table, key, value);
        }
    }

    /// Adds a key whose value is a table of texts, unless that is empty.
    pub fn set_texts(&mut self, table: &'static str, key: &'static str, pairs: &[(&str, &str)]) {
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{} = {}", quoted(name), quoted(value)))
            .collect();
        if !pairs.is_empty() {
            self.set(table, key, format!("{{ {} }}", pairs.join(", ")));
        }
    }

    /// Adds a key with a value as in TOML.
    pub fn set(&mut self, table: &'static str, key: &str, value: String) {
        let key = key.to_owned();
        self.settings.push(Setting { table, key, value });
    }
}

/// The default of a key, as in TOML; none where it depends on the edition. Not for keys with an example in its place.
fn default_of(table: &str, key: &str) -> Option<&'static str> {
    if CHANGED
        .iter()
        .any(|one| one.table == table && one.key == key)
    {
        return None;
    }
    let mut section = "";
    EXAMPLE.lines().find_map(|line| {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        }
        let (name, value) = line.strip_prefix("# ")?.split_once(" = ")?;
        (section == table && name == key).then_some(value)
    })
}

/// A basic string of TOML. JSON escapes all that TOML wants escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
