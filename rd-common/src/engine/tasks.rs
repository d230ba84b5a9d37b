//! A plan as tasks with an order: makes follow the references, deletes go against them.

use crate::engine::actions::Action;
use crate::engine::plan::{Plan, Planned};
use crate::model::kind::Replacing;
use crate::state::document::Document;
use std::collections::BTreeMap;

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Work {
    /// Make, change, adopt or just confirm a wanted resource.
    Up(Box<Planned>),
    /// Delete one: address, kind, id, and whether its address goes from the state with it.
    Down {
        /// Its address.
        address: String,
        /// Its kind.
        kind: String,
        /// Its id.
        id: String,
        /// Whether a successor keeps the address.
        replaced: bool,
    },
}

impl Work {
    /// The address.
    pub fn address(&self) -> &str {
        match self {
            Work::Up(planned) => &planned.address,
            Work::Down { address, .. } => address,
        }
    }
}

/// Tasks, and for each the tasks that must be done before it.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    /// The tasks.
    pub work: Vec<Work>,
    /// By task: the indices of those before it.
    pub needs: Vec<Vec<usize>>,
}

/// Orders a plan.
pub fn order(plan: &Plan, state: &Document) -> Tasks {
    let mut tasks = Tasks::default();
    let mut ups: BTreeMap<&str, usize> = BTreeMap::new();
    let mut downs: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for planned in &plan.resources {
        if planned.action != Action::Delete {
            ups.insert(
                &planned.address,
                tasks.push(Work::Up(Box::new(planned.clone()))),
            );
        }
        if let (Action::Delete | Action::Replace, Some(live)) = (planned.action, &planned.live) {
            let down = tasks.push(Work::Down {
                address: planned.address.clone(),
                kind: planned.kind.clone(),
                id: live.id.clone(),
                replaced: planned.action == Action::Replace,
            });
            downs.entry(&planned.address).or_default().push(down);
        }
    }
    for (address, kind, id) in &plan.deposed {
        let down = tasks.push(Work::Down {
            address: address.clone(),
            kind: kind.clone(),
            id: id.clone(),
            replaced: true,
        });
        downs.entry(address).or_default().push(down);
    }
    for planned in &plan.resources {
        let address = planned.address.as_str();
        let mut needs = planned.depends_on.clone();
        if let Some(remembered) = state.resources.get(address) {
            needs.extend(remembered.depends_on.clone());
        }
        if let Some(&up) = ups.get(address) {
            for need in &planned.depends_on {
                tasks.needs[up].extend(ups.get(need.as_str()));
            }
            let own_downs = downs.get(address).cloned().unwrap_or_default();
            match (planned.action, planned.replacing) {
                (Action::Replace, Replacing::DeleteFirst) => tasks.needs[up].extend(own_downs),
                _ => own_downs
                    .into_iter()
                    .for_each(|down| tasks.needs[down].push(up)),
            }
        }
        for need in &needs {
            let Some(need_downs) = downs.get(need.as_str()).cloned() else {
                continue;
            };
            let goes_first = plan.resources.iter().any(|p| {
                p.address == *need
                    && p.action == Action::Replace
                    && p.replacing == Replacing::DeleteFirst
            });
            for down in need_downs {
                if !goes_first {
                    tasks.needs[down].extend(ups.get(address));
                }
                tasks.needs[down].extend(downs.get(address).into_iter().flatten());
            }
        }
    }
    for needs in &mut tasks.needs {
        needs.sort_unstable();
        needs.dedup();
    }
    tasks
}

impl Tasks {
    fn push(&mut self, work: Work) -> usize {
        self.work.push(work);
        self.needs.push(Vec::new());
        self.work.len() - 1
    }
}
