//! The graph as a tree, as text for people.

use super::svg::look;
use super::{Graph, label_of, slice_of};
use rd_common::output::clean::one_line;
use rd_common::output::style::{BOLD, DIM, ERROR, INFO, OK, WARN, paint};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a branch needs to be written.
struct Tree<'a> {
    graph: &'a Graph,
    needs: BTreeMap<&'a str, Vec<&'a str>>,
    children: BTreeMap<&'a str, Vec<&'a str>>,
}

/// Each resource below its first need of the same slice; the others are named in its line.
pub fn tree(graph: &Graph) -> String {
    let mut tree = Tree {
        graph,
        needs: graph.direct(),
        children: BTreeMap::new(),
    };
    let mut text = String::new();
    let mut roots: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (address, needs) in &mut tree.needs {
        let slice = slice_of(address);
        // Those of the own slice first: the tree is one of a slice.
        needs.sort_by_key(|need| slice_of(need) != slice);
        match needs.first().filter(|need| slice_of(need) == slice) {
            Some(first) => tree.children.entry(first).or_default().push(address),
            None => roots.entry(slice).or_default().push(address),
        }
    }
    for slice in graph.slices() {
        let used: Vec<&str> = graph
            .uses
            .get(slice)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let uses = if used.is_empty() {
            String::new()
        } else {
            paint(DIM, format!("  uses {}", used.join(", ")))
        };
        let _ = writeln!(text, "{}{uses}", paint(BOLD, one_line(slice)));
        let roots = roots.get(slice).map(Vec::as_slice).unwrap_or_default();
        for (index, root) in roots.iter().enumerate() {
            tree.write(&mut text, root, "", index + 1 == roots.len());
        }
    }
    text
}

impl Tree<'_> {
    /// Writes a resource and, indented below it, the resources that depend on it.
    fn write(&self, text: &mut String, address: &str, indent: &str, last: bool) {
        let (corner, deeper) = if last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        let node = &self.graph.nodes[address];
        let slice = slice_of(address);
        let others: Vec<&str> = self.needs[address]
            .iter()
            .enumerate()
            .filter(|(index, need)| *index > 0 || slice_of(need) != slice)
            .map(|(_, need)| match slice_of(need) == slice {
                true => label_of(need),
                false => need,
            })
            .collect();
        let also = if others.is_empty() {
            String::new()
        } else {
            format!("  and {}", others.join(", "))
        };
        let id = node.id.as_deref().unwrap_or("-");
        let (class, sign, words) = look(node.mark);
        let style = match class {
            "create" => OK,
            "update" | "replace" => WARN,
            "delete" => ERROR,
            "import" => INFO,
            _ => DIM,
        };
        let mark = match words {
            Some(_) if class == "same" && sign.is_empty() => String::new(),
            Some(words) => format!("  {}", paint(style, words)),
            None => String::new(),
        };
        let _ = writeln!(
            text,
            "{indent}{corner}{}  {}{mark}",
            one_line(label_of(address)),
            paint(DIM, one_line(&format!("{id}{also}")))
        );
        let below = self.children.get(address);
        let below = below.map(Vec::as_slice).unwrap_or_default();
        for (index, child) in below.iter().enumerate() {
            let indent = format!("{indent}{deeper}");
            self.write(text, child, &indent, index + 1 == below.len());
        }
    }
}
