//! A plan as tasks with an order: makes follow the references, deletes go against them.

use crate::error::{Error, Result};
use crate::plan::planner::{Plan, Planned};
use crate::resource::action::Action;
use crate::resource::kind::ReplaceOrder;
use crate::state::document::Document;
use std::collections::{BTreeMap, BTreeSet};

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Work {
    /// Create, change, import or just confirm a wanted resource.
    Apply(Box<Planned>),
    /// Delete a resource.
    Delete {
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
            Work::Apply(planned) => &planned.address,
            Work::Delete { address, .. } => address,
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

/// Orders a plan. `goes_last` says of a kind whether one that is not wanted any more goes when all else is done. Fails,
/// before anything is touched, where no order is right.
pub fn order(plan: &Plan, state: &Document, delete_last: impl Fn(&str) -> bool) -> Result<Tasks> {
    let mut tasks = Tasks::default();
    let mut applies: BTreeMap<&str, usize> = BTreeMap::new();
    let mut deletes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for planned in &plan.resources {
        if planned.action != Action::Delete {
            applies.insert(
                &planned.address,
                tasks.push(Work::Apply(Box::new(planned.clone()))),
            );
        }
        if let (Action::Delete | Action::Replace, Some(live)) = (planned.action, &planned.live) {
            let delete = tasks.push(Work::Delete {
                address: planned.address.clone(),
                kind: planned.kind.clone(),
                id: live.id.clone(),
                replaced: planned.action == Action::Replace,
            });
            deletes.entry(&planned.address).or_default().push(delete);
        }
    }
    for (address, kind, id) in &plan.deposed {
        let delete = tasks.push(Work::Delete {
            address: address.clone(),
            kind: kind.clone(),
            id: id.clone(),
            replaced: true,
        });
        deletes.entry(address).or_default().push(delete);
    }
    for planned in &plan.resources {
        let address = planned.address.as_str();
        let mut needs = planned.depends_on.clone();
        if let Some(remembered) = state.resources.get(address) {
            needs.extend(remembered.depends_on.clone());
        }
        if let Some(&apply) = applies.get(address) {
            for need in &planned.depends_on {
                tasks.needs[apply].extend(applies.get(need.as_str()));
            }
            let own_deletes = deletes.get(address).cloned().unwrap_or_default();
            match (planned.action, planned.replace_order) {
                (Action::Replace, ReplaceOrder::DeleteFirst) => {
                    tasks.needs[apply].extend(own_deletes)
                }
                _ => own_deletes
                    .into_iter()
                    .for_each(|delete| tasks.needs[delete].push(apply)),
            }
        }
        for need in &needs {
            let Some(need_deletes) = deletes.get(need.as_str()).cloned() else {
                continue;
            };
            let goes_first = plan.resources.iter().any(|p| {
                p.address == *need
                    && p.action == Action::Replace
                    && p.replace_order == ReplaceOrder::DeleteFirst
            });
            for delete in need_deletes {
                if !goes_first {
                    tasks.needs[delete].extend(applies.get(address));
                }
                tasks.needs[delete].extend(deletes.get(address).into_iter().flatten());
            }
        }
    }
    for planned in &plan.resources {
        if planned.action == Action::Delete && delete_last(&planned.kind) {
            for delete in deletes.get(planned.address.as_str()).into_iter().flatten() {
                tasks.needs[*delete].extend(applies.values());
            }
        }
    }
    for needs in &mut tasks.needs {
        needs.sort_unstable();
        needs.dedup();
    }
    tasks.check()?;
    Ok(tasks)
}

impl Tasks {
    /// Whether every task can be reached.
    fn check(&self) -> Result<()> {
        let mut left: BTreeSet<usize> = (0..self.work.len()).collect();
        loop {
            let free: Vec<usize> = left
                .iter()
                .copied()
                .filter(|task| self.needs[*task].iter().all(|need| !left.contains(need)))
                .collect();
            if left.is_empty() {
                return Ok(());
            }
            if free.is_empty() {
                let stuck: Vec<&str> = left.iter().map(|task| self.work[*task].address()).collect();
                return Err(Error::failed(format!(
                    "these need each other, so that none can be changed first: {}",
                    stuck.join(", ")
                ))
                .hint(
                    "nothing was changed; this is a fault of the program: report it with the plan",
                ));
            }
            for task in free {
                left.remove(&task);
            }
        }
    }

    fn push(&mut self, work: Work) -> usize {
        self.work.push(work);
        self.needs.push(Vec::new());
        self.work.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::kind::Found;
    use crate::stack::Tags;
    use crate::state::document::{Phase, Resource};
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::Value;

    /// One resource of a made-apply plan: what is done to it, and which of those before it it needs.
    fn resources() -> impl Strategy<Value = Vec<(Action, Vec<usize>)>> {
        let action = prop::sample::select(vec![
            Action::Create,
            Action::Update,
            Action::Replace,
            Action::None,
        ]);
        prop::collection::vec((action, prop::collection::vec(0..8usize, 0..4)), 1..8)
    }

    fn planned(index: usize, action: Action, first: bool, needs: &[usize]) -> Planned {
        let replace_order = if first {
            ReplaceOrder::DeleteFirst
        } else {
            ReplaceOrder::CreateFirst
        };
        Planned {
            address: format!("s.k.{index}"),
            kind: "k".into(),
            action,
            fields: Vec::new(),
            replace_order,
            live: (action != Action::Create).then(|| Found {
                address: format!("s.k.{index}"),
                id: format!("id-{index}"),
                live: Value::Null,
                tags: None,
            }),
            node: None,
            depends_on: needs.iter().map(|need| format!("s.k.{need}")).collect(),
            tags: Tags::new(),
            pending: None,
            refused: None,
        }
    }

    fn place(tasks: &Tasks, address: &str, apply: bool) -> Option<usize> {
        tasks
            .work
            .iter()
            .position(|work| work.address() == address && matches!(work, Work::Apply(_)) == apply)
    }

    fn comes_before(tasks: &Tasks, first: usize, then: usize) -> bool {
        tasks.needs[then]
            .iter()
            .any(|&need| need == first || comes_before(tasks, first, need))
    }

    proptest! {
        #[test]
        fn every_plan_has_an_order_and_nothing_in_use_is_deleted(
            resources in resources(),
            firsts in prop::collection::vec(any::<bool>(), 8),
        ) {
            let mut plan = Plan::default();
            let mut state: Document = crate::state::conformance::document(1);
            state.resources.clear();
            for (index, (action, needs)) in resources.iter().enumerate() {
                let needs: Vec<usize> = needs.iter().copied().filter(|need| *need < index).collect();
                // As the planner has it: what needs something that goes first is out of its way first.
                let uprooted = needs.iter().any(|need| {
                    let need: &Planned = &plan.resources[*need];
                    need.action == Action::Replace && need.replace_order == ReplaceOrder::DeleteFirst
                });
                let one = planned(index, *action, firsts[index] || uprooted, &needs);
                if let Some(live) = &one.live {
                    state.resources.insert(one.address.clone(), Resource {
                        kind: one.kind.clone(),
                        id: Some(live.id.clone()),
                        phase: Phase::Ready,
                        since: Timestamp::UNIX_EPOCH,
                        token: None,
                        spec: Value::Null,
                        tags: Tags::new(),
                        attributes: Value::Null,
                        depends_on: one.depends_on.clone(),
                        deposed: Vec::new(),
                    });
                }
                plan.resources.push(one);
            }
            let tasks = order(&plan, &state, |_| false).unwrap();
            for planned in &plan.resources {
                let own_apply = place(&tasks, &planned.address, true);
                let own_delete = place(&tasks, &planned.address, false);
                for need in &planned.depends_on {
                    let need_apply = place(&tasks, need, true).unwrap();
                    prop_assert!(comes_before(&tasks, need_apply, own_apply.unwrap()), "made before what it needs");
                    let (Some(need_delete), Some(own_delete)) = (place(&tasks, need, false), own_delete) else {
                        continue;
                    };
                    prop_assert!(comes_before(&tasks, own_delete, need_delete), "deleted while in use");
                }
            }
        }
    }
}
