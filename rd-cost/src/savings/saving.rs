//! A way to pay less.

use super::reason;
use rd_common::Error;
use rust_decimal::Decimal;

/// What is said of a saving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It can be done.
    Possible,
    /// What it is for is younger than 30 days.
    TooNew,
    /// It could not be read.
    NotChecked,
}

impl Outcome {
    /// The word for it in records.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Possible => "possible",
            Outcome::TooNew => "too_new",
            Outcome::NotChecked => "not_checked",
        }
    }
}

/// What is paid for a term, used or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// The months of the term.
    pub months: i64,
    /// What is paid at the start, in US dollars.
    pub upfront: Decimal,
    /// From which month of use on all of it has cost less than on demand.
    pub break_even: Decimal,
}

/// A way to pay less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    /// What kind of change it is, such as `valkey`.
    pub kind: &'static str,
    /// The address or the id of what it is for; empty for a kind that could not be read.
    pub resource: String,
    /// What is said of it.
    pub outcome: Outcome,
    /// What a month costs less, in US dollars; none where a price is not known.
    pub usd_month: Option<Decimal>,
    /// What is paid for a term; none for a change that can be taken back.
    pub commitment: Option<Commitment>,
    /// What is to be changed, and why it saves.
    pub why: String,
    /// What it costs otherwise.
    pub risk: String,
    /// The change of `rd.toml`, the command, or the page of AWS.
    pub change: String,
}

impl Saving {
    /// A change that can be taken back.
    pub fn new(
        kind: &'static str,
        resource: &str,
        usd_month: Option<Decimal>,
        [why, risk, change]: [String; 3],
    ) -> Self {
        Self {
            kind,
            resource: resource.to_owned(),
            outcome: Outcome::Possible,
            usd_month,
            commitment: None,
            why,
            risk,
            change,
        }
    }

    /// Why there is no commitment yet.
    pub fn too_new(kind: &'static str, resource: &str) -> Self {
        let why = "younger than 30 days: too new for a commitment".to_owned();
        Self {
            outcome: Outcome::TooNew,
            ..Self::new(kind, resource, None, [why, String::new(), String::new()])
        }
    }

    /// Why there is no commitment for what the settings change.
    pub fn changing(kind: &'static str, resource: &str, asked: &str, runs: &str) -> Self {
        let why = format!("the settings ask for {asked}, and {runs} runs: apply that first");
        Self {
            outcome: Outcome::NotChecked,
            ..Self::new(kind, resource, None, [why, String::new(), String::new()])
        }
    }

    /// A kind that could not be read.
    pub fn not_checked(kind: &'static str, error: &Error) -> Self {
        Self {
            outcome: Outcome::NotChecked,
            ..Self::new(
                kind,
                "",
                None,
                [reason(error), String::new(), String::new()],
            )
        }
    }
}

impl Commitment {
    /// What is paid for `months`: `upfront`, and `monthly` each month, instead of `on_demand` a month. With what it saves a
    /// month. None where it saves nothing.
    pub fn instead_of(
        on_demand: Decimal,
        months: i64,
        upfront: Decimal,
        monthly: Decimal,
    ) -> Option<(Self, Decimal)> {
        let term = Decimal::from(months);
        let whole = upfront + monthly * term;
        let saved = on_demand - whole / term;
        let one = Self {
            months,
            upfront,
            break_even: (whole / on_demand.max(Decimal::new(1, 9))).ceil(),
        };
        (saved > Decimal::ZERO).then_some((one, saved))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_pays_off_in_the_month_in_which_all_of_it_is_less() {
        let of = |on_demand: i64, upfront: i64, monthly: i64| {
            Commitment::instead_of(on_demand.into(), 12, upfront.into(), monthly.into())
        };
        let (one, saved) = of(100, 0, 70).unwrap();
        assert_eq!((saved, one.break_even), (30.into(), 9.into()));
        let (one, saved) = of(100, 600, 10).unwrap();
        assert_eq!((saved, one.break_even), (40.into(), 8.into()));
        assert_eq!(of(100, 0, 100), None);
        assert_eq!(of(0, 0, 1), None);
    }
}
