//! Markdown for a comment on a pull request: the summary first, the slices folded. All text of AWS and of settings stands in
//! code, where nothing of it is markup or a mention.

use super::{command, is_well, name, overview, place, run_counts, shown, summary};
use crate::escape::{code, fenced, xml};
use rd_common::output::look::{Look, Signs};
use rd_common::output::style::unstyled;
use rd_common::output::view::danger::dangers;
use rd_common::output::view::model::{Model, Run, StackView};
use rd_common::output::view::plan::changes;
use rd_common::records::{Severity, Verb};
use rd_common::resource::action::Action;
use std::fmt::Write;

/// GitHub refuses a comment with 65,536 characters or more. Bytes are counted, of which there are at least as many. The rest is
/// for what a workflow writes around it, such as the mark by which it finds its comment again.
/// <https://github.com/orgs/community/discussions/27190>
const MOST: usize = 65_000;
/// The most addresses that a line of the summary names.
const MOST_NAMED: usize = 20;
/// The columns of the text in a fence: more would be scrolled.
const WIDTH: usize = 100;

/// What can be left out, the least important first, in words.
const LEAST: [&str; 6] = [
    "the fields of what is created",
    "what was done and what is well",
    "what is created, but for its number",
    "the fields of what changes",
    "warnings",
    "the addresses of what changes",
];

