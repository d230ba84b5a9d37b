//! `cache_parameter_group`: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheParameterGroup.html>
//!
//! A group belongs to one major version for ever; its name has it, so that the group of the next one can stand beside
//! it until the instance uses that.

use crate::clients::Clients;
use crate::elasticache;
use aws_sdk_elasticache::types::{Parameter, ParameterNameValue};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Error, Found, Kind, ReplaceOrder, Result, Tags, Wanted,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The kind.
pub struct CacheParameterGroup;

/// How many parameters one call changes.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyCacheParameterGroup.html>
const BATCH: usize = 20;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which is its id.
    pub name: String,
    /// The family: `redis7`.
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
        let call = ctx.clients.elasticache.describe_cache_parameters();
        let call = call
            .cache_parameter_group_name(group)
            .set_source(source.map(str::to_owned))
            .set_marker(marker);
        let page = match call.send().await.doing("read the cache's parameters") {
            Err(error) if elasticache::is_gone(&error) => return Ok(None),
            other => other?,
        };
        all.extend(page.parameters.unwrap_or_default());
        marker = page.marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(Some(all));
        }
    }
}

/// A parameter as it is sent.
fn sent(name: &str, value: Option<&String>) -> ParameterNameValue {
    ParameterNameValue::builder()
        .parameter_name(name)
        .set_parameter_value(value.cloned())
        .build()
}

impl Kind for CacheParameterGroup {
    const NAME: &'static str = "cache_parameter_group";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let arn = elasticache::arn(ctx, "parametergroup", &name);
            let (set, tags) = tokio::try_join!(
                parameters(ctx, &name, Some("user")),
                elasticache::tags(ctx, &arn)
            )?;
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
            .elasticache_once
            .create_cache_parameter_group()
            .cache_parameter_group_name(name)
            .cache_parameter_group_family(&request.spec.family)
            .description(&request.spec.description)
            .set_tags(Some(elasticache::list(request.tags)));
        match call.send().await.doing("create the parameter group") {
            // Looked for before, so it is what an attempt with a lost answer made.
            Err(error) if error.is(&["CacheParameterGroupAlreadyExists"]) => Ok(name.clone()),
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
                    .hint("take it out of [cache.parameters], or mend its name"),
            );
        }
        for batch in set.chunks(BATCH) {
            let batch = batch.iter().map(|(name, value)| sent(name, Some(value)));
            let call = ctx.clients.elasticache.modify_cache_parameter_group();
            call.cache_parameter_group_name(id)
                .set_parameter_name_values(Some(batch.collect()))
                .send()
                .await
                .doing("change the cache's parameters")
                .map_err(elasticache::for_now)?;
        }
        let reset: Vec<&String> = live
            .parameters
            .keys()
            .filter(|name| !spec.parameters.contains_key(*name))
            .collect();
        for batch in reset.chunks(BATCH) {
            let batch = batch.iter().map(|name| sent(name, None));
            let call = ctx.clients.elasticache.reset_cache_parameter_group();
            call.cache_parameter_group_name(id)
                .set_parameter_name_values(Some(batch.collect()))
                .send()
                .await
                .doing("set the cache's parameters back")
                .map_err(elasticache::for_now)?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let call = ctx.clients.elasticache.delete_cache_parameter_group();
        let answer = call.cache_parameter_group_name(id).send().await;
        elasticache::deleted(answer.doing("delete the parameter group").map(|_| ()))
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        elasticache::tag(
            ctx,
            &elasticache::arn(ctx, "parametergroup", id),
            set,
            remove,
        )
        .await
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
