//! The graph as a drawing, alone or in a page.

use super::layout::{BOX_HEIGHT, Layout, Place, layout};
use super::{Graph, Mark, label_of, slice_of};
use crate::escape::xml;
use rd_common::records::Health;
use rd_common::resource::action::Action;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The colors, for light and dark. A page that holds the drawing has them among its own.
pub const STYLE: &str = include_str!("style.css");

/// The drawing. `alone` for a file of its own, otherwise it is part of a page that has [`STYLE`].
pub fn svg(graph: &Graph, title: &str, alone: bool) -> String {
    let direct = graph.direct();
    let layout = layout(graph, &direct);
    let (width, height) = (layout.width.max(1), layout.height.max(1));
    let mut text = String::new();
    let namespace = if alone {
        " xmlns=\"http://www.w3.org/2000/svg\""
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "<svg{namespace} class=\"graph\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<title>{}</title>",
        xml(title)
    );
    if alone {
        let _ = writeln!(
            text,
            "<style>{STYLE}</style>\n<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>"
        );
    }
    for (slice, top, height) in &layout.bands {
        let used: BTreeSet<&String> = graph.uses.get(*slice).into_iter().flatten().collect();
        let used: Vec<&str> = used.into_iter().map(String::as_str).collect();
        let uses = if used.is_empty() {
            String::new()
        } else {
            format!(" · uses {}", used.join(", "))
        };
        let _ = writeln!(
            text,
            "<rect class=\"band\" x=\"7\" y=\"{top}\" width=\"{}\" height=\"{height}\" rx=\"8\"/>\
             <text class=\"slice\" x=\"18\" y=\"{}\">{}<tspan class=\"uses\">{}</tspan></text>",
            layout.width.saturating_sub(14),
            top + 20,
            xml(slice),
            xml(&uses)
        );
    }
    for (address, needs) in &direct {
        for need in needs {
            edge(&mut text, &layout, need, address);
        }
    }
    for (address, place) in &layout.places {
        node(&mut text, graph, address, *place);
    }
    text.push_str("</svg>\n");
    text
}

/// A line from what is needed to what needs it.
fn edge(text: &mut String, layout: &Layout, need: &str, address: &str) {
    let (Some(from), Some(to)) = (layout.places.get(need), layout.places.get(address)) else {
        return;
    };
    let middle = BOX_HEIGHT / 2;
    if slice_of(need) == slice_of(address) {
        let (x1, y1) = (from.x + from.width, from.y + middle);
        let (x2, y2) = (to.x, to.y + middle);
        let bend = x2.saturating_sub(x1).max(20) / 2;
        let _ = writeln!(
            text,
            "<path class=\"edge\" d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\"/>",
            x1 + bend,
            x2.saturating_sub(bend)
        );
    } else {
        let (x1, y1) = (from.x + from.width / 2, from.y + BOX_HEIGHT);
        let (x2, y2) = (to.x + to.width / 2, to.y);
        let bend = y2.abs_diff(y1) / 2;
        let _ = writeln!(
            text,
            "<path class=\"edge far\" d=\"M{x1} {y1}C{x1} {} {x2} {} {x2} {y2}\"/>",
            y1 + bend,
            y2.saturating_sub(bend)
        );
    }
}

fn node(text: &mut String, graph: &Graph, address: &str, place: Place) {
    let Some(node) = graph.nodes.get(address) else {
        return;
    };
    let (class, sign, words) = look(node.mark);
    let (kind, name) = label_of(address)
        .split_once('.')
        .unwrap_or((&node.kind, address));
    let Place { x, y, width } = place;
    let mut title = address.to_owned();
    for more in [node.id.as_deref(), words].into_iter().flatten() {
        let _ = write!(title, " · {more}");
    }
    let sign = match sign {
        "" => String::new(),
        sign => format!(
            "<text class=\"sign\" x=\"{}\" y=\"{}\">{sign}</text>",
            x + width - 8,
            y + 15
        ),
    };
    let _ = writeln!(
        text,
        "<g class=\"node {class}\"><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BOX_HEIGHT}\" \
         rx=\"5\"/><text class=\"kind\" x=\"{1}\" y=\"{2}\">{3}</text><text x=\"{1}\" y=\"{4}\">{5}</text>{sign}</g>",
        xml(&title),
        x + 8,
        y + 15,
        xml(kind),
        y + 30,
        xml(name),
    );
}

/// The class of a mark, its sign, and what it says in words.
pub fn look(mark: Option<Mark>) -> (&'static str, &'static str, Option<&'static str>) {
    match mark {
        None => ("same", "", None),
        Some(Mark::Plan(action)) => {
            let words = rd_common::output::view::to_do(action);
            let sign = action.mark().trim();
            let class = match action {
                Action::Create => "create",
                Action::Update => "update",
                Action::Replace => "replace",
                Action::Delete => "delete",
                Action::Import => "import",
                Action::None => return ("same", "", Some("up to date")),
            };
            // The sign of an import is a bracket.
            (class, if sign == "<" { "&lt;" } else { sign }, Some(words))
        }
        Some(Mark::Status(health)) => match health {
            Health::Ready => ("create", "✓", Some(health.as_str())),
            Health::Absent => ("same", "·", Some(health.as_str())),
            Health::Pending | Health::Leaving | Health::Unfinished | Health::Drifted => {
                ("update", "~", Some(health.as_str()))
            }
            Health::Unhealthy => ("delete", "!", Some(health.as_str())),
            Health::Failed | Health::Gone | Health::Unknown => {
                ("delete", "✗", Some(health.as_str()))
            }
        },
    }
}
