//! Whether the JSON that a command prints fits its schema in `docs/schema`. A member that the schema does not name fails,
//! too, so that the schemas stay complete.

use serde_json::{Map, Value};
use std::path::PathBuf;

/// The schema of a command's JSON: the name of its file in `docs/schema` without `.schema.json`. `command` is the command
/// with its subcommand, such as `revisions diff`. None for one that prints text for people or other programs only.
pub fn schema_of(program: &str, command: &str) -> Option<String> {
    let own = |name: &str| Some(format!("{program}.{name}"));
    match (program, command) {
        ("rd-state", "pull") => Some("state".to_owned()),
        ("rd-state", "import" | "rebuild" | "doctor") => Some("record".to_owned()),
        // The schema of what it prints before the records.
        ("rd-state", "adopt") => own("adopt"),
        // `init` has no settings yet.
        ("rd-state", "init" | "slices") => None,
        (_, "completions" | "man") => None,
        // In the form of Terraform.
        (_, "scan") => None,
        // A password for `docker login`, a session in a terminal, and the output of a client.
        ("rd-ecs", "login" | "exec") | ("rd-data" | "rd-cache", "connect") => None,
        ("rd-ecs", "deploy" | "rollback" | "restart" | "wait") => own("deployment"),
        ("rd-logs", "tail" | "search") => own("events"),
        (
            _,
            "plan" | "apply" | "destroy" | "status" | "rebuild" | "import" | "adopt" | "doctor",
        ) => Some("record".to_owned()),
        ("rd-cost", "prices refresh") => own("prices"),
        ("rd-cost", "estimate" | "charged") => Some("record".to_owned()),
        (_, "output") => Some("output".to_owned()),
        (_, "policy") => Some("policy".to_owned()),
        (_, "settings") => Some("rd-state.settings".to_owned()),
        _ => own(&command.replace(' ', "-")),
    }
}

/// Fails the test unless every line is JSON that fits the schema.
pub fn assert_fits(schema: &str, lines: &str) {
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let value: Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{schema}: {e}: {line}"));
        if let Err(problem) = fits(schema, &value) {
            panic!("{schema}: {problem}\n{line}");
        }
    }
}

/// Whether a value fits a schema; otherwise what is wrong, and where.
pub fn fits(schema: &str, value: &Value) -> Result<(), String> {
    let root = read(schema);
    Schema { root: &root }.check(&root, value, "", true)
}

fn folder() -> PathBuf {
    crate::server::root().join("docs/schema")
}

fn read(name: &str) -> Value {
    let file = folder().join(format!("{name}.schema.json"));
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|e| panic!("{} cannot be read: {e}", file.display()));
    serde_json::from_str(&text).unwrap()
}

struct Schema<'a> {
    /// The document that `#/…` refers to.
    root: &'a Value,
}

impl Schema<'_> {
    /// Checks a value. With `closed`, members that the schema does not name are refused, too.
    fn check(&self, schema: &Value, value: &Value, at: &str, closed: bool) -> Result<(), String> {
        let Some(schema) = schema.as_object() else {
            return match schema {
                Value::Bool(true) => Ok(()),
                _ => Err(format!("{at}: nothing is allowed here")),
            };
        };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            self.follow(reference, |other, target| {
                other.check(target, value, at, false)
            })?;
        }
        if let Some(kind) = schema.get("type") {
            let allowed = kind
                .as_array()
                .map_or(std::slice::from_ref(kind), Vec::as_slice);
            if !allowed
                .iter()
                .any(|one| is(one.as_str().unwrap_or_default(), value))
            {
                return Err(format!("{at}: {value} is not {kind}"));
            }
        }
        if let Some(expected) = schema.get("const").filter(|expected| *expected != value) {
            return Err(format!("{at}: {value} is not {expected}"));
        }
        let allowed = schema.get("enum").and_then(Value::as_array);
        if allowed.is_some_and(|allowed| !allowed.contains(value)) {
            return Err(format!("{at}: {value} is none of {:?}", schema["enum"]));
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(choices) = schema.get(keyword).and_then(Value::as_array) {
                let all = choices.iter().map(|one| self.check(one, value, at, closed));
                let problems: Vec<String> = all.filter_map(Result::err).collect();
                if problems.len() == choices.len() {
                    return Err(format!("{at}: fits no choice: {}", problems.join("; ")));
                }
            }
        }
        if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
            for (index, one) in values.iter().enumerate() {
                self.check(items, one, &format!("{at}[{index}]"), true)?;
            }
        }
        match value.as_object() {
            Some(members) => self.check_members(schema, members, at, closed),
            None => Ok(()),
        }
    }

    /// Calls `then` with the schema that a `$ref` names, in this file or another one.
    fn follow<T>(&self, reference: &str, then: impl FnOnce(&Schema<'_>, &Value) -> T) -> T {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let other = file.strip_suffix(".schema.json").map(read);
        let root = other.as_ref().unwrap_or(self.root);
        let target = root
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{reference} does not exist"));
        then(&Schema { root }, target)
    }

    /// The names of the members of an object; none where the schema names none or allows others.
    fn names(&self, schema: &Map<String, Value>) -> Option<Vec<String>> {
        let own = schema.get("properties").and_then(Value::as_object);
        let reference = schema.get("$ref").and_then(Value::as_str);
        let referred = reference.map(|reference| {
            self.follow(reference, |other, target| {
                target.as_object().and_then(|target| other.names(target))
            })
        });
        if schema.contains_key("additionalProperties") || referred == Some(None) {
            return None;
        }
        let mut names = referred.flatten().unwrap_or_default();
        names.extend(own.into_iter().flat_map(Map::keys).cloned());
        (!names.is_empty()).then_some(names)
    }

    fn check_members(
        &self,
        schema: &Map<String, Value>,
        members: &Map<String, Value>,
        at: &str,
        closed: bool,
    ) -> Result<(), String> {
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                return Err(format!("{at}: `{name}` is missing"));
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        for (name, value) in members {
            let known = properties.and_then(|all| all.get(name));
            if let Some(schema) = known.or(others) {
                self.check(schema, value, &format!("{at}.{name}"), true)?;
            }
        }
        let names = self.names(schema).filter(|_| closed).unwrap_or_default();
        match members.keys().find(|name| !names.contains(name)) {
            Some(name) if !names.is_empty() => Err(format!("{at}.{name} is not in the schema")),
            _ => Ok(()),
        }
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("the schema has the type {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_fit_is_found() {
        let target = json!({"id": "10.0.0.1", "port": 80, "zone": "a", "state": "healthy", "reason": "", "description": ""});
        let document = |target: Value| json!({"target_group_arn": "arn", "targets": [target]});
        fits("rd-edge.targets", &document(target.clone())).unwrap();
        for (spoil, problem) in [
            (json!({"port": "80"}), ".targets[0].port"),
            (json!({"port": null}), "is not"),
            (json!({"new": 1}), ".targets[0].new is not in the schema"),
        ] {
            let mut spoilt = target.as_object().unwrap().clone();
            spoilt.extend(spoil.as_object().unwrap().clone());
            let found = fits("rd-edge.targets", &document(spoilt.into())).unwrap_err();
            assert!(found.contains(problem), "{found}");
        }
        let missing = fits("rd-edge.targets", &json!({"targets": []})).unwrap_err();
        assert!(
            missing.contains("`target_group_arn` is missing"),
            "{missing}"
        );
    }
}
