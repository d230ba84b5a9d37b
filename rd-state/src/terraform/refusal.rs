//! Why something that Terraform wrote is not adopted, and what to do about it.

use rd_common::Error;

/// Where a state comes from.
pub const HOW_TO_GET_ONE: &str = "pass a terraform.tfstate, or what `terraform state pull` or `terraform show -json` \
                                  prints";

/// A reason, as a clause that follows the name of the file, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, such as `has version 3`.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

impl Refusal {
    /// A refusal with this reason and hint.
    pub fn new(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            hint: hint.into(),
        }
    }

    /// The error for the file at `place`.
    pub fn of(self, place: &str) -> Error {
        Error::refused(format!("{place} {}", self.reason))
            .hint(format!("nothing was changed; {}", self.hint))
    }
}
