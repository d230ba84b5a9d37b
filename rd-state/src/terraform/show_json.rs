//! What `terraform show -json` and `tofu show -json` print of a state.
//! <https://developer.hashicorp.com/terraform/internals/json-format>

use crate::terraform::model::{Resource, Terraform, owned_texts};
use crate::terraform::refusal::Refusal;
use serde_json::Value;

/// The resources of a state.
pub fn read(document: &Value) -> Result<Terraform, Refusal> {
    let is_plan = ["planned_values", "resource_changes", "prior_state"]
        .iter()
        .any(|name| document.get(name).is_some());
    if is_plan {
        return Err(Refusal::new(
            "is a plan, not a state",
            "pass what `terraform show -json` prints without the name of a plan",
        ));
    }
    let version = document.get("format_version").and_then(Value::as_str);
    let major = version.and_then(|version| version.split('.').next());
    if !matches!(major, Some("0" | "1")) {
        return Err(Refusal::new(
            "has a format of `terraform show -json` that this program does not know",
            "pass what `terraform state pull` prints",
        ));
    }
    let mut resources = Vec::new();
    let root = document.pointer("/values/root_module");
    let mut modules: Vec<&Value> = root.into_iter().collect();
    while let Some(module) = modules.pop() {
        let list = |name: &str| module.get(name).and_then(Value::as_array);
        for resource in list("resources").into_iter().flatten() {
            let text = |name: &str| resource.get(name).and_then(Value::as_str);
            let (Some("managed"), Some(kind), Some(address)) =
                (text("mode"), text("type"), text("address"))
            else {
                continue;
            };
            let provider = text("provider_name").unwrap_or_default();
            let values = resource.get("values");
            let mut one = Resource::new(address.to_owned(), kind, provider, values);
            one.tainted = resource.get("tainted").and_then(Value::as_bool) == Some(true);
            one.deposed = resource.get("deposed_key").is_some();
            let dependencies = resource.get("depends_on").and_then(Value::as_array);
            one.dependencies = owned_texts(dependencies.map_or(&[], Vec::as_slice));
            resources.push(one);
        }
        modules.extend(list("child_modules").into_iter().flatten());
    }
    Ok(Terraform {
        resources,
        ..Terraform::default()
    })
}
