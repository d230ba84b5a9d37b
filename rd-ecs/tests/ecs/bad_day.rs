//! The life of the slice on AWS's bad days: nothing is found at once, and much is refused for now.

use rd_testkit::faults::{Lag, Proxy};
use rd_testkit::network::SETTINGS;
use rd_testkit::{World, bad_days, endpoint};

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

#[test]
fn the_new_number_of_tasks_may_be_visible_late() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    proxy.rules(Vec::new(), Some(Lag::of(3)));
    world.rd("rd-ecs").args("scale 2").ok();
    assert_eq!(world.live_service()["desiredCount"], 2);
}
