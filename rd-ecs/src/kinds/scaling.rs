//! Shared by the kinds of Application Auto Scaling: their ids, `<resource>:<name>`, and the result of a delete.

use rd_common::{Deletion, Error, Found, Input, Result, Wanted};

/// The id of a policy or scheduled action: `<resource>:<name>`. A service's resource id has no colon.
pub fn id(resource: &str, name: &str) -> String {
    format!("{resource}:{name}")
}

/// Splits an id into resource and name.
pub fn split_id(id: &str) -> Result<(&str, &str)> {
    id.split_once(':').ok_or_else(|| {
        Error::failed(format!(
            "`{id}` is not the id of a scaling policy or scheduled action"
        ))
    })
}

/// The wanted resources with their ids: the known one, otherwise made of the resource and the name in the spec.
pub fn with_ids<S>(
    wanted: &[Wanted<S>],
    of: impl Fn(&S) -> (&Input, &str),
) -> Vec<(&Wanted<S>, String)> {
    let id_of = |one: &Wanted<S>| {
        let named = || {
            let (resource, name) = of(one.spec.as_ref()?);
            Some(id(resource.known()?, name))
        };
        one.id.clone().or_else(named)
    };
    wanted
        .iter()
        .filter_map(|one| Some((one, id_of(one)?)))
        .collect()
}

/// The wanted resources that are among the existing ones.
pub fn matching<S, L: Clone>(
    wanted: Vec<(&Wanted<S>, String)>,
    existing: &[L],
    id_of: impl Fn(&L) -> String,
) -> Vec<Found<L>> {
    let found = wanted.into_iter().filter_map(|(one, id)| {
        let live = existing.iter().find(|live| id_of(live) == id)?.clone();
        Some(Found {
            address: one.address.clone(),
            id,
            live,
            tags: None,
        })
    });
    found.collect()
}

/// The result of a delete.
pub fn deleted<T>(answer: Result<T>) -> Result<Deletion> {
    Deletion::of(answer, &["ObjectNotFoundException"])
}
