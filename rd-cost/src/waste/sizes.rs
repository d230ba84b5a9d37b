//! Sizes of databases and cache nodes, and which smaller one would be enough for what was seen.
//! <https://aws.amazon.com/rds/instance-types/>, <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html>

use crate::observed::{Metric, Numbers};
use rust_decimal::Decimal;

/// A size: its name after the family, such as `small`, and its memory in MiB.
pub type Size = (&'static str, i64);

/// The memory of the classes `db.t4g.*`, in MiB.
const DATABASE: [Size; 6] = [
    ("micro", 1024),
    ("small", 2048),
    ("medium", 4096),
    ("large", 8192),
    ("xlarge", 16384),
    ("2xlarge", 32768),
];
/// The memory of the nodes `cache.t4g.*` that data can have, in MiB.
const CACHE: [Size; 3] = [("micro", 512), ("small", 1403), ("medium", 3164)];

/// The sizes of a class `db.t4g.*`, the class itself last; none where the memory of its family is not known.
pub fn database_sizes(class: &str) -> Option<&'static [Size]> {
    up_to(&DATABASE, class.strip_prefix("db.t4g.")?)
}

/// The same of a node type `cache.t4g.*`.
pub fn cache_sizes(node: &str) -> Option<&'static [Size]> {
    up_to(&CACHE, node.strip_prefix("cache.t4g.")?)
}

fn up_to(all: &'static [Size], size: &str) -> Option<&'static [Size]> {
    let at = all.iter().position(|(name, _)| *name == size)?;
    all.get(..=at)
}

/// The next smaller size, if it would have been enough: the CPU was idle (below 10 % on average on every day, and below 60 %
/// at any time), and less than half of the smaller memory was used at most.
pub fn smaller(
    sizes: &[Size],
    used_mib: Decimal,
    highest_mean_cpu: Decimal,
    highest_cpu: Decimal,
) -> Option<Size> {
    let [.., next, _] = sizes else {
        return None;
    };
    let idle = highest_mean_cpu < Decimal::from(10) && highest_cpu < Decimal::from(60);
    (idle && used_mib * Decimal::TWO < Decimal::from(next.1)).then_some(*next)
}

/// The highest of the daily means and of all CPU numbers of some nodes; none where one of them has no number.
pub fn cpu_of_cache(numbers: &Numbers, metrics: &[(Metric, Metric)]) -> Option<(Decimal, Decimal)> {
    let mut highest = (Decimal::ZERO, Decimal::ZERO);
    for (mean, most) in metrics {
        highest.0 = highest.0.max(numbers.highest(mean)?);
        highest.1 = highest.1.max(numbers.highest(most)?);
    }
    Some(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_smaller_size_must_be_enough() {
        let sizes = database_sizes("db.t4g.medium").unwrap();
        let next = |used: i64, mean: i64, most: i64| {
            smaller(sizes, used.into(), mean.into(), most.into()).map(|(name, _)| name)
        };
        assert_eq!(next(1000, 5, 40), Some("small"));
        assert_eq!(next(1024, 5, 40), None);
        assert_eq!(next(1000, 10, 40), None);
        assert_eq!(next(1000, 5, 60), None);
        let micro = database_sizes("db.t4g.micro").unwrap();
        assert_eq!(smaller(micro, 1.into(), 1.into(), 1.into()), None);
        assert_eq!(database_sizes("db.r7g.large"), None);
        assert_eq!(cache_sizes("cache.t4g.small").unwrap().len(), 2);
    }
}
