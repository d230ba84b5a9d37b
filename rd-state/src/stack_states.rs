//! Every state of a stack.

use rd_common::context::Context;
use rd_common::{Document, Error, Result};

/// The states, by slice name.
pub async fn all(context: &Context) -> Result<Vec<Document>> {
    let mut documents = Vec::new();
    for slice in context.store.slices(&context.stack.name()).await? {
        if let Some(document) = context.load_state(&slice).await? {
            documents.push(document);
        }
    }
    Ok(documents)
}

/// The state of one slice.
pub async fn one(context: &Context, slice: &str) -> Result<Document> {
    let stack = context.stack.name();
    match context.load_state(slice).await? {
        Some(document) => Ok(document),
        None => {
            let there = context.store.slices(&stack).await?;
            let hint = if there.is_empty() {
                format!(
                    "nothing was ever applied in {stack}: check --environment, or apply a slice"
                )
            } else {
                format!("there is {}", there.join(", "))
            };
            Err(Error::usage(format!("{stack} has no state of a slice `{slice}`")).hint(hint))
        }
    }
}
