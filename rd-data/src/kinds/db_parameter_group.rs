//! `db_parameter_group`: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBParameterGroup.html>
//!
//! A group belongs to one major version for ever; its name has it, so that the group of the next one can stand beside
//! it until the instance uses that.

use crate::clients::Clients;
use crate::rds;
use aws_sdk_rds::types::{ApplyMethod, Parameter};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Error, Found, Kind, ReplaceOrder, Result, Tags, Wanted,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The kind.
pub struct DbParameterGroup;

/// How many parameters one call changes.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html>
const BATCH: usize = 20;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which is its id.
    pub name: String,
    /// The family: `postgres17`.
    pub family: String,
    /// What it is for.
    pub description: String,
    /// The parameters that differ from the engine's defaults.
    pub parameters: BTreeMap<String, String>,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// The parameters that somebody set.
    pub parameters: BTreeMap<String, String>,
}

/// The parameters of a group, all of them, or those that somebody set.
async fn parameters(
    ctx: &Ctx<Clients>,
    group: &str,
    source: Option<&str>,
) -> Result<Option<Vec<Parameter>>> {
    let mut all = Vec::new();
    let mut marker = None;
    loop {
        let call = ctx.clients.rds.describe_db_parameters();
        let call = call
            .db_parameter_group_name(group)
            .set_source(source.map(str::to_owned))
            .set_marker(marker);
        let page = match call.send().await.doing("read the database's parameters") {
            Err(error) if rds::is_gone(&error) => return Ok(None),
            other => other?,
        };
        all.extend(page.parameters.unwrap_or_default());
        marker = page.marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(Some(all));
        }
    }
}

/// A parameter as it is sent: a dynamic one takes effect at once, a static one with the next reboot.
fn sent(name: &str, value: Option<&String>, is_static: bool) -> Parameter {
    let method = if is_static {
        ApplyMethod::PendingReboot
    } else {
        ApplyMethod::Immediate
    };
    Parameter::builder()
        .parameter_name(name)
        .set_parameter_value(value.cloned())
        .apply_method(method)
        .build()
}

impl Kind for DbParameterGroup {
    const NAME: &'static str = "db_parameter_group";
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
            let (set, tags) =
                tokio::try_join!(parameters(ctx, &name, Some("user")), rds::tags(ctx, &arn))?;
            let (Some(set), Some(tags)) = (set, tags) else {
                continue;
            };
            let parameters = set.into_iter().filter_map(|parameter| {
                Some((parameter.parameter_name?, parameter.parameter_value?))
            });
            found.push(Found {
                address: one.address.clone(),
                id: name.clone(),
                live: Live {
                    name,
                    parameters: parameters.collect(),
                },
                tags: Some(tags),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let name = &request.spec.name;
        let call = ctx
            .clients
            .rds_once
            .create_db_parameter_group()
            .db_parameter_group_name(name)
            .db_parameter_group_family(&request.spec.family)
            .description(&request.spec.description)
            .set_tags(Some(rds::list(request.tags)));
        match call.send().await.doing("create the parameter group") {
            // Looked for before, so it is what an attempt with a lost answer made.
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
        let known = parameters(ctx, id, None).await?.unwrap_or_default();
        let of = |name: &str| known.iter().find(|p| p.parameter_name() == Some(name));
        let is_static = |name: &str| of(name).is_some_and(|p| p.apply_type() == Some("static"));
        let set: Vec<(&String, &String)> = spec
            .parameters
            .iter()
            .filter(|(name, value)| live.parameters.get(*name) != Some(value))
            .collect();
        if let Some((unknown, _)) = set
            .iter()
            .find(|(name, _)| !known.is_empty() && of(name).is_none())
        {
            return Err(
                Error::usage(format!("{} has no parameter `{unknown}`", spec.family))
                    .hint(format!(
                        "take it out of [data.parameters], or mend its name; where it is none of yours, rd sets it: \
                         see what `aws rds describe-db-parameters --db-parameter-group-name {id}` lists"
                    )),
            );
        }
        for batch in set.chunks(BATCH) {
            let batch = batch
                .iter()
                .map(|(name, value)| sent(name, Some(value), is_static(name)));
            let call = ctx.clients.rds.modify_db_parameter_group();
            call.db_parameter_group_name(id)
                .set_parameters(Some(batch.collect()))
                .send()
                .await
                .doing("change the database's parameters")
                .map_err(rds::for_now)?;
        }
        let reset: Vec<&String> = live
            .parameters
            .keys()
            .filter(|name| !spec.parameters.contains_key(*name))
            .collect();
        for batch in reset.chunks(BATCH) {
            let batch = batch.iter().map(|name| sent(name, None, is_static(name)));
            let call = ctx.clients.rds.reset_db_parameter_group();
            call.db_parameter_group_name(id)
                .set_parameters(Some(batch.collect()))
                .send()
                .await
                .doing("set the database's parameters back")
                .map_err(rds::for_now)?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let call = ctx.clients.rds.delete_db_parameter_group();
        let answer = call.db_parameter_group_name(id).send().await;
        rds::deleted(answer.doing("delete the parameter group").map(|_| ()))
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        rds::tag(ctx, &rds::arn(ctx, "pg", id), set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name);
        let names: BTreeSet<&String> = spec
            .parameters
            .keys()
            .chain(live.parameters.keys())
            .collect();
        for name in names {
            diff.field(
                &format!("parameters.{name}"),
                live.parameters.get(name),
                spec.parameters.get(name),
            );
        }
        diff.finish()
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        ReplaceOrder::CreateFirst
    }
}
