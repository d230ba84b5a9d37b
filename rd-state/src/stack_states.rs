//! Every state of a stack.

use rd_common::cli::Program;
use rd_common::{Document, Error, Result};

/// The states, by slice name.
pub async fn all(program: &Program) -> Result<Vec<Document>> {
    let mut documents = Vec::new();
    for slice in program.store.slices(&program.stack.name()).await? {
        if let Some(document) = program.store.load(&program.key(&slice)).await? {
            documents.push(document);
        }
    }
    Ok(documents)
}

/// The state of one slice.
pub async fn one(program: &Program, slice: &str) -> Result<Document> {
    let stack = program.stack.name();
    match program.store.load(&program.key(slice)).await? {
        Some(document) => Ok(document),
        None => {
            let there = program.store.slices(&stack).await?;
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
