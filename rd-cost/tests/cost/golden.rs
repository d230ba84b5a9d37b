//! The default production stack in five regions. Every price is from AWS's price pages, and every amount is worked out by
//! hand: price × quantity.

use super::{PRODUCTION, estimate, lines, millionths, offline_plan};
use rd_testkit::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One row: what is paid for, the quantity of a month, the price of a unit, and the amount. Several resources with the same
/// item are one row.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// A region: its rows, the fixed sum without Container Insights, that with it, and the items that have no price there.
struct Region {
    name: &'static str,
    rows: &'static [Row],
    without_insights: &'static str,
    fixed: &'static str,
    unknown: &'static [&'static str],
}

/// NAT 730 h; 1 + 2 addresses, 730 h each; load balancer 730 h; two tasks of 0.25 vCPU and 0.5 GB: 365 vCPU-hours and 730
/// GB-hours; db.t4g.medium 730 h and 20 GB; a node 730 h; two secrets; 13 alarms, of which 10 are free; 25 metrics, of which
/// 10 are free; one dashboard, which is free.
const REGIONS: [Region; 5] = [
    Region {
        name: "us-east-1",
        rows: &[
            ("NAT gateway", "730", "0.045", "32.85"),
            ("public IPv4 address", "730", "0.005", "3.65"),
            ("load balancer", "730", "0.0225", "16.425"),
            ("public IPv4 addresses", "1460", "0.005", "7.3"),
            ("Fargate, ARM vCPU", "365", "0.03238", "11.8187"),
            ("Fargate, ARM memory", "730", "0.00356", "2.5988"),
            ("db.t4g.medium", "730", "0.065", "47.45"),
            ("gp3 storage", "20", "0.115", "2.3"),
            ("cache.t4g.micro, redis", "730", "0.016", "11.68"),
            ("secret", "2", "0.4", "0.8"),
            ("alarm", "13", "0.1", "1.3"),
            ("free: 10 alarm metrics of the account", "-10", "0.1", "-1"),
            ("Container Insights metrics", "25", "0.3", "7.5"),
            ("free: 10 custom metrics of the account", "-10", "0.3", "-3"),
            ("dashboard", "1", "3", "3"),
            ("free: 3 dashboards of the account", "-1", "3", "-3"),
        ],
        without_insights: "137.1725",
        fixed: "141.6725",
        unknown: &["traffic between zones"],
    },
    Region {
        name: "eu-central-1",
        rows: &[
            ("NAT gateway", "730", "0.052", "37.96"),
            ("public IPv4 address", "730", "0.005", "3.65"),
            ("load balancer", "730", "0.027", "19.71"),
            ("public IPv4 addresses", "1460", "0.005", "7.3"),
            ("Fargate, ARM vCPU", "365", "0.03725", "13.59625"),
            ("Fargate, ARM memory", "730", "0.00409", "2.9857"),
            ("db.t4g.medium", "730", "0.074", "54.02"),
            ("gp3 storage", "20", "0.137", "2.74"),
            ("cache.t4g.micro, redis", "730", "0.018", "13.14"),
            ("secret", "2", "0.4", "0.8"),
        ],
        without_insights: "156.20195",
        fixed: "160.70195",
        unknown: &["traffic between zones", "snapshots beyond the free one"],
    },
    Region {
        name: "ap-southeast-2",
        rows: &[
            ("NAT gateway", "730", "0.059", "43.07"),
            ("load balancer", "730", "0.0252", "18.396"),
            ("Fargate, ARM vCPU", "365", "0.03885", "14.18025"),
            ("Fargate, ARM memory", "730", "0.00426", "3.1098"),
            ("db.t4g.medium", "730", "0.102", "74.46"),
            ("gp3 storage", "20", "0.138", "2.76"),
            ("cache.t4g.micro, redis", "730", "0.024", "17.52"),
        ],
        without_insights: "185.54605",
        fixed: "190.04605",
        unknown: &["traffic between zones", "snapshots beyond the free one"],
    },
    Region {
        name: "sa-east-1",
        rows: &[
            ("NAT gateway", "730", "0.093", "67.89"),
            ("load balancer", "730", "0.034", "24.82"),
            ("Fargate, ARM vCPU", "365", "0.0557", "20.3305"),
            ("Fargate, ARM memory", "730", "0.00612", "4.4676"),
            ("db.t4g.medium", "730", "0.137", "100.01"),
            ("gp3 storage", "20", "0.219", "4.38"),
            ("cache.t4g.micro, redis", "730", "0.03", "21.9"),
            ("alarm", "13", "0.135", "1.755"),
            (
                "free: 10 alarm metrics of the account",
                "-10",
                "0.135",
                "-1.35",
            ),
        ],
        without_insights: "255.9531",
        fixed: "260.4531",
        unknown: &["traffic between zones", "snapshots beyond the free one"],
    },
    Region {
        name: "eu-south-2",
        rows: &[
            ("NAT gateway", "730", "0.048", "35.04"),
            ("load balancer", "730", "0.0252", "18.396"),
            ("Fargate, ARM vCPU", "365", "0.037242", "13.59333"),
            ("Fargate, ARM memory", "730", "0.004089", "2.98497"),
            ("db.t4g.medium", "730", "0.07", "51.1"),
            ("gp3 storage", "20", "0.127", "2.54"),
        ],
        without_insights: "135.7043",
        fixed: "140.2043",
        unknown: &[
            "cache.t4g.micro, redis",
            "traffic between zones",
            "snapshots beyond the free one",
        ],
    },
];

