//! What records say, as documents: Markdown for pull requests, a page, JSON. Text is made by the programs themselves, too,
//! in `rd_common::output::view`.

mod html;
mod json;
mod markdown;

pub use html::html;
pub use json::json;
pub use markdown::markdown;

use rd_common::output::view::model::{Run, StackView};
use rd_common::output::view::plan::counts;
use rd_common::records::{Ended, Health};
use std::collections::BTreeMap;

/// The command of a run in words.
fn command(run: &Run) -> &str {
    match &run.command {
        Some(command) => command.as_str(),
        None => "records",
    }
}

/// What a run did or would do, in one line.
fn summary(run: &Run) -> String {
    let mut parts = Vec::new();
    if run.is_plan() {
        parts.push(counts(&run_counts(run)));
    }
    if !run.applied.is_empty() {
        parts.push(format!("{} done", run.applied.len()));
    }
    parts.extend(healths([run]));
    match run.end.as_ref().map(|end| end.status) {
        Some(Ended::Failed) => parts.push("failed".to_owned()),
        Some(Ended::Cancelled) => parts.push("stopped".to_owned()),
        _ => {}
    }
    match parts.is_empty() {
        true => "nothing to show".to_owned(),
        false => parts.join("; "),
    }
}

/// What the records of a stack say as a whole: what plans do, how things are, what it costs.
fn overview(stack: &StackView) -> Vec<String> {
    let mut parts = Vec::new();
    if stack.plans().next().is_some() {
        parts.push(counts(&stack.counts()));
    }
    parts.extend(healths(&stack.runs));
    parts.extend(stack.cost().map(|cost| cost.text()));
    parts
}

/// How many resources have each health, in words; none without a status.
fn healths<'a>(runs: impl IntoIterator<Item = &'a Run>) -> Option<String> {
    let mut healths: BTreeMap<&str, usize> = BTreeMap::new();
    for status in runs.into_iter().flat_map(|run| &run.statuses) {
        *healths.entry(status.health.as_str()).or_default() += 1;
    }
    let words = healths
        .iter()
        .map(|(word, count)| format!("{count} {word}"));
    let words = words.collect::<Vec<_>>().join(", ");
    (!words.is_empty()).then_some(words)
}

fn run_counts(run: &Run) -> BTreeMap<rd_common::resource::action::Action, usize> {
    let mut counts = BTreeMap::new();
    for change in &run.changes {
        *counts.entry(change.action).or_insert(0) += 1;
    }
    counts
}

/// Where the stack is: its region and account.
fn place(stack: &StackView) -> Vec<String> {
    let Some(head) = &stack.head else {
        return Vec::new();
    };
    let mut place = vec![head.region.clone()];
    if let Some(account) = &head.account {
        place.push(format!("account {account}"));
    }
    if head.offline {
        place.push("planned offline, for an empty account".to_owned());
    }
    place
}

/// The name of the stack.
fn name(stack: &StackView) -> &str {
    stack.head.as_ref().map_or("records", |head| &head.stack)
}

/// Whether a resource needs no attention.
fn is_well(health: Health) -> bool {
    health == Health::Ready
}

/// The runs that have something to show.
fn shown(stack: &StackView) -> impl Iterator<Item = &Run> {
    stack.runs.iter().filter(|run| {
        let shows = run.is_plan() || !run.applied.is_empty() || !run.statuses.is_empty();
        let failed = run.end.as_ref().is_some_and(|end| end.status != Ended::Ok);
        shows || failed
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_common::output::view::model::Model;
    use serde_json::json;

    #[test]
    fn a_status_is_summed_up_by_health() {
        let mut model = Model::default();
        for (name, health) in [("a", "ready"), ("b", "failed"), ("c", "ready")] {
            let address = format!("net.vpc.{name}");
            let record = json!({"type": "status", "slice": "net", "address": address, "kind": "vpc", "health": health});
            model.note(&serde_json::from_value(record).unwrap());
        }
        assert_eq!(overview(&model.stacks[0]), ["1 failed, 2 ready"]);
    }
}
