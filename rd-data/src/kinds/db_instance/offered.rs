//! What RDS offers in the region: versions, upgrades and instance classes. Asked where one of them is set or changes, so
//! that what AWS refuses is refused by the plan. What the credentials may not ask is not checked.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeOrderableDBInstanceOptions.html>

use super::model::{ENGINE, Live, Spec};
use super::support;
use crate::clients::Clients;
use crate::engine_version::Version;
use aws_sdk_rds::types::{DbEngineVersion, OrderableDbInstanceOption};
use rd_common::aws::Explain;
use rd_common::{Change, Ctx, Error, Note, Result, Retry, touches};

/// The fields of a spec that are checked here.
pub const CHECKED: &[&str] = &["engine_version", "instance_class", "storage_type"];

/// Refuses a version or a class that RDS does not offer; warns of a version near or past the end of its standard support.
pub async fn check(
    ctx: &Ctx<Clients>,
    spec: &Spec,
    live: Option<&Live>,
    changes: &[Change],
) -> Result<Vec<Note>> {
    if live.is_none() && spec.storage_type == "gp2" {
        return Err(Error::refused(
            "storage_type = \"gp2\" is only for a database that has such storage",
        )
        .hint(
            "nothing was changed; remove storage_type from [data]: gp3 is faster, and costs less",
        ));
    }
    let changes_version = live.is_none() || touches(changes, "engine_version");
    let (version, notes) =
        tokio::try_join!(offered_version(ctx, spec, live, changes_version), async {
            if changes_version {
                support::check(ctx, spec, live.is_none()).await
            } else {
                Ok(Vec::new())
            }
        })?;
    if let Some(version) = version {
        check_options(ctx, spec, &version).await?;
    }
    Ok(notes)
}

/// The full version that the instance has or gets; none if it is not known.
async fn offered_version(
    ctx: &Ctx<Clients>,
    spec: &Spec,
    live: Option<&Live>,
    changes_version: bool,
) -> Result<Option<String>> {
    let Some(desired) = Version::parse(&spec.engine_version) else {
        return Ok(None);
    };
    let Some(live) = live else {
        let Some(all) = versions(ctx, |call| {
            call.db_parameter_group_family(format!("{ENGINE}{}", desired.major))
        })
        .await?
        else {
            return Ok(None);
        };
        let all = all.iter().filter_map(DbEngineVersion::engine_version);
        return newest(desired, all.map(str::to_owned).collect())
            .map(Some)
            .map_err(|others| {
                let region = &ctx.stack.region;
                let version = &spec.engine_version;
                Error::usage(format!(
                    "RDS does not offer PostgreSQL {version} in {region}"
                ))
                .hint(hint(&others, "engine_version"))
            });
    };
    if !changes_version {
        return Ok(Some(live.engine_version.clone()));
    }
    let current = &live.engine_version;
    let found = versions(ctx, |call| call.engine_version(current)).await?;
    // RDS lists no version that it has withdrawn.
    let Some(found) = found.as_ref().and_then(|all| all.first()) else {
        return Ok(None);
    };
    let targets = found.valid_upgrade_target().iter();
    let targets = targets.filter_map(|target| target.engine_version().map(str::to_owned));
    newest(desired, targets.collect())
        .map(Some)
        .map_err(|others| {
            Error::usage(format!(
                "RDS cannot upgrade PostgreSQL {current} to {} in one step",
                spec.engine_version
            ))
            .hint(hint(&others, "engine_version"))
        })
}

fn hint(offered: &[String], key: &str) -> String {
    let offered = match offered {
        [] => "nothing".to_owned(),
        some => some.join(", "),
    };
    format!("nothing was changed; it offers {offered}: set one of them as {key} in [data]")
}

/// The newest of `offered` that fits the desired version; all of `offered` where none does.
fn newest(desired: Version, offered: Vec<String>) -> std::result::Result<String, Vec<String>> {
    let fits = |version: Version| {
        version.major == desired.major
            && (desired.minor.is_none() || version.minor == desired.minor)
    };
    let parsed = offered
        .iter()
        .filter_map(|text| Some((Version::parse(text)?, text)));
    let newest = parsed.filter(|(version, _)| fits(*version)).max();
    match newest {
        Some((_, text)) => Ok(text.clone()),
        None => Err(offered),
    }
}

/// The versions of PostgreSQL that RDS lists; none if the credentials do not allow the call. Which of them, says `narrow`.
async fn versions(
    ctx: &Ctx<Clients>,
    narrow: impl FnOnce(
        aws_sdk_rds::operation::describe_db_engine_versions::builders::DescribeDBEngineVersionsFluentBuilder,
    )
        -> aws_sdk_rds::operation::describe_db_engine_versions::builders::DescribeDBEngineVersionsFluentBuilder,
) -> Result<Option<Vec<DbEngineVersion>>> {
    let call = narrow(ctx.clients.rds.describe_db_engine_versions().engine(ENGINE));
    let listed = call.into_paginator().items().send().try_collect().await;
    match listed.doing("read the versions of PostgreSQL") {
        // A family that does not exist.
        Err(error) if error.is(&["InvalidParameterValue"]) => Ok(Some(Vec::new())),
        Err(error) if error.retry == Retry::Never => Ok(None),
        other => other.map(Some),
    }
}

/// Refuses a class that RDS does not offer for this version.
async fn check_options(ctx: &Ctx<Clients>, spec: &Spec, version: &str) -> Result<()> {
    let class = &spec.instance_class;
    let call = ctx.clients.rds.describe_orderable_db_instance_options();
    let call = call.engine(ENGINE).engine_version(version);
    let options = call.db_instance_class(class).vpc(true);
    let options = options.into_paginator().items().send().try_collect().await;
    let options: Vec<OrderableDbInstanceOption> = match options.doing("read the instance classes") {
        Err(error) if error.is(&["InvalidParameterValue"]) => Vec::new(),
        Err(error) if error.retry == Retry::Never => return Ok(()),
        other => other?,
    };
    let kind = &spec.storage_type;
    if !options.is_empty() && !options.iter().any(|one| one.storage_type() == Some(kind)) {
        return Err(Error::usage(format!(
            "RDS does not offer {kind} storage for {class} and PostgreSQL {version} in {}",
            ctx.stack.region
        ))
        .hint("nothing was changed; set another storage_type or instance_class in [data]"));
    }
    if options.is_empty() {
        return Err(Error::usage(format!(
            "RDS does not offer {class} for PostgreSQL {version} in {}",
            ctx.stack.region
        ))
        .hint(format!(
            "nothing was changed; set another instance_class in [data]; `aws rds describe-orderable-db-instance-options \
             --engine {ENGINE} --engine-version {version} --query 'OrderableDBInstanceOptions[].DBInstanceClass'` lists \
             them"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_that_fits_is_taken() {
        let offered = ["16.9", "17.2", "17.10-R1", "17.9"]
            .map(str::to_owned)
            .to_vec();
        let newest = |desired: &str| newest(Version::parse(desired).unwrap(), offered.clone());
        assert_eq!(newest("17"), Ok("17.10-R1".to_owned()));
        assert_eq!(newest("17.2"), Ok("17.2".to_owned()));
        assert_eq!(newest("17.3"), Err(offered.clone()));
        assert_eq!(newest("18"), Err(offered.clone()));
    }
}
