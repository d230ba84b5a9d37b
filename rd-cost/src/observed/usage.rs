//! `[cost.usage]` from CloudWatch: what was used in the last days, scaled to a month.

use super::metrics::{Metric, Numbers, Window, gigabytes};
use crate::line::Source;
use crate::money::HOURS;
use crate::owned::{Owned, OwnedResources};
use crate::usage::{Amount, Usage};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// By key of `[cost.usage]`: where its number is from, or why it is still assumed.
pub type Sources = BTreeMap<&'static str, Source>;

/// The keys that CloudWatch has no number for, and why.
const NOT_MEASURED: [(&str, &str); 9] = [
    (
        "cost.usage.zone_gb",
        "CloudWatch has no number for traffic between zones",
    ),
    (
        "cost.usage.database_growth_gb",
        "CloudWatch has no number for storage to come",
    ),
    (
        "cost.usage.database_backup_gb",
        "RDS reports no size of its backups",
    ),
    (
        "cost.usage.database_monitoring_gb",
        "all databases of the account log to one group",
    ),
    (
        "cost.usage.cache_snapshot_gb",
        "ElastiCache reports no size of its snapshots",
    ),
    (
        "cost.usage.store_transition_thousands",
        "CloudWatch has no number for moves between storage classes",
    ),
    (
        "cost.usage.store_retrieval_gb",
        "CloudWatch has no number for reads by storage class",
    ),
    (
        "cost.usage.image_gb",
        "CloudWatch has no number for the size of images",
    ),
    (
        "cost.usage.secret_thousands",
        "CloudWatch counts reads of all secrets of the account together",
    ),
];
/// The same for what belongs to the whole stack.
const NOT_MEASURED_OF_STACK: [(&str, &str); 2] = [
    (
        "cost.usage.kms_thousands",
        "CloudWatch counts no requests to a key",
    ),
    (
        "cost.usage.state_thousands",
        "CloudWatch counts no requests to the store of the states",
    ),
];

/// How the numbers of the days become that of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// Bytes, summed up: GB in a month.
    Bytes,
    /// A number of events, summed up: their number in a month.
    Count,
    /// The same in thousands.
    Thousands,
    /// Capacity units of each hour, summed up: their mean.
    HourlyMean,
    /// Bytes that are stored: the newest number, in GB.
    Stored,
}

/// A key with the metrics whose sum it is.
struct Rule<'a> {
    key: &'static str,
    /// What CloudWatch is asked, in words.
    from: &'static str,
    set: fn(&mut Usage) -> &mut Amount,
    scale: Scale,
    /// Whether no number means zero: AWS reports some metrics only where they are not zero.
    absent_is_zero: bool,
    /// What is missing where there is no resource, such as `NAT gateway`.
    what: &'static str,
    metrics: Vec<(&'a Owned, Metric)>,
}

/// The rules for what the states have.
fn rules(owned: &OwnedResources) -> Vec<Rule<'_>> {
    let mut rules = vec![nat(owned), endpoints(owned)];
    rules.extend(load_balancer(owned));
    rules.extend(logs(owned));
    rules.extend(bucket(owned));
    rules.push(mails(owned));
    rules
}

/// All that a gateway receives is what it processes.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html>
fn nat(owned: &OwnedResources) -> Rule<'_> {
    let names = ["BytesInFromSource", "BytesInFromDestination"];
    let metrics = owned.of_kind("nat_gateway").flat_map(|gateway| {
        names.map(|name| {
            let metric = Metric::of("AWS/NATGateway", name, "Sum", "NatGatewayId", &gateway.id);
            (gateway, metric)
        })
    });
    Rule {
        key: "cost.usage.nat_gb",
        from: "AWS/NATGateway BytesInFromSource and BytesInFromDestination",
        set: |usage| &mut usage.nat_gb,
        scale: Scale::Bytes,
        absent_is_zero: false,
        what: "NAT gateway",
        metrics: metrics.collect(),
    }
}

/// The data through interface endpoints, by the bytes that they have processed.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html>
fn endpoints(owned: &OwnedResources) -> Rule<'_> {
    let endpoints = owned.of_kind("vpc_endpoint");
    let endpoints =
        endpoints.filter(|one| one.text("endpoint_type").eq_ignore_ascii_case("interface"));
    Rule {
        key: "cost.usage.endpoint_gb",
        from: "AWS/PrivateLinkEndpoints BytesProcessed",
        set: |usage| &mut usage.endpoint_gb,
        scale: Scale::Bytes,
        absent_is_zero: true,
        what: "interface endpoint",
        metrics: endpoints
            .map(|one| {
                (
                    one,
                    endpoint_bytes(&one.id, one.text("service_name"), one.text("vpc_id")),
                )
            })
            .collect(),
    }
}

