//! What a check found.

use crate::observed::{Metric, Numbers};
use rd_common::Error;
use rust_decimal::Decimal;

/// What is said of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is paid for and not used, or far larger than its use.
    Wasted,
    /// It is not used yet, and younger than the days that were looked at.
    TooNew,
    /// It could not be read, or CloudWatch has no number for it.
    NotChecked,
}

impl Verdict {
    /// The word for it in records.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Wasted => "wasted",
            Verdict::TooNew => "too_new",
            Verdict::NotChecked => "not_checked",
        }
    }
}

/// A resource, or a kind that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The kind that was checked, such as `nat_gateway`.
    pub kind: &'static str,
    /// The id or the name at AWS; empty for a whole kind.
    pub resource: String,
    /// The address, if a state has it.
    pub address: Option<String>,
    /// What is said of it.
    pub verdict: Verdict,
    /// What it costs in a month for nothing; none where no price or size is known.
    pub usd_month: Option<Decimal>,
    /// What was seen that makes it waste.
    pub why: String,
    /// The command that ends it; none where nothing is to be done.
    pub command: Option<String>,
}

impl Finding {
    /// A resource that is wasted.
    pub fn wasted(
        resource: &str,
        usd_month: Option<Decimal>,
        why: String,
        command: String,
    ) -> Self {
        Self {
            kind: "",
            resource: resource.to_owned(),
            address: None,
            verdict: Verdict::Wasted,
            usd_month,
            why,
            command: Some(command),
        }
    }

    /// A resource of which CloudWatch has no number.
    pub fn without_numbers(resource: &str, metric: &str) -> Self {
        Self {
            verdict: Verdict::NotChecked,
            command: None,
            ..Self::wasted(
                resource,
                None,
                format!("CloudWatch has no number for {metric}"),
                String::new(),
            )
        }
    }

    /// A kind that could not be read.
    pub fn not_checked(kind: &'static str, error: &Error) -> Self {
        let why = match &error.hint {
            Some(hint) => format!("{}; {hint}", error.summary),
            None => error.summary.clone(),
        };
        Self {
            kind,
            verdict: Verdict::NotChecked,
            command: None,
            ..Self::wasted("", None, why, String::new())
        }
    }

    /// The same of a resource that is too new to tell: nothing is to be done yet.
    #[must_use]
    pub fn too_new_if(self, too_new: bool, days: i64) -> Self {
        match too_new && self.verdict == Verdict::Wasted {
            true => Self {
                verdict: Verdict::TooNew,
                why: format!("{}; younger than {days} days: too new to tell", self.why),
                command: None,
                ..self
            },
            false => self,
        }
    }

    /// The same with the address of the state's resource.
    #[must_use]
    pub fn at(self, address: Option<String>) -> Self {
        Self { address, ..self }
    }
}

/// A number with its noun, such as `2 images`.
pub fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// Judges by numbers; none where nothing is wrong.
type Judge = Box<dyn FnOnce(&Numbers) -> Option<Finding>>;

/// A resource that is judged once the numbers of its metrics are known.
pub struct Candidate {
    /// The metrics that it is judged by; without any, it is judged by what its list says.
    pub metrics: Vec<Metric>,
    /// Judges by their numbers.
    pub judge: Judge,
}

impl Candidate {
    /// A resource that is judged by metrics.
    pub fn new(
        metrics: Vec<Metric>,
        judge: impl FnOnce(&Numbers) -> Option<Finding> + 'static,
    ) -> Self {
        Self {
            metrics,
            judge: Box::new(judge),
        }
    }

    /// What is known without numbers.
    pub fn known(finding: Finding) -> Self {
        Self::new(Vec::new(), |_| Some(finding))
    }
}
