//! Findings: a likely cause, what to do, and AWS's own words.

use super::rules::{Rank, Rule};
use serde::Serialize;

/// Whether a finding needs action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A problem that needs action; the exit code is then 1.
    Error,
    /// Worth knowing, but not a problem.
    Note,
}

/// One finding, about the service or about tasks with the same problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the rule, stable for programs.
    pub rule: String,
    /// Whether it needs action.
    pub severity: Severity,
    /// Whether it is over: it came before the service was steady, or before the newest deployment.
    pub over: bool,
    /// The likely cause, in one sentence.
    pub cause: String,
    /// What to do about it.
    pub advice: String,
    /// AWS's own words, each text once.
    pub evidence: Vec<String>,
    /// The ids of the tasks that it is about.
    pub tasks: Vec<String>,
    /// The last log lines of the first of these tasks that has any.
    pub last_lines: Vec<String>,
    #[serde(skip)]
    rank: Rank,
}

impl Finding {
    /// A finding that a rule made of AWS's text `evidence`.
    pub fn by(rule: &Rule, evidence: impl Into<String>) -> Self {
        let severity = match rule.rank {
            Rank::Note => Severity::Note,
            _ => Severity::Error,
        };
        Self {
            rule: rule.name.to_owned(),
            severity,
            over: false,
            cause: rule.cause.to_owned(),
            advice: rule.advice.to_owned(),
            evidence: vec![evidence.into()],
            tasks: Vec::new(),
            last_lines: Vec::new(),
            rank: rule.rank,
        }
    }

    /// A finding that no text of AWS's led to, with a name, cause and advice of its own.
    pub fn new(
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
            over: false,
            cause: cause.into(),
            advice: advice.into(),
            evidence: Vec::new(),
            tasks: Vec::new(),
            last_lines: Vec::new(),
            rank,
        }
    }

    /// Turns it into a note, which counts as nothing wrong.
    #[must_use]
    pub fn into_note(mut self) -> Self {
        self.severity = Severity::Note;
        self.rank = Rank::Note;
        self
    }

    /// Adds a text that supports the finding.
    #[must_use]
    pub fn with_evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    /// Names the task that it is about, with its last log lines.
    #[must_use]
    pub fn of_task(mut self, id: &str, last_lines: Vec<String>) -> Self {
        self.tasks.push(id.to_owned());
        self.last_lines = last_lines;
        self
    }

    /// Turns it into a note, because it is over.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.severity = Severity::Note;
        self.over = true;
        self.advice = "no action needed: it is over".to_owned();
        self
    }
}

/// Merges the findings of the same rule into one, and sorts them: what is over last, and the most likely cause first.
pub fn merge_and_sort(found: Vec<Finding>) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    for one in found {
        let same = all.iter_mut().find(|other| {
            (&other.rule, other.severity, other.over) == (&one.rule, one.severity, one.over)
        });
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
    all.sort_by_key(|one| (one.over, one.rank, std::cmp::Reverse(one.tasks.len())));
    all
}

/// How the advice for a consequence begins, where its cause is another finding.
const ABOVE: &str = "fix the findings above";
/// How it begins where there is no such finding.
const NO_CAUSE: &str = "AWS names no cause yet: run rd-ecs diagnose again in a minute, and read what the tasks printed, rd-logs search --since 15m";

/// Changes the advice that points to a cause where no cause was found.
pub fn without_cause(mut all: Vec<Finding>) -> Vec<Finding> {
    let is_cause = |one: &Finding| !one.over && one.rank < Rank::Consequence;
    if !all.iter().any(is_cause) {
        for one in &mut all {
            one.advice = one.advice.replace(ABOVE, NO_CAUSE);
        }
    }
    all
}

/// Whether a finding needs action.
pub fn has_errors(findings: &[Finding]) -> bool {
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
    fn findings_of_the_same_rule_are_merged_and_causes_come_first() {
        let all = merge_and_sort(vec![
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
        assert!(has_errors(&all) && !has_errors(&all[2..]));
    }

    #[test]
    fn advice_points_to_a_cause_only_where_there_is_one() {
        let failed = || {
            found(
                "(deployment 1) deployment failed: tasks failed to start.",
                "1",
            )
        };
        let alone = without_cause(vec![failed(), found("OutOfMemoryError", "2").settled()]);
        assert!(
            alone[0].advice.starts_with("AWS names no cause yet"),
            "{}",
            alone[0].advice
        );
        let caused = without_cause(vec![found("OutOfMemoryError", "2"), failed()]);
        assert!(caused[1].advice.starts_with(ABOVE), "{}", caused[1].advice);
    }

    #[test]
    fn what_is_over_comes_last() {
        let all = merge_and_sort(vec![
            found("OutOfMemoryError: Container killed", "1").settled(),
            found("Task failed ELB health checks in x", "2"),
            found("Your Spot Task was interrupted.", "3"),
        ]);
        let rules: Vec<(&str, bool)> = all
            .iter()
            .map(|one| (one.rule.as_str(), one.over))
            .collect();
        assert_eq!(
            rules,
            [
                ("health-failed", false),
                ("spot-interruption", false),
                ("out-of-memory", true)
            ]
        );
    }

    #[test]
    fn a_settled_finding_is_a_note() {
        assert!(!has_errors(&[found("OutOfMemoryError", "1").settled()]));
    }
}
