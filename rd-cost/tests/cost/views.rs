//! What people see of an estimate, at every width.

use super::{PRODUCTION, offline_plan};
use insta::{assert_snapshot, with_settings};
use rd_testkit::{Rd, World};

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
