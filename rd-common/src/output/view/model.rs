//! What is shown, made from records: any mixture of plans, applies, statuses and estimates, of several programs, in any
//! order.

use crate::output::view::month_cost::MonthCost;
use crate::records::{
    Applied, Begin, Charged, Cost, Diagnostic, End, Output, Record, ResourceChange, Status, Verb,
};
use crate::resource::action::Action;
use crate::slices::SLICES;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// All that the records say, by stack.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The stacks, in the order in which they began; almost always one.
    pub stacks: Vec<StackView>,
}

/// What the records say about one stack.
#[derive(Clone, Debug, Default)]
pub struct StackView {
    /// A `begin` record of the stack, with the account if one of them has it; none for records without `begin`.
    pub head: Option<Begin>,
    /// What each program did, in pipe order, and each of its commands.
    pub runs: Vec<Run>,
    /// The lines of an estimate, with its total.
    pub costs: Vec<Cost>,
    /// What AWS has charged this month, where that is known.
    pub charged: Option<Charged>,
}

/// What one command of one program has written.
#[derive(Clone, Debug)]
pub struct Run {
    /// The slice of the program.
    pub slice: String,
    /// The command; none for records without `begin`.
    pub command: Option<Verb>,
    /// When the program began; none in records of an earlier version.
    pub began: Option<Timestamp>,
    /// Whether it was planned for an empty account.
    pub offline: bool,
    /// What a plan does.
    pub changes: Vec<ResourceChange>,
    /// What an apply or a destroy did.
    pub applied: Vec<Applied>,
    /// The resources with their health.
    pub statuses: Vec<Status>,
    /// The outputs that it gives to others.
    pub outputs: Vec<Output>,
    /// Errors, warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
    /// When its steps began and ended.
    pub times: BTreeSet<Timestamp>,
    /// How it ended; none where the records are cut.
    pub end: Option<End>,
}

impl Run {
    fn new(slice: &str, command: Option<Verb>) -> Self {
        Self {
            slice: slice.to_owned(),
            command,
            began: None,
            offline: false,
            changes: Vec::new(),
            applied: Vec::new(),
            statuses: Vec::new(),
            outputs: Vec::new(),
            diagnostics: Vec::new(),
            times: BTreeSet::new(),
            end: None,
        }
    }

    /// Whether it is a plan: one of `plan`, or one that an apply or a destroy asks about.
    pub fn is_plan(&self) -> bool {
        self.command == Some(Verb::Plan) || !self.changes.is_empty()
    }

    /// How many changes have this action.
    pub fn count(&self, action: Action) -> usize {
        let changes = self.changes.iter();
        changes.filter(|change| change.action == action).count()
    }
}

impl Model {
    /// Adds what a record says.
    pub fn note(&mut self, record: &Record) {
        if let Record::Begin(begin) = record {
            return self.begin(begin);
        }
        if self.stacks.is_empty() {
            self.stacks.push(StackView::default());
        }
        // Records say no stack: they belong to the one that began last.
        let Some(stack) = self.stacks.last_mut() else {
            return;
        };
        if let Record::Cost(cost) = record {
            stack.costs.push((**cost).clone());
            return;
        }
        if let Record::Charged(charged) = record {
            stack.charged = Some(charged.clone());
            return;
        }
        let run = stack.run(record.slice());
        match record {
            Record::Change(change) => run.changes.push(change.clone()),
            Record::Output(output) => run.outputs.push(output.clone()),
            Record::Applied(applied) => run.applied.push(applied.clone()),
            Record::Status(status) => run.statuses.push(status.clone()),
            Record::Diagnostic(diagnostic) => run.diagnostics.push(diagnostic.clone()),
            Record::Progress(progress) => run.times.extend(progress.since()),
            Record::End(end) => run.end = Some(end.clone()),
            Record::Begin(_) | Record::Cost(_) | Record::Charged(_) => {}
        }
    }

