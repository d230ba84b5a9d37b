//! The order in which a plan looks at the resources: each after those that it needs.

use crate::error::{Error, Result};
use crate::resource::parts::Node;
use std::collections::BTreeSet;

/// The resources, each after those that it needs. Fails where resources need each other.
pub(super) fn by_dependency(nodes: &[Node]) -> Result<Vec<&Node>> {
    let mut left: Vec<&Node> = nodes.iter().collect();
    let mut done = BTreeSet::new();
    let all: BTreeSet<&str> = nodes.iter().map(|node| node.address.as_str()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let (ready, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|node| {
            node.depends_on()
                .iter()
                .all(|need| done.contains(need) || !all.contains(need.as_str()))
        });
        if ready.is_empty() {
            let names: Vec<&str> = later.iter().map(|node| node.address.as_str()).collect();
            return Err(Error::failed(format!(
                "these resources depend on each other: {}",
                names.join(", ")
            ))
            .hint("nothing was changed; this is a bug in rd: report it with your rd.toml"));
        }
        done.extend(ready.iter().map(|node| node.address.clone()));
        order.extend(ready);
        left = later;
    }
    Ok(order)
}
