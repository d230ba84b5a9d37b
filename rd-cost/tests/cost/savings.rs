//! `savings`: what could cost less.

use super::live::{SETTINGS, age};
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
