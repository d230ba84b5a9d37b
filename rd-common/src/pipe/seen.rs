//! What has come down the pipe so far, record by record.

use crate::error::{Error, Result};
use crate::records::{Begin, Ended, Record, ResourceChange, Upstream as Source, Verb};
use crate::stack::Stack;
use serde_json::Value;
use std::collections::BTreeMap;

/// The saved plan of our own slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SavedPlan {
    /// Its changes.
    pub changes: Vec<ResourceChange>,
    /// The lineage of the state that it was made from; none where there was no state.
    pub lineage: Option<String>,
    /// The serial of the state that it was made from.
    pub serial: u64,
}

/// What has come so far.
#[derive(Default)]
pub(super) struct Seen {
    /// By slice: the program now running, and, apart from it, a plan in the stream.
    pub(super) begins: BTreeMap<String, Begin>,
    pub(super) plans: BTreeMap<String, Begin>,
    pub(super) outputs: BTreeMap<(String, String), Option<Value>>,
    pub(super) planned_outputs: BTreeMap<(String, String), Option<Value>>,
    pub(super) ends: BTreeMap<String, Ended>,
    pub(super) own_plan: SavedPlan,
    pub(super) own_plan_ended: bool,
    /// Every `begin` with its line, until our own account is known to compare it with.
    pub(super) unchecked: Vec<(Begin, u64)>,
    pub(super) plan_seen: bool,
    pub(super) head_seen: bool,
    pub(super) closed: bool,
    pub(super) broken: Option<Error>,
}

impl Seen {
    /// Takes notice of a record, in this line, for the program of the slice `own` that works on `stack`; `planning`, it
    /// takes outputs under a plan, too. Says whether the record was of its own saved plan, and so goes no further.
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
                            "stdin, line {number}: `{slice}` is twice in this pipe"
                        ))
                        .hint("name each program once"));
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
                    self.outputs.insert(key, value);
                }
            }
            Record::End(end) if in_plan => {
                if of_own_plan {
                    self.own_plan.lineage.clone_from(&end.lineage);
                    self.own_plan.serial = end.serial;
                    if end.status != Ended::Ok {
                        return Err(Error::refused(format!(
                            "stdin, line {number}: the saved plan of {slice} did not end ok"
                        ))
                        .hint("make a new plan"));
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

/// Refuses the program of another stack, region or account.
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
            .hint("one pipe is for one stack, account and region: give all of its programs the same ones"));
        }
    }
    Ok(())
}
