//! The container's secrets with the ARNs of the last apply: a deployment of the first image needs them without an apply.

use crate::service_context::ServiceContext;
use crate::slice::Ecs;
use crate::slice::container_secrets::secrets;
use rd_common::context::Context;
use rd_common::resource::input::{Reference, references, resolve};
use rd_common::{Error, Input, Parts, Result, Slice};
use serde_json::Value;
use std::collections::BTreeMap;

/// By variable, the ARN of its secret or parameter, resolved from the states of this and other slices. Fails if one of
/// them was not applied.
pub async fn applied_secrets(
    context: &Context,
    service: &ServiceContext,
) -> Result<BTreeMap<String, Input>> {
    let stack = &service.ctx().stack;
    let all = secrets(&mut Parts::new(Ecs::NAME), stack, &service.slice.config);
    let mut variables = BTreeMap::new();
    for (variable, from) in all.variables {
        let form = serde_json::to_value(&from).unwrap_or_default();
        let mut known = BTreeMap::new();
        for reference in references(&form) {
            let value = stored_value(context, service, &reference).await?;
            let value = value.ok_or_else(|| {
                Error::failed(format!(
                    "{variable} comes from {reference}, which does not exist"
                ))
                .hint("run rd-ecs apply first")
            })?;
            known.insert(reference, value);
        }
        let filled = resolve(&form, &|reference| known.get(reference).cloned());
        let text = filled.as_str().unwrap_or_default();
        variables.insert(variable, text.into());
    }
    Ok(variables)
}

/// The value of a reference in the stored states; none where it is missing.
async fn stored_value(
    context: &Context,
    service: &ServiceContext,
    reference: &Reference,
) -> Result<Option<Value>> {
    Ok(match reference {
        Reference::Attribute(address, name) => {
            let resource = service.slice.state.resources.get(address);
            resource.and_then(|resource| resource.attributes.get(name).cloned())
        }
        Reference::Output(slice, name) => {
            let document = context.load_state(slice).await?;
            document.and_then(|mut document| document.outputs.remove(name))
        }
    })
}
