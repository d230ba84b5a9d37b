//! The life of the slice on AWS's bad days: nothing is found at once, and much is refused for now.

use rd_testkit::network::SETTINGS;
use rd_testkit::{World, bad_days};

#[test]
fn the_slice_is_created_changed_and_destroyed_on_a_bad_day() {
    for seed in bad_days() {
        let world = World::new("");
        world.watched();
        let settings = |more: &str| {
            format!(
                "{SETTINGS}[logs]\nalert_email = \"{}\"\n{more}",
                world.address()
            )
        };
        world.settings(&settings(""));
        let changed = settings("db_cpu_percent = 70\n[tags]\nOwner = \"platform\"\n");
        world.lives_through_a_bad_day("rd-logs", seed, &changed);
    }
}
