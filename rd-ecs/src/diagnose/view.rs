//! Findings as people see them: the most likely cause first, then what is told beside.

use super::evidence::Evidence;
use super::finding::{Finding, Severity, is_wrong};
use crate::names::last;
use rd_common::output::style::{BOLD, DIM, ERROR, INFO, OK, paint};

/// How many tasks are named.
const NAMED: usize = 3;
/// How many of AWS's texts are shown.
const SAID: usize = 3;

/// The findings alone.
pub fn findings(all: &[Finding]) -> String {
    all.iter().map(finding).collect()
}

fn finding(one: &Finding) -> String {
    let mark = match one.severity {
        Severity::Error => paint(ERROR, "✗"),
        Severity::Note => paint(INFO, "·"),
    };
    let mut text = format!("{mark} {}{}\n", paint(BOLD, &one.cause), tasks(one));
    for said in one.evidence.iter().take(SAID) {
        text.push_str(&format!("    {}\n", said.trim_end()));
    }
    if one.evidence.len() > SAID {
        let more = one.evidence.len() - SAID;
        text.push_str(&format!("    and {more} more like it\n"));
    }
    if let Some(task) = one.tasks.first().filter(|_| !one.last_lines.is_empty()) {
        text.push_str(&format!(
            "    {}\n",
            paint(DIM, format!("the last lines of {task}:"))
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
    let named: Vec<&str> = one.tasks.iter().take(NAMED).map(String::as_str).collect();
    let more = match one.tasks.len().saturating_sub(NAMED) {
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

/// The whole: findings, and how the service is.
pub fn whole(evidence: &Evidence, all: &[Finding]) -> String {
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
    let runs = format!(
        "{} of {} tasks run, {} start, revision {}",
        service.running,
        service.desired,
        service.pending,
        last(&service.task_definition)
    );
    let verdict = match is_wrong(all) {
        true => paint(ERROR, "something is wrong"),
        false => paint(OK, "nothing is wrong"),
    };
    text.push_str(&format!(
        "{}: {verdict}; {runs}\n",
        paint(BOLD, evidence.name())
    ));
    text
}