/// The bytes through an interface endpoint.
pub fn endpoint_bytes(id: &str, service: &str, vpc: &str) -> Metric {
    Metric {
        namespace: "AWS/PrivateLinkEndpoints",
        name: "BytesProcessed",
        stat: "Sum",
        dimensions: vec![
            ("Endpoint Type", "Interface".to_owned()),
            ("Service Name", service.to_owned()),
            ("VPC Endpoint Id", id.to_owned()),
            ("VPC Id", vpc.to_owned()),
        ],
    }
}

/// The part of a load balancer's ARN by which CloudWatch knows it: `app/<name>/<id>`.
pub fn arn_suffix(arn: &str) -> &str {
    arn.split_once(":loadbalancer/")
        .map_or(arn, |(_, rest)| rest)
}

/// The capacity units of the load balancer, and the data that it has sent.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html>
fn load_balancer(owned: &OwnedResources) -> [Rule<'_>; 2] {
    let metrics = |name: &'static str| {
        let all = owned.of_kind("load_balancer");
        all.map(|one| {
            let of = arn_suffix(&one.id);
            (
                one,
                Metric::of("AWS/ApplicationELB", name, "Sum", "LoadBalancer", of),
            )
        })
        .collect::<Vec<_>>()
    };
    [
        Rule {
            key: "cost.usage.lcu",
            from: "AWS/ApplicationELB ConsumedLCUs",
            set: |usage| &mut usage.lcu,
            scale: Scale::HourlyMean,
            absent_is_zero: false,
            what: "load balancer",
            metrics: metrics("ConsumedLCUs"),
        },
        Rule {
            key: "cost.usage.egress_gb",
            from: "AWS/ApplicationELB ProcessedBytes, which has both directions: at most this",
            set: |usage| &mut usage.egress_gb,
            scale: Scale::Bytes,
            absent_is_zero: true,
            what: "load balancer",
            metrics: metrics("ProcessedBytes"),
        },
    ]
}

/// The logs that each slice's groups have taken in.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html>
fn logs(owned: &OwnedResources) -> Vec<Rule<'_>> {
    type Of = (&'static str, &'static str, fn(&mut Usage) -> &mut Amount);
    const SLICES: [Of; 4] = [
        ("net", "cost.usage.flow_log_gb", |usage| {
            &mut usage.flow_log_gb
        }),
        ("data", "cost.usage.database_log_gb", |usage| {
            &mut usage.database_log_gb
        }),
        ("cache", "cost.usage.cache_log_gb", |usage| {
            &mut usage.cache_log_gb
        }),
        ("ecs", "cost.usage.log_gb", |usage| &mut usage.log_gb),
    ];
    let incoming =
        |group: &str| Metric::of("AWS/Logs", "IncomingBytes", "Sum", "LogGroupName", group);
    let rule = |key, set, metrics| Rule {
        key,
        from: "AWS/Logs IncomingBytes",
        set,
        scale: Scale::Bytes,
        absent_is_zero: true,
        what: "log group of this slice",
        metrics,
    };
    let mut rules: Vec<Rule<'_>> = SLICES
        .into_iter()
        .map(|(slice, key, set)| {
            let groups = owned.of_kind("log_group").filter(|one| one.slice == slice);
            rule(
                key,
                set,
                groups.map(|one| (one, incoming(&one.id))).collect(),
            )
        })
        .collect();
    let insights = owned.of_kind("cluster").map(|cluster| {
        let name = cluster.id.rsplit('/').next().unwrap_or(&cluster.id);
        (
            cluster,
            incoming(&format!("/aws/ecs/containerinsights/{name}/performance")),
        )
    });
    let set: fn(&mut Usage) -> &mut Amount = |usage| &mut usage.container_insights_gb;
    rules.push(Rule {
        what: "cluster",
        ..rule("cost.usage.container_insights_gb", set, insights.collect())
    });
    rules
}

