//! Finding instances. An instance is known by its tags, not by its name: a restored instance has another name and takes
//! over the address.

use super::model::{REPLACED_TAG, Spec};
use crate::clients::Clients;
use crate::rds;
use aws_sdk_rds::types::{DbInstance as Instance, Filter};
use rd_common::aws::Explain;
use rd_common::stack::ADDRESS_TAG;
use rd_common::{Ctx, Result, Retry, Stack, Wanted, tags_from_sdk};

/// Reads the instances with these names, or every instance of the account.
pub async fn describe(clients: &Clients, names: Option<Vec<String>>) -> Result<Vec<Instance>> {
    // A filter returns the instances that exist; a single name that does not exist would fail the call.
    let filter = names.map(|names| {
        Filter::builder()
            .name("db-instance-id")
            .set_values(Some(names))
            .build()
    });
    let call = clients
        .rds
        .describe_db_instances()
        .set_filters(filter.map(|filter| vec![filter]));
    let instances = call.into_paginator().items().send();
    let instances = instances.try_collect().await;
    match instances.doing("read the instance") {
        Err(error) if rds::is_not_found(&error) => Ok(Vec::new()),
        other => other,
    }
}

/// Reads the instance with this name; none if it does not exist.
pub async fn describe_one(ctx: &Ctx<Clients>, id: &str) -> Result<Option<Instance>> {
    let instances = describe(&ctx.clients, Some(vec![id.to_owned()])).await?;
    Ok(instances.into_iter().next())
}

/// The instances for which `is_user` is true, with their statuses, for people; none if there are none, or if the
/// credentials do not allow the call: only a hint is lost then.
pub async fn instances_that(
    ctx: &Ctx<Clients>,
    is_user: impl Fn(&Instance) -> bool,
) -> Result<Option<String>> {
    let instances = match describe(&ctx.clients, None).await {
        Err(error) if error.retry == Retry::Never => return Ok(None),
        other => other?,
    };
    let users = instances.iter().filter(|instance| is_user(instance));
    let users: Vec<String> = users
        .map(|instance| {
            let status = instance.db_instance_status().unwrap_or_default();
            format!("the instance {} ({status})", name(instance))
        })
        .collect();
    Ok((!users.is_empty()).then(|| users.join(", ")))
}

/// The instance whose tags have `address` in `slice` of this stack; none if no instance has them.
pub async fn find_by_address(
    clients: &Clients,
    stack: &Stack,
    slice: &str,
    address: &str,
) -> Result<Option<Instance>> {
    let all = describe(clients, None).await?;
    Ok(all
        .into_iter()
        .find(|instance| address_of(stack, slice, instance).as_deref() == Some(address)))
}

/// The name of an instance, which is its id.
pub fn name(instance: &Instance) -> &str {
    instance.db_instance_identifier().unwrap_or_default()
}

/// The address in the tags of an instance; none if the instance does not belong to `slice` of this stack.
pub fn address_of(stack: &Stack, slice: &str, instance: &Instance) -> Option<String> {
    let mut tags = tags_from_sdk!(instance.tag_list());
    if !stack.owns(slice, &tags) {
        return None;
    }
    tags.remove(ADDRESS_TAG)
}

/// The instances that match `wanted`: by its id, otherwise by the tags, otherwise by the name.
pub fn matching<'a>(
    ctx: &Ctx<Clients>,
    wanted: &Wanted<Spec>,
    instances: &'a [Instance],
) -> Vec<&'a Instance> {
    if let Some(id) = &wanted.id {
        return instances.iter().filter(|one| name(one) == id).collect();
    }
    let tagged: Vec<&Instance> = instances
        .iter()
        .filter(|one| address_of(&ctx.stack, ctx.slice, one).as_ref() == Some(&wanted.address))
        .collect();
    let Some(spec) = wanted.spec.as_ref().filter(|_| tagged.is_empty()) else {
        return tagged;
    };
    // An instance that was replaced by a restored one still has the name, but is not the database any more.
    let named = instances.iter().filter(|one| {
        name(one) == spec.identifier && !tags_from_sdk!(one.tag_list()).contains_key(REPLACED_TAG)
    });
    named.collect()
}
