//! The report of a `check` command: each step, whether it passed, and why.

use crate::exit::Exit;
use crate::output::printer::Printer;
use crate::output::style::{BOLD, ERROR, OK, paint};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A step of a check with its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    /// What was checked, such as `api → db:5432`.
    pub step: String,
    /// Whether the check passed.
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

/// Prints the steps of a check. For people that is one line each, and a last one with the verdict on `subject`; for
/// programs one JSON document with the members of `head`, then `verdict_key`, then `steps`.
pub struct CheckReport<'a> {
    /// What the check was about, such as the name of the service.
    pub subject: &'a str,
    /// The first members of the JSON document.
    pub head: Map<String, Value>,
    /// The JSON member that says whether every step passed.
    pub verdict_key: &'a str,
    /// The verdict for people where every step passed.
    pub passed: &'a str,
    /// The verdict for people where a step failed.
    pub failed: &'a str,
}

impl CheckReport<'_> {
    /// Prints the report. Returns [`Exit::Failed`] where a step failed.
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

/// A step as text for people, with its line feed.
pub fn line(step: &CheckStep) -> String {
    let mark = if step.ok {
        paint(OK, "✓")
    } else {
        paint(ERROR, "✗")
    };
    format!("{mark} {}: {}\n", step.step, step.reason)
}
