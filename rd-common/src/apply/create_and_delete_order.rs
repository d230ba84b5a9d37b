//! The order of the changes of a plan: a resource is created after those that it needs, and deleted before them.

use crate::error::{Error, Result};
use crate::plan::planned::{Plan, Planned};
use crate::resource::action::Action;
use crate::resource::kind::ReplaceOrder;
use crate::state::document::Document;
use std::collections::{BTreeMap, BTreeSet};

/// A task: one change of one resource.
#[derive(Clone, Debug)]
pub enum Work {
    /// Create, update or import a resource, or check that it is still up to date.
    Apply(Box<Planned>),
    /// Delete a resource, or the predecessor of one.
    Delete {
        /// The address of the resource.
        address: String,
        /// The name of its kind.
        kind: String,
        /// The id in AWS.
        id: String,
        /// Whether a successor has the address now, so that its entry stays in the state.
        replaced: bool,
    },
}

impl Work {
    /// The address of the resource.
    pub fn address(&self) -> &str {
        match self {
            Work::Apply(planned) => &planned.address,
            Work::Delete { address, .. } => address,
        }
    }
}

/// The tasks of a plan with their order.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    /// The tasks, in no particular order.
    pub work: Vec<Work>,
    /// For each task, the indices of the tasks that must be done before it.
    pub needs: Vec<Vec<usize>>,
}

/// Puts the changes of a plan in order. `delete_last` is [`crate::Kind::DELETE_LAST`] of the kind with this name. Fails
/// where no order is possible.
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
        if let Some(stored) = state.resources.get(address) {
            needs.extend(stored.depends_on.clone());
        }
        if let Some(&apply) = applies.get(address) {
            for need in &planned.depends_on {
                tasks.needs[apply].extend(applies.get(need.as_str()));
            }
            let own_deletes = deletes.get(address).cloned().unwrap_or_default();
            match (planned.action, planned.replace_order) {
                (Action::Replace, ReplaceOrder::DeleteFirst) => {
                    tasks.needs[apply].extend(own_deletes);
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
            let deleted_first = plan.resources.iter().any(|p| {
                p.address == *need
                    && p.action == Action::Replace
                    && p.replace_order == ReplaceOrder::DeleteFirst
            });
            for delete in need_deletes {
                if !deleted_first {
                    tasks.needs[delete].extend(applies.get(address));
                }
                tasks.needs[delete].extend(deletes.get(address).into_iter().flatten());
            }
        }
    }
    for planned in &plan.resources {
        if planned.action == Action::Delete && delete_last(&planned.kind) {
            for delete in deletes.get(planned.address.as_str()).into_iter().flatten() {
                let waiting = tasks.waiting_for(*delete);
                let others = applies.values().filter(|apply| !waiting.contains(apply));
                tasks.needs[*delete].extend(others);
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
    /// Fails where tasks need each other, so that none of them can start.
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
                    "these resources depend on each other, so that none can be changed first: {}",
                    stuck.join(", ")
                ))
                .hint("nothing was changed; this is a bug in rd: report it with the plan"));
            }
            for task in free {
                left.remove(&task);
            }
        }
    }

    /// The tasks that cannot start before this one is done.
    fn waiting_for(&self, task: usize) -> BTreeSet<usize> {
        let mut waiting = BTreeSet::from([task]);
        loop {
            let more: Vec<usize> = (0..self.work.len())
                .filter(|one| !waiting.contains(one))
                .filter(|one| self.needs[*one].iter().any(|need| waiting.contains(need)))
                .collect();
            if more.is_empty() {
                return waiting;
            }
            waiting.extend(more);
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

    /// Resources of a generated plan: the action, and which of the resources before it each one needs.
    fn resources() -> impl Strategy<Value = Vec<(Action, Vec<usize>)>> {
        let action = prop::sample::select(vec![
            Action::Create,
            Action::Update,
            Action::Replace,
            Action::None,
            Action::Delete,
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
            delete_last in any::<bool>(),
        ) {
            let mut plan = Plan::default();
            let mut state: Document = crate::state::conformance::document(1);
            state.resources.clear();
            for (index, (action, needs)) in resources.iter().enumerate() {
                let needs: Vec<usize> = needs.iter().copied().filter(|need| *need < index).collect();
                // As in the planner: what needs a resource that is deleted first is deleted before it.
                let loses_its_target = needs.iter().any(|need| {
                    let need: &Planned = &plan.resources[*need];
                    need.action == Action::Replace && need.replace_order == ReplaceOrder::DeleteFirst
                });
                // The settings refer to nothing that they no longer have; the state does.
                let desired = needs.iter().copied().filter(|need| {
                    let need: &Planned = &plan.resources[*need];
                    *action != Action::Delete && need.action != Action::Delete
                });
                let desired: Vec<usize> = desired.collect();
                let one = planned(index, *action, firsts[index] || loses_its_target, &desired);
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
                        depends_on: needs.iter().map(|need| format!("s.k.{need}")).collect(),
                        deposed: Vec::new(),
                        other: Default::default(),
                    });
                }
                plan.resources.push(one);
            }
            let tasks = order(&plan, &state, |_| delete_last).unwrap();
            for planned in &plan.resources {
                let own_apply = place(&tasks, &planned.address, true);
                let own_delete = place(&tasks, &planned.address, false);
                for need in &planned.depends_on {
                    let need_apply = place(&tasks, need, true).unwrap();
                    prop_assert!(comes_before(&tasks, need_apply, own_apply.unwrap()), "created before what it needs");
                }
                let stored = state.resources.get(&planned.address);
                for need in stored.into_iter().flat_map(|stored| &stored.depends_on) {
                    let (Some(need_delete), Some(own_delete)) = (place(&tasks, need, false), own_delete) else {
                        continue;
                    };
                    prop_assert!(comes_before(&tasks, own_delete, need_delete), "deleted while in use");
                }
            }
        }
    }
}
