//! The graph as a Mermaid diagram, which GitHub and GitLab draw in Markdown.

use super::svg::look;
use super::{Graph, label_of};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The classes that resources have by their marks, with their colors.
const CLASSES: [(&str, &str, &str); 5] = [
    ("create", "#e6f6eb", "#18794e"),
    ("update", "#fff4d5", "#8a5a00"),
    ("replace", "#ffe8d7", "#b3410b"),
    ("delete", "#ffe5e5", "#c01c28"),
    ("import", "#e1f0ff", "#0b68a3"),
];

/// The graph as a flowchart, with a subgraph for each slice.
pub fn mermaid(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    // Names of their own: those of resources could be words of the language.
    let numbers: BTreeMap<&str, usize> = graph
        .nodes
        .keys()
        .enumerate()
        .map(|(number, address)| (address.as_str(), number))
        .collect();
    let slices = graph.slices();
    let mut used = BTreeSet::new();
    for (number, slice) in slices.iter().enumerate() {
        let _ = writeln!(text, "  subgraph s{number}[\"{}\"]", escaped(slice));
        for (address, node) in graph.of_slice(slice) {
            let (class, sign, _) = look(node.mark);
            let sign = sign.replace("&lt;", "#lt;");
            let label = match sign.as_str() {
                "" => escaped(label_of(address)),
                sign => format!("{sign} {}", escaped(label_of(address))),
            };
            let _ = write!(text, "    n{}[\"{label}\"]", numbers[address]);
            match class {
                "same" => {}
                class => {
                    used.insert(class);
                    let _ = write!(text, ":::{class}");
                }
            }
            text.push('\n');
        }
        text.push_str("  end\n");
    }
    for (address, needs) in graph.direct() {
        for need in needs {
            let _ = writeln!(text, "  n{} --> n{}", numbers[need], numbers[address]);
        }
    }
    let place = |slice: &str| slices.iter().position(|one| *one == slice);
    for (slice, uses) in &graph.uses {
        for other in uses {
            if let (Some(from), Some(to)) = (place(other), place(slice)) {
                let _ = writeln!(text, "  s{from} ==> s{to}");
            }
        }
    }
    for (class, fill, stroke) in CLASSES.into_iter().filter(|one| used.contains(one.0)) {
        let _ = writeln!(
            text,
            "  classDef {class} fill:{fill},stroke:{stroke},color:#1c2024"
        );
    }
    text
}

/// A text between quotes: Mermaid has entities that begin with `#`, and reads HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '"' => safe.push_str("#quot;"),
            '#' => safe.push_str("#35;"),
            '<' => safe.push_str("#lt;"),
            '>' => safe.push_str("#gt;"),
            '&' => safe.push_str("#amp;"),
            '`' => safe.push_str("#96;"),
            other if other.is_control() => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}
