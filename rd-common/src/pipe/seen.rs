//! Everything that was read from upstream so far.

use crate::error::{Error, Result};
use crate::pipe::intake::{Intake, Plans};
use crate::pipe::reader::Place;
use crate::records::{
    Begin, Diagnostic, Ended, Record, ResourceChange, Severity, Upstream as Source, Verb,
};
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
    /// The slices whose saved plans have ended.
    pub(super) plans_ended: BTreeSet<String>,
    /// The outputs, by slice and name; none where one is known only after apply.
    pub(super) outputs: BTreeMap<(String, String), Option<Value>>,
    /// Those of them whose resource is deleted before its successor exists.
    pub(super) deleted_first: BTreeSet<(String, String)>,
    /// The outputs in saved plans.
    pub(super) planned_outputs: BTreeMap<(String, String), Option<Value>>,
    pub(super) ends: BTreeMap<String, Ended>,
    /// The errors that programs upstream have reported, with the slice of each.
    pub(super) errors: Vec<Diagnostic>,
    pub(super) own_plan: SavedPlan,
    pub(super) own_plan_ended: bool,
    /// Every `begin` with its place, until this program's account is known, with which theirs is compared.
    pub(super) unchecked: Vec<(Begin, String)>,
    /// Whether a saved plan has begun.
    pub(super) plan_seen: bool,
    /// Whether the first program of the pipe has begun, and so all of them have.
    pub(super) head_seen: bool,
    /// Whether the stream has ended.
    pub(super) closed: bool,
    /// Whether this program works without upstream, because nothing came in time.
    pub(super) given_up: bool,
    /// The error that ended the reading of the stream.
    pub(super) broken: Option<Error>,
    /// The length of all lines whose records are kept, in bytes.
    pub(super) kept: usize,
}

/// The most bytes of records that are kept. A saved plan of a slice has some 100 kilobytes.
const MOST_KEPT: usize = 32 << 20;
/// The most errors of upstream that are kept.
const MOST_ERRORS: usize = 100;

/// The program that reads.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// The slice of the program.
    pub(super) own: &'a str,
    pub(super) intake: &'a Intake,
    /// The stack that it works on.
    pub(super) stack: &'a Stack,
}

