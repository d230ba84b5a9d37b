//! `graph`: what needs what. A tree for a terminal; Mermaid or DOT for a picture.

use crate::stack_states;
use rd_common::context::Context;
use rd_common::output::style::{BOLD, DIM, paint};
use rd_common::{Document, Exit, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Flags of `graph`.
#[derive(clap::Args, Clone, Debug)]
pub struct GraphArgs {
    /// Only this slice
    slice: Option<String>,
    /// As Mermaid, which GitHub and GitLab draw in Markdown
    #[arg(long, conflicts_with = "dot")]
    mermaid: bool,
    /// As DOT, for Graphviz
    #[arg(long)]
    dot: bool,
}

/// Runs it.
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
    } else {
        tree(&documents)
    };
    context.printer.text(&text);
    Ok(Exit::Done)
}

/// What each resource needs that it does not need through another one of its needs: the lines worth drawing.
fn direct(document: &Document) -> BTreeMap<&str, Vec<&str>> {
    let needs = |address: &str| -> Vec<&str> {
        document
            .resources
            .get(address)
            .map(|resource| resource.depends_on.iter().map(String::as_str).collect())
            .unwrap_or_default()
    };
    let reach = |start: &str| -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut left: Vec<String> = needs(start).into_iter().map(str::to_owned).collect();
        while let Some(next) = left.pop() {
            if seen.insert(next.clone()) {
                left.extend(needs(&next).into_iter().map(str::to_owned));
            }
        }
        seen
    };
    document
        .resources
        .keys()
        .map(|address| {
            let all = needs(address);
            let behind: BTreeSet<String> = all.iter().flat_map(|need| reach(need)).collect();
            (
                address.as_str(),
                all.into_iter()
                    .filter(|need| !behind.contains(*need))
                    .collect(),
            )
        })
        .collect()
}

/// Resources under what they need; one that needs several stands under the first and names the others.
fn tree(documents: &[Document]) -> String {
    let mut text = String::new();
    for document in documents {
        let needs = direct(document);
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
            branch(
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

fn branch(
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
        branch(
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
        for (address, needs) in direct(document) {
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
        for (address, needs) in direct(document) {
            for need in needs {
                let _ = writeln!(text, "  \"{need}\" -> \"{address}\";");
            }
        }
    }
    text.push_str("}\n");
    text
}
