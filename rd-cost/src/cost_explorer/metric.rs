//! How an amount is counted.

/// A metric of Cost Explorer, as `--metric` names it.
/// <https://docs.aws.amazon.com/cost-management/latest/userguide/ce-advanced.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Metric {
    /// What is on the bill of the day
    Unblended,
    /// With what was paid in advance spread over its term
    Amortized,
    /// After discounts that AWS grants on the whole bill
    Net,
    /// At list prices, before any discount
    List,
}

impl Metric {
    /// The word of `--metric`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unblended => "unblended",
            Self::Amortized => "amortized",
            Self::Net => "net",
            Self::List => "list",
        }
    }

    /// AWS's names, in the order in which they are tried: an account refuses some.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Unblended => &["UnblendedCost"],
            Self::Amortized => &["AmortizedCost"],
            Self::Net => &["NetUnblendedCost", "UnblendedCost"],
            Self::List => &["PublicOnDemandCost", "ListCost"],
        }
    }
}
