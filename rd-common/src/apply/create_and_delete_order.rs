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
    Delete(Delete),
}

/// The delete of a resource, or of the predecessor of one.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The address of the resource.
    pub address: String,
    /// The name of its kind.
    pub kind: String,
    /// The id in AWS; none where a create was interrupted, so that the resource must be searched for.
    pub id: Option<String>,
    /// Whether a successor has the address now, so that its entry stays in the state.
    pub replaced: bool,
    /// Whether the resource was read in this run. Otherwise it may exist or not.
    pub seen: bool,
}

impl Work {
    /// The address of the resource.
    pub fn address(&self) -> &str {
        match self {
            Work::Apply(planned) => &planned.address,
            Work::Delete(delete) => &delete.address,
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
            let delete = tasks.push(Work::Delete(Delete {
                address: planned.address.clone(),
                kind: planned.kind.clone(),
                id: Some(live.id.clone()),
                replaced: planned.action == Action::Replace,
                seen: true,
            }));
            deletes.entry(&planned.address).or_default().push(delete);
        }
    }
    let seen = plan.deposed.iter();
    let seen = seen.map(|(address, kind, id)| (address, kind, Some(id), true));
    let unseen = plan.unseen.iter();
    let unseen = unseen.map(|one| (&one.address, &one.kind, one.id.as_ref(), false));
    let mut predecessors = BTreeSet::new();
    for (address, kind, id, seen) in seen.chain(unseen) {
        let delete = tasks.push(Work::Delete(Delete {
            address: address.clone(),
            kind: kind.clone(),
            id: id.cloned(),
            replaced: applies.contains_key(address.as_str()),
            seen,
        }));
        predecessors.insert(delete);
        deletes.entry(address).or_default().push(delete);
    }
    let deleted_first = addresses_deleted_first(plan);
    let under_deleted_first = with_dependents(plan, &deleted_first);
    // A predecessor goes before whatever its successor needs and is deleted first.
    let is_early = |address: &str, delete: usize| {
        deleted_first.contains(address)
            || (predecessors.contains(&delete) && under_deleted_first.contains(address))
    };
    let mut planned_at: BTreeMap<&str, Option<&Planned>> =
        deletes.keys().map(|address| (*address, None)).collect();
    let resources = plan.resources.iter();
    planned_at.extend(resources.map(|planned| (planned.address.as_str(), Some(planned))));
    for (address, planned) in planned_at {
        let mut needs = planned.map_or(Vec::new(), |planned| planned.depends_on.clone());
        if let Some(stored) = state.resources.get(address) {
            needs.extend(stored.depends_on.clone());
        }
        let apply = applies.get(address).copied();
        let own_deletes = deletes.get(address).cloned().unwrap_or_default();
        if let (Some(apply), Some(planned)) = (apply, planned) {
            for need in &planned.depends_on {
                tasks.needs[apply].extend(applies.get(need.as_str()));
            }
            for &delete in &own_deletes {
                if is_early(address, delete) {
                    tasks.needs[apply].push(delete);
                } else {
                    tasks.needs[delete].push(apply);
                }
            }
        }
        for need in &needs {
            for &delete in deletes.get(need.as_str()).into_iter().flatten() {
                if is_early(need, delete) {
                    let before = own_deletes.iter().copied();
                    let before = before.filter(|own| apply.is_none() || is_early(address, *own));
                    tasks.needs[delete].extend(before);
                } else {
                    tasks.needs[delete].extend(apply);
                    tasks.needs[delete].extend(&own_deletes);
                }
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

/// The addresses whose resource is deleted before its successor is created.
fn addresses_deleted_first(plan: &Plan) -> BTreeSet<&str> {
    plan.resources
        .iter()
        .filter(|planned| {
            planned.action == Action::Replace && planned.replace_order == ReplaceOrder::DeleteFirst
        })
        .map(|planned| planned.address.as_str())
        .collect()
}

/// The given addresses with all that need them, directly or not.
fn with_dependents<'p>(plan: &'p Plan, addresses: &BTreeSet<&'p str>) -> BTreeSet<&'p str> {
    let mut all = addresses.clone();
    loop {
        let before = all.len();
        for planned in &plan.resources {
            if planned
                .depends_on
                .iter()
                .any(|need| all.contains(need.as_str()))
            {
                all.insert(&planned.address);
            }
        }
        if all.len() == before {
            return all;
        }
    }
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
    use crate::plan::planned::Unseen;
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

    /// The task that applies a resource, or the one that deletes it. Predecessors are not counted.
    fn place(tasks: &Tasks, address: &str, apply: bool) -> Option<usize> {
        tasks.work.iter().position(|work| {
            work.address() == address
                && match work {
                    Work::Apply(_) => apply,
                    Work::Delete(delete) => {
                        !apply && delete.id.as_ref().is_some_and(|id| id.starts_with("id-"))
                    }
                }
        })
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
            predecessors in prop::collection::vec(0..3u8, 8),
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
                match predecessors[index] {
                    0 => {}
                    1 => plan.deposed.push((one.address.clone(), one.kind.clone(), "old".into())),
                    _ => plan.unseen.push(Unseen {
                        address: one.address.clone(),
                        kind: one.kind.clone(),
                        id: Some("lost".into()),
                    }),
                }
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
