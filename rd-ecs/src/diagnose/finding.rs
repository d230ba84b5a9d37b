//! What was found: a likely cause, what to do, and what AWS says, word for word.

use super::rules::{Rank, Rule};
use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something is wrong.
    Error,
    /// It is told, and nothing is wrong.
    Note,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's name; it stays the same, for programs.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The likely cause.
    pub cause: String,
    /// What to do.
    pub advice: String,
    /// What AWS says, word for word, and how often.
    pub evidence: Vec<String>,
    /// The tasks that it is about: their ids.
    pub tasks: Vec<String>,
    /// The last lines that one of them printed.
    pub last_lines: Vec<String>,
    #[serde(skip)]
    rank: Rank,
}

impl Finding {
    /// A finding by a rule.
    pub fn by(rule: &Rule, evidence: impl Into<String>) -> Self {
        let severity = match rule.rank {
            Rank::Note => Severity::Note,
            _ => Severity::Error,
        };
        Self {
            rule: rule.name.to_owned(),
            severity,
            cause: rule.cause.to_owned(),
            advice: rule.advice.to_owned(),
            evidence: vec![evidence.into()],
            tasks: Vec::new(),
            last_lines: Vec::new(),
            rank: rule.rank,
        }
    }

    /// A finding of our own.
    pub fn own(
        name: &str,
        rank: Rank,
        cause: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let severity = match rank {
            Rank::Note => Severity::Note,
            _ => Severity::Error,
        };
        Self {
            rule: name.to_owned(),
            severity,
            cause: cause.into(),
            advice: advice.into(),
            evidence: Vec::new(),
            tasks: Vec::new(),
            last_lines: Vec::new(),
            rank,
        }
    }

    /// Adds what AWS says.
    #[must_use]
    pub fn saying(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    /// Says which task it is about, and what that printed last.
    #[must_use]
    pub fn of_task(mut self, id: &str, last_lines: Vec<String>) -> Self {
        self.tasks.push(id.to_owned());
        self.last_lines = last_lines;
        self
    }

    /// Tells it as something that is over.
    #[must_use]
    pub fn past(mut self) -> Self {
        self.severity = Severity::Note;
        self.rank = Rank::Note;
        self.advice = "nothing now: it is over".to_owned();
        self
    }
}

/// The same found of several tasks is one finding; the most likely cause is the first.
pub fn in_order(found: Vec<Finding>) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    for one in found {
        let same = all
            .iter_mut()
            .find(|other| other.rule == one.rule && other.severity == one.severity);
        let Some(other) = same else {
            all.push(one);
            continue;
        };
        for evidence in one.evidence {
            if !other.evidence.contains(&evidence) {
                other.evidence.push(evidence);
            }
        }
        for task in one.tasks {
            if !other.tasks.contains(&task) {
                other.tasks.push(task);
            }
        }
        if other.last_lines.is_empty() {
            other.last_lines = one.last_lines;
        }
    }
    all.sort_by_key(|one| (one.rank, std::cmp::Reverse(one.tasks.len())));
    all
}

/// Whether something is wrong.
pub fn is_wrong(findings: &[Finding]) -> bool {
    findings.iter().any(|one| one.severity == Severity::Error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::rules::of_text;

    fn found(text: &str, task: &str) -> Finding {
        Finding::by(of_text(text).unwrap(), text).of_task(task, Vec::new())
    }

    #[test]
    fn the_same_of_several_tasks_is_one_and_causes_come_first() {
        let all = in_order(vec![
            found("Your Spot Task was interrupted.", "1"),
            found("Task failed ELB health checks in x", "2"),
            found("OutOfMemoryError: Container killed", "3"),
            found("Task failed ELB health checks in x", "4"),
        ]);
        let rules: Vec<&str> = all.iter().map(|one| one.rule.as_str()).collect();
        assert_eq!(
            rules,
            ["out-of-memory", "health-failed", "spot-interruption"]
        );
        assert_eq!(all[1].tasks, ["2", "4"]);
        assert_eq!(all[1].evidence.len(), 1);
        assert!(is_wrong(&all) && !is_wrong(&all[2..]));
    }

    #[test]
    fn what_is_over_is_a_note() {
        assert!(!is_wrong(&[found("OutOfMemoryError", "1").past()]));
    }
}