/// The storage of the bucket by class, and its requests.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html>
fn bucket(owned: &OwnedResources) -> Vec<Rule<'_>> {
    type Of = (&'static str, &'static str, fn(&mut Usage) -> &mut Amount);
    const CLASSES: [Of; 3] = [
        ("StandardStorage", "cost.usage.store_standard_gb", |usage| {
            &mut usage.store_standard_gb
        }),
        ("StandardIAStorage", "cost.usage.store_ia_gb", |usage| {
            &mut usage.store_ia_gb
        }),
        (
            "GlacierInstantRetrievalStorage",
            "cost.usage.store_glacier_ir_gb",
            |usage| &mut usage.store_glacier_ir_gb,
        ),
    ];
    let buckets = || owned.of_kind("bucket");
    let mut rules: Vec<Rule<'_>> = CLASSES
        .into_iter()
        .map(|(class, key, set)| Rule {
            key,
            from: "AWS/S3 BucketSizeBytes, the newest",
            set,
            scale: Scale::Stored,
            absent_is_zero: false,
            what: "bucket",
            metrics: buckets()
                .map(|one| (one, bucket_size(&one.id, class)))
                .collect(),
        })
        .collect();
    // Only of a bucket with request metrics, which cost; `EntireBucket` is what the console names their filter.
    let requests = |names: &[&'static str]| {
        let mut all = Vec::new();
        for one in buckets() {
            all.extend(names.iter().map(|name| {
                let dimensions = vec![
                    ("BucketName", one.id.clone()),
                    ("FilterId", "EntireBucket".to_owned()),
                ];
                let metric = Metric {
                    namespace: "AWS/S3",
                    name,
                    stat: "Sum",
                    dimensions,
                };
                (one, metric)
            }));
        }
        all
    };
    let requests = [
        Rule {
            key: "cost.usage.store_put_thousands",
            from: "AWS/S3 PutRequests, PostRequests and ListRequests",
            set: |usage| &mut usage.store_put_thousands,
            scale: Scale::Thousands,
            absent_is_zero: false,
            what: "bucket",
            metrics: requests(&["PutRequests", "PostRequests", "ListRequests"]),
        },
        Rule {
            key: "cost.usage.store_get_thousands",
            from: "AWS/S3 GetRequests",
            set: |usage| &mut usage.store_get_thousands,
            scale: Scale::Thousands,
            absent_is_zero: false,
            what: "bucket",
            metrics: requests(&["GetRequests"]),
        },
    ];
    rules.extend(requests);
    rules
}

/// The bytes of a bucket in a storage class, once a day.
pub fn bucket_size(bucket: &str, storage_type: &str) -> Metric {
    Metric {
        namespace: "AWS/S3",
        name: "BucketSizeBytes",
        stat: "Average",
        dimensions: vec![
            ("BucketName", bucket.to_owned()),
            ("StorageType", storage_type.to_owned()),
        ],
    }
}

/// The mails that the topic of the alarms has sent.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html>
fn mails(owned: &OwnedResources) -> Rule<'_> {
    let topics = owned.of_kind("topic").filter(|one| one.slice == "logs");
    let metrics = topics.map(|one| {
        let name = one.id.rsplit(':').next().unwrap_or(&one.id);
        let delivered = "NumberOfNotificationsDelivered";
        (
            one,
            Metric::of("AWS/SNS", delivered, "Sum", "TopicName", name),
        )
    });
    Rule {
        key: "cost.usage.alarm_mails",
        from: "AWS/SNS NumberOfNotificationsDelivered",
        set: |usage| &mut usage.alarm_mails,
        scale: Scale::Count,
        absent_is_zero: true,
        what: "topic",
        metrics: metrics.collect(),
    }
}

/// The metrics that [`measure`] needs for what the states have.
pub fn metrics(owned: &OwnedResources) -> BTreeSet<Metric> {
    let rules = rules(owned).into_iter();
    rules
        .flat_map(|rule| rule.metrics.into_iter().map(|(_, metric)| metric))
        .collect()
}

/// Puts what was used into `usage`, scaled to a month, and says of each key where its number is from.
pub fn measure(
    usage: &mut Usage,
    owned: &OwnedResources,
    numbers: &Numbers,
    window: Window,
) -> Sources {
    let mut sources = Sources::new();
    for (key, why) in NOT_MEASURED.into_iter().chain(NOT_MEASURED_OF_STACK) {
        sources.insert(key, Source::Assumed(why.to_owned()));
    }
    for rule in rules(owned) {
        let source = match rule.number(numbers, window) {
            Ok(number) => {
                *(rule.set)(usage) = Amount(number.normalize().into());
                Source::Measured(format!("{}, {}", rule.from, window.text()))
            }
            Err(why) => Source::Assumed(why),
        };
        sources.insert(rule.key, source);
    }
    sources
}

