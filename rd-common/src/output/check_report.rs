//! The result of a `check` command: step by step, passed or failed, with the reason.

use crate::exit::Exit;
use crate::output::printer::Printer;
use crate::output::style::{BOLD, ERROR, OK, paint};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One step of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    /// What was checked.
    pub step: String,
    /// Whether it passed.
    pub ok: bool,
    /// Why it passed or failed.
    pub reason: String,
}

impl CheckStep {
    /// A step with its result.
    pub fn new(step: impl Into<String>, ok: bool, reason: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            ok,
            reason: reason.into(),
        }
    }
}

/// Prints the steps: for people a line each, then `passed` or `failed` as the verdict on `subject`; for programs one JSON
/// document with the members of `head`, `verdict_key` and `steps`.
pub struct CheckReport<'a> {
    /// What was checked.
    pub subject: &'a str,
    /// The first members of the JSON document.
    pub head: Map<String, Value>,
    /// The JSON member that says whether every step passed.
    pub verdict_key: &'a str,
    /// The verdict where every step passed.
    pub passed: &'a str,
    /// The verdict where a step failed.
    pub failed: &'a str,
}

impl CheckReport<'_> {
    /// Prints the report; [`Exit::Failed`] where a step failed.
    pub fn show(self, printer: &Printer, steps: &[CheckStep]) -> Exit {
        let ok = steps.iter().all(|step| step.ok);
        if printer.is_json() {
            let mut document = self.head;
            document.insert(self.verdict_key.to_owned(), ok.into());
            document.insert("steps".to_owned(), serde_json::json!(steps));
            printer.text(&format!("{}\n", Value::Object(document)));
        } else {
            let mut text: String = steps.iter().map(line).collect();
            let verdict = if ok {
                paint(OK, self.passed)
            } else {
                paint(ERROR, self.failed)
            };
            text.push_str(&format!("{}: {verdict}\n", paint(BOLD, self.subject)));
            printer.text(&text);
        }
        if ok { Exit::Done } else { Exit::Failed }
    }
}

/// A step as people see it, with its end of line.
pub fn line(step: &CheckStep) -> String {
    let mark = if step.ok {
        paint(OK, "✓")
    } else {
        paint(ERROR, "✗")
    };
    format!("{mark} {}: {}\n", step.step, step.reason)
}