    fn begin(&mut self, begin: &Begin) {
        let same = |stack: &StackView| {
            stack.head.as_ref().is_none_or(|head| {
                let other = |a: &Option<String>, b: &Option<String>| {
                    a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a != b)
                };
                head.stack == begin.stack
                    && head.region == begin.region
                    && !other(&head.account, &begin.account)
            })
        };
        // The stack that began last is the last one of the list.
        let mut stack = match self.stacks.iter().position(same) {
            Some(place) => self.stacks.remove(place),
            None => StackView::default(),
        };
        match &mut stack.head {
            Some(head) => {
                if head.account.is_none() {
                    head.account.clone_from(&begin.account);
                }
                // What a plan says of the stack counts more than what a filter behind it does.
                if begin.command == Verb::Plan && head.command != Verb::Plan {
                    head.command = Verb::Plan;
                    head.offline = begin.offline;
                }
            }
            None => stack.head = Some(begin.clone()),
        }
        if begin.slice == "cost" {
            stack.costs.clear();
            stack.charged = None;
        }
        // A second run of a command says how it is now.
        stack
            .runs
            .retain(|run| run.slice != begin.slice || run.command.as_ref() != Some(&begin.command));
        let mut run = Run::new(&begin.slice, Some(begin.command.clone()));
        run.offline = begin.offline;
        run.began = begin.time.as_deref().and_then(|time| time.parse().ok());
        stack.runs.push(run);
        stack.runs.sort_by_key(|run| place_of(&run.slice));
        self.stacks.push(stack);
    }
}

/// The place of a slice in the pipe; of others, such as a filter, after all slices.
fn place_of(slice: &str) -> usize {
    SLICES
        .iter()
        .position(|one| *one == slice)
        .unwrap_or(SLICES.len())
}

impl StackView {
    /// The run of a slice that began last.
    fn run(&mut self, slice: &str) -> &mut Run {
        let place = match self.runs.iter().rposition(|run| run.slice == slice) {
            Some(place) => place,
            None => {
                self.runs.push(Run::new(slice, None));
                self.runs.sort_by_key(|run| place_of(&run.slice));
                let found = self.runs.iter().rposition(|run| run.slice == slice);
                found.unwrap_or_default()
            }
        };
        &mut self.runs[place]
    }

    /// The runs with a plan.
    pub fn plans(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.is_plan())
    }

    /// The changes of all plans, in pipe order.
    pub fn changes(&self) -> impl Iterator<Item = &ResourceChange> {
        self.plans().flat_map(|run| &run.changes)
    }

    /// How many resources the plans have for each action.
    pub fn counts(&self) -> BTreeMap<Action, usize> {
        let mut counts = BTreeMap::new();
        for change in self.changes() {
            *counts.entry(change.action).or_default() += 1;
        }
        counts
    }

    /// What the stack costs in a month, where the records have an estimate.
    pub fn cost(&self) -> Option<MonthCost> {
        MonthCost::of(&self.costs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn note(model: &mut Model, record: serde_json::Value) {
        model.note(&serde_json::from_value(record).unwrap());
    }

    fn begin(slice: &str, command: &str, stack: &str) -> serde_json::Value {
        json!({"type": "begin", "slice": slice, "format": "rd/1", "command": command, "stack": stack,
            "region": "us-east-1", "tool_version": "0", "run": "r"})
    }

    fn change(slice: &str, name: &str) -> serde_json::Value {
        json!({"type": "change", "slice": slice, "address": format!("{slice}.vpc.{name}"), "kind": "vpc",
            "action": "create"})
    }

    #[test]
    fn slices_are_in_pipe_order_whatever_order_they_came_in() {
        let mut model = Model::default();
        for record in [
            begin("logs", "plan", "shop-test"),
            begin("data", "plan", "shop-test"),
            begin("net", "plan", "shop-test"),
            change("logs", "a"),
            change("net", "b"),
            change("logs", "c"),
        ] {
            note(&mut model, record);
        }
        assert_eq!(model.stacks.len(), 1);
        let slices: Vec<&str> = model.stacks[0]
            .runs
            .iter()
            .map(|run| run.slice.as_str())
            .collect();
        assert_eq!(slices, ["net", "data", "logs"]);
        assert_eq!(model.stacks[0].counts()[&Action::Create], 3);
    }

    #[test]
    fn a_second_plan_takes_the_place_of_the_first_and_another_stack_has_its_own() {
        let mut model = Model::default();
        for record in [
            begin("net", "plan", "shop-test"),
            change("net", "a"),
            begin("net", "plan", "shop-other"),
            change("net", "b"),
            begin("net", "plan", "shop-test"),
            change("net", "c"),
        ] {
            note(&mut model, record);
        }
        let addresses: Vec<Vec<&str>> = model
            .stacks
            .iter()
            .map(|stack| stack.changes().map(|one| one.address.as_str()).collect())
            .collect();
        assert_eq!(addresses, [["net.vpc.b"], ["net.vpc.c"]]);
    }

    #[test]
    fn records_without_a_begin_are_shown_too() {
        let mut model = Model::default();
        note(&mut model, change("net", "a"));
        assert_eq!(model.stacks[0].changes().count(), 1);
    }
}
