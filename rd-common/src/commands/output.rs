//! `output`: prints the slice's outputs from its state, without a call to AWS.

use crate::completion;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::printer::Format;
use serde_json::Value;

/// The arguments that `output` accepts.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct OutputArgs {
    /// Name of the output; without it, all outputs
    #[arg(add = completion::outputs())]
    pub name: Option<String>,
}

/// Prints one output of `slice`, or all of them.
pub(crate) async fn run(context: &Context, slice: &str, args: &OutputArgs) -> Result<Exit> {
    let key = context.key(slice);
    let stored = context.store.load(&key).await?;
    let document = stored.map(|stored| stored.document).ok_or_else(|| {
        Error::failed(format!(
            "rd-{slice} was never applied for {}",
            context.stack.name()
        ))
        .hint(format!(
            "run rd-{slice} apply first, or check --environment"
        ))
    })?;
    document.belongs_to(&context.stack, slice, &context.store.location(&key))?;
    let printer = &context.printer;
    match &args.name {
        Some(name) => {
            let value = document.outputs.get(name).ok_or_else(|| {
                let names: Vec<&str> = document.outputs.keys().map(String::as_str).collect();
                Error::usage(format!("rd-{slice} has no output `{name}`"))
                    .hint(format!("it has: {}", names.join(", ")))
            })?;
            // In `$(rd-net output vpc_id)`, a shell wants no quotes: JSON only where it was asked for.
            let text = match context.flags.format {
                Some(Format::Json) => value.to_string(),
                _ => plain(value),
            };
            printer.text(&format!("{text}\n"));
        }
        None if printer.is_json() => {
            printer.text(&format!(
                "{}\n",
                serde_json::to_string(&document.outputs).unwrap_or_default()
            ));
        }
        None => {
            for (name, value) in &document.outputs {
                printer.text(&format!("{name} = {}\n", plain(value)));
            }
        }
    }
    Ok(Exit::Done)
}

/// A string without quotes, so that a shell can use it; any other value as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
