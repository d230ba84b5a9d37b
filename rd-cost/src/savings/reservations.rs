//! Reserved database instances and cache nodes, at the prices of their offerings. Database Savings Plans cover neither
//! db.t4g and cache.t4g nor Redis OSS.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithReservedDBInstances.html>
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.Reserved.html>

use super::offering::Offering;
use super::{Commitment, OLD_ENOUGH, Saving, Search};
use crate::money::HOURS;
use crate::owned::Owned;
use rd_common::Result;
use rd_common::aws::Explain;
use rust_decimal::Decimal;

/// A resource that could be reserved.
struct Wanted<'a> {
    kind: &'static str,
    owned: &'a Owned,
    on_demand: Option<Decimal>,
    nodes: i64,
    reserved: i64,
    page: String,
    buy: fn(&str, i64) -> String,
}

impl Wanted<'_> {
    fn savings(&self, mut offerings: Vec<Offering>) -> Vec<Saving> {
        let address = &self.owned.address;
        let on_demand = match self.on_demand {
            Some(on_demand) if !offerings.is_empty() => on_demand,
            _ => {
                let why = match self.on_demand {
                    Some(_) => "AWS offers no reservation of it",
                    None => "no price known for it on demand, so that nothing can be compared",
                };
                let texts = [why.to_owned(), String::new(), self.page.clone()];
                return vec![Saving::new(self.kind, address, None, texts)];
            }
        };
        offerings.sort_by(|one, other| {
            (one.years, one.upfront, &one.id).cmp(&(other.years, other.upfront, &other.id))
        });
        let nodes = Decimal::from(self.nodes);
        let found = offerings.into_iter().filter_map(|one| {
            let (upfront, monthly) = (one.upfront * nodes, one.hourly * nodes * HOURS);
            let (commitment, saved) =
                Commitment::instead_of(on_demand, 12 * one.years, upfront, monthly)?;
            let years = if one.years == 1 { "1 year" } else { "3 years" };
            let mut risk = "it is paid for to its end, also where the size changes or the stack is deleted".to_owned();
            if self.reserved > 0 {
                risk.push_str(&format!(
                    "; the account has {} active reservations of this family, which may cover it already",
                    self.reserved
                ));
            }
            let texts = [format!("reserved for {years}, {}", one.words), risk, (self.buy)(&one.id, self.nodes)];
            Some(Saving {
                commitment: Some(commitment),
                ..Saving::new(self.kind, address, Some(saved), texts)
            })
        });
        found.collect()
    }
}

/// The family of a class or a node type: `db.t4g` of `db.t4g.medium`.
fn family(class: &str) -> &str {
    class.rsplit_once('.').map_or(class, |(family, _)| family)
}

/// Reservations of the stack's databases.
pub(super) async fn databases(search: &Search<'_>) -> Result<Vec<Saving>> {
    const KIND: &str = "database_reservation";
    let rds = &search.look.clients.rds;
    let mut all = Vec::new();
    for owned in search.look.owned.of_kind("db_instance") {
        let answer = rds
            .describe_db_instances()
            .db_instance_identifier(&owned.id)
            .send()
            .await;
        let answer = answer.doing("read the database")?;
        let Some(live) = answer.db_instances().first() else {
            continue;
        };
        if !search
            .look
            .is_older(live.instance_create_time(), OLD_ENOUGH)
        {
            all.push(Saving::too_new(KIND, &owned.address));
            continue;
        }
        let class = live.db_instance_class().unwrap_or_default();
        if let Some(asked) = search.asked.class.filter(|asked| *asked != class) {
            all.push(Saving::changing(KIND, &owned.address, asked, class));
            continue;
        }
        let multi_az = live.multi_az() == Some(true);
        let mut pages = rds
            .describe_reserved_db_instances()
            .into_paginator()
            .items()
            .send();
        let mut reserved = 0;
        while let Some(one) = pages.next().await {
            let one = one.doing("list the reserved databases")?;
            let same = family(one.db_instance_class().unwrap_or_default()) == family(class);
            if same
                && one.state() == Some("active")
                && one.product_description() == Some("postgresql")
            {
                reserved += i64::from(one.db_instance_count().unwrap_or(1));
            }
        }
        let call = rds.describe_reserved_db_instances_offerings();
        let call = call
            .db_instance_class(class)
            .product_description("postgresql")
            .multi_az(multi_az);
        let mut pages = call.into_paginator().items().send();
        let mut offerings = Vec::new();
        while let Some(one) = pages.next().await {
            let one = one.doing("list the offerings of reserved databases")?;
            offerings.extend(Offering::of_database(&one, class, multi_az));
        }
        let zones = if multi_az { "multi-az" } else { "single-az" };
        let wanted = Wanted {
            kind: KIND,
            owned,
            on_demand: search
                .look
                .hourly(&format!("RDS/rds-postgresql-{class}-{zones}-hour"), 1),
            nodes: 1,
            reserved,
            page: "https://console.aws.amazon.com/rds/home#reserved-instances:".to_owned(),
            buy: |id, _| {
                format!(
                    "aws rds purchase-reserved-db-instances-offering --reserved-db-instances-offering-id {id}"
                )
            },
        };
        all.extend(wanted.savings(offerings));
    }
    Ok(all)
}

