//! The life of the slice on AWS's bad days: nothing is found at once, and much is refused for now.

use rd_testkit::network::SETTINGS;
use rd_testkit::{World, bad_days};

#[test]
fn the_slice_is_created_changed_and_destroyed_on_a_bad_day() {
    for seed in bad_days() {
        let world = World::new(SETTINGS);
        let changed = format!(
            "{SETTINGS}[tags]\nOwner = \"platform\"\n[store]\nversioning = false\nkms_key = \"alias/shop\"\n\
             standard_ia_days = 60\nglacier_ir_days = 0\ncors_origins = [\"https://app.example.com\"]\n"
        );
        world.lives_through_a_bad_day("rd-store", seed, &changed);
    }
}
