//! The report of a `check` command: each step, whether it passed, and why.

use crate::exit::Exit;
use crate::output::printer::Printer;
use crate::output::style::{BOLD, ERROR, OK, WARN, paint};
use crate::resource::kind::Readiness;
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
    /// Whether it passed although something about it is not good, or was not checked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warning: bool,
}

impl CheckStep {
    /// A step with its result.
    pub fn new(step: impl Into<String>, ok: bool, reason: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            ok,
            reason: reason.into(),
            warning: false,
        }
    }

    /// A step for the state of a resource with an endpoint. `status` is AWS's word, and `console` where its events are shown.
    pub fn of_readiness(
        step: &str,
        readiness: Readiness,
        status: &str,
        endpoint: Option<&str>,
        console: &str,
    ) -> Self {
        let failed = |reason: String| Self::new(step, false, reason);
        match readiness {
            Readiness::Ready => {
                let endpoint = endpoint.unwrap_or("(no endpoint)");
                Self::new(step, true, format!("{status}, {endpoint}"))
            }
            Readiness::Impaired(reason, hint) => failed(format!("{reason}: {hint}")),
            Readiness::Failed(reason) => failed(format!(
                "{reason}: fix the cause; the next apply replaces it"
            )),
            Readiness::Pending(reason) | Readiness::Leaving(reason) => failed(format!(
                "{reason}: wait, or see its events in the {console} console"
            )),
        }
    }

    /// A step that passed, although something about it is not good, or was not checked.
    pub fn warning(step: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            warning: true,
            ..Self::new(step, true, reason)
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
    let mark = match (step.ok, step.warning) {
        (true, false) => paint(OK, "✓"),
        (true, true) => paint(WARN, "!"),
        (false, _) => paint(ERROR, "✗"),
    };
    format!("{mark} {}: {}\n", step.step, step.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_means_that_nothing_is_wrong() {
        let mark = |step: CheckStep| line(&step).contains('✓');
        assert!(mark(CheckStep::new("a", true, "b")));
        assert!(!mark(CheckStep::warning("TLS", "plain HTTP")));
        assert!(!mark(CheckStep::new("a", false, "b")));
        let warning = CheckStep::warning("TLS", "plain HTTP");
        assert!(warning.ok, "it does not fail the check");
        let json = serde_json::to_string(&CheckStep::new("a", true, "b")).unwrap_or_default();
        assert!(!json.contains("warning"), "{json}");
    }
}
