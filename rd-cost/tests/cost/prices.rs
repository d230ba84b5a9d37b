//! `rd-cost prices`, `--prices`, and the free amounts.

use super::{PRODUCTION, estimate, lines, millionths, offline_plan};
use rd_testkit::World;
use serde_json::{Value, json};

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
    let none = world.rd("rd-cost").args("prices nonsense").ok();
    assert!(
        none.stdout.is_empty() && none.stderr.contains("`nonsense`"),
        "{}",
        none.stderr
    );

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
    for (wrong, allowed) in [
        (
            "nat_gb=x",
            "a number, or { low = …, typical = …, high = … }",
        ),
        (
            "nat_gb=-1",
            "a number, or { low = …, typical = …, high = … }",
        ),
        (
            "nat_gb={low=1}",
            "a number, or { low = …, typical = …, high = … }",
        ),
        ("nat=1", "nat_gb, endpoint_gb, zone_gb"),
    ] {
        let rd = world.rd("rd-cost").args("settings");
        let refused = rd.args(&format!("--set cost.usage.{wrong}")).code(2);
        let hint = format!("allowed: {allowed}");
        assert!(refused.stderr.contains(&hint), "{}", refused.stderr);
    }
    let whole = world.rd("rd-cost").args("settings --set cost.usage=3");
    let whole = whole.code(2).stderr;
    assert!(whole.contains("expected a table\n"), "{whole}");
    assert!(
        whole.contains("allowed: a table with the keys nat_gb, endpoint_gb"),
        "{whole}"
    );
    let three = total("--set cost.usage.egress_gb={low=100,typical=200,high=60000}");
    assert!(millionths(&three["usd_month_high"]) > millionths(&typical["usd_month_high"]));
}

/// A product of the Price List with one price.
fn product(service: &str, family: &str, usage_type: &str, usd: &str) -> Value {
    let attributes =
        json!({"regionCode": "eu-central-1", "usagetype": usage_type, "instanceType": "none"});
    json!({
        "serviceCode": service,
        "product": {"productFamily": family, "sku": usage_type, "attributes": attributes},
        "terms": {"OnDemand": {"x": {"effectiveDate": "2026-10-01T00:00:00Z", "priceDimensions": {
            "y": {"unit": "Hrs", "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": usd}},
        }}}},
    })
}