/// The document. With `full`, also the fields of what is created. Where it would be longer than a comment may be, the least
/// important is left out, and it says so.
pub fn markdown(model: &Model, full: bool) -> String {
    let least = usize::from(!full);
    for left_out in least..=LEAST.len() {
        let text = document(model, left_out, least);
        if text.len() <= MOST {
            return text;
        }
    }
    // Very many slices or stacks: whole lines of the summary.
    let text = document(model, LEAST.len(), least);
    let end = "\n\nThe rest is left out: a comment has at most 65,536 characters.\n";
    let mut kept = String::new();
    for line in text.lines().filter(|line| !line.contains("details>")) {
        if kept.len() + line.len() + end.len() >= MOST {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept + end
}

fn document(model: &Model, left_out: usize, least: usize) -> String {
    let mut text = String::new();
    for stack in &model.stacks {
        add_stack(&mut text, stack, left_out);
    }
    if left_out > least {
        let _ = writeln!(
            text,
            "\nLeft out, because a comment has at most 65,536 characters: {}. `rd-state view` shows all of it.",
            LEAST[least..left_out].join("; ")
        );
    }
    text
}

fn add_stack(text: &mut String, stack: &StackView, left_out: usize) {
    let place: Vec<String> = place(stack).iter().map(|one| code(one)).collect();
    let _ = writeln!(text, "### {} {}\n", code(name(stack)), place.join(" · "));
    let parts = overview(stack);
    if !parts.is_empty() {
        let parts: Vec<String> = parts.iter().map(|part| format!("**{part}**")).collect();
        let _ = writeln!(text, "{}\n", parts.join("; "));
    }
    let dangers = dangers(stack);
    for danger in &dangers {
        let named = danger.of.iter().take(MOST_NAMED).map(|one| code(one));
        let mut named = named.collect::<Vec<_>>().join(", ");
        if danger.of.len() > MOST_NAMED {
            let _ = write!(named, " and {} more", danger.of.len() - MOST_NAMED);
        }
        let _ = writeln!(text, "- :warning: **{}:** {named}", danger.title);
    }
    if !dangers.is_empty() {
        text.push('\n');
    }
    add_diagnostics(text, stack, left_out);
    for run in shown(stack) {
        add_run(text, run, left_out);
    }
}

fn add_diagnostics(text: &mut String, stack: &StackView, left_out: usize) {
    let all = stack.runs.iter().flat_map(|run| &run.diagnostics);
    let mut any = false;
    for one in all {
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning if left_out < 5 => "warning",
            _ => continue,
        };
        any = true;
        let address = one.address.as_deref().map(|at| format!(" {}", code(at)));
        let _ = write!(
            text,
            "- **{severity}**{}: {}",
            address.unwrap_or_default(),
            code(&one.summary)
        );
        if let Some(hint) = &one.hint {
            let _ = write!(text, " → {}", code(hint));
        }
        text.push('\n');
    }
    if any {
        text.push('\n');
    }
}

fn add_run(text: &mut String, run: &Run, left_out: usize) {
    let heading = match run.command.as_ref().map(Verb::as_str) {
        None | Some("plan") => String::new(),
        Some(_) => format!(" {}", xml(command(run))),
    };
    let heading = format!(
        "<code>{}</code>{heading}: {}",
        xml(&run.slice),
        xml(&summary(run))
    );
    let mut lines = String::new();
    let mut kept = run.clone();
    if left_out > 2 {
        kept.changes
            .retain(|change| change.action != Action::Create);
    }
    if left_out > 3 {
        for change in &mut kept.changes {
            change.fields.clear();
        }
    }
    if left_out > 5 {
        kept.changes.clear();
    }
    if !kept.changes.is_empty() {
        let look = Look {
            width: WIDTH,
            signs: Signs::Unicode,
            full: left_out == 0,
        };
        for line in unstyled(&changes(&kept, look)).lines() {
            // GitHub colors lines that begin with `!`, too.
            let line = match line.strip_prefix("~ ").or(line.strip_prefix("± ")) {
                Some(rest) => format!("! {rest}"),
                None => line.to_owned(),
            };
            lines.push_str(&line);
            lines.push('\n');
        }
        let left = run_counts(run).get(&Action::Create).copied().unwrap_or(0);
        if left_out > 2 && left > 0 {
            let _ = writeln!(lines, "+ {left} to create");
        }
    }
    for applied in run.applied.iter().filter(|_| left_out < 2) {
        let _ = writeln!(
            lines,
            "{} {}  {}",
            applied.action.mark(),
            applied.address,
            applied.id
        );
    }
    for status in &run.statuses {
        if is_well(status.health) && left_out > 1 {
            continue;
        }
        let reason = status.reason.as_deref().unwrap_or_default();
        let sign = if is_well(status.health) { " " } else { "-" };
        let line = format!(
            "{sign} {}  {}  {reason}",
            status.address,
            status.health.as_str()
        );
        let _ = writeln!(
            lines,
            "{}",
            rd_common::output::clean::one_line(line.trim_end())
        );
    }
    if lines.is_empty() {
        let _ = writeln!(text, "{heading}\n");
        return;
    }
    let _ = writeln!(
        text,
        "<details><summary>{heading}</summary>\n\n{}\n</details>\n",
        fenced("diff", &lines)
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn model(count: usize, field: &str) -> Model {
        let mut model = Model::default();
        let mut note =
            |record: serde_json::Value| model.note(&serde_json::from_value(record).unwrap());
        note(
            json!({"type": "begin", "slice": "net", "format": "rd/1", "command": "plan", "stack": "shop-test",
            "region": "us-east-1", "tool_version": "0", "run": "r"}),
        );
        for number in 0..count {
            note(
                json!({"type": "change", "slice": "net", "address": format!("net.vpc.new-{number}"), "kind": "vpc",
                "action": "create", "fields": [{"path": "cidr", "before": null, "after": field, "cause": "config"}]}),
            );
        }
        note(
            json!({"type": "change", "slice": "net", "address": "net.vpc.main", "kind": "vpc", "action": "update",
            "fields": [{"path": "cidr", "before": "a", "after": "b", "cause": "drift"}]}),
        );
        model
    }

    #[test]
    fn the_least_important_is_left_out_first_and_it_says_so() {
        let short = markdown(&model(3, "x"), true);
        assert!(!short.contains("Left out"), "{short}");
        let long = markdown(&model(400, &"x".repeat(200)), true);
        assert!(long.len() < 65_536);
        assert!(long.contains("Left out, because a comment has at most 65,536 characters: the fields of what is created."));
        assert!(
            long.contains("+ net.vpc.new-399\n") && long.contains("a → b"),
            "{long}"
        );
        let longer = markdown(&model(9000, "x"), false);
        assert!(longer.len() < 65_536);
        assert!(longer.contains("what is created, but for its number"));
        assert!(longer.contains("+ 9000 to create") && longer.contains("a → b"));
    }
}
