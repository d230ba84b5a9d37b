//! What the kinds of autoscaling share: ids made of what is scaled and a name, and how a delete ends.

use rd_common::{Error, Found, Input, Result, Retry, Wanted};

/// `<resource>:<name>`: a service's name has no colon.
pub fn id(resource: &str, name: &str) -> String {
    format!("{resource}:{name}")
}

/// The two parts of an id.
pub fn parts(id: &str) -> Result<(&str, &str)> {
    id.split_once(':')
        .ok_or_else(|| Error::failed(format!("`{id}` is not an id of autoscaling")))
}

/// Those that have an id, known or by what their spec says is scaled and how it is called.
pub fn named<S>(
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

/// Those of `there` that were asked for.
pub fn found<S, L: Clone>(
    named: Vec<(&Wanted<S>, String)>,
    there: &[L],
    id_of: impl Fn(&L) -> String,
) -> Vec<Found<L>> {
    let found = named.into_iter().filter_map(|(one, id)| {
        let live = there.iter().find(|live| id_of(live) == id)?.clone();
        Some(Found {
            address: one.address.clone(),
            id,
            live,
            tags: None,
        })
    });
    found.collect()
}

/// How a delete ended: gone already is well, and two changes at once are one after the other.
pub fn deleted<T>(answer: Result<T>) -> Result<()> {
    match answer {
        Err(error) if error.is(&["ObjectNotFoundException"]) => Ok(()),
        Err(error) if error.is(&["ConcurrentUpdateException"]) => Err(error.retry(Retry::Later)),
        other => other.map(|_| ()),
    }
}