#[test]
fn prices_are_refreshed_for_what_the_stack_has() {
    let world = World::new(
        "project = \"shop\"\nenvironment = \"test\"\nregion = \"eu-central-1\"\n[net]\nazs = 1\nnat = \"single\"\n",
    );
    let nothing = world.rd("rd-cost").args("prices refresh").code(2);
    assert!(
        nothing.stderr.contains("the states have nothing"),
        "{}",
        nothing.stderr
    );
    world.rd("rd-net").args("apply -y").ok();
    let nat = |usage: &str, usd: &str| product("AmazonEC2", "NAT Gateway", usage, usd);
    let ipv4 = |usage: &str, usd: &str| product("AmazonVPC", "VpcPublicIPv4Address", usage, usd);
    let products = [
        nat("EUC1-NatGateway-Provisioned-Hours", "9"),
        nat("EUC1-NatGateway-Hours", "0.06"),
        // Two that fit: none is taken.
        nat("EUC1-NatGateway-Bytes", "0.01"),
        nat("EUC1-NatGateway-Bytes", "0.02"),
        ipv4("EUC1-PublicIPv4:IdleAddress", "7"),
        ipv4("EUC1-PublicIPv4:InUseAddress", "0.005"),
    ];
    world.aws_local(
        "/aws-local/prices",
        &json!({"account": world.account, "products": products}),
    );
    let done = world.rd("rd-cost").args("prices refresh").ok();
    let rows = done.records();
    assert_eq!(rows.len(), 3, "{}", done.stdout);
    assert_eq!(
        (&rows[0]["item"], &rows[0]["usd"]),
        (&json!("VPC/nat-gateway-hour"), &json!("0.06"))
    );
    // What an address would cost without a use, which `waste` asks for.
    assert_eq!(rows[1]["item"], "VPC/public-ipv4-idle-hour");
    assert_eq!(rows[0]["unit"], "hour");
    assert_eq!(
        rows[0]["origin"],
        "AWS Price List, in effect since 2026-10-01"
    );
    assert!(
        done.stderr
            .contains("VPC/nat-gateway-gb: 2 products with different prices fit"),
        "{}",
        done.stderr
    );
    // From then on, an estimate has them, without a call; a file is still above them.
    let price = |flags: &str| {
        let line = format!("estimate {flags}");
        let done = world
            .rd("rd-cost")
            .args(&line)
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .ok();
        let (lines, _) = lines(&done);
        let gateway = lines
            .iter()
            .find(|line| line["item"] == "NAT gateway")
            .unwrap();
        (gateway["unit_price"].clone(), gateway["price_date"].clone())
    };
    assert_eq!(price(""), (json!("0.06"), rows[0]["date"].clone()));
    let own = r#"{"region":"eu-central-1","item":"VPC/nat-gateway-hour","unit":"hour","usd":"1","date":"2026-11-01","origin":"us"}"#;
    std::fs::write(world.path().join("own.jsonl"), own).unwrap();
    assert_eq!(price("--prices own.jsonl").0, json!("1"));
    let listed = world
        .rd("rd-cost")
        .args("prices nat-gateway-hour")
        .ok()
        .records();
    assert_eq!(listed[0]["usd"], "0.06");
}

#[test]
fn what_the_price_list_does_not_have_is_named_with_the_reason() {
    let world = World::new("");
    world.service("capacity = \"FARGATE_SPOT\"\ndesired = 2\n");
    world.rd("rd-ecs").args("apply -y").ok();
    let logs = |usage: &str, usd: &str| {
        let mut one = product("AmazonCloudWatch", "Data Payload", usage, usd);
        one["product"]["attributes"]["regionCode"] = json!("us-east-1");
        one
    };
    let products = [
        logs("DataProcessing-Bytes", "0.51"),
        logs("DataProcessingIA-Bytes", "0.25"),
    ];
    world.aws_local(
        "/aws-local/prices",
        &json!({"account": world.account, "products": products}),
    );
    let done = world.rd("rd-cost").args("prices refresh").ok();
    let rows = done.records();
    assert_eq!(rows.len(), 1, "{}", done.stdout);
    let logs = "CloudWatchLogs/logs-ingest-standard-gb";
    assert_eq!(
        (&rows[0]["item"], &rows[0]["usd"]),
        (&json!(logs), &json!("0.51"))
    );
    for line in [
        "ECS/fargate-spot-arm-vcpu-hour: no API of AWS has the prices of Fargate Spot",
        "ECR/storage-gb-month: no product with the usage type TimedStorage-ByteHrs; the price of 2025-06-18 stays",
    ] {
        assert!(done.stderr.contains(line), "{}", done.stderr);
    }
    // A price of the list that is newer than the refresh wins.
    let cache = world.path().join(".rd/costs/prices.us-east-1.jsonl");
    let old = std::fs::read_to_string(&cache).unwrap();
    let day = rows[0]["date"].as_str().unwrap();
    std::fs::write(&cache, old.replace(day, "2020-01-01")).unwrap();
    let shown = world.rd("rd-cost").args("prices logs-ingest-standard");
    assert_eq!(shown.ok().records()[0]["usd"], "0.5");
}

#[test]
fn a_variable_sets_the_table_of_usages() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    let settings = world.rd("rd-cost").args("settings cost.usage.nat_gb");
    let shown = settings.env("RD_COST_USAGE", "{ nat_gb = 77 }").ok().stdout;
    assert!(shown.contains("77"), "{shown}");
}
