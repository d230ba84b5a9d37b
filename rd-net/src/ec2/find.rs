//! From addresses to a query, and from what EC2 answers back to addresses.

use crate::clients::Clients;
use crate::ec2::read::Query;
use crate::ec2::tags;
use aws_sdk_ec2::types::Tag;
use rd_common::stack::ADDRESS_TAG;
use rd_common::{Ctx, Found, Wanted};

/// By id through `filter` where ids are known, and by the tags of ownership where one is not.
pub fn query<S>(ctx: &Ctx<Clients>, wanted: &[Wanted<S>], filter: &'static str) -> Query {
    let mut query = Query::by(filter, wanted.iter().filter_map(|one| one.id.clone()));
    if wanted.iter().any(|one| one.id.is_none()) {
        query.all.insert(owned(ctx));
    }
    query
}

/// The filters for what carries the tags of the slice.
pub fn owned(ctx: &Ctx<Clients>) -> Vec<(String, String)> {
    ctx.stack
        .ownership(ctx.slice)
        .map(|(key, value)| (format!("tag:{key}"), value))
        .to_vec()
}

/// The items that are wanted, each under its address.
pub fn found<S, T, L>(
    ctx: &Ctx<Clients>,
    wanted: &[Wanted<S>],
    items: &[T],
    id: impl Fn(&T) -> Option<&str>,
    tagged: impl Fn(&T) -> &[Tag],
    live: impl Fn(&T) -> L,
) -> Vec<Found<L>> {
    let mut all = Vec::new();
    for item in items {
        let Some(id) = id(item) else {
            continue;
        };
        let tags = tags::read(tagged(item));
        for one in wanted {
            let tagged = tags.get(ADDRESS_TAG);
            let same = match &one.id {
                Some(known) => known == id,
                None => {
                    (one.is_any() || tagged == Some(&one.address))
                        && ctx.stack.owns(ctx.slice, &tags)
                }
            };
            let address = if one.is_any() {
                tagged.cloned().unwrap_or_default()
            } else {
                one.address.clone()
            };
            let twice = all
                .iter()
                .any(|f: &Found<L>| f.id == id && f.address == address);
            if same && !twice {
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
