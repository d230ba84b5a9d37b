//! The life of the slice on AWS's bad days: nothing is found at once, and much is refused for now.

use rd_testkit::network::SETTINGS;
use rd_testkit::{World, bad_days};

#[test]
fn the_slice_is_created_changed_and_destroyed_on_a_bad_day() {
    for seed in bad_days() {
        let world = World::new(SETTINGS);
        world.network();
        let changed = format!(
            "{SETTINGS}[tags]\nOwner = \"platform\"\n[data]\ninstance_class = \"db.m7g.large\"\nallocated_storage = 50\n\
             backup_retention_days = 14\nlog_exports = [\"postgresql\"]\n[data.parameters]\nwork_mem = 16384\n"
        );
        world.lives_through_a_bad_day("rd-data", seed, &changed);
    }
}
