//! A state in version 4, as Terraform since 0.12 and OpenTofu write it.
//! <https://github.com/hashicorp/terraform/blob/main/internal/states/statefile/version4.go>

use crate::terraform::model::{Resource, Terraform, key_text, owned_texts};
use crate::terraform::refusal::{HOW_TO_GET_ONE, Refusal};
use serde_json::Value;

/// The resources of a state.
pub fn read(document: &Value) -> Result<Terraform, Refusal> {
    if document.get("encrypted_data").is_some() {
        return Err(Refusal::new(
            "is encrypted by OpenTofu",
            "pass what `tofu state pull` prints, which is decrypted",
        ));
    }
    match document.get("version").and_then(Value::as_u64) {
        Some(4) => {}
        Some(old @ 1..=3) => {
            return Err(Refusal::new(
                format!("is a state in version {old}, which Terraform before 0.12 wrote"),
                "upgrade it with Terraform 1.x: terraform init, then terraform apply -refresh-only",
            ));
        }
        Some(new) => {
            return Err(Refusal::new(
                format!("is a state in version {new}; this program reads version 4"),
                "a newer version of Terraform wrote it: pass what `terraform show -json` prints",
            ));
        }
        None => {
            return Err(Refusal::new("is not a state of Terraform", HOW_TO_GET_ONE));
        }
    }
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned();
    let mut resources = Vec::new();
    for resource in list(document, "resources").unwrap_or_default() {
        let text = |name: &str| resource.get(name).and_then(Value::as_str);
        let (Some("managed"), Some(kind), Some(name)) = (text("mode"), text("type"), text("name"))
        else {
            continue;
        };
        let module = text("module").map(|module| format!("{module}."));
        let provider = text("provider").unwrap_or_default();
        for instance in list(&resource, "instances").unwrap_or_default() {
            let key = key_text(instance.get("index_key"));
            let address = format!("{}{kind}.{name}{key}", module.as_deref().unwrap_or(""));
            let mut one = Resource::new(address, kind, provider, instance.get("attributes"));
            one.tainted = instance.get("status").and_then(Value::as_str) == Some("tainted");
            one.deposed = instance.get("deposed").is_some_and(|key| !key.is_null());
            let dependencies = list(&instance, "dependencies").unwrap_or_default();
            one.dependencies = owned_texts(&dependencies);
            resources.push(one);
        }
    }
    Ok(Terraform {
        resources,
        ..Terraform::default()
    })
}
