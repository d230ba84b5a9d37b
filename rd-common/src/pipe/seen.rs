//! Everything that was read from upstream so far.

use crate::error::{Error, Result};
use crate::records::{Begin, Ended, Record, ResourceChange, Upstream as Source, Verb};
use crate::stack::Stack;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The saved plan of this program's own slice, as read from stdin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SavedPlan {
    /// The `change` records of the plan.
    pub changes: Vec<ResourceChange>,
    /// The lineage of the state that it was made from; none where there was no state.
    pub lineage: Option<String>,
    /// The serial of the state that it was made from.
    pub serial: u64,
}

/// The records from upstream so far, as far as this program uses them.
#[derive(Default)]
pub(super) struct Seen {
    /// The programs in the pipe, by slice.
    pub(super) begins: BTreeMap<String, Begin>,
    /// The saved plans in the stream that have begun but not ended, by slice.
    pub(super) plans: BTreeMap<String, Begin>,
    /// The outputs, by slice and name; none where one is known only after apply.
    pub(super) outputs: BTreeMap<(String, String), Option<Value>>,
    /// Those of them whose resource is deleted before its successor exists.
    pub(super) deleted_first: BTreeSet<(String, String)>,
    /// The outputs in saved plans.
    pub(super) planned_outputs: BTreeMap<(String, String), Option<Value>>,
    pub(super) ends: BTreeMap<String, Ended>,
    pub(super) own_plan: SavedPlan,
    pub(super) own_plan_ended: bool,
    /// Every `begin` with its line number, until this program's account is known, with which theirs is compared.
    pub(super) unchecked: Vec<(Begin, u64)>,
    /// Whether a saved plan has begun.
    pub(super) plan_seen: bool,
    /// Whether the first program of the pipe has begun, and so all of them have.
    pub(super) head_seen: bool,
    /// Whether the stream has ended.
    pub(super) closed: bool,
    /// The error that ended the reading of the stream.
    pub(super) broken: Option<Error>,
}

impl Seen {
    /// Notes a record from line `number`, for the program of slice `own` that works on `stack`. With `planning`, the
    /// program also uses outputs of plans. Returns whether the record is part of its own saved plan, and must not be
    /// passed on.
    pub(super) fn note(
        &mut self,
        record: &Record,
        number: u64,
        own: &str,
        planning: bool,
        stack: &Stack,
    ) -> Result<bool> {
        let slice = record.slice().to_owned();
        let in_plan = self.plans.contains_key(&slice) && !self.begins.contains_key(&slice);
        let of_own_plan = slice == own && !planning;
        match record {
            Record::Begin(begin) => {
                same_stack(begin, stack, number)?;
                if stack.account().is_empty() {
                    self.unchecked.push((begin.clone(), number));
                }
                if begin.command == Verb::Plan && !planning {
                    self.plan_seen = true;
                    self.plans.insert(slice, begin.clone());
                } else {
                    if slice == own {
                        return Err(Error::usage(format!(
                            "stdin, line {number}: rd-{slice} is in this pipe twice"
                        ))
                        .hint("run each program once in a pipe"));
                    }
                    self.begins.insert(slice, begin.clone());
                }
                self.head_seen |= begin.upstream != Source::Pipe;
            }
            Record::Change(change) if of_own_plan => self.own_plan.changes.push(change.clone()),
            Record::Output(output) => {
                let key = (slice, output.name.clone());
                let value = output.value.clone().filter(|_| !output.unknown);
                if in_plan {
                    self.planned_outputs.insert(key, value);
                } else {
                    if output.deleted_first {
                        self.deleted_first.insert(key.clone());
                    }
                    self.outputs.insert(key, value);
                }
            }
            Record::End(end) if in_plan => {
                if of_own_plan {
                    self.own_plan.lineage.clone_from(&end.lineage);
                    self.own_plan.serial = end.serial;
                    if end.status != Ended::Ok {
                        return Err(Error::refused(format!(
                            "stdin, line {number}: the saved plan of {slice} has failed"
                        ))
                        .hint("fix the errors in it and make a new plan"));
                    }
                    self.own_plan_ended = true;
                }
                self.plans.remove(&slice);
            }
            Record::End(end) => {
                self.ends.insert(slice, end.status);
            }
            _ => {}
        }
        Ok(of_own_plan)
    }
}

/// Fails where a program upstream works on another stack, region or account. `number` is the line of its `begin`.
pub(super) fn same_stack(begin: &Begin, stack: &Stack, number: u64) -> Result<()> {
    let ours = stack.name();
    let account = begin.account.as_deref().unwrap_or_default();
    let pairs = [
        ("stack", begin.stack.as_str(), ours.as_str()),
        ("region", begin.region.as_str(), stack.region.as_str()),
        ("account", account, stack.account()),
    ];
    for (what, theirs, ours) in pairs {
        if theirs != ours && !theirs.is_empty() && !ours.is_empty() {
            return Err(Error::usage(format!(
                "stdin, line {number}: rd-{} works on {what} {theirs}, this program on {what} {ours}",
                begin.slice
            ))
            .hint("pass the same --environment, --region and --profile to all programs of a pipe"));
        }
    }
    Ok(())
}
