//! Until when AWS supports a major version without charging for Extended Support.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support.html>

use super::model::{ENGINE, Spec};
use crate::clients::Clients;
use crate::engine_version::Version;
use aws_sdk_rds::types::{DbMajorEngineVersion, LifecycleSupportName};
use jiff::{SignedDuration, Timestamp};
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Note, Result, Retry};

/// How long before the end of standard support it is warned of.
const NEAR: SignedDuration = SignedDuration::from_hours(180 * 24);

/// When the standard support of a major version ends; none if AWS does not say, or the credentials do not allow the call.
pub async fn standard_support_until(clients: &Clients, major: u32) -> Result<Option<Timestamp>> {
    let call = clients.rds.describe_db_major_engine_versions();
    let call = call.engine(ENGINE).major_engine_version(major.to_string());
    let answer = match call
        .send()
        .await
        .doing("read until when the version is supported")
    {
        Err(error) if error.retry == Retry::Never => return Ok(None),
        other => other?,
    };
    let versions = answer.db_major_engine_versions().iter();
    let lifecycles = versions.flat_map(DbMajorEngineVersion::supported_engine_lifecycles);
    let mut standard = lifecycles.filter(|one| {
        one.lifecycle_support_name() == Some(&LifecycleSupportName::OpenSourceRdsStandardSupport)
    });
    let end = standard.find_map(|one| one.lifecycle_support_end_date());
    Ok(end.and_then(|end| Timestamp::from_second(end.secs()).ok()))
}

/// Checks the version of a spec: one past its standard support cannot be created without Extended Support.
pub async fn check(ctx: &Ctx<Clients>, spec: &Spec, is_new: bool) -> Result<Vec<Note>> {
    let Some(version) = Version::parse(&spec.engine_version) else {
        return Ok(Vec::new());
    };
    let until = standard_support_until(&ctx.clients, version.major).await?;
    let Some(until) = until else {
        return Ok(Vec::new());
    };
    let now = Timestamp::now();
    if is_new && !spec.extended_support && now > until {
        return Err(Error::usage(format!(
            "the standard support of PostgreSQL {} ended on {}: RDS creates no instance of it without Extended Support",
            version.major,
            day(until)
        ))
        .hint("set a newer engine_version in [data], or extended_support = true, for which AWS charges"));
    }
    Ok(warning(version.major, until, now).into_iter().collect())
}

/// Refuses to restore a version that RDS would upgrade while it restores it: one past its standard support, without
/// Extended Support.
pub async fn check_restore(clients: &Clients, spec: &Spec, version: &str) -> Result<()> {
    let Some(major) = Version::parse(version).map(|version| version.major) else {
        return Ok(());
    };
    if spec.extended_support {
        return Ok(());
    }
    match standard_support_until(clients, major).await? {
        Some(until) if Timestamp::now() > until => Err(Error::refused(format!(
            "the standard support of PostgreSQL {major} ended on {}: without Extended Support, RDS would upgrade the \
             restored instance to a newer major version",
            day(until)
        ))
        .hint(
            "nothing was changed; set extended_support = true in [data], apply, restore, then upgrade; AWS charges for \
             Extended Support until the upgrade",
        )),
        _ => Ok(()),
    }
}

/// The warning of a version whose standard support has ended, or ends soon.
fn warning(major: u32, until: Timestamp, now: Timestamp) -> Option<Note> {
    let day = day(until);
    let summary = if now > until {
        format!("the standard support of PostgreSQL {major} ended on {day}")
    } else if until.duration_since(now) < NEAR {
        format!("the standard support of PostgreSQL {major} ends on {day}")
    } else {
        return None;
    };
    Some(Note {
        summary,
        hint: "after that day AWS charges for Extended Support, or upgrades an instance without it: plan the upgrade to a \
               newer engine_version"
            .to_owned(),
    })
}

/// The text of `status`: until when, or since when no more.
pub fn shown(until: Timestamp, now: Timestamp) -> String {
    let word = if now > until { "ended on" } else { "until" };
    format!("{word} {}", day(until))
}

/// The day in UTC, such as `2030-02-28`.
pub fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_standard_support_is_warned_of_in_time() {
        let until: Timestamp = "2027-02-28T23:59:59Z".parse().unwrap();
        let warned = |now: &str| {
            let note = warning(14, until, now.parse().unwrap());
            note.map(|note| note.summary)
        };
        assert_eq!(warned("2026-08-01T00:00:00Z"), None);
        let near = warned("2026-11-27T00:00:00Z").unwrap();
        assert!(near.ends_with("PostgreSQL 14 ends on 2027-02-28"), "{near}");
        let past = warned("2027-03-01T00:00:00Z").unwrap();
        assert!(
            past.ends_with("PostgreSQL 14 ended on 2027-02-28"),
            "{past}"
        );
    }
}
