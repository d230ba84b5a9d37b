//! Caches that nothing is read from or written to, or that are far larger than their use.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.html>

use super::finding::{Candidate, Finding};
use super::look::Look;
use super::sizes::{cache_sizes, cpu_of_cache, smaller};
use crate::observed::{Metric, Numbers};
use rd_common::Result;
use rd_common::aws::Explain;
use rust_decimal::Decimal;

/// A cache as ElastiCache lists it.
struct Cache {
    id: String,
    address: Option<String>,
    node: String,
    nodes: Vec<String>,
    too_new: bool,
}

fn metric(node: &str, name: &'static str, stat: &'static str) -> Metric {
    Metric {
        dimensions: vec![
            ("CacheClusterId", node.to_owned()),
            ("CacheNodeId", "0001".to_owned()),
        ],
        ..Metric::of("AWS/ElastiCache", name, stat, "", "")
    }
}

impl Cache {
    /// The commands that read, and those that write.
    fn commands(&self) -> Vec<Metric> {
        let nodes = self.nodes.iter();
        nodes
            .flat_map(|node| ["GetTypeCmds", "SetTypeCmds"].map(|name| metric(node, name, "Sum")))
            .collect()
    }

    fn memory(&self) -> Vec<Metric> {
        let nodes = self.nodes.iter();
        nodes
            .map(|node| metric(node, "DatabaseMemoryUsagePercentage", "Maximum"))
            .collect()
    }

    fn cpu(&self) -> Vec<(Metric, Metric)> {
        let of = |node: &String, stat| metric(node, "CPUUtilization", stat);
        let nodes = self.nodes.iter();
        nodes
            .map(|node| (of(node, "Average"), of(node, "Maximum")))
            .collect()
    }

    fn metrics(&self) -> Vec<Metric> {
        let cpu = self.cpu().into_iter().flat_map(|(mean, most)| [mean, most]);
        let all = self.commands().into_iter().chain(self.memory()).chain(cpu);
        all.collect()
    }
}

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let ours = look.owned.of_kind("replication_group").count();
    if ours == 0 && !look.account {
        return Ok(Vec::new());
    }
    let call = look.clients.elasticache.describe_replication_groups();
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.doing("list the caches")?;
        let id = one.replication_group_id().unwrap_or_default().to_owned();
        let address = look.address(&id);
        if (address.is_none() && !look.account) || one.status() != Some("available") {
            continue;
        }
        let cache = Cache {
            id,
            address,
            node: one.cache_node_type().unwrap_or_default().to_owned(),
            nodes: one.member_clusters().to_vec(),
            too_new: look.is_too_new(one.replication_group_create_time()),
        };
        let engine = one.engine().unwrap_or("redis");
        let count = i64::try_from(cache.nodes.len()).unwrap_or(1);
        let price = |node: &str| {
            look.hourly(
                &format!("ElastiCache/elasticache-{engine}-{node}-hour"),
                count,
            )
        };
        let now = price(&cache.node);
        let next = cache_sizes(&cache.node).and_then(|sizes| match sizes {
            [.., next, _] => price(&format!("cache.t4g.{}", next.0)),
            _ => None,
        });
        let days = look.window.days;
        all.push(Candidate::new(cache.metrics(), move |numbers| {
            let (too_new, address) = (cache.too_new, cache.address.clone());
            let found = judge(&cache, numbers, (now, next), days)?;
            Some(found.at(address).too_new_if(too_new, days))
        }));
    }
    Ok(all)
}

fn judge(
    cache: &Cache,
    numbers: &Numbers,
    (now, next): (Option<Decimal>, Option<Decimal>),
    days: i64,
) -> Option<Finding> {
    let (id, ours) = (&cache.id, cache.address.is_some());
    // Every node reports every minute; these two may have no number where there was none.
    let Some((mean, most)) = cpu_of_cache(numbers, &cache.cpu()) else {
        return (!cache.too_new).then(|| Finding::without_numbers(id, "CPUUtilization"));
    };
    let commands = cache.commands();
    let commands = commands.iter().map(|metric| numbers.sum_or_zero(metric));
    let commands: Option<Decimal> = commands.sum();
    if commands?.is_zero() {
        let command = match ours {
            true => "rd-cache destroy".to_owned(),
            false => {
                format!("aws elasticache delete-replication-group --replication-group-id {id}")
            }
        };
        let why = format!("nothing was read or written in {days} days");
        return Some(Finding::wasted(id, now, why, command));
    }
    let sizes = cache_sizes(&cache.node)?;
    let (_, memory) = sizes.last()?;
    let percent = cache.memory();
    let percent = percent.iter().map(|metric| numbers.highest(metric));
    let percent = percent.collect::<Option<Vec<_>>>()?.into_iter().max()?;
    let used = Decimal::from(*memory) * percent / Decimal::ONE_HUNDRED;
    let (name, _) = smaller(sizes, used, mean, most)?;
    let node = format!("cache.t4g.{name}");
    let why = format!(
        "{}: CPU at most {} %, {} MiB of data: {node} is enough",
        cache.node,
        most.round(),
        used.round()
    );
    let command = match ours {
        true => format!("rd-cache apply --set cache.node_type={node}"),
        false => format!(
            "aws elasticache modify-replication-group --replication-group-id {id} --cache-node-type {node} --apply-immediately"
        ),
    };
    let usd = now.zip(next).map(|(now, next)| now - next);
    Some(Finding::wasted(id, usd, why, command))
}
