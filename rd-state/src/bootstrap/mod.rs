//! Creates the bucket and the table of the shared store, and sets what the store relies on. Each step reads first, and
//! changes only what differs, so that it can be interrupted and run again.

pub mod bucket;
pub mod patiently;
pub mod table;

/// What a step found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is about, such as `bucket shop-state: versioning`.
    pub what: String,
    /// Whether it changed something.
    pub changed: bool,
}

impl Step {
    /// A step that left everything as it was.
    pub fn kept(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            changed: false,
        }
    }
}

/// The tag that says that a bucket or a table is a store of states, made by rd.
pub const STORE_TAG: (&str, &str) = ("rd:store", "states");
