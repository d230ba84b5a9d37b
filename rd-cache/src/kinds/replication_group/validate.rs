//! The changes that a plan refuses, because ElastiCache does not make them.

use super::model::{Live, Spec};
use crate::engine::{is_older, satisfies};
use rd_common::{Change, Error, Result};

/// Refuses a lower version of the same engine, unless the group is replaced anyway.
pub fn validate(spec: &Spec, live: &Live, changes: &[Change]) -> Result<()> {
    let replaces = changes.iter().any(|change| change.replaces);
    let Some(version) = &live.engine_version else {
        return Ok(());
    };
    let same_engine = live
        .engine
        .as_ref()
        .is_none_or(|engine| *engine == spec.engine);
    if !replaces
        && same_engine
        && !satisfies(version, &spec.engine_version)
        && is_older(&spec.engine_version, version)
    {
        return Err(Error::refused(format!(
            "{} cannot be downgraded from {version} to {}",
            spec.engine, spec.engine_version
        ))
        .hint("nothing was changed; restore the old engine_version in [cache]"));
    }
    Ok(())
}
