//! `savings`: what could cost less.

use super::live::{SETTINGS, age, given, metric};
use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{World, endpoint};
use serde_json::{Value, json};

fn of<'a>(found: &'a [Value], kind: &str) -> Vec<&'a Value> {
    found.iter().filter(|one| one["kind"] == kind).collect()
}

fn offerings(world: &World) {
    let database = |id: &str,
                    duration: i64,
                    kind: &str,
                    fixed: f64,
                    hourly: f64,
                    multi_az: bool| {
        json!({
            "ReservedDBInstancesOfferingId": id, "DBInstanceClass": "db.t4g.micro", "Duration": duration,
            "FixedPrice": fixed, "UsagePrice": 0.0, "CurrencyCode": "USD", "ProductDescription": "postgresql",
            "OfferingType": kind, "MultiAZ": multi_az,
            "RecurringCharges": [{"RecurringChargeAmount": hourly, "RecurringChargeFrequency": "Hourly"}],
        })
    };
    let year = 31_536_000;
    let given = [
        database("one-none", year, "No Upfront", 0.0, 0.0108, false),
        database("one-all", year, "All Upfront", 92.0, 0.0, false),
        database(
            "three-partial",
            3 * year,
            "Partial Upfront",
            87.0,
            0.0033,
            false,
        ),
        // Dearer than on demand, and of another kind.
        database("dear", year, "No Upfront", 0.0, 0.9, false),
        database("two-zones", year, "No Upfront", 0.0, 0.001, true),
    ];
    let active = json!({
        "ReservedDBInstanceId": "mine", "DBInstanceClass": "db.t4g.small", "DBInstanceCount": 2, "State": "active",
        "ProductDescription": "postgresql", "MultiAZ": false, "Duration": year,
    });
    world.aws_local(
        "/aws-local/reserved-databases",
        &json!({"account": world.account, "offerings": given, "reserved": [active]}),
    );
    let node = |id: &str, engine: &str, hourly: f64| {
        json!({
            "ReservedCacheNodesOfferingId": id, "CacheNodeType": "cache.t4g.micro", "Duration": year, "FixedPrice": 0.0,
            "UsagePrice": 0.0, "ProductDescription": engine, "OfferingType": "No Upfront",
            "RecurringCharges": [{"RecurringChargeAmount": hourly, "RecurringChargeFrequency": "Hourly"}],
        })
    };
    let given = [
        node("redis", "redis", 0.01),
        node("valkey", "valkey", 0.008),
    ];
    world.aws_local(
        "/aws-local/reserved-caches",
        &json!({"account": world.account, "offerings": given}),
    );
}

