//! `cache_parameter_group`: the parameters of Redis or Valkey, for one major version.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheParameterGroup.html>

use crate::clients::Clients;
use crate::elasticache;
use aws_sdk_elasticache::types::{Parameter, ParameterNameValue, Tag};
use rd_common::aws::Explain;
use rd_common::resource::parameter_group::{self, Live, MAX_PER_CALL, Spec};
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Found, Kind, Result, Tags, Wanted, sdk_tags,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The kind `cache_parameter_group`: parameters of Redis or Valkey for one major version.
pub struct CacheParameterGroup;

/// Reads the parameters of a group: all of them, or those of one `source`, such as `user`. None if the group does not
/// exist.
async fn read_parameters(
    ctx: &Ctx<Clients>,
    group: &str,
    source: Option<&str>,
) -> Result<Option<Vec<Parameter>>> {
    let call = ctx
        .clients
        .elasticache
        .describe_cache_parameters()
        .cache_parameter_group_name(group)
        .set_source(source.map(str::to_owned));
    let parameters = call.into_paginator().items().send();
    let parameters = parameters.try_collect().await;
    match parameters.doing("read the cache's parameters") {
        Err(error) if elasticache::is_not_found(&error) => Ok(None),
        other => other.map(Some),
    }
}

/// The values of [`read_parameters`], by name. A parameter without a value is left out.
pub async fn read_values(
    ctx: &Ctx<Clients>,
    group: &str,
    source: Option<&str>,
) -> Result<Option<BTreeMap<String, String>>> {
    let parameters = read_parameters(ctx, group, source).await?;
    Ok(parameters.map(|all| {
        let all = all.into_iter();
        parameter_group::values(all.map(|one| (one.parameter_name, one.parameter_value)))
    }))
}

/// A parameter as `ModifyCacheParameterGroup` takes it.
fn request_parameter(name: &str, value: Option<&str>) -> ParameterNameValue {
    ParameterNameValue::builder()
        .parameter_name(name)
        .set_parameter_value(value.map(str::to_owned))
        .build()
}

impl Kind for CacheParameterGroup {
    const NAME: &'static str = "cache_parameter_group";
    /// Another group can have it, too, such as one that was restored manually.
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
            let arn = elasticache::arn(ctx, "parametergroup", &name);
            let live = parameter_group::read_live(name.clone(), one.spec.as_ref(), |source| {
                read_values(ctx, &name, source)
            });
            let (live, tags) = tokio::try_join!(live, elasticache::read_tags(ctx, &arn))?;
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
            .elasticache
            .create_cache_parameter_group()
            .cache_parameter_group_name(name)
            .cache_parameter_group_family(&request.spec.family)
            .description(&request.spec.description)
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        match call.send().await.doing("create the parameter group") {
            // The engine found none before, so an attempt whose answer was lost has created it.
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
        let all = read_parameters(ctx, id, None).await?.unwrap_or_default();
        let known: BTreeSet<&str> = all.iter().filter_map(Parameter::parameter_name).collect();
        let set = parameter_group::to_set(spec, live);
        parameter_group::check_known(&spec.family, &set, &known).map_err(|error| {
            error.hint("remove it from [cache.parameters], or correct its name")
        })?;
        // What is reset may be what a new value depends on.
        for batch in parameter_group::to_reset(spec, live).chunks(MAX_PER_CALL) {
            let batch = batch.iter().map(|name| request_parameter(name, None));
            let call = ctx.clients.elasticache.reset_cache_parameter_group();
            call.cache_parameter_group_name(id)
                .set_parameter_name_values(Some(batch.collect()))
                .send()
                .await
                .doing("reset the cache's parameters")
                .map_err(elasticache::retry_if_temporary)?;
        }
        for batch in set.chunks(MAX_PER_CALL) {
            let batch = batch
                .iter()
                .map(|(name, value)| request_parameter(name, Some(value)));
            let call = ctx.clients.elasticache.modify_cache_parameter_group();
            call.cache_parameter_group_name(id)
                .set_parameter_name_values(Some(batch.collect()))
                .send()
                .await
                .doing("change the cache's parameters")
                .map_err(elasticache::retry_if_temporary)?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.elasticache.delete_cache_parameter_group();
        let answer = call.cache_parameter_group_name(id).send().await;
        let codes = [
            "CacheParameterGroupNotFound",
            "CacheParameterGroupNotFoundFault",
        ];
        elasticache::deleted(answer.doing("delete the parameter group"), &codes)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let arn = elasticache::arn(ctx, "parametergroup", id);
        elasticache::change_tags(ctx, &arn, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        parameter_group::diff(spec, live)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::elasticache;

    #[tokio::test]
    async fn parameters_as_aws_describes_them() {
        let elasticache = elasticache(
            "DescribeCacheParameters",
            "<Parameters><Parameter><ParameterName>activedefrag</ParameterName><ParameterValue>yes</ParameterValue>\
             <Description>Enabled active memory defragmentation</Description><Source>user</Source>\
             <DataType>string</DataType><AllowedValues>yes,no</AllowedValues><IsModifiable>true</IsModifiable>\
             <MinimumEngineVersion>5.0.0</MinimumEngineVersion><ChangeType>immediate</ChangeType></Parameter>\
             <Parameter><ParameterName>notify-keyspace-events</ParameterName><Source>system</Source>\
             <DataType>string</DataType><IsModifiable>true</IsModifiable></Parameter></Parameters>",
        );
        let answer = elasticache
            .describe_cache_parameters()
            .send()
            .await
            .unwrap();
        let all = answer.parameters().iter().cloned();
        let values =
            parameter_group::values(all.map(|one| (one.parameter_name, one.parameter_value)));
        // One without a value is as if it were not there.
        assert_eq!(
            values,
            BTreeMap::from([("activedefrag".to_owned(), "yes".to_owned())])
        );
    }
}
