//! What other slices give, as a slice sees it before it makes its parts list.

use serde_json::Value;
use std::collections::BTreeMap;

/// What one slice gives.
#[derive(Clone, Debug)]
enum Given {
    /// Its program is in the pipe: all of its outputs come; these have.
    Coming(BTreeMap<String, Value>),
    /// Its outputs in the store.
    Stored(BTreeMap<String, Value>),
}

/// The slices that a slice looks at ([`crate::Slice::LOOKS_AT`], [`crate::Slice::READS`]), and what they give.
#[derive(Clone, Debug, Default)]
pub struct ExternalOutputs {
    given: BTreeMap<String, Given>,
}

impl ExternalOutputs {
    /// Adds a slice whose program is in the pipe, with the outputs that were waited for.
    pub fn coming(&mut self, slice: &str, seen: BTreeMap<String, Value>) {
        self.given.insert(slice.to_owned(), Given::Coming(seen));
    }

    /// Adds a slice with its outputs in the store.
    pub fn stored(&mut self, slice: &str, outputs: BTreeMap<String, Value>) {
        self.given.insert(slice.to_owned(), Given::Stored(outputs));
    }

    /// Whether an output is there, or is to come down the pipe. A slice that was never applied gives none, nor does one
    /// that was destroyed.
    pub fn gives(&self, slice: &str, output: &str) -> bool {
        match self.given.get(slice) {
            Some(Given::Coming(_)) => true,
            Some(Given::Stored(outputs)) => outputs.contains_key(output),
            None => false,
        }
    }

    /// The value of an output that was looked at; none where it is not there, or known only after apply.
    pub fn value(&self, slice: &str, output: &str) -> Option<&Value> {
        match self.given.get(slice)? {
            Given::Coming(outputs) | Given::Stored(outputs) => outputs.get(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_in_the_pipe_comes_and_what_is_stored_is_there() {
        let mut others = ExternalOutputs::default();
        others.coming("net", BTreeMap::from([("zones".to_owned(), json!(2))]));
        others.stored("data", BTreeMap::from([("host".to_owned(), json!("h"))]));
        assert!(others.gives("net", "vpc_id") && others.gives("data", "host"));
        assert!(!others.gives("data", "port") && !others.gives("cache", "host"));
        assert_eq!(others.value("net", "zones"), Some(&json!(2)));
        assert_eq!(others.value("net", "vpc_id"), None);
        assert_eq!(others.value("data", "host"), Some(&json!("h")));
    }
}
