//! What AWS answers to a delete.

use crate::error::Result;

/// The answer to a delete that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// AWS has deleted the resource, or is deleting it.
    Accepted,
    /// AWS answers with success, also where it does not know the resource.
    Unconfirmed,
    /// AWS does not know the resource. It may exist nevertheless, where it was created a moment ago.
    NotFound,
}

impl Deletion {
    /// The answer to a delete of a resource that AWS reports as missing with one of the error codes `not_found`.
    ///
    /// These are the codes of the resource itself, or of what it is a part of, such as the role of a policy. AWS can
    /// answer with the code of something else while the resource exists: ReleaseAddress does with that of a network
    /// interface (<https://github.com/hashicorp/terraform-provider-aws/issues/49299>).
    pub fn of<T>(answer: Result<T>, not_found: &[&str]) -> Result<Self> {
        match answer {
            Ok(_) => Ok(Deletion::Accepted),
            Err(error) if error.is(not_found) => Ok(Deletion::NotFound),
            Err(error) => Err(error),
        }
    }

    /// The same for a call that succeeds also where the resource does not exist.
    pub fn or_unconfirmed(self) -> Self {
        match self {
            Deletion::Accepted | Deletion::Unconfirmed => Deletion::Unconfirmed,
            Deletion::NotFound => Deletion::NotFound,
        }
    }
}