/// Reservations of the stack's cache nodes.
pub(super) async fn caches(search: &Search<'_>) -> Result<Vec<Saving>> {
    const KIND: &str = "cache_reservation";
    let elasticache = &search.look.clients.elasticache;
    let mut all = Vec::new();
    for owned in search.look.owned.of_kind("replication_group") {
        let call = elasticache
            .describe_replication_groups()
            .replication_group_id(&owned.id);
        let answer = call.send().await.doing("read the cache")?;
        let Some(live) = answer.replication_groups().first() else {
            continue;
        };
        if !search
            .look
            .is_older(live.replication_group_create_time(), OLD_ENOUGH)
        {
            all.push(Saving::too_new(KIND, &owned.address));
            continue;
        }
        let node = live.cache_node_type().unwrap_or_default();
        let engine = live.engine().unwrap_or("redis");
        let differs = [(search.asked.node, node), (search.asked.engine, engine)];
        let mut differs = differs
            .into_iter()
            .filter_map(|(asked, runs)| Some((asked.filter(|asked| *asked != runs)?, runs)));
        if let Some((asked, runs)) = differs.next() {
            all.push(Saving::changing(KIND, &owned.address, asked, runs));
            continue;
        }
        let nodes = i64::try_from(live.member_clusters().len())
            .unwrap_or(1)
            .max(1);
        let mut pages = elasticache
            .describe_reserved_cache_nodes()
            .into_paginator()
            .items()
            .send();
        let mut reserved = 0;
        while let Some(one) = pages.next().await {
            let one = one.doing("list the reserved cache nodes")?;
            let same = family(one.cache_node_type().unwrap_or_default()) == family(node);
            if same && one.state() == Some("active") {
                reserved += i64::from(one.cache_node_count().unwrap_or(1));
            }
        }
        let call = elasticache.describe_reserved_cache_nodes_offerings();
        let call = call.cache_node_type(node).product_description(engine);
        let mut pages = call.into_paginator().items().send();
        let mut offerings = Vec::new();
        while let Some(one) = pages.next().await {
            let one = one.doing("list the offerings of reserved cache nodes")?;
            offerings.extend(Offering::of_cache(&one, node, engine));
        }
        let price = format!("ElastiCache/elasticache-{engine}-{node}-hour");
        let wanted = Wanted {
            kind: KIND,
            owned,
            on_demand: search.look.hourly(&price, nodes),
            nodes,
            reserved,
            page: "https://console.aws.amazon.com/elasticache/home#/reserved-nodes".to_owned(),
            buy: |id, nodes| {
                format!(
                    "aws elasticache purchase-reserved-cache-nodes-offering --reserved-cache-nodes-offering-id {id} --cache-node-count {nodes}"
                )
            },
        };
        all.extend(wanted.savings(offerings));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_is_for_a_family() {
        assert_eq!(family("db.t4g.medium"), "db.t4g");
        assert_eq!(family("cache.t4g.micro"), "cache.t4g");
    }
}
