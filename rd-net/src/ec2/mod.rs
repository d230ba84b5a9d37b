//! What the EC2 kinds share: from addresses to queries and back, tags, errors of changes and deletes, rules that rd does
//! not manage, and what keeps a resource in use.

pub mod change_errors;
pub mod delete_errors;
pub mod find;
pub mod holders;
pub mod network_interfaces;
pub mod tags;
pub mod unmanaged_rules;

use rd_common::{Error, Retry};

/// Any IPv4 address, in CIDR notation.
pub const ANY_IPV4: &str = "0.0.0.0/0";

/// The names of the stack's security groups in its settings and addresses.
pub const GROUP_NAMES: [&str; 5] = ["alb", "api", "db", "redis", "endpoints"];

/// The error for an answer that misses `what`, such as the id of a created resource. The engine reads before it
/// retries.
pub fn incomplete_answer(what: &str) -> Error {
    Error::failed(format!("AWS's answer has no {what}")).retry(Retry::Unknown)
}

/// Whether an error has a code of EC2 for something that does not exist, or that EC2 does not know yet.
fn is_not_found(error: &Error) -> bool {
    let code = error.code.as_deref();
    code.is_some_and(|code| code.ends_with("NotFound"))
}