impl Seen {
    /// Notes the record of a line of `length` bytes. Returns whether the record is part of the program's own saved
    /// plan, and must not be passed on.
    pub(super) fn note(
        &mut self,
        record: &Record,
        length: usize,
        place: Place<'_>,
        reading: Reading<'_>,
    ) -> Result<bool> {
        let planning = reading.intake.is_planning();
        if reading.intake.whole {
            self.check_order(record, place)?;
        }
        let slice = record.slice().to_owned();
        let in_plan = self.plans.contains_key(&slice) && !self.begins.contains_key(&slice);
        let of_own_plan = slice == reading.own && !planning;
        match record {
            Record::Begin(begin) => {
                self.begin(begin, place, reading)?;
                self.keep(length, place)?;
            }
            Record::Change(change) if of_own_plan => {
                self.keep(length, place)?;
                self.own_plan.changes.push(change.clone());
            }
            Record::Output(output) => {
                self.keep(length, place)?;
                let key = (slice.clone(), output.name.clone());
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
                            "{place}: the saved plan of {slice} has failed"
                        ))
                        .hint("fix the errors in it and make a new plan"));
                    }
                    self.own_plan_ended = true;
                }
                self.plans.remove(&slice);
                self.plans_ended.insert(slice.clone());
            }
            Record::End(end) => {
                self.ends.insert(slice.clone(), end.status);
            }
            Record::Diagnostic(one)
                if one.severity == Severity::Error && self.errors.len() < MOST_ERRORS =>
            {
                self.keep(length, place)?;
                self.errors.push(one.clone());
            }
            _ => {}
        }
        self.head_seen |= !in_plan && self.is_at_work(record, &slice);
        Ok(of_own_plan)
    }

    /// Whether a program or a saved plan has begun.
    pub(super) fn any_begun(&self) -> bool {
        !self.begins.is_empty() || self.plan_seen
    }

    /// Whether the saved plan of `slice` has begun.
    pub(super) fn plan_begun(&self, slice: &str) -> bool {
        self.plans.contains_key(slice) || self.plans_ended.contains(slice)
    }

    /// Whether every program that has begun has also ended.
    pub(super) fn all_ended(&self) -> bool {
        self.begins
            .keys()
            .all(|slice| self.ends.contains_key(slice))
    }

    fn begin(&mut self, begin: &Begin, place: Place<'_>, reading: Reading<'_>) -> Result<()> {
        same_stack(begin, reading.stack, &place.to_string())?;
        if reading.stack.account().is_empty() {
            self.unchecked.push((begin.clone(), place.to_string()));
        }
        let slice = &begin.slice;
        let is_plan = begin.command == Verb::Plan && !reading.intake.is_planning();
        if let Plans::Refused { why, hint } = reading.intake.plans
            && (is_plan || begin.upstream == Source::Plan)
        {
            return Err(Error::usage(format!("{place}: {why}")).hint(hint));
        }
        if is_plan {
            if self.plan_begun(slice) {
                return Err(
                    Error::usage(format!("{place}: a second saved plan of {slice}"))
                        .hint("apply one saved plan at a time"),
                );
            }
            self.plan_seen = true;
            self.plans.insert(slice.clone(), begin.clone());
        } else {
            let twice = reading.intake.whole && self.begins.contains_key(slice);
            let own = reading.intake.whole && slice == reading.own;
            if own || twice {
                return Err(
                    Error::usage(format!("{place}: rd-{slice} is in this pipe twice"))
                        .hint("run each program once in a pipe"),
                );
            }
            self.begins.insert(slice.clone(), begin.clone());
        }
        self.head_seen |= begin.upstream != Source::Pipe;
        Ok(())
    }

    /// Fails where a record is not between the `begin` and the `end` of its slice: a part of the stream is missing. A
    /// diagnostic may follow the `end`, of a program whose upstream has failed after it.
    fn check_order(&self, record: &Record, place: Place<'_>) -> Result<()> {
        let slice = record.slice();
        let runs = self.begins.contains_key(slice) && !self.ends.contains_key(slice);
        let ended = self.begins.contains_key(slice) || self.plans_ended.contains(slice);
        let in_order = match record {
            Record::Begin(_) => true,
            Record::Diagnostic(_) if ended => true,
            _ => runs || self.plans.contains_key(slice),
        };
        if in_order {
            return Ok(());
        }
        Err(cut(
            place,
            &format!("a record of {slice} without its `begin`"),
        ))
    }

    /// Whether a program is at work, as its record shows, and so has seen the `begin` of every program before it and
    /// passed it on, or works without them.
    fn is_at_work(&self, record: &Record, slice: &str) -> bool {
        let works = match record {
            Record::Change(_) | Record::Output(_) | Record::Applied(_) | Record::Status(_) => true,
            Record::Cost(_) | Record::Charged(_) | Record::Progress(_) => true,
            Record::End(end) => end.status == Ended::Ok,
            Record::Begin(_) | Record::Diagnostic(_) => false,
        };
        works && self.begins.contains_key(slice)
    }

    fn keep(&mut self, length: usize, place: Place<'_>) -> Result<()> {
        self.kept += length;
        if self.kept <= MOST_KEPT {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{place}: the records so far have more than {} MiB",
            MOST_KEPT >> 20
        ))
        .hint("the records of a whole stack have less than 1 MiB; check what writes to this pipe"))
    }
}

/// The error for a stream of which a part is missing.
pub(super) fn cut(place: Place<'_>, what: &str) -> Error {
    Error::refused(format!("{place}: {what}: the stream is not whole"))
        .hint("pass on every line of a program or of a saved plan, from the first to the last")
}

/// Fails where a program upstream works on another stack, region or account. Two stacks with the same name have different
/// projects. `place` is where its `begin` is.
pub(super) fn same_stack(begin: &Begin, stack: &Stack, place: &str) -> Result<()> {
    let ours = stack.name();
    let account = begin.account.as_deref().unwrap_or_default();
    let pairs = [
        ("stack", begin.stack.as_str(), ours.as_str()),
        ("project", begin.project.as_str(), stack.project.as_str()),
        ("region", begin.region.as_str(), stack.region.as_str()),
        ("account", account, stack.account()),
    ];
    for (what, theirs, ours) in pairs {
        if theirs != ours && !theirs.is_empty() && !ours.is_empty() {
            return Err(Error::usage(format!(
                "{place}: rd-{} works on {what} {theirs}, this program on {what} {ours}",
                begin.slice
            ))
            .hint(
                "pass the same --environment, --region and --profile to all programs of a pipe",
            ));
        }
    }
    Ok(())
}
