//! What a `check` verb finds: step by step, yes or no, with the reason.

use crate::exit::Exit;
use crate::ui::printer::Printer;
use crate::ui::style::{BAD, GOOD, STRONG, paint};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What was looked at, and whether it is as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was looked at.
    pub step: String,
    /// Whether it is as it must be.
    pub ok: bool,
    /// Why.
    pub reason: String,
}

impl Step {
    /// A step.
    pub fn new(step: impl Into<String>, ok: bool, reason: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            ok,
            reason: reason.into(),
        }
    }
}

/// Shows the steps: lines for people with `well` or `ill` as the verdict on `what`, one JSON document with the members
/// of `head`, `verdict` and `steps` for programs. Exit 0 where every step is right, else 1.
pub struct Report<'a> {
    /// What was checked.
    pub what: &'a str,
    /// The members that the JSON document begins with.
    pub head: Map<String, Value>,
    /// The member that says whether all is right.
    pub verdict: &'a str,
    /// The words for it.
    pub well: &'a str,
    /// The words for it where something is not.
    pub ill: &'a str,
}

impl Report<'_> {
    /// Shows it.
    pub fn show(self, printer: &Printer, steps: &[Step]) -> Exit {
        let ok = steps.iter().all(|step| step.ok);
        if printer.is_json() {
            let mut document = self.head;
            document.insert(self.verdict.to_owned(), ok.into());
            document.insert("steps".to_owned(), serde_json::json!(steps));
            printer.text(&format!("{}\n", Value::Object(document)));
        } else {
            let mut text: String = steps.iter().map(line).collect();
            let verdict = if ok {
                paint(GOOD, self.well)
            } else {
                paint(BAD, self.ill)
            };
            text.push_str(&format!("{}: {verdict}\n", paint(STRONG, self.what)));
            printer.text(&text);
        }
        if ok { Exit::Done } else { Exit::Failed }
    }
}

/// A step as people see it, with its end of line.
pub fn line(step: &Step) -> String {
    let mark = if step.ok {
        paint(GOOD, "✓")
    } else {
        paint(BAD, "✗")
    };
    format!("{mark} {}: {}\n", step.step, step.reason)
}
