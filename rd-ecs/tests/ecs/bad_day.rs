//! The life of the slice on AWS's bad days: nothing is found at once, and much is refused for now.

use rd_testkit::network::SETTINGS;
use rd_testkit::{World, bad_days};

#[test]
fn the_slice_is_created_changed_and_destroyed_on_a_bad_day() {
    for seed in bad_days() {
        let world = World::new(SETTINGS);
        world.service("parameters = { LOG_LEVEL = \"info\" }");
        let changed = format!(
            "{SETTINGS}[tags]\nOwner = \"platform\"\n[ecs]\ncpu = 512\nmemory = 1024\ncpu_target = 60.0\n\
             container_insights = true\nretention_days = 60\nparameters = {{ LOG_LEVEL = \"debug\" }}\n\
             [ecs.schedules]\nnight = {{ at = \"cron(0 20 ? * MON-FRI *)\", min = 0, max = 0 }}\n"
        );
        world.lives_through_a_bad_day("rd-ecs", seed, &changed);
    }
}
