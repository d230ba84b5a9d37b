//! `rd-cost prices`, `--prices`, and the free amounts.

use super::{PRODUCTION, estimate, lines, millionths, offline_plan};
use rd_testkit::World;
use serde_json::json;

#[test]
fn prices_are_listed_and_overridden() {
    let world = World::new(&format!("{PRODUCTION}region = \"eu-south-2\"\n"));
    let nat = world.rd("rd-cost").args("prices nat").ok();
    let rows = nat.records();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1]["item"], "VPC/nat-gateway-hour");
    assert_eq!(
        (&rows[1]["usd"], &rows[1]["date"]),
        (&json!("0.048"), &json!("2025-10-28"))
    );
    let text = world
        .rd("rd-cost")
        .args("prices nat --format text")
        .ok()
        .stdout;
    assert!(text.contains("AWS pricing pages"), "{text}");

    let row = |region: &str, item: &str, usd: &str| {
        format!(
            r#"{{"region":"{region}","item":"{item}","unit":"hour","usd":"{usd}","date":"2026-11-01","origin":"us"}}"#
        )
    };
    let redis = "ElastiCache/elasticache-redis-cache.t4g.micro-hour";
    let file = [
        row("eu-south-2", redis, "0.02"),
        row("eu-west-1", "VPC/nat-gateway-hour", "9"),
        row("global", "DataTransfer/between-zones-gb", "0.01"),
    ];
    std::fs::write(world.path().join("prices.jsonl"), file.join("\n")).unwrap();
    let done = estimate(&world, &offline_plan(&world, ""), "--prices prices.jsonl");
    let (lines, _) = lines(&done);
    let of = |item: &str| lines.iter().find(|line| line["item"] == item).unwrap();
    let cache = of("cache.t4g.micro, redis");
    assert_eq!(
        (&cache["usd_month"], &cache["price_origin"]),
        (&json!("14.6"), &json!("us"))
    );
    assert_eq!(of("NAT gateway")["unit_price"], "0.048");
    assert_eq!(of("traffic between zones")["usd_month"], "0.4");

    std::fs::write(world.path().join("prices.jsonl"), "{}\n").unwrap();
    let wrong = world
        .rd("rd-cost")
        .args("prices --prices prices.jsonl")
        .code(2);
    assert!(
        wrong.stderr.contains("prices.jsonl, line 1"),
        "{}",
        wrong.stderr
    );
    world.rd("rd-cost").args("prices --prices nowhere").code(2);
}

#[test]
fn free_amounts_and_usages_are_settings() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    let plan = offline_plan(&world, "");
    let total = |flags: &str| lines(&estimate(&world, &plan, flags)).1;
    let fixed = |flags: &str| millionths(&total(flags)["total"]["fixed"]);
    // 10 alarms at 0.10, 10 metrics at 0.30, and one dashboard at 3.
    assert_eq!(
        fixed("--set cost.free_amounts=false") - fixed(""),
        7_000_000
    );
    let assumed = |flags: &str| millionths(&total(flags)["total"]["assumed"]);
    // 50 GB more through the NAT gateway, at 0.045.
    assert_eq!(
        assumed("--set cost.usage.nat_gb=100") - assumed(""),
        2_250_000
    );
    let typical = total("");
    let low = total("--usage low");
    assert_eq!(low["usd_month_low"], typical["usd_month_low"]);
    assert!(millionths(&low["usd_month"]) < millionths(&typical["usd_month"]));
    let three = total("--set cost.usage.egress_gb={low=100,typical=200,high=60000}");
    assert!(millionths(&three["usd_month_high"]) > millionths(&typical["usd_month_high"]));
}
