//! The changes that a plan refuses: those that ElastiCache does not make, and those that lose the data.

use super::model::{Live, Spec};
use crate::engine::{is_older, satisfies};
use rd_common::{Change, Error, Result};

/// Fields whose change would replace the group, and so empty the cache. Nobody means that with a group that was imported,
/// or whose key was changed in the settings.
const KEPT: [&str; 4] = [
    "at_rest_encryption",
    "transit_encryption",
    "kms_key",
    "subnet_group",
];

/// Refuses a replacement that nobody has asked for, and a lower version of the same engine, unless the group is replaced
/// anyway.
pub fn validate(spec: &Spec, live: &Live, changes: &[Change]) -> Result<()> {
    let kept = |change: &&Change| change.replaces && KEPT.contains(&change.path.as_str());
    if let Some(change) = changes.iter().find(kept) {
        let hint = if change.path == "transit_encryption" {
            "nothing was changed; turn on encryption in transit with the AWS CLI first, with the mode preferred and then \
             required (Redis 7.0.5 and later): aws elasticache modify-replication-group --transit-encryption-enabled \
             --transit-encryption-mode preferred --apply-immediately"
        } else {
            "nothing was changed; restore the old value in rd.toml; to start with an empty cache, set another `name` in \
             [cache] and apply"
        };
        return Err(Error::refused(format!(
            "`{}` cannot be changed: a new, empty cache would take the place of the current one",
            change.path
        ))
        .hint(hint));
    }
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
