//! What people see of an estimate and of what is wasted, at every width.

use super::live::{SETTINGS, age, given, id, metric};
use super::{PRODUCTION, offline_plan};
use insta::{assert_snapshot, with_settings};
use rd_testkit::{Rd, World};
use serde_json::json;

#[test]
fn an_estimate_is_shown_at_every_width() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    let plan = offline_plan(&world, "");
    let seen = |rd: Rd| rd.stdin(plan.as_str()).ok().stdout.replace('\u{1b}', "␛");
    // Its tables need the last one; the others have lists.
    for width in ["60", "80", "120", "160"] {
        let estimate = || {
            let rd = world.rd("rd-cost").args("estimate --format text");
            rd.env("COLUMNS", width)
        };
        with_settings!({
            omit_expression => true,
            prepend_module_to_snapshot => false,
            snapshot_path => "views",
        }, {
            assert_snapshot!(format!("estimate_{width}"), seen(estimate()));
            let colored = estimate().env("CLICOLOR_FORCE", "1");
            assert_snapshot!(format!("estimate_{width}_colored"), seen(colored));
        });
    }
}

#[test]
fn what_is_wasted_is_shown_at_every_width() {
    let world = World::new(&format!("{SETTINGS}endpoints = \"private\"\n"));
    for program in ["rd-net", "rd-store"] {
        world.rd(program).args("apply -y").ok();
    }
    let nat = json!({"NatGatewayId": id(&world, "net.nat_gateway.a")});
    let metrics = [metric("AWS/NATGateway", "BytesOutToDestination", &nat, 0.0)];
    given(&world, &metrics);
    let days = json!({"account": world.account, "days": 40});
    world.aws_local("/aws-local/age", &days);
    for slice in ["net", "store"] {
        age(&world, slice, 40);
    }
    world.ec2("AllocateAddress", &[("Domain", "vpc")]);
    for width in ["60", "80", "120"] {
        let seen = |color: &str| {
            let rd = world.rd("rd-cost").args("waste --account --format text");
            let rd = rd.env("COLUMNS", width).env("CLICOLOR_FORCE", color);
            rd.ok().stdout.replace('\u{1b}', "␛")
        };
        with_settings!({
            filters => vec![
                (r"\b([a-z]+)-[0-9a-f]{17}\b", "$1-0123456789abcdef0"),
                (r"\b\d{12}\b", "123456789012"),
                (r"to \d{4}-\d\d-\d\d", "to 2026-11-27"),
                (r"\b127(\.\d+){3}\b", "127.0.0.1"),
            ],
            omit_expression => true,
            prepend_module_to_snapshot => false,
            snapshot_path => "views",
        }, {
            assert_snapshot!(format!("waste_{width}"), seen(""));
            assert_snapshot!(format!("waste_{width}_colored"), seen("1"));
        });
    }
}
