//! The graph in DOT, for Graphviz.

use super::svg::look;
use super::{Graph, label_of};
use std::fmt::Write;

/// The graph in DOT.
pub fn dot(graph: &Graph) -> String {
    let mut text =
        "digraph stack {\n  rankdir=LR;\n  node [shape=box, style=filled, fillcolor=white, fontname=\"sans-serif\"];\n"
            .to_owned();
    for (number, slice) in graph.slices().into_iter().enumerate() {
        let _ = writeln!(
            text,
            "  subgraph \"cluster_{number}\" {{\n    label={};",
            quoted(slice)
        );
        for (address, node) in graph.of_slice(slice) {
            let color = match look(node.mark).0 {
                "create" => ", fillcolor=\"#e6f6eb\", color=\"#18794e\"",
                "update" => ", fillcolor=\"#fff4d5\", color=\"#8a5a00\"",
                "replace" => ", fillcolor=\"#ffe8d7\", color=\"#b3410b\"",
                "delete" => ", fillcolor=\"#ffe5e5\", color=\"#c01c28\"",
                "import" => ", fillcolor=\"#e1f0ff\", color=\"#0b68a3\"",
                _ => "",
            };
            let label = quoted(label_of(address));
            let _ = writeln!(text, "    {} [label={label}{color}];", quoted(address));
        }
        text.push_str("  }\n");
    }
    for (address, needs) in graph.direct() {
        for need in needs {
            let _ = writeln!(text, "  {} -> {};", quoted(need), quoted(address));
        }
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    let clean = text.replace(|letter: char| letter.is_control(), " ");
    format!("\"{}\"", clean.replace('\\', "\\\\").replace('"', "\\\""))
}
