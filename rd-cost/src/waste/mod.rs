//! What is paid for and not used: each check lists what there is of a kind, says which metrics it needs, and judges by them.
//! Nothing is changed.

mod addresses;
mod alarms;
mod bucket;
mod caches;
mod databases;
mod endpoints;
mod finding;
mod images;
mod leftovers;
mod load_balancers;
mod log_groups;
mod look;
mod names;
mod nat_gateways;
#[cfg(test)]
mod recorded_answers;
mod sizes;
mod snapshots;

pub use finding::{Finding, Verdict};
pub use look::Look;
pub use sizes::{cache_sizes, database_sizes};

use crate::observed::{self, Metric, Numbers};
use finding::Candidate;
use rd_common::{Error, Result};
use std::collections::BTreeSet;

/// A check of one kind, by the name of its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    LoadBalancers,
    NatGateways,
    Addresses,
    Endpoints,
    Databases,
    Caches,
    Snapshots,
    Images,
    Bucket,
    LogGroups,
    Alarms,
    Leftovers,
}

/// All checks, in the order of their findings.
const CHECKS: [(Check, &str); 12] = [
    (Check::LoadBalancers, "load_balancer"),
    (Check::NatGateways, "nat_gateway"),
    (Check::Addresses, "address"),
    (Check::Endpoints, "endpoint"),
    (Check::Databases, "database"),
    (Check::Caches, "cache"),
    (Check::Snapshots, "snapshot"),
    (Check::Images, "image"),
    (Check::Bucket, "bucket"),
    (Check::LogGroups, "log_group"),
    (Check::Alarms, "alarm"),
    (Check::Leftovers, "leftover"),
];

impl Check {
    async fn candidates(self, look: &Look<'_>) -> Result<Vec<Candidate>> {
        match self {
            Check::LoadBalancers => load_balancers::candidates(look).await,
            Check::NatGateways => nat_gateways::candidates(look).await,
            Check::Addresses => addresses::candidates(look).await,
            Check::Endpoints => endpoints::candidates(look).await,
            Check::Databases => databases::candidates(look).await,
            Check::Caches => caches::candidates(look).await,
            Check::Snapshots => snapshots::candidates(look).await,
            Check::Images => images::candidates(look).await,
            Check::Bucket => bucket::candidates(look).await,
            Check::LogGroups => log_groups::candidates(look).await,
            Check::Alarms => alarms::candidates(look).await,
            Check::Leftovers => leftovers::candidates(look).await,
        }
    }
}

/// What was found, in the order of the checks and of the resources, and how many metrics were asked for. A kind that could
/// not be read is a finding that says so; the others are read nevertheless.
pub async fn find(look: &Look<'_>) -> (Vec<Finding>, usize) {
    find_some(look, |_| true).await
}

/// The same of what could be smaller or otherwise by its use: databases, caches and endpoints.
pub async fn of_use(look: &Look<'_>) -> (Vec<Finding>, usize) {
    let checks = [Check::Endpoints, Check::Databases, Check::Caches];
    find_some(look, |check| checks.contains(&check)).await
}

async fn find_some(look: &Look<'_>, is_wanted: impl Fn(Check) -> bool) -> (Vec<Finding>, usize) {
    let mut listed = Vec::new();
    let mut wanted: BTreeSet<Metric> = BTreeSet::new();
    for (check, name) in CHECKS.into_iter().filter(|(check, _)| is_wanted(*check)) {
        let candidates = check.candidates(look).await;
        for candidate in candidates.iter().flatten() {
            wanted.extend(candidate.metrics.iter().cloned());
        }
        listed.push((name, candidates));
    }
    let numbers = match wanted.is_empty() {
        true => Ok(Numbers::default()),
        false => observed::read(&look.clients.cloudwatch, &wanted, look.window).await,
    };
    let mut found = Vec::new();
    for (name, candidates) in listed {
        let mut of_kind = match candidates {
            Ok(candidates) => judged(name, candidates, &numbers),
            Err(error) => vec![Finding::not_checked(name, &error)],
        };
        of_kind.sort_by(|one, other| {
            let key = |one: &Finding| (one.address.clone(), one.resource.clone());
            key(one).cmp(&key(other))
        });
        found.extend(of_kind);
    }
    (found, wanted.len())
}

fn judged(
    kind: &'static str,
    candidates: Vec<Candidate>,
    numbers: &std::result::Result<Numbers, Error>,
) -> Vec<Finding> {
    let none = Numbers::default();
    let mut found = Vec::new();
    let mut unread = false;
    for candidate in candidates {
        let known = match numbers {
            Ok(numbers) => numbers,
            Err(_) if candidate.metrics.is_empty() => &none,
            Err(_) => {
                unread = true;
                continue;
            }
        };
        found.extend((candidate.judge)(known).map(|one| Finding { kind, ..one }));
    }
    if let (true, Err(error)) = (unread, numbers) {
        found.push(Finding::not_checked(kind, error));
    }
    found
}
