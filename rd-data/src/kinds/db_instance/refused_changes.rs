//! The changes that a plan refuses: those that would lose data, and those that RDS does not make.

use super::model::{Live, Spec};
use crate::engine_version::Version;
use rd_common::{Change, Error, Result};

/// Refuses a replacement, storage that shrinks or grows too little, and a version that is lower or of another major
/// version that `allow_major_upgrade` does not allow.
pub fn check(spec: &Spec, live: &Live, changes: &[Change]) -> Result<()> {
    if let Some(change) = changes.iter().find(|change| change.replaces) {
        let (what, hint) = if change.path == "state" {
            (
                format!("the instance is {}", live.status),
                "see its events in the RDS console; if it holds no data yet, delete it there and apply again, otherwise \
                 restore its data into a new instance: rd-data restore",
            )
        } else {
            (
                format!(
                    "`{}` cannot be changed: a new, empty database would take the place of the current one",
                    change.path
                ),
                "nothing was changed; restore the old value in rd.toml; to move the data, create another environment and \
                 restore a snapshot into it",
            )
        };
        return Err(Error::refused(what).hint(hint));
    }
    for change in changes {
        match change.path.as_str() {
            "allocated_storage" => check_storage(live.allocated_storage, spec.allocated_storage)?,
            "max_allocated_storage" => check_limit(spec, live)?,
            "engine_version" => check_version(spec, live)?,
            _ => {}
        }
    }
    Ok(())
}

/// RDS grows a volume by at least 10 %, and never shrinks one.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html>
fn check_storage(live: i32, desired: i32) -> Result<()> {
    if desired < live {
        return Err(Error::refused(format!(
            "allocated_storage cannot be lowered from {live} GiB to {desired}: RDS never shrinks a volume"
        ))
        .hint("nothing was changed; restore the old value in rd.toml, or dump the data into a new, smaller database"));
    }
    let least = live + (live + 9) / 10;
    if desired > live && desired < least {
        return Err(Error::refused(format!(
            "allocated_storage cannot be raised from {live} GiB to {desired}: RDS raises it by at least 10 %, to {least}"
        ))
        .hint(format!("nothing was changed; set {least} or more in rd.toml")));
    }
    Ok(())
}

/// RDS wants a limit that is at least 10 % above the storage, which may have grown.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html>
fn check_limit(spec: &Spec, live: &Live) -> Result<()> {
    let size = live.allocated_storage.max(spec.allocated_storage);
    let least = size + (size + 9) / 10;
    let limit = spec.max_allocated_storage;
    if limit == 0 || limit >= least {
        return Ok(());
    }
    Err(Error::refused(format!(
        "max_allocated_storage cannot be {limit} GiB: the instance has {size} GiB of storage"
    ))
    .hint(format!(
        "nothing was changed; set {least} or more in rd.toml, or 0 for no more growth"
    )))
}

fn check_version(spec: &Spec, live: &Live) -> Result<()> {
    let (Some(desired), Some(current)) = (
        Version::parse(&spec.engine_version),
        Version::parse(&live.engine_version),
    ) else {
        return Ok(());
    };
    if desired.major < current.major {
        return Err(Error::refused(format!(
            "PostgreSQL cannot be downgraded from {} to {}",
            live.engine_version, spec.engine_version
        ))
        .hint("nothing was changed; restore the old engine_version in rd.toml"));
    }
    if desired.major > current.major && !spec.allow_major_upgrade {
        return Err(Error::refused(format!(
            "PostgreSQL {} to {} is a major upgrade: it takes minutes without a database, and cannot be undone",
            live.engine_version, spec.engine_version
        ))
        .hint("nothing was changed; take a snapshot (rd-data snapshot --wait), try the upgrade on a restored copy, then set allow_major_upgrade = true in [data]"));
    }
    Ok(())
}
