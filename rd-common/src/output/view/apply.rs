//! The text of an apply or a destroy: a line for each resource that is done, and the last line.

use crate::output::flow::Flow;
use crate::output::look::Look;
use crate::output::style::{BOLD, DIM, ERROR, OK, WARN, of, unstyled};
use crate::output::view::board::elapsed;
use crate::output::view::model::{Run, StackView};
use crate::output::view::month_cost::usd;
use crate::output::view::{pending_line, summary};
use crate::outputs::{ecs, edge};
use crate::records::{Applied, End, Ended, Severity, Verb};
use crate::resource::action::Action;
use std::collections::BTreeMap;

/// A resource that was created, updated, replaced, deleted or imported.
pub(super) fn applied(applied: &Applied) -> String {
    let mut line = Flow::default();
    line.put(of(applied.action), applied.action.mark());
    line.put(BOLD, &applied.address).plain(&applied.id).gap(2);
    let time = format!("{} in {:.1} s", done(applied.action), applied.seconds);
    line.put(DIM, &time);
    line.lines(0, 4, Look::of_stdout(false).width) + &pending_line(applied.pending.as_ref())
}

/// The last line of an apply.
pub(super) fn summary(end: &End) -> String {
    let counts = counts(end);
    if counts.is_empty() {
        summary::no_changes(end)
    } else {
        counts
    }
}

/// The last line of a destroy.
pub(super) fn destroy_summary(end: &End) -> String {
    let counts = counts(end);
    if counts.is_empty() {
        "nothing to destroy".to_owned()
    } else {
        counts
    }
}

/// How many resources were created, updated and so on; empty where none was.
pub(super) fn counts(end: &End) -> String {
    summary::counts_by_action(end, done)
}

/// What is said when all programs have ended: how it went and how long it took, what still needs attention, and what one
/// wants next. Empty for a single program that has nothing of this to say.
pub(super) fn ending(stack: &StackView, look: Look) -> String {
    let runs: Vec<&Run> = stack.runs.iter().filter(|run| is_done(run)).collect();
    let mut lines = Vec::new();
    if runs.len() > 1 {
        lines.push(headline(stack, &runs));
        lines.extend(warnings(&runs, look));
    }
    // Whoever has failed or was stopped wants nothing but to go on.
    let ended_well = runs.iter().all(|run| ended(run) == Some(Ended::Ok));
    let applied = runs.iter().any(|run| run.command == Some(Verb::Apply));
    if ended_well && applied {
        lines.extend(next_steps(stack, look).into_iter().map(|(label, text)| {
            let mut line = Flow::default();
            line.put(DIM, &format!("{label}:")).plain(&text);
            (line, 2)
        }));
    }
    let lines = lines.iter();
    lines
        .map(|(line, indent)| line.lines(*indent, indent + 2, look.width))
        .collect()
}

fn is_done(run: &Run) -> bool {
    matches!(run.command, Some(Verb::Apply | Verb::Destroy))
}

fn ended(run: &Run) -> Option<Ended> {
    run.end.as_ref().map(|end| end.status)
}

/// How it went, all programs together.
fn headline(stack: &StackView, runs: &[&Run]) -> (Flow, usize) {
    let mut all = End {
        slice: String::new(),
        status: Ended::Ok,
        counts: BTreeMap::new(),
        lineage: None,
        serial: 0,
    };
    for end in runs.iter().filter_map(|run| run.end.as_ref()) {
        for (word, count) in &end.counts {
            *all.counts.entry(word.clone()).or_default() += count;
        }
    }
    let failed = runs
        .iter()
        .filter(|run| ended(run) == Some(Ended::Failed))
        .count();
    let stopped = runs
        .iter()
        .any(|run| matches!(ended(run), None | Some(Ended::Cancelled)));
    let name = stack.head.as_ref().map_or("", |head| head.stack.as_str());
    let (style, word, next) = match (failed, stopped) {
        (0, false) => (OK, "done", ""),
        (0, true) => (WARN, "stopped", "the same command continues"),
        _ => (
            ERROR,
            "failed",
            "when the errors above are fixed, the same command continues",
        ),
    };
    let counts = unstyled(&counts(&all));
    let what = match counts.is_empty() {
        true => "nothing was changed".to_owned(),
        false => counts,
    };
    let mut line = Flow::default();
    line.put(BOLD, name).put(style, word);
    if let Some(took) = took(runs) {
        line.plain(&format!("in {took}"));
    }
    // It belongs to the word before it.
    line.gap(0).plain(":").plain(&what);
    if !next.is_empty() {
        line.gap(0).plain(";").plain(next);
    }
    (line, 0)
}

/// How long the steps of all programs took together.
fn took(runs: &[&Run]) -> Option<String> {
    let first = runs.iter().filter_map(|run| run.times.first()).min()?;
    let last = runs.iter().filter_map(|run| run.times.last()).max()?;
    Some(elapsed(last.as_second() - first.as_second()))
}

/// The warnings again, since they have scrolled away, each in a line.
fn warnings(runs: &[&Run], look: Look) -> Vec<(Flow, usize)> {
    let all = runs.iter().flat_map(|run| &run.diagnostics);
    let warnings = all.filter(|one| one.severity == Severity::Warning);
    warnings
        .map(|warning| {
            let mut line = Flow::default();
            line.put(WARN, look.signs.attention());
            line.plain(warning.summary.lines().next().unwrap_or_default());
            if let Some(hint) = &warning.hint {
                line.put(DIM, "→")
                    .put(DIM, hint.lines().next().unwrap_or_default());
            }
            (line, 2)
        })
        .collect()
}

/// What one wants next, each with what it is for.
fn next_steps(stack: &StackView, look: Look) -> Vec<(&'static str, String)> {
    let output = |slice: &str, name: &str| {
        let run = stack.runs.iter().find(|run| run.slice == slice)?;
        let output = run.outputs.iter().rfind(|output| output.name == name)?;
        output.value.clone()
    };
    let text =
        |slice, name| output(slice, name).and_then(|value| value.as_str().map(str::to_owned));
    let mut steps = Vec::new();
    match (
        text("edge", edge::URL.name()),
        text("edge", edge::ALB_DNS_NAME.name()),
    ) {
        (Some(url), _) => steps.push(("URL", url)),
        (None, Some(host)) => steps.push(("URL", format!("http://{host}"))),
        (None, None) => {}
    }
    let needed = output("edge", edge::CERTIFICATE_RECORDS.name());
    let needed = needed.and_then(|records| records.as_array().map(Vec::len));
    let is_https = output("edge", edge::HTTPS.name()).and_then(|value| value.as_bool());
    if needed.is_some_and(|count| count > 0) && is_https == Some(false) {
        let records =
            "create the records of rd-edge records, then rd-edge wait && rd-edge apply -y";
        steps.push(("DNS", records.to_owned()));
    }
    if text("ecs", ecs::REPOSITORY_URL.name()).is_some() {
        let deploy = "rd-ecs push app.tar --tag v1 && rd-ecs deploy --tag v1";
        steps.push(("deploy", deploy.to_owned()));
    }
    if let Some(cost) = stack.cost() {
        let dot = look.signs.dot();
        steps.push((
            "cost",
            format!(
                "{} USD a month {dot} rd-cost report: what AWS has charged",
                usd(cost.total)
            ),
        ));
    }
    steps
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Import => "imported",
        Action::None => "unchanged",
    }
}
