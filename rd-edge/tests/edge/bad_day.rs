//! The life of the slice on AWS's bad days: nothing is found at once, and much is refused for now.

use rd_testkit::network::SETTINGS;
use rd_testkit::{World, bad_days};

#[test]
fn the_slice_is_created_changed_and_destroyed_on_a_bad_day() {
    for seed in bad_days() {
        let world = World::new(SETTINGS);
        world.network();
        let zone = world.zone(&world.domain());
        world.settings(&world.edge(""));
        let changed = world.edge("idle_timeout_seconds = 90\nhealth_interval_seconds = 20");
        world.lives_through_a_bad_day("rd-edge", seed, &changed);
        // The validation record stays, for other certificates of the name.
        assert_eq!(world.records(&zone).len(), 1, "seed {seed}");
    }
}
