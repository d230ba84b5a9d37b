//! Text, Markdown, and an estimate of what exists; all without a call to AWS.

use super::{PRODUCTION, estimate, lines, offline_plan};
use rd_testkit::World;
use serde_json::Value;

#[test]
fn an_estimate_makes_no_call() {
    // Nothing listens at this address, and there are no credentials.
    let world = World::at(
        &format!("{PRODUCTION}region = \"us-east-1\"\n"),
        "http://127.0.0.1:9",
    );
    let plan = offline_plan(&world, "");
    let rd = world.rd("rd-cost").args("estimate");
    let rd = rd
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY");
    let done = rd.env("AWS_EC2_METADATA_DISABLED", "true").stdin(plan).ok();
    assert!(done.of_type("cost").len() > 30);
    world.rd("rd-cost").args("estimate").ok();
    world.rd("rd-cost").args("prices").ok();
}

#[test]
fn text_and_markdown_say_region_lines_and_sums() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    let plan = offline_plan(&world, "");
    let text = estimate(&world, &plan, "--format text").stdout;
    for part in [
        "list prices of us-east-1",
        "NAT gateway",
        "alarm × 13",
        "assumed: cost.usage.nat_gb",
        "fixed    141.67",
        "no price known for traffic between zones in us-east-1",
        "1 line is unknown",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let markdown = estimate(&world, &plan, "--format markdown").stdout;
    assert!(markdown.starts_with("**"), "{markdown}");
    assert!(
        markdown.contains("| NAT gateway | 730 hour | 0.045 | 32.85 | fixed |"),
        "{markdown}"
    );
    assert!(
        !markdown.contains("net.vpc.main"),
        "a plan is not part of it"
    );
    let other = world.rd("rd-cost").args("prices --format markdown").code(2);
    assert!(
        other.stderr.contains("no output in the format `markdown`"),
        "{}",
        other.stderr
    );
}

#[test]
fn a_screen_that_is_too_narrow_for_the_tables_has_lists() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    let plan = offline_plan(&world, "");
    let shown = |columns: &str| {
        let rd = world.rd("rd-cost").args("estimate --format text");
        let text = rd.env("COLUMNS", columns).stdin(plan.as_str()).ok().stdout;
        let begin = text.find("list prices").unwrap();
        text[begin..].to_owned()
    };
    let wide = shown("160");
    assert!(
        wide.contains("UNIT PRICE") && !wide.contains(" × 0.045"),
        "{wide}"
    );
    let narrow = shown("80");
    assert!(
        narrow.contains("NAT gateway          32.85\n    730 hour × 0.045, fixed\n"),
        "{narrow}"
    );
    assert!(
        narrow.contains("traffic between zones    unknown\n    40 (2 to 400), no price known"),
        "{narrow}"
    );
    let longest = narrow.lines().map(|line| line.chars().count()).max();
    assert!(longest.unwrap() <= 80, "{narrow}");
}

#[test]
fn the_states_give_the_estimate_of_what_exists() {
    let world = World::new(
        "project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n[net]\nazs = 1\n",
    );
    let plan = world.rd("rd-net").args("plan").ok().stdout;
    let planned = estimate(&world, &plan, "");
    world.rd("rd-net").args("apply -y").ok();
    let state = world.rd("rd-cost").args("estimate").ok();
    let pairs = |lines: Vec<Value>| -> Vec<(Value, Value)> {
        lines
            .into_iter()
            .map(|line| (line["item"].clone(), line["usd_month"].clone()))
            .collect()
    };
    let ((ours, total), (theirs, _)) = (lines(&state), lines(&planned));
    assert_eq!(pairs(ours), pairs(theirs));
    assert_eq!(total["total"]["change"], "0");
    let again = world.rd("rd-net").args("plan").ok().stdout;
    let (_, same) = lines(&estimate(&world, &again, "--fail-over 0"));
    assert_eq!(same["usd_month"], total["usd_month"]);
    assert_eq!(same["total"]["change"], "0");
}
