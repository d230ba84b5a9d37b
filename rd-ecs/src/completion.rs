//! The revisions that shells complete: those that the history of the state names. AWS is not asked.

use crate::names::{SERVICE, TASK_DEFINITION, revision};
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use rd_common::completion::versions;
use std::collections::BTreeMap;

/// How many versions of the state are read.
const VERSIONS: usize = 50;

/// The numbers of the revisions that the service has run, newest first, with their images.
pub fn revisions() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let mut found: BTreeMap<i32, String> = BTreeMap::new();
        for state in versions("ecs", VERSIONS) {
            let of = |address: &str| state.resources.get(address);
            let running = of(SERVICE).and_then(|one| one.spec["task_definition"].as_str());
            let applied = of(TASK_DEFINITION).and_then(|one| one.id.as_deref());
            let Some(number) = running.or(applied).and_then(revision) else {
                continue;
            };
            let image = of(TASK_DEFINITION).and_then(|one| one.spec["image"].as_str());
            found
                .entry(number)
                .or_insert_with(|| image.unwrap_or_default().to_owned());
        }
        let newest = found.into_iter().rev();
        newest
            .map(|(number, image)| {
                CompletionCandidate::new(number.to_string()).help(Some(image.into()))
            })
            .collect()
    })
}