#[test]
fn the_default_production_stack_in_five_regions() {
    for region in &REGIONS {
        let name = region.name;
        let world = World::new(&format!("{PRODUCTION}region = \"{name}\"\n"));
        let plan = offline_plan(&world, "");
        let done = estimate(&world, &plan, "");
        assert_eq!(done.code, 0, "{}", done.stderr);
        assert!(done.stdout.contains(&plan), "the records pass through");
        let (lines, total) = lines(&done);

        let mut fixed: BTreeMap<&str, (i64, i64, &Value)> = BTreeMap::new();
        let known = lines.iter().filter(|line| line["basis"] == "fixed");
        for line in known {
            assert_eq!(line["region"], name);
            assert!(line["price_date"].is_string() && line["price_origin"].is_string());
            let row =
                fixed
                    .entry(line["item"].as_str().unwrap())
                    .or_insert((0, 0, &line["unit_price"]));
            row.0 += millionths(&line["quantity"]);
            row.1 += millionths(&line["usd_month"]);
        }
        for (item, quantity, price, amount) in region.rows {
            let (of, usd, unit) = fixed
                .get(item)
                .unwrap_or_else(|| panic!("{name}: no {item}"));
            assert_eq!(*of, millionths(&json!(quantity)), "{name}: {item}");
            assert_eq!(*usd, millionths(&json!(amount)), "{name}: {item}");
            assert_eq!(*unit, price, "{name}: {item}");
        }
        let sum: i64 = fixed.values().map(|row| row.1).sum();
        assert_eq!(sum, millionths(&json!(region.fixed)), "{name}");
        assert_eq!(total["total"]["fixed"], region.fixed, "{name}");
        let insights = fixed["Container Insights metrics"].1
            + fixed["free: 10 custom metrics of the account"].1;
        assert_eq!(
            sum - insights,
            millionths(&json!(region.without_insights)),
            "{name}"
        );

        let unknown = lines.iter().filter(|line| line["basis"] == "unknown");
        let mut unknown: Vec<&str> = unknown.map(|line| line["item"].as_str().unwrap()).collect();
        let mut expected = region.unknown.to_vec();
        unknown.sort_unstable();
        expected.sort_unstable();
        assert_eq!(unknown, expected, "{name}");
        assert_eq!(total["total"]["unknown"], expected.len(), "{name}");
        for line in lines.iter().filter(|line| line["basis"] == "unknown") {
            assert!(
                line["usd_month"].is_null() && line["reason"].as_str().unwrap().contains(name),
                "{line}"
            );
        }
        if name == "us-east-1" {
            assert!((100..=150).contains(&(sum / 1_000_000)));
        }
    }
}

/// The tasks of autoscaling: at least one, at most four, and two at first.
#[test]
fn autoscaling_gives_a_range() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    let done = estimate(&world, &offline_plan(&world, ""), "");
    let (lines, _) = lines(&done);
    let vcpu = lines
        .iter()
        .find(|line| line["item"] == "Fargate, ARM vCPU")
        .unwrap();
    let numbers = [
        "quantity_low",
        "quantity",
        "quantity_high",
        "usd_month_low",
        "usd_month_high",
    ];
    let numbers = numbers.map(|name| vcpu[name].as_str().unwrap());
    assert_eq!(numbers, ["182.5", "365", "730", "5.90935", "23.6374"]);
}
