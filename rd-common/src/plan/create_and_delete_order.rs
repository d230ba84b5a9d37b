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
///
/// Some things must be: what a resource needs is created before it and deleted after it, and AWS creates no successor
/// beside a predecessor of a kind that is deleted first. Others give way where those leave no room: a predecessor is kept
/// until its successor exists, and a resource until those that referred to it are updated.
pub fn order(plan: &Plan, state: &Document, delete_last: impl Fn(&str) -> bool) -> Result<Tasks> {
    let mut tasks = Tasks::default();
    let mut applies: BTreeMap<&str, usize> = BTreeMap::new();
    let mut deletes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let deleted_first = addresses_deleted_first(plan);
    let under_deleted_first = with_dependents(plan, &deleted_first);
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
    // A predecessor goes before whatever its successor needs and is deleted first.
    let mut early: BTreeSet<usize> = deletes
        .iter()
        .filter(|(address, _)| deleted_first.contains(*address))
        .flat_map(|(_, deletes)| deletes.iter().copied())
        .collect();
    let seen = plan.deposed.iter();
    let seen = seen.map(|(address, kind, id)| (address, kind, Some(id), true));
    let unseen = plan.unseen.iter();
    let unseen = unseen.map(|one| (&one.address, &one.kind, one.id.as_ref(), false));
    for (address, kind, id, seen) in seen.chain(unseen) {
        let delete = tasks.push(Work::Delete(Delete {
            address: address.clone(),
            kind: kind.clone(),
            id: id.cloned(),
            replaced: applies.contains_key(address.as_str()),
            seen,
        }));
        if under_deleted_first.contains(address.as_str()) {
            early.insert(delete);
        }
        deletes.entry(address).or_default().push(delete);
    }
    for planned in &plan.resources {
        if let Some(&apply) = applies.get(planned.address.as_str()) {
            for need in &planned.depends_on {
                tasks.needs[apply].extend(applies.get(need.as_str()));
            }
        }
    }
    let planned_needs: BTreeMap<&str, &Vec<String>> = plan
        .resources
        .iter()
        .map(|planned| (planned.address.as_str(), &planned.depends_on))
        .collect();
    let addresses: BTreeSet<&str> = deletes
        .keys()
        .chain(planned_needs.keys())
        .copied()
        .collect();
    let mut after_successor = Vec::new();
    let mut after_update = Vec::new();
    for address in addresses {
        let apply = applies.get(address).copied();
        let own_deletes = deletes.get(address).map_or(&[][..], Vec::as_slice);
        for &delete in own_deletes {
            match apply {
                Some(apply) if early.contains(&delete) => tasks.needs[apply].push(delete),
                Some(apply) => after_successor.push((delete, apply)),
                None => {}
            }
        }
        let stored = state.resources.get(address);
        let stored = stored.map(|stored| stored.depends_on.as_slice());
        let planned = planned_needs.get(address).map(|needs| needs.as_slice());
        for need in stored.into_iter().chain(planned).flatten() {
            for &delete in deletes.get(need.as_str()).into_iter().flatten() {
                tasks.needs[delete].extend(own_deletes);
                after_update.extend(apply.map(|apply| (delete, apply)));
            }
        }
    }
    for (delete, apply) in after_successor {
        if !tasks.add_unless_waiting(delete, apply)
            && let Work::Apply(planned) = &mut tasks.work[apply]
            && planned.action == Action::Replace
        {
            planned.replace_order = ReplaceOrder::DeleteFirst;
        }
    }
    for (delete, update) in after_update {
        tasks.add_unless_waiting(delete, update);
    }
    for planned in &plan.resources {
        if planned.action == Action::Delete && delete_last(&planned.kind) {
            for delete in deletes.get(planned.address.as_str()).into_iter().flatten() {
                for &apply in applies.values() {
                    tasks.add_unless_waiting(*delete, apply);
                }
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

/// Says of the replacements for which no other order is possible that they are deleted first, so that the plan shows what
/// an apply does.
pub(super) fn set_deleted_first(plan: &mut Plan, state: &Document) {
    // Where no order is possible, the apply says so before it changes anything.
    let Ok(tasks) = order(plan, state, |_| false) else {
        return;
    };
    let orders: BTreeMap<String, ReplaceOrder> = tasks
        .work
        .into_iter()
        .filter_map(|work| match work {
            Work::Apply(planned) => Some((planned.address, planned.replace_order)),
            Work::Delete(_) => None,
        })
        .collect();
    for planned in &mut plan.resources {
        if let Some(order) = orders.get(&planned.address) {
            planned.replace_order = *order;
        }
    }
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

    /// Makes a task wait for another one, unless that one already waits for it. Returns whether it waits.
    fn add_unless_waiting(&mut self, task: usize, need: usize) -> bool {
        let free = !self.waits_for(need, task);
        if free {
            self.needs[task].push(need);
        }
        free
    }

    /// Whether a task cannot start before another one is done.
    fn waits_for(&self, task: usize, other: usize) -> bool {
        let mut seen = BTreeSet::from([task]);
        let mut left = vec![task];
        while let Some(one) = left.pop() {
            if one == other {
                return true;
            }
            left.extend(self.needs[one].iter().filter(|need| seen.insert(**need)));
        }
        false
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
            spec: Value::Null,
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

    /// The place in the state of a resource that needs those with these indices.
    fn stored(kind: &str, id: &str, needs: &[usize]) -> Resource {
        Resource {
            kind: kind.into(),
            id: Some(id.into()),
            phase: Phase::Ready,
            since: Timestamp::UNIX_EPOCH,
            token: None,
            spec: Value::Null,
            tags: Tags::new(),
            attributes: Value::Null,
            depends_on: needs.iter().map(|need| format!("s.k.{need}")).collect(),
            deposed: Vec::new(),
            adopted: None,
            other: Default::default(),
        }
    }

    fn plan_of(resources: Vec<Planned>) -> Plan {
        Plan {
            resources,
            ..Plan::default()
        }
    }

    fn empty_state() -> Document {
        let mut state = crate::state::conformance::document(1);
        state.resources.clear();
        state
    }

    #[test]
    fn a_delete_that_an_update_waits_for_does_not_wait_for_the_update() {
        // 2 referred to 1 and 0; 1 is on 0, which is deleted before its successor is created, and 2 needs the successor.
        let plan = plan_of(vec![
            planned(0, Action::Replace, true, &[]),
            planned(1, Action::Delete, false, &[]),
            planned(2, Action::Update, true, &[0]),
        ]);
        let mut state = empty_state();
        for (index, needs) in [(0, vec![]), (1, vec![0]), (2, vec![0, 1])] {
            let id = format!("id-{index}");
            state
                .resources
                .insert(format!("s.k.{index}"), stored("k", &id, &needs));
        }
        let tasks = order(&plan, &state, |_| false).unwrap();
        let at = |address, apply| place(&tasks, address, apply).unwrap();
        let (gone, old, new, update) = (
            at("s.k.1", false),
            at("s.k.0", false),
            at("s.k.0", true),
            at("s.k.2", true),
        );
        assert!(comes_before(&tasks, gone, old));
        assert!(comes_before(&tasks, old, new));
        assert!(comes_before(&tasks, new, update));
    }

    #[test]
    fn a_replacement_that_must_go_before_what_it_needs_is_deleted_first() {
        // 1 is deleted, on 0, which is deleted first; 3 is on 1, and its successor is on 2, on the successor of 0.
        let mut plan = plan_of(vec![
            planned(0, Action::Replace, true, &[]),
            planned(1, Action::Delete, false, &[]),
            planned(2, Action::Create, false, &[0]),
            planned(3, Action::Replace, false, &[2]),
        ]);
        let mut state = empty_state();
        for (index, needs) in [(0, vec![]), (1, vec![0]), (3, vec![1])] {
            let id = format!("id-{index}");
            state
                .resources
                .insert(format!("s.k.{index}"), stored("k", &id, &needs));
        }
        set_deleted_first(&mut plan, &state);
        assert_eq!(plan.resources[3].replace_order, ReplaceOrder::DeleteFirst);
        let tasks = order(&plan, &state, |_| false).unwrap();
        let at = |address, apply| place(&tasks, address, apply).unwrap();
        assert!(comes_before(&tasks, at("s.k.3", false), at("s.k.1", false)));
        assert!(comes_before(&tasks, at("s.k.3", false), at("s.k.3", true)));
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
            let mut state = empty_state();
            for (index, (action, needs)) in resources.iter().enumerate() {
                let needs: Vec<usize> = needs.iter().copied().filter(|need| *need < index).collect();
                // The settings refer to nothing that they no longer have; the state does.
                let desired = needs.iter().copied().filter(|need| {
                    let need: &Planned = &plan.resources[*need];
                    *action != Action::Delete && need.action != Action::Delete
                });
                let desired: Vec<usize> = desired.collect();
                let one = planned(index, *action, firsts[index], &desired);
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
                    state
                        .resources
                        .insert(one.address.clone(), stored(&one.kind, &live.id, &needs));
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
                    let Some(need_delete) = place(&tasks, need, false) else {
                        continue;
                    };
                    if let Some(own_delete) = own_delete {
                        prop_assert!(comes_before(&tasks, own_delete, need_delete), "deleted while in use");
                    }
                    if let Some(update) = own_apply {
                        prop_assert!(
                            comes_before(&tasks, update, need_delete) || comes_before(&tasks, need_delete, update),
                            "deleted at any time while something is updated that referred to it"
                        );
                    }
                }
            }
        }
    }
}
