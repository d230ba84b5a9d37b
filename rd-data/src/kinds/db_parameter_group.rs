//! `db_parameter_group`: the parameters of PostgreSQL, for one major version.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBParameterGroup.html>

use crate::clients::Clients;
use crate::kinds::db_instance::read::instances_that;
use crate::rds::{self, is_not_found};
use aws_sdk_rds::Client;
use aws_sdk_rds::types::{ApplyMethod, Parameter, Tag};
use rd_common::aws::Explain;
use rd_common::resource::parameter_group::{self, Live, MAX_PER_CALL, Spec};
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Found, Kind, Result, Tags, Wanted, sdk_tags,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The kind `db_parameter_group`: parameters of PostgreSQL for one major version.
pub struct DbParameterGroup;

/// Reads the parameters of a group: all of them, or those of one `source`, such as `user`. None if the group does not
/// exist.
async fn read_parameters(
    rds: &Client,
    group: &str,
    source: Option<&str>,
) -> Result<Option<Vec<Parameter>>> {
    let call = rds
        .describe_db_parameters()
        .db_parameter_group_name(group)
        .set_source(source.map(str::to_owned));
    let parameters = call.into_paginator().items().send();
    let parameters = parameters.try_collect().await;
    match parameters.doing("read the database's parameters") {
        Err(error) if is_not_found(&error) => Ok(None),
        other => other.map(Some),
    }
}

/// The values of [`read_parameters`], by name. A parameter without a value is left out.
pub async fn read_values(
    rds: &Client,
    group: &str,
    source: Option<&str>,
) -> Result<Option<BTreeMap<String, String>>> {
    let parameters = read_parameters(rds, group, source).await?;
    Ok(parameters.map(|all| {
        let all = all.into_iter();
        parameter_group::values(all.map(|one| (one.parameter_name, one.parameter_value)))
    }))
}

/// Parameters that RDS checks together, so that one call must have them.
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/rds/parameter_group.go>
const CHECKED_TOGETHER: [&str; 4] = [
    "password_encryption",
    "rds.accepted_password_auth_method",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
];

/// The place of a parameter in the order of requests: those that are checked together fit into the first one, and those
/// that need a reboot come last.
fn place(name: &str, is_static: bool) -> (bool, bool) {
    (!CHECKED_TOGETHER.contains(&name), is_static)
}

/// A parameter as `ModifyDBParameterGroup` takes it: a dynamic one takes effect at once, a static one at the next
/// reboot.
fn request_parameter(name: &str, value: Option<&str>, is_static: bool) -> Parameter {
    let method = if is_static {
        ApplyMethod::PendingReboot
    } else {
        ApplyMethod::Immediate
    };
    Parameter::builder()
        .parameter_name(name)
        .set_parameter_value(value.map(str::to_owned))
        .apply_method(method)
        .build()
}