impl Rule<'_> {
    /// The number of a month; why there is none otherwise.
    fn number(&self, numbers: &Numbers, window: Window) -> Result<Decimal, String> {
        if self.metrics.is_empty() {
            return Err(format!("the states have no {}", self.what));
        }
        let day = Decimal::from(24);
        let mut total = Decimal::ZERO;
        let mut some = false;
        for (owned, metric) in &self.metrics {
            let hours = window.hours_of(owned.since);
            if hours < day {
                return Err(format!("the {} is less than a whole day old", self.what));
            }
            let found = match self.scale {
                Scale::Stored => numbers.last(metric),
                _ => numbers.sum(metric),
            };
            some |= found.is_some();
            let found = match found {
                Some(found) => found,
                None if !self.absent_is_zero => continue,
                None => numbers
                    .sum_or_zero(metric)
                    .ok_or("CloudWatch did not answer")?,
            };
            total += match self.scale {
                Scale::Bytes => gigabytes(found) / hours * HOURS,
                Scale::Count => found / hours * HOURS,
                Scale::Thousands => found / Decimal::ONE_THOUSAND / hours * HOURS,
                Scale::HourlyMean => found / hours,
                Scale::Stored => gigabytes(found),
            };
        }
        match some || self.absent_is_zero {
            true => Ok(total.round_dp(6)),
            false => Err(format!("CloudWatch has no number of the {}", self.what)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_source() {
        let owned = OwnedResources::default();
        let window = Window::before(jiff::Timestamp::now(), 14);
        let mut usage = Usage::default();
        let sources = measure(&mut usage, &owned, &Numbers::default(), window);
        let keys: Vec<&str> = sources.keys().copied().collect();
        let mut all = Usage::KEYS.to_vec();
        all.sort_unstable();
        assert_eq!(keys, all);
        // Without a stack, all is as it was.
        assert_eq!(usage, Usage::default());
    }

    #[test]
    fn numbers_of_days_are_scaled_to_a_month() {
        let now: jiff::Timestamp = "2026-11-27T19:00:00Z".parse().unwrap();
        let window = Window::before(now, 14);
        let owned = |kind: &str, id: &str, since: &str| Owned {
            address: format!("edge.{kind}.main"),
            slice: "edge".to_owned(),
            kind: kind.to_owned(),
            id: id.to_owned(),
            spec: serde_json::Value::Null,
            since: since.parse().unwrap(),
        };
        let arn = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/shop/50dc6c495c0c9188";
        let old = "2026-01-01T00:00:00Z";
        // Of the gateway, a week is known; of the cluster, an afternoon.
        let all = OwnedResources::of(vec![
            owned("load_balancer", arn, old),
            owned("nat_gateway", "nat-1", "2026-11-20T00:00:00Z"),
            owned("cluster", "shop", "2026-11-26T12:00:00Z"),
            owned("bucket", "shop-sessions", old),
        ]);
        let balancer = |name| {
            let of = "app/shop/50dc6c495c0c9188";
            Metric::of("AWS/ApplicationELB", name, "Sum", "LoadBalancer", of)
        };
        let nat = |name| Metric::of("AWS/NATGateway", name, "Sum", "NatGatewayId", "nat-1");
        let gb = |count: i64| Decimal::from(count << 30);
        let mut numbers = Numbers::default();
        numbers.set(
            &balancer("ConsumedLCUs"),
            &[Decimal::from(84), Decimal::from(84)],
        );
        numbers.set(&nat("BytesInFromSource"), &[gb(40), gb(2)]);
        numbers.set(&nat("BytesInFromDestination"), &[gb(42)]);
        let class = "StandardStorage";
        numbers.set(&bucket_size("shop-sessions", class), &[gb(10), gb(12)]);
        let mut usage = Usage::default();
        let sources = measure(&mut usage, &all, &numbers, window);
        let typical = |amount: Amount| {
            assert!(amount.0.is_exact());
            amount.0.typical
        };
        // 168 capacity units in 336 hours; 84 GB in 168 hours; the newest size; no bytes reported is none.
        assert_eq!(typical(usage.lcu), Decimal::new(5, 1));
        assert_eq!(typical(usage.nat_gb), Decimal::from(365));
        assert_eq!(typical(usage.store_standard_gb), Decimal::from(12));
        assert_eq!(typical(usage.egress_gb), Decimal::ZERO);
        let why = |key: &str| match &sources[key] {
            Source::Measured(from) => from.clone(),
            Source::Assumed(why) => format!("assumed: {why}"),
        };
        assert_eq!(
            why("cost.usage.lcu"),
            "AWS/ApplicationELB ConsumedLCUs, 14 days to 2026-11-26"
        );
        assert_eq!(
            why("cost.usage.container_insights_gb"),
            "assumed: the cluster is less than a whole day old"
        );
        assert_eq!(
            why("cost.usage.store_get_thousands"),
            "assumed: CloudWatch has no number of the bucket"
        );
        assert_eq!(
            why("cost.usage.alarm_mails"),
            "assumed: the states have no topic"
        );
        assert_eq!(usage.log_gb, Usage::default().log_gb);
    }
}