#[test]
fn each_saving_has_its_price_its_risk_and_the_change() {
    let proxy = Proxy::start(endpoint());
    let settings = SETTINGS.replace("azs = 1", "azs = 2");
    let settings = format!("{settings}[data]\ninstance_class = \"db.t4g.micro\"\n");
    let world = World::at(&settings, proxy.url());
    for program in ["rd-net", "rd-data", "rd-cache"] {
        world.rd(program).args("apply -y").ok();
    }
    offerings(&world);
    let young = world.rd("rd-cost").args("savings").ok().of_type("saving");
    let new = of(&young, "database_reservation");
    assert_eq!((new.len(), &new[0]["outcome"]), (1, &json!("too_new")));

    world.aws_local(
        "/aws-local/age",
        &json!({"account": world.account, "days": 40}),
    );
    for slice in ["net", "data", "cache"] {
        age(&world, slice, 40);
    }
    let before = proxy.calls().len();
    let done = world.rd("rd-cost").args("savings").ok();
    assert!(proxy.calls()[before..].iter().all(|call| !call.mutates));
    let found = done.of_type("saving");
    let reserved = of(&found, "database_reservation");
    let ids: Vec<&str> = reserved
        .iter()
        .map(|one| one["change"].as_str().unwrap().rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(
        ids,
        ["one-none", "one-all", "three-partial"],
        "{}",
        done.stdout
    );
    // db.t4g.micro: 0.016 an hour, 11.68 a month.
    let told: Vec<[&Value; 3]> = reserved
        .iter()
        .map(|one| {
            [
                &one["usd_month"],
                &one["upfront_usd"],
                &one["break_even_month"],
            ]
        })
        .collect();
    assert_eq!(told[0], [&json!("3.796"), &json!("0"), &json!("9")]);
    assert_eq!(told[1], [&json!("4.0133333333"), &json!("92"), &json!("8")]);
    assert_eq!(told[2][1..], [&json!("87"), &json!("15")]);
    let risk = reserved[0]["risk"].as_str().unwrap();
    assert!(
        risk.contains("2 active reservations of this family"),
        "{risk}"
    );

    // Without an edition, the cache is Redis: 0.016 an hour, and Valkey a fifth less.
    let valkey = of(&found, "valkey")[0];
    assert_eq!(valkey["usd_month"], "2.336");
    assert_eq!(valkey["change"], "cache.engine = \"valkey\"");
    let node = of(&found, "cache_reservation");
    assert_eq!((node.len(), &node[0]["usd_month"]), (1, &json!("4.38")));
    // 118 of 168 hours of the database.
    let off = of(&found, "off_hours");
    let database = off
        .iter()
        .find(|one| one["resource"] == "data.db_instance.postgres")
        .unwrap();
    assert_eq!(database["usd_month"], "8.2038095238");
    assert!(database["risk"].as_str().unwrap().contains("after 7 days"));

    let text = world
        .rd("rd-cost")
        .args("savings --format text")
        .ok()
        .stdout;
    assert!(
        text.contains("92.00 USD upfront; worth it from month 8 of 12 on"),
        "{text}"
    );
    let long = text.lines().filter(|line| line.chars().count() > 80);
    // A word longer than the line stays whole.
    assert!(long.count() == 0, "{text}");
    let markdown = world
        .rd("rd-cost")
        .args("savings --format markdown")
        .ok()
        .stdout;
    assert!(markdown.contains("| 2.34 | valkey cache."), "{markdown}");

    // A commitment for what the settings change would be for the wrong class.
    world.settings(&settings.replace("db.t4g.micro", "db.t4g.small"));
    let done = world.rd("rd-cost").args("savings").ok();
    let found = done.of_type("saving");
    let changing = of(&found, "database_reservation");
    let why = "the settings ask for db.t4g.small, and db.t4g.micro runs: apply that first";
    assert_eq!((changing.len(), &changing[0]["why"]), (1, &json!(why)));
    world.settings(&settings);

    let refuse = Fault::Refuse {
        status: 403,
        code: "AccessDenied",
    };
    let of_offerings = Calls::Of("DescribeReservedDBInstancesOfferings");
    proxy.rules(vec![Rule::at_first(of_offerings, 9, refuse)], None);
    let done = world.rd("rd-cost").args("savings").code(1);
    let found = done.of_type("saving");
    assert_eq!(
        of(&found, "database_reservation")[0]["outcome"],
        "not_checked"
    );
    assert_eq!(of(&found, "cache_reservation").len(), 1);
}

#[test]
fn tasks_cost_less_on_spot_at_night_and_with_a_plan() {
    let world = World::new(SETTINGS);
    world.service("capacity = \"FARGATE\"\ndesired = 2\nautoscaling = false\n");
    world.rd("rd-ecs").args("apply -y").ok();
    let young = world.rd("rd-cost").args("savings").ok().of_type("saving");
    assert_eq!(of(&young, "compute_savings_plan")[0]["outcome"], "too_new");
    age(&world, "ecs", 31);
    let done = world.rd("rd-cost").args("savings").ok();
    let found = done.of_type("saving");
    // A task with a quarter of a vCPU and 0.5 GB: 7.20875 a month, 2.295242275 on Spot. One of two stays.
    let spot = of(&found, "spot");
    assert_eq!(spot.len(), 1, "{}", done.stdout);
    assert_eq!(spot[0]["usd_month"], "4.913507725");
    assert_eq!(of(&found, "off_hours")[0]["usd_month"], "10.126577381");
    let plans = of(&found, "compute_savings_plan");
    let told: Vec<[&Value; 3]> = plans
        .iter()
        .map(|one| {
            [
                &one["usd_month"],
                &one["term_months"],
                &one["break_even_month"],
            ]
        })
        .collect();
    assert_eq!(told[0], [&json!("3.066"), &json!(12), &json!("10")]);
    assert_eq!(told[1], [&json!("6.63205"), &json!(36), &json!("20")]);

    // Where tasks run on Spot already, and where no price of a plan is known.
    let more = "apply -y --set ecs.capacity=FARGATE_SPOT";
    world.rd("rd-ecs").args(more).ok();
    let found = world.rd("rd-cost").args("savings").ok().of_type("saving");
    assert_eq!(of(&found, "spot").len(), 0);
    // The list has no price of a plan for three years on x86.
    let more = "apply -y --set ecs.capacity=FARGATE --set ecs.architecture=X86_64";
    world.rd("rd-ecs").args(more).ok();
    let found = world.rd("rd-cost").args("savings").ok().of_type("saving");
    let plans = of(&found, "compute_savings_plan");
    assert_eq!(plans.len(), 2, "{found:?}");
    assert!(plans[0]["usd_month"].is_string());
    assert_eq!(plans[1]["usd_month"], Value::Null);
    let why = plans[1]["why"].as_str().unwrap();
    assert!(why.ends_with("no price known in us-east-1"), "{why}");
}

#[test]
fn what_is_larger_or_dearer_than_its_use_costs_less_otherwise() {
    let settings = SETTINGS.replace("azs = 1", "azs = 2\nendpoints = [\"logs\"]");
    let settings = format!(
        "{settings}[data]\ninstance_class = \"db.t4g.medium\"\nstorage_type = \"io1\"\n\
         allocated_storage = 100\nmax_allocated_storage = 200\niops = 3000\n[cache]\nnode_type = \"cache.t4g.medium\"\n"
    );
    let world = World::new(&settings);
    for program in ["rd-net", "rd-data", "rd-cache"] {
        world.rd(program).args("apply -y").ok();
    }
    world.aws_local(
        "/aws-local/age",
        &json!({"account": world.account, "days": 40}),
    );
    let gb = f64::from(1 << 30);
    let database = json!({"DBInstanceIdentifier": "shop-test-postgres"});
    let node = json!({"CacheClusterId": "shop-test-redis-001", "CacheNodeId": "0001"});
    let (rds, cache) = ("AWS/RDS", "AWS/ElastiCache");
    given(
        &world,
        &[
            metric(rds, "CPUUtilization", &database, 3.0),
            metric(rds, "DatabaseConnections", &database, 5.0),
            metric(rds, "FreeableMemory", &database, 3.5 * gb),
            metric(cache, "CPUUtilization", &node, 2.0),
            metric(cache, "GetTypeCmds", &node, 5.0),
            metric(cache, "DatabaseMemoryUsagePercentage", &node, 10.0),
        ],
    );
    let found = world.rd("rd-cost").args("savings").ok().of_type("saving");
    let one = |kind: &str| of(&found, kind)[0];
    // 0.065 an hour less 0.032, of both.
    assert_eq!(one("smaller_database")["usd_month"], "24.09", "{found:?}");
    assert_eq!(
        one("smaller_database")["change"],
        "rd-data apply --set data.instance_class=db.t4g.small"
    );
    assert_eq!(one("smaller_cache")["usd_month"], "24.09");
    assert_eq!(
        one("smaller_cache")["change"],
        "rd-cache apply --set cache.node_type=cache.t4g.small"
    );
    assert_eq!(one("nat_instead_of_endpoint")["usd_month"], "14.6");
    // The list has no price of io1: nothing is told of it, until a file has one.
    assert_eq!(one("gp3")["usd_month"], Value::Null);
    let row = |item: &str, unit: &str, usd: &str| {
        json!({
            "region": "us-east-1", "item": format!("RDS/rds-io1-single-az-{item}-month"), "unit": unit, "usd": usd,
            "date": "2026-11-01", "origin": "us",
        })
    };
    let rows = [
        row("gb", "GB-month", "0.125"),
        row("iops", "IOPS-month", "0.1"),
    ];
    let rows = rows.map(|row| row.to_string()).join("\n");
    std::fs::write(world.path().join("own.jsonl"), rows).unwrap();
    let priced = world.rd("rd-cost").args("savings --prices own.jsonl");
    let priced = priced.ok().of_type("saving");
    // 12.50 and 300 instead of 11.50.
    let gp3 = of(&priced, "gp3")[0];
    assert_eq!(gp3["usd_month"], "301");
    assert_eq!(
        gp3["change"],
        "data.storage_type = \"gp3\", without data.iops"
    );
}
