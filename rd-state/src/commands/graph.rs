//! `rd-state graph`: the dependencies between resources, as a tree, a drawing, JSON, Mermaid or DOT.

use crate::commands::view;
use crate::graph::{Graph, dot, json, mermaid, svg, tree};
use crate::stack_states;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::output::printer::Format;
use rd_common::{Error, Exit, Result};
use std::path::PathBuf;

/// Flags of `rd-state graph`.
#[derive(clap::Args, Clone, Debug)]
pub struct GraphArgs {
    /// Name of the only slice to show (default: all slices)
    #[arg(add = completion::slices())]
    slice: Option<String>,
    /// File with records that color the resources, such as a saved plan, which adds those to create; - for stdin; can be
    /// repeated
    #[arg(long, value_name = "FILE")]
    records: Vec<PathBuf>,
}

/// Prints the dependencies in the format that `--format` asks for.
pub async fn run(context: &Context, args: &GraphArgs) -> Result<Exit> {
    let documents = stack_states::all(context).await?;
    let mut graph = Graph::of_states(&documents);
    let own = context.stack.name();
    if !args.records.is_empty() {
        for stack in view::model(&args.records)?.stacks {
            if let Some(head) = stack.head.as_ref().filter(|head| head.stack != own) {
                return Err(Error::usage(format!(
                    "the records are of {}, and this stack is {own}",
                    head.stack
                ))
                .hint("choose its environment with --environment"));
            }
            graph.add_records(&stack);
        }
    }
    if let Some(slice) = &args.slice {
        if !graph.slices().contains(&slice.as_str()) {
            stack_states::one(context, slice).await?;
        }
        graph.keep(slice);
    }
    let printer = &context.printer;
    printer.text(&match context.flags.format {
        Some(Format::Svg) => svg(&graph, &format!("Resources of {own}"), true),
        Some(Format::Mermaid) => mermaid(&graph),
        Some(Format::Dot) => dot(&graph),
        _ if printer.is_json() => format!("{}\n", json(&graph)),
        _ => tree(&graph),
    });
    Ok(Exit::Done)
}
