//! The check of the statements that the settings add to the bucket policy.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html>

use serde_json::{Map, Value};

/// Why a statement of the settings is not one of a bucket policy; none where it is.
pub fn problem(statement: &Map<String, Value>) -> Option<String> {
    let known = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    if let Some(key) = statement.keys().find(|key| !known.contains(&key.as_str())) {
        return Some(format!("`{key}` is not an element of a statement"));
    }
    let effect = statement.get("Effect").and_then(Value::as_str);
    if !matches!(effect, Some("Allow" | "Deny")) {
        return Some("`Effect` is not Allow or Deny".to_owned());
    }
    let missing = ["Principal", "Action"].into_iter().find(|element| {
        !statement.contains_key(*element) && !statement.contains_key(&format!("Not{element}"))
    });
    missing.map(|element| format!("`{element}` is missing"))
}