impl Kind for DbParameterGroup {
    const NAME: &'static str = "db_parameter_group";
    /// After a major upgrade RDS can refuse the old group for hours, although no instance has it any more.
    /// <https://github.com/hashicorp/terraform-provider-aws/issues/6448>
    const PREDECESSOR_MAY_STAY_AFTER: Option<Duration> = Some(Duration::from_secs(180));
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let arn = rds::arn(ctx, "pg", &name);
            let live = parameter_group::read_live(name.clone(), one.spec.as_ref(), |source| {
                read_values(&ctx.clients.rds, &name, source)
            });
            let (live, tags) = tokio::try_join!(live, rds::read_tags(ctx, &arn))?;
            let (Some(live), Some(tags)) = (live, tags) else {
                continue;
            };
            found.push(Found {
                address: one.address.clone(),
                id: name.clone(),
                live,
                tags: Some(tags),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let name = &request.spec.name;
        let call = ctx
            .clients
            .rds
            .create_db_parameter_group()
            .db_parameter_group_name(name)
            .db_parameter_group_family(&request.spec.family)
            .description(&request.spec.description)
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        match call.send().await.doing("create the parameter group") {
            // The engine found none before, so an attempt whose answer was lost has created it.
            Err(error) if error.is(&["DBParameterGroupAlreadyExists"]) => Ok(name.clone()),
            other => other.map(|_| name.clone()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let all = read_parameters(&ctx.clients.rds, id, None)
            .await?
            .unwrap_or_default();
        let known: BTreeSet<&str> = all.iter().filter_map(Parameter::parameter_name).collect();
        let is_static = |name: &str| {
            let parameter = all.iter().find(|one| one.parameter_name() == Some(name));
            parameter.is_some_and(|one| one.apply_type() == Some("static"))
        };
        let mut set = parameter_group::to_set(spec, live);
        set.sort_by_key(|(name, _)| place(name, is_static(name)));
        parameter_group::check_known(&spec.family, &set, &known).map_err(|error| {
            error.hint(format!(
                "remove it from [data.parameters], or correct its name; if it is not in [data.parameters], rd sets it: \
                 `aws rds describe-db-parameters --db-parameter-group-name {id}` lists the parameters of the family"
            ))
        })?;
        for batch in set.chunks(MAX_PER_CALL) {
            let batch = batch
                .iter()
                .map(|(name, value)| request_parameter(name, Some(value), is_static(name)));
            let call = ctx.clients.rds.modify_db_parameter_group();
            call.db_parameter_group_name(id)
                .set_parameters(Some(batch.collect()))
                .send()
                .await
                .doing("change the database's parameters")
                .map_err(rds::retry_if_temporary)?;
        }
        let mut reset = parameter_group::to_reset(spec, live);
        reset.sort_by_key(|name| place(name, is_static(name)));
        for batch in reset.chunks(MAX_PER_CALL) {
            let batch = batch
                .iter()
                .map(|name| request_parameter(name, None, is_static(name)));
            let call = ctx.clients.rds.reset_db_parameter_group();
            call.db_parameter_group_name(id)
                .set_parameters(Some(batch.collect()))
                .send()
                .await
                .doing("reset the database's parameters")
                .map_err(rds::retry_if_temporary)?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.rds.delete_db_parameter_group();
        let answer = call.db_parameter_group_name(id).send().await;
        let codes = ["DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"];
        rds::deleted(answer.doing("delete the parameter group"), &codes)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        rds::change_tags(ctx, &rds::arn(ctx, "pg", id), set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        parameter_group::diff(spec, live)
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        instances_that(ctx, |instance| {
            let groups = instance.db_parameter_groups();
            let mut names = groups.iter().map(|group| group.db_parameter_group_name());
            names.any(|name| name == Some(id))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;

    /// A parameter that nobody has set can have a value or none, and one that was set names its source.
    #[tokio::test]
    async fn parameters_as_aws_describes_them() {
        let parameter = |name: &str, value: &str, source: &str| {
            format!(
                "<Parameter><ParameterName>{name}</ParameterName>{value}<Description>About it.</Description>\
                 <Source>{source}</Source><ApplyType>dynamic</ApplyType><DataType>string</DataType>\
                 <AllowedValues>a,b</AllowedValues><IsModifiable>true</IsModifiable>\
                 <ApplyMethod>pending-reboot</ApplyMethod></Parameter>"
            )
        };
        let value = |text: &str| format!("<ParameterValue>{text}</ParameterValue>");
        let all = format!(
            "<Parameters>{}{}{}</Parameters>",
            parameter("application_name", "", "engine-default"),
            parameter("archive_command", &value("/etc/archive %p"), "system"),
            parameter("work_mem", &value("16384"), "user"),
        );
        let client = recorded::rds("DescribeDBParameters", &all);
        let values = read_values(&client, "shop", None).await.unwrap().unwrap();
        let expected = [
            ("archive_command", "/etc/archive %p"),
            ("work_mem", "16384"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values, BTreeMap::from(expected));
    }

    #[test]
    fn parameters_that_are_checked_together_come_first_and_static_ones_last() {
        let mut names = ["a", "max_connections", "password_encryption", "z"].to_vec();
        names.extend([
            "rds.accepted_password_auth_method",
            "ssl_min_protocol_version",
        ]);
        names.sort_by_key(|name| place(name, *name == "max_connections"));
        assert_eq!(
            names[..3]
                .iter()
                .filter(|name| CHECKED_TOGETHER.contains(name))
                .count(),
            3
        );
        assert_eq!(names[3..], ["a", "z", "max_connections"]);
    }
}
