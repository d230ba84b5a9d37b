//! From the resources that `find` looks for to a query, and from EC2's answer back to them.

use crate::clients::Clients;
use crate::describe::Query;
use aws_sdk_ec2::types::Tag;
use rd_common::stack::ADDRESS_TAG;
use rd_common::{Ctx, Found, Wanted, tags_from_sdk};

/// Selects resources by id, with the filter `filter`; also by the slice's ownership tags, if an id is not known.
pub fn query<S>(ctx: &Ctx<Clients>, wanted: &[Wanted<S>], filter: &'static str) -> Query {
    let mut query = Query::by(filter, wanted.iter().filter_map(|one| one.id.clone()));
    if wanted.iter().any(|one| one.id.is_none()) {
        query.or_all(owned(ctx));
    }
    query
}

/// The filters for every resource with the ownership tags of the slice.
pub fn owned(ctx: &Ctx<Clients>) -> Vec<(String, String)> {
    ctx.stack
        .ownership(ctx.slice)
        .map(|(key, value)| (format!("tag:{key}"), value))
        .to_vec()
}

/// Pairs the items that EC2 returned with the resources in `wanted`: by id where it is known, otherwise by the tag
/// `rd:address`. `id` and `tags_of` read an item's id and tags, `live` describes it.
pub fn found<S, T, L>(
    ctx: &Ctx<Clients>,
    wanted: &[Wanted<S>],
    items: &[T],
    id: impl Fn(&T) -> Option<&str>,
    tags_of: impl Fn(&T) -> &[Tag],
    live: impl Fn(&T) -> L,
) -> Vec<Found<L>> {
    let mut all = Vec::new();
    for item in items {
        let Some(id) = id(item) else {
            continue;
        };
        let tags = tags_from_sdk!(tags_of(item));
        for one in wanted {
            let tagged_address = tags.get(ADDRESS_TAG);
            let matches = match &one.id {
                Some(known) => known == id,
                None => {
                    (one.is_any() || tagged_address == Some(&one.address))
                        && ctx.stack.owns(ctx.slice, &tags)
                }
            };
            let address = if one.is_any() {
                tagged_address.cloned().unwrap_or_default()
            } else {
                one.address.clone()
            };
            let known = all
                .iter()
                .any(|f: &Found<L>| f.id == id && f.address == address);
            if matches && !known {
                all.push(Found {
                    address,
                    id: id.to_owned(),
                    live: live(item),
                    tags: Some(tags.clone()),
                });
            }
        }
    }
    all
}
