//! A whole life in an account in which AWS answers at its worst.

use rd_testkit::{World, bad_days};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\nendpoints = [\"logs\"]\nflow_logs = true\n";

#[test]
fn the_slice_is_created_changed_and_destroyed_on_a_bad_day() {
    // Another zone with its own NAT gateway, another port, and a tag of everything.
    let changed = format!(
        "{}nat = \"per-az\"\napp_port = 8080\n[tags]\nOwner = \"platform\"\n",
        SETTINGS.replace("azs = 1", "azs = 2")
    );
    for seed in bad_days() {
        let world = World::new(SETTINGS);
        world.lives_through_a_bad_day("rd-net", seed, &changed);
    }
}
