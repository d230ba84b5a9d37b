//! The outputs of other slices that decide which resources a slice has, such as how many NAT gateways there are to
//! watch.
//!
//! Most outputs of other slices only fill in values: a spec refers to them, and they may arrive while an apply runs.
//! The outputs here are needed earlier, because the list of resources itself depends on them. A slice names them in
//! [`crate::Slice::OPTIONAL_INPUTS`] and [`crate::Slice::REQUIRED_INPUTS`], and gets them in
//! [`crate::Slice::use_outputs`].

use crate::outputs::Output;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// Where the outputs of a slice come from.
#[derive(Clone, Debug)]
enum Source {
    /// From its program, which is upstream in the pipe and gives all of its outputs. These have arrived.
    Pipe(BTreeMap<String, Value>),
    /// From its state: these are all.
    State(BTreeMap<String, Value>),
}

/// The inputs of a slice: for each slice that it names, the outputs, or nothing where that slice does not exist.
#[derive(Clone, Debug, Default)]
pub struct ExternalOutputs {
    sources: BTreeMap<String, Source>,
}

impl ExternalOutputs {
    /// Adds a slice whose program is in the pipe, with the outputs that have arrived.
    pub fn add_from_pipe(&mut self, slice: &str, arrived: BTreeMap<String, Value>) {
        self.sources.insert(slice.to_owned(), Source::Pipe(arrived));
    }

    /// Adds a slice with the outputs in its state.
    pub fn add_from_state(&mut self, slice: &str, outputs: BTreeMap<String, Value>) {
        self.sources
            .insert(slice.to_owned(), Source::State(outputs));
    }

    /// Whether its slice gives this output, now or later in the pipe. A slice that was never applied, or was destroyed,
    /// gives none.
    pub fn gives<T, N: AsRef<str>>(&self, output: &Output<T, N>) -> bool {
        match self.sources.get(output.slice()) {
            Some(Source::Pipe(_)) => true,
            Some(Source::State(outputs)) => outputs.contains_key(output.name()),
            None => false,
        }
    }

    /// The value of an input; none where the slice does not give it, or where it is known only after apply.
    pub fn value<T: DeserializeOwned, N: AsRef<str>>(&self, output: &Output<T, N>) -> Option<T> {
        match self.sources.get(output.slice())? {
            Source::Pipe(outputs) | Source::State(outputs) => {
                T::deserialize(outputs.get(output.name())?).ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outputs::{cache, data, net};
    use serde_json::json;

    #[test]
    fn a_program_in_the_pipe_gives_all_outputs_and_a_state_only_its_own() {
        let mut others = ExternalOutputs::default();
        let outputs = |name: &str, value| BTreeMap::from([(name.to_owned(), value)]);
        others.add_from_pipe("net", outputs("nat_gateway_zones", json!(["a", "b"])));
        others.add_from_state("data", outputs("host", json!("h")));
        assert!(others.gives(&net::VPC_ID) && others.gives(&data::HOST));
        assert!(!others.gives(&data::PORT) && !others.gives(&cache::HOST));
        let zones = others.value(&net::NAT_GATEWAY_ZONES);
        assert_eq!(zones, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(others.value(&net::VPC_ID), None);
        assert_eq!(others.value(&data::HOST).as_deref(), Some("h"));
    }

    #[test]
    fn a_value_of_another_type_is_none() {
        let mut others = ExternalOutputs::default();
        others.add_from_state("cache", [("nodes".to_owned(), json!("two"))].into());
        assert_eq!(others.value(&cache::NODES), None);
    }
}
