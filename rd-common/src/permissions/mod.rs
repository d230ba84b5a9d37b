//! What IAM asks for the calls of a program: a table of its AWS API operations, from which `policy` prints the least
//! policy, and by which a rejected call says what it needed.
//!
//! A slice has one table ([`crate::Slice::CALLS`]), and gives the names in it their ARNs ([`crate::Slice::resources`]). A
//! debug build refuses a call that has no row for the command in use: so every test of a program tests its table.
//!
//! The actions, resource types and condition keys of each operation are those of the Service Authorization Reference:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

mod call;
mod needed;
mod policy;
mod resources;

pub use call::{Call, Condition, Grant, needs};
pub use needed::{Permissions, use_of};
pub use policy::document;
pub(crate) use policy::unused_names;
pub use resources::Resources;

/// The calls that every program makes: whose account it is, and what the stack has.
pub const OF_EVERY_PROGRAM: &[Call] = &[
    // AWS asks for no permission: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    needs("STS", "GetCallerIdentity", "*", &[]),
    needs(
        "Resource Groups Tagging API",
        "GetResources",
        "plan",
        &[Grant::any("tag:GetResources")],
    ),
];
