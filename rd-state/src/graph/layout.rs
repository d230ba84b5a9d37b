//! Where each resource is drawn: a band for each slice, and in it columns from left to right, so that a resource stands to
//! the right of what it needs.

use super::{Graph, label_of};
use std::collections::BTreeMap;

/// The most resources below each other. What is more gets a column of its own.
const ROWS: usize = 9;
/// The size of a box without its text, and the distances, in pixels.
pub const BOX_HEIGHT: usize = 38;
const ROW: usize = BOX_HEIGHT + 12;
const GAP: usize = 46;
const MARGIN: usize = 14;
const HEADING: usize = 30;
const NARROWEST: usize = 90;
/// The width of a letter of 12 pixels, on average, in pixels.
const LETTER: usize = 7;

/// A box in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub x: usize,
    pub y: usize,
    pub width: usize,
}

/// The drawing of a graph in pixels.
#[derive(Clone, Debug, Default)]
pub struct Layout<'a> {
    pub width: usize,
    pub height: usize,
    /// Each slice with the top and the height of its band.
    pub bands: Vec<(&'a str, usize, usize)>,
    pub places: BTreeMap<&'a str, Place>,
}

/// Lays out a graph. The same graph always has the same layout.
pub fn layout<'a>(graph: &'a Graph, direct: &BTreeMap<&'a str, Vec<&'a str>>) -> Layout<'a> {
    let mut layout = Layout::default();
    let mut top = MARGIN;
    for slice in graph.slices() {
        let columns = columns(graph, direct, slice);
        let mut x = MARGIN * 2;
        let mut tallest = 0;
        for column in &columns {
            let width = column.iter().map(|address| width_of(address)).max();
            let width = width.unwrap_or(NARROWEST);
            for (row, address) in column.iter().enumerate() {
                let y = top + HEADING + row * ROW;
                layout.places.insert(address, Place { x, y, width });
            }
            tallest = tallest.max(column.len());
            x += width + GAP;
        }
        let height = HEADING + tallest * ROW + MARGIN / 2;
        layout.bands.push((slice, top, height));
        layout.width = layout.width.max(x - GAP + MARGIN * 2);
        top += height + MARGIN;
    }
    layout.height = top;
    layout
}

/// The columns of a slice: by the longest way to a resource that needs none of the slice, and within a column near to what
/// is needed.
fn columns<'a>(
    graph: &'a Graph,
    direct: &BTreeMap<&'a str, Vec<&'a str>>,
    slice: &'a str,
) -> Vec<Vec<&'a str>> {
    let own: Vec<&str> = graph.of_slice(slice).map(|(address, _)| address).collect();
    let needs = |address: &str| -> Vec<&'a str> {
        let all = direct.get(address).into_iter().flatten().copied();
        all.filter(|need| own.contains(need)).collect()
    };
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    // A graph without circles is done after as many rounds as it has resources.
    for _ in 0..own.len() {
        let mut changed = false;
        for address in &own {
            let below = needs(address).into_iter();
            let depth = below.map(|need| depths.get(need).copied().unwrap_or(0) + 1);
            let depth = depth.max().unwrap_or(0);
            changed |= depths.insert(address, depth) != Some(depth);
        }
        if !changed {
            break;
        }
    }
    let deepest = depths.values().copied().max().unwrap_or(0);
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    let mut columns = Vec::new();
    for depth in 0..=deepest {
        let mut layer: Vec<&str> = own
            .iter()
            .copied()
            .filter(|address| depths[address] == depth)
            .collect();
        layer.sort_by_key(|address| {
            let needs = needs(address);
            let sum: usize = needs.iter().filter_map(|need| rows.get(need)).sum();
            (sum * 100 / needs.len().max(1), *address)
        });
        for (row, address) in layer.iter().enumerate() {
            rows.insert(address, row);
        }
        // Of equal height, so that the last column is not a stub.
        let parts = layer.len().div_ceil(ROWS).max(1);
        let height = layer.len().div_ceil(parts).max(1);
        columns.extend(layer.chunks(height).map(<[&str]>::to_vec));
    }
    columns
}

/// The width of the box of a resource: its kind stands above its name.
fn width_of(address: &str) -> usize {
    let (kind, name) = label_of(address).split_once('.').unwrap_or_default();
    let letters = (kind.chars().count() + 3).max(name.chars().count());
    (letters * LETTER + 20).max(NARROWEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Node;

    #[test]
    fn what_is_needed_stands_to_the_left_and_no_boxes_overlap() {
        let mut graph = Graph::default();
        let names = (0..25).map(|number| format!("net.subnet.s{number:02}"));
        for address in names.chain(["net.vpc.main".to_owned(), "ecs.service.api".to_owned()]) {
            let mut node = Node::default();
            if address.starts_with("net.subnet") {
                node.needs.insert("net.vpc.main".to_owned());
            }
            graph.nodes.insert(address, node);
        }
        let direct = graph.direct();
        let layout = layout(&graph, &direct);
        let places: Vec<&Place> = layout.places.values().collect();
        let vpc = layout.places["net.vpc.main"];
        for (address, place) in &layout.places {
            if address.starts_with("net.subnet") {
                assert!(place.x > vpc.x + vpc.width);
            }
            assert!(place.x + place.width <= layout.width && place.y + BOX_HEIGHT <= layout.height);
        }
        for (index, one) in places.iter().enumerate() {
            for other in &places[index + 1..] {
                let apart = one.x + one.width <= other.x
                    || other.x + other.width <= one.x
                    || one.y.abs_diff(other.y) >= BOX_HEIGHT;
                assert!(apart, "{one:?} {other:?}");
            }
        }
        let bands: Vec<&str> = layout.bands.iter().map(|(slice, ..)| *slice).collect();
        assert_eq!(bands, ["net", "ecs"]);
    }
}
