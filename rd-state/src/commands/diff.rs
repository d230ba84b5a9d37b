//! `rd-state diff`: compares two versions of a slice's state.

use crate::stack_states;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::output::flow::Flow;
use rd_common::output::look::Look;
use rd_common::output::style::{BOLD, ERROR, OK, WARN};
use rd_common::output::value::short;
use rd_common::{Document, Exit, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Flags of `rd-state diff`.
#[derive(clap::Args, Clone, Debug)]
pub struct DiffArgs {
    /// Name of the slice, such as net
    #[arg(add = completion::slices())]
    slice: String,
    /// Serial of the older version
    #[arg(add = completion::serials())]
    from: u64,
    /// Serial of the newer version (default: the current version)
    #[arg(add = completion::serials())]
    to: Option<u64>,
}

/// A value that two versions of a state do not share. A missing value is `Null`.
struct Difference {
    path: String,
    before: Value,
    after: Value,
}

/// Prints the differences: one line each for people, one JSON object a line for programs.
pub async fn run(context: &Context, args: &DiffArgs) -> Result<Exit> {
    let key = context.key(&args.slice);
    let before = context.store.version(&key, args.from).await?;
    let after = match args.to {
        Some(serial) => context.store.version(&key, serial).await?,
        None => stack_states::one(context, &args.slice).await?,
    };
    let differences = differences(&before, &after);
    let look = Look::of_stdout(true);
    let mut text = String::new();
    for difference in &differences {
        if context.printer.is_json() {
            let line = json!({"path": difference.path, "before": difference.before, "after": difference.after});
            text.push_str(&format!("{line}\n"));
        } else {
            text.push_str(&view(difference, look));
        }
    }
    if differences.is_empty() && !context.printer.is_json() {
        text = "no differences\n".to_owned();
    }
    context.printer.text(&text);
    Ok(Exit::Done)
}

/// A difference, wrapped to the width of the terminal: values as plans show them.
fn view(difference: &Difference, look: Look) -> String {
    let (sign, style) = match (&difference.before, &difference.after) {
        (Value::Null, _) => ("+", OK),
        (_, Value::Null) => ("-", ERROR),
        _ => ("~", WARN),
    };
    let mut line = Flow::default();
    line.put(style, sign).put(BOLD, &difference.path).gap(2);
    let shown = |value: &Value| match short(value).as_str() {
        // Nothing would be seen of it.
        text if text.trim().is_empty() => "\"\"".to_owned(),
        text => text.to_owned(),
    };
    match (&difference.before, &difference.after) {
        (Value::Null, value) | (value, Value::Null) => line.plain(&shown(value)),
        (before, after) => {
            let arrow = look.signs.arrow();
            line.plain(&format!("{} {arrow} {}", shown(before), shown(after)))
        }
    };
    line.lines(0, 4, look.width)
}

/// Compares by path. Of a resource in both versions: its id, its phase and each member of its spec. Of a resource in
/// one version only: its id. Then the outputs.
fn differences(before: &Document, after: &Document) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut compare = |path: String, before: Value, after: Value| {
        if before != after {
            all.push(Difference {
                path,
                before,
                after,
            });
        }
    };
    let addresses: BTreeSet<&String> = before
        .resources
        .keys()
        .chain(after.resources.keys())
        .collect();
    for address in addresses {
        match (before.resources.get(address), after.resources.get(address)) {
            (Some(old), Some(new)) => {
                compare(format!("{address}.id"), json!(old.id), json!(new.id));
                compare(
                    format!("{address}.phase"),
                    json!(old.phase),
                    json!(new.phase),
                );
                let empty = serde_json::Map::new();
                let (old, new) = (
                    old.spec.as_object().unwrap_or(&empty),
                    new.spec.as_object().unwrap_or(&empty),
                );
                let members: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                for member in members {
                    let value = |spec: &serde_json::Map<String, Value>| {
                        spec.get(member).cloned().unwrap_or_default()
                    };
                    compare(format!("{address}.{member}"), value(old), value(new));
                }
            }
            (old, new) => {
                let id = |resource: Option<&rd_common::state::document::Resource>| {
                    resource.map_or(Value::Null, |resource| {
                        json!(resource.id.as_deref().unwrap_or("(no id)"))
                    })
                };
                compare(address.clone(), id(old), id(new));
            }
        }
    }
    let outputs = |document: &Document| -> BTreeMap<String, Value> { document.outputs.clone() };
    let (old, new) = (outputs(before), outputs(after));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let value = |all: &BTreeMap<String, Value>| all.get(name).cloned().unwrap_or_default();
        compare(format!("{}.{name}", after.slice), value(&old), value(&new));
    }
    all
}
