//! The text of `diagnose`: findings, what could not be read, and the verdict.

use super::evidence::Evidence;
use super::finding::{Finding, Severity, has_errors};
use crate::names::last;
use rd_common::output::style::{BOLD, DIM, ERROR, INFO, OK, paint};

/// The most tasks that a finding names.
const MAX_TASKS: usize = 3;
/// The most texts of AWS's that a finding shows.
const MAX_EVIDENCE: usize = 3;

/// The findings as text, without a verdict.
pub fn findings(all: &[Finding]) -> String {
    let now = all.iter().filter(|one| !one.over);
    let mut text: String = now.map(finding).collect();
    let mut over = all.iter().filter(|one| one.over).peekable();
    if over.peek().is_some() {
        text.push_str(&format!("{}\n", paint(DIM, "over by now:")));
        text.extend(over.map(finding));
    }
    text
}

fn finding(one: &Finding) -> String {
    let mark = match one.severity {
        Severity::Error => paint(ERROR, "✗"),
        Severity::Note => paint(INFO, "·"),
    };
    let mut text = format!("{mark} {}{}\n", paint(BOLD, &one.cause), tasks(one));
    for text_of_aws in one.evidence.iter().take(MAX_EVIDENCE) {
        text.push_str(&format!("    {}\n", text_of_aws.trim_end()));
    }
    if one.evidence.len() > MAX_EVIDENCE {
        let more = one.evidence.len() - MAX_EVIDENCE;
        text.push_str(&format!("    and {more} more\n"));
    }
    if let Some(task) = one.tasks.first().filter(|_| !one.last_lines.is_empty()) {
        text.push_str(&format!(
            "    {}\n",
            paint(DIM, format!("last lines of {task}:"))
        ));
        for line in &one.last_lines {
            text.push_str(&format!("    {} {}\n", paint(DIM, "|"), line.trim_end()));
        }
    }
    text.push_str(&format!("  → {}\n", one.advice));
    text
}

fn tasks(one: &Finding) -> String {
    if one.tasks.is_empty() {
        return String::new();
    }
    let named: Vec<&str> = one
        .tasks
        .iter()
        .take(MAX_TASKS)
        .map(String::as_str)
        .collect();
    let more = match one.tasks.len().saturating_sub(MAX_TASKS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let word = if one.tasks.len() == 1 {
        "task"
    } else {
        "tasks"
    };
    format!(" ({word} {}{more})", named.join(", "))
}

/// Everything as text: findings, what could not be read, and the verdict on the service.
pub fn full_text(evidence: &Evidence, all: &[Finding]) -> String {
    let mut text = findings(all);
    for unread in &evidence.unread {
        text.push_str(&format!("{} not read: {unread}\n", paint(INFO, "·")));
    }
    if let Some(why) = evidence
        .tasks
        .iter()
        .find_map(|one| one.lines_unread.as_ref())
    {
        text.push_str(&format!(
            "{} last lines not read: {why}\n",
            paint(INFO, "·")
        ));
    }
    let service = &evidence.service;
    let counts = format!(
        "desired {}, running {}, pending {}; revision {}",
        service.desired,
        service.running,
        service.pending,
        last(&service.task_definition)
    );
    let verdict = match has_errors(all) {
        true => paint(ERROR, "problems found"),
        false => paint(OK, "no problems found"),
    };
    text.push_str(&format!(
        "{}: {verdict}; {counts}\n",
        paint(BOLD, evidence.name())
    ));
    text
}
