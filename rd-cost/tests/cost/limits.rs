//! `--fail-over`, `--strict`, and what there is to estimate at all.

use super::{PRODUCTION, estimate, offline_plan};
use rd_testkit::World;

#[test]
fn a_plan_that_adds_too_much_exits_with_7() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    let net = world.rd("rd-net").args("plan --offline").ok().stdout;
    for (flags, code) in [
        ("--fail-over 20", 7),
        ("--fail-over 2000", 0),
        ("--fail-over 15%", 0),
        ("--strict", 0),
    ] {
        let done = estimate(&world, &net, flags);
        assert_eq!(done.code, code, "{flags}: {}", done.stderr);
        let status = if code == 0 { "ok" } else { "failed" };
        assert_eq!(done.end()["status"], status, "{flags}");
    }
    let text = estimate(&world, &net, "--fail-over 20 --format text").stdout;
    assert!(text.ends_with("cost: over the limit\n"), "{text}");
    let done = estimate(&world, &net, "--fail-over 15%");
    assert!(
        done.stderr.contains("a percentage cannot be a limit"),
        "{}",
        done.stderr
    );
    let done = estimate(&world, &net, "--fail-over x");
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("such as 15%"), "{}", done.stderr);

    let whole = offline_plan(&world, "");
    let strict = estimate(&world, &whole, "--strict");
    assert_eq!(strict.code, 7, "{}", strict.stderr);
    let says = "no price known for traffic between zones in us-east-1";
    assert!(strict.stderr.contains(says), "{}", strict.stderr);
    let without = estimate(&world, &whole, "--strict --set cost.usage.zone_gb=0");
    assert_eq!(without.code, 0, "{}", without.stderr);
}

#[test]
fn without_a_plan_there_is_nothing_to_estimate() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    let status = "{\"type\":\"begin\",\"slice\":\"net\",\"format\":\"rd/1\",\"command\":\"status\",\"stack\":\"shop-production\",\
        \"region\":\"us-east-1\",\"tool_version\":\"0.1.0\",\"run\":\"r\"}\n\
        {\"type\":\"end\",\"slice\":\"net\",\"status\":\"ok\"}\n";
    let done = estimate(&world, status, "");
    assert_eq!(done.code, 2, "{}", done.stderr);
    assert!(
        done.stderr.contains("there is no plan on stdin"),
        "{}",
        done.stderr
    );
    // No state either: an estimate of nothing.
    let nothing = world.rd("rd-cost").args("estimate").ok();
    assert_eq!(nothing.of_type("cost").len(), 1);
}

#[test]
fn settings_that_are_wrong_are_named_with_their_line() {
    for (settings, says) in [
        ("[cost.usage]\nnat = 7\n", ["line 5", "cost.usage.nat"]),
        (
            "[cost.usage]\nnat_gb = -7\n",
            ["cost.usage.nat_gb", "not negative"],
        ),
        ("[cost]\npreset = 'most'\n", ["cost.preset", "line 5"]),
    ] {
        let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n{settings}"));
        let done = world.rd("rd-cost").args("estimate").code(2);
        for part in says {
            assert!(done.stderr.contains(part), "{settings}: {}", done.stderr);
        }
        // The other programs do not read the table.
        world.rd("rd-net").args("plan --offline").ok();
    }
}
