//! What ElastiCache has to offer: versions of an engine, which a call lists, and node types, which none does.

use super::model::Spec;
use crate::clients::Clients;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result, Retry};

/// Refuses a version that ElastiCache does not have in this region. Without the permission to ask, ElastiCache refuses it
/// in the apply.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheEngineVersions.html>
pub async fn check_version(ctx: &Ctx<Clients>, spec: &Spec) -> Result<()> {
    let call = ctx.clients.elasticache.describe_cache_engine_versions();
    let versions = call.engine(&spec.engine).into_paginator().items().send();
    let versions = versions.try_collect().await;
    let versions = match versions.doing("read the versions of the cache's engine") {
        Err(error) if error.retry == Retry::Never => return Ok(()),
        other => other?,
    };
    let offered: Vec<&str> = versions
        .iter()
        .filter_map(|one| one.engine_version())
        .collect();
    if offered
        .iter()
        .any(|offered| is_offered_as(offered, &spec.engine_version))
    {
        return Ok(());
    }
    Err(Error::usage(format!(
        "ElastiCache does not offer {} {} in {}",
        spec.engine, spec.engine_version, ctx.stack.region
    ))
    .hint(format!(
        "allowed for {}: {}",
        spec.engine,
        offered.join(", ")
    )))
}

/// Whether ElastiCache's `offered` version, which may have a patch number, is the `wanted` one.
fn is_offered_as(offered: &str, wanted: &str) -> bool {
    offered
        .strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Adds to ElastiCache's refusal of a node type where to find one that it has.
pub fn explain_node_type(error: Error, node_type: &str) -> Error {
    const CODES: [&str; 3] = [
        "InvalidParameterValue",
        "InvalidParameterCombination",
        "InsufficientCacheClusterCapacity",
    ];
    let text = error.summary.to_lowercase().replace(' ', "");
    let names_it = text.contains("nodetype") || error.summary.contains(node_type);
    if !error.is(&CODES) || !names_it {
        return error;
    }
    error.hint(format!(
        "`{node_type}` is the node_type in [cache]; not every type exists in every region and zone, and no call lists them: \
         https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_offered_with_or_without_its_patch_number() {
        assert!(is_offered_as("7.1", "7.1") && is_offered_as("5.0.6", "5.0"));
        assert!(!is_offered_as("7.10", "7.1") && !is_offered_as("7.0", "7.1"));
    }

    #[test]
    fn a_refused_node_type_says_where_to_find_another() {
        let hint = |code: &str, text: &str| {
            let error = Error::failed(text.to_owned()).with_code(Some(code.to_owned()), None);
            explain_node_type(error, "cache.t4g.small").hint.clone()
        };
        // https://github.com/winglang/wing/issues/4126, https://github.com/alantech/iasql/issues/1684
        let zone =
            "cache.t4g.small (VPC) is not currently supported in the availability zone us-east-1e.";
        assert!(hint("InsufficientCacheClusterCapacity", zone).is_some());
        let missing = "The parameter CacheNodeType must be provided and must not be null.";
        assert!(hint("InvalidParameterValue", missing).is_some());
        assert_eq!(hint("InvalidParameterValue", "Invalid window"), None);
    }
}
