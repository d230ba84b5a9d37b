//! `rd-state graph`: the dependencies between resources, as a tree, Mermaid or DOT.

use crate::stack_states;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::output::style::{BOLD, DIM, paint};
use rd_common::{Document, Exit, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Flags of `rd-state graph`.
#[derive(clap::Args, Clone, Debug)]
pub struct GraphArgs {
    /// Name of the only slice to show (default: all slices)
    #[arg(add = completion::slices())]
    slice: Option<String>,
    /// Print Mermaid, which GitHub and GitLab render in Markdown
    #[arg(long, conflicts_with = "dot")]
    mermaid: bool,
    /// Print DOT, for Graphviz
    #[arg(long)]
    dot: bool,
}

/// Prints the dependencies in the format that the flags ask for.
pub async fn run(context: &Context, args: &GraphArgs) -> Result<Exit> {
    let mut documents = stack_states::all(context).await?;
    if let Some(slice) = &args.slice {
        stack_states::one(context, slice).await?;
        documents.retain(|document| document.slice == *slice);
    }
    let text = if args.mermaid {
        mermaid(&documents)
    } else if args.dot {
        dot(&documents)
    } else if context.printer.is_json() {
        format!("{}\n", json(&documents))
    } else {
        tree(&documents)
    };
    context.printer.text(&text);
    Ok(Exit::Done)
}

/// The direct dependencies of each resource: those that it does not also have through another dependency (transitive
/// reduction).
fn direct_dependencies(document: &Document) -> BTreeMap<&str, Vec<&str>> {
    let dependencies_of = |address: &str| -> Vec<&str> {
        document
            .resources
            .get(address)
            .map(|resource| resource.depends_on.iter().map(String::as_str).collect())
            .unwrap_or_default()
    };
    let reachable_from = |start: &str| -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut left: Vec<String> = dependencies_of(start)
            .into_iter()
            .map(str::to_owned)
            .collect();
        while let Some(next) = left.pop() {
            if seen.insert(next.clone()) {
                left.extend(dependencies_of(&next).into_iter().map(str::to_owned));
            }
        }
        seen
    };
    document
        .resources
        .keys()
        .map(|address| {
            let all = dependencies_of(address);
            let indirect: BTreeSet<String> =
                all.iter().flat_map(|need| reachable_from(need)).collect();
            (
                address.as_str(),
                all.into_iter()
                    .filter(|need| !indirect.contains(*need))
                    .collect(),
            )
        })
        .collect()
}

/// The resources of all slices with their direct dependencies, and the slices with those that they use.
fn json(documents: &[Document]) -> Value {
    let mut resources = Vec::new();
    for document in documents {
        for (address, needs) in direct_dependencies(document) {
            let resource = &document.resources[address];
            resources.push(json!({
                "address": address, "kind": resource.kind, "id": resource.id, "depends_on": needs,
            }));
        }
    }
    let slices = documents.iter().map(
        |document| json!({"slice": document.slice, "uses": document.used().collect::<Vec<_>>()}),
    );
    json!({"slices": slices.collect::<Vec<_>>(), "resources": resources})
}

/// Each resource below its first dependency; its other dependencies are named in its line.
fn tree(documents: &[Document]) -> String {
    let mut text = String::new();
    for document in documents {
        let needs = direct_dependencies(document);
        let used: Vec<&str> = document.used().collect();
        let uses = if used.is_empty() {
            String::new()
        } else {
            paint(DIM, format!("  uses {}", used.join(", ")))
        };
        let _ = writeln!(text, "{}{uses}", paint(BOLD, &document.slice));
        let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut roots = Vec::new();
        for (address, needs) in &needs {
            match needs.first() {
                Some(first) => children.entry(first).or_default().push(address),
                None => roots.push(*address),
            }
        }
        for (index, root) in roots.iter().enumerate() {
            write_branch(
                &mut text,
                document,
                &needs,
                &children,
                root,
                "",
                index + 1 == roots.len(),
            );
        }
    }
    text
}

/// Writes a resource and, indented below it, the resources that depend on it.
fn write_branch(
    text: &mut String,
    document: &Document,
    needs: &BTreeMap<&str, Vec<&str>>,
    children: &BTreeMap<&str, Vec<&str>>,
    address: &str,
    indent: &str,
    last: bool,
) {
    let (corner, deeper) = if last {
        ("└─ ", "   ")
    } else {
        ("├─ ", "│  ")
    };
    let id = document.resources[address].id.as_deref().unwrap_or("-");
    let short = |address: &str| {
        address
            .split_once('.')
            .map_or(address, |(_, rest)| rest)
            .to_owned()
    };
    let others: Vec<String> = needs
        .get(address)
        .into_iter()
        .flatten()
        .skip(1)
        .map(|need| short(need))
        .collect();
    let also = if others.is_empty() {
        String::new()
    } else {
        format!("  and {}", others.join(", "))
    };
    let _ = writeln!(
        text,
        "{indent}{corner}{}  {}",
        short(address),
        paint(DIM, format!("{id}{also}"))
    );
    let below = children.get(address).map(Vec::as_slice).unwrap_or_default();
    for (index, child) in below.iter().enumerate() {
        let indent = format!("{indent}{deeper}");
        write_branch(
            text,
            document,
            needs,
            children,
            child,
            &indent,
            index + 1 == below.len(),
        );
    }
}

fn mermaid(documents: &[Document]) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let node = |address: &str| address.replace(['.', '-'], "_");
    for document in documents {
        let _ = writeln!(text, "  subgraph {}", document.slice);
        for address in document.resources.keys() {
            let label = address
                .split_once('.')
                .map_or(address.as_str(), |(_, rest)| rest);
            let _ = writeln!(text, "    {}[\"{label}\"]", node(address));
        }
        text.push_str("  end\n");
    }
    for document in documents {
        for (address, needs) in direct_dependencies(document) {
            for need in needs {
                let _ = writeln!(text, "  {} --> {}", node(need), node(address));
            }
        }
        for need in document
            .used()
            .filter(|need| documents.iter().any(|d| d.slice == *need))
        {
            let _ = writeln!(text, "  {need} ==> {}", document.slice);
        }
    }
    text
}

fn dot(documents: &[Document]) -> String {
    let mut text =
        "digraph stack {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n".to_owned();
    for document in documents {
        let _ = writeln!(
            text,
            "  subgraph \"cluster_{0}\" {{\n    label=\"{0}\";",
            document.slice
        );
        for address in document.resources.keys() {
            let label = address
                .split_once('.')
                .map_or(address.as_str(), |(_, rest)| rest);
            let _ = writeln!(text, "    \"{address}\" [label=\"{label}\"];");
        }
        text.push_str("  }\n");
    }
    for document in documents {
        for (address, needs) in direct_dependencies(document) {
            for need in needs {
                let _ = writeln!(text, "  \"{need}\" -> \"{address}\";");
            }
        }
    }
    text.push_str("}\n");
    text
}
