//! A fault at each change that a command makes to the bucket: nothing is lost, duplicated or left over.

use rd_testkit::World;
use rd_testkit::faults::Scenario;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";
const FEW: usize = 3;

fn bucket(world: &World) -> String {
    format!("/shop-test-sessions-{}", world.account)
}

fn applied(world: &World) {
    world.rd("rd-store").args("apply -y").ok();
}

fn complete(world: &World) {
    assert_eq!(world.rd("rd-store").args("plan").ok().actions(), [""; 0]);
    let state = std::fs::read_to_string(world.state_file("shop/test", "store")).unwrap_or_default();
    assert!(
        !state.contains("creating") && !state.contains("deposed"),
        "{state}"
    );
    world.rd("rd-store").args("destroy -y").ok();
    nothing_left(world);
}

fn nothing_left(world: &World) {
    assert_eq!(world.s3("HEAD", &bucket(world), "").status, 404);
    assert!(world.rd("rd-state").args("list").ok().stdout.is_empty());
}

const APPLY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |_| {},
    command: |world| world.rd("rd-store").args("apply -y"),
    check: complete,
};

/// Every setting that can be changed in place is changed.
const UPDATE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.settings(&format!(
            "{SETTINGS}[tags]\nOwner = \"platform\"\n[store]\nversioning = false\nkms_key = \"alias/shop\"\n\
             standard_ia_days = 60\nglacier_ir_days = 0\ncors_origins = [\"https://app.example.com\"]\n"
        ));
    },
    command: |world| world.rd("rd-store").args("apply -y"),
    check: complete,
};

/// A changed name: a new bucket is created and the old one deleted.
const REPLACE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.settings(&format!(
            "{SETTINGS}[store]\nbucket = \"other-{}\"\n",
            world.account
        ));
    },
    command: |world| world.rd("rd-store").args("apply -y"),
    check: |world| {
        assert_eq!(world.s3("HEAD", &bucket(world), "").status, 404);
        complete(world);
        assert_eq!(
            world
                .s3("HEAD", &format!("/other-{}", world.account), "")
                .status,
            404
        );
    },
};

const DESTROY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        for key in ["a", "b", "b"] {
            world.s3("PUT", &format!("{}/{key}", bucket(world)), "data");
        }
    },
    command: |world| world.rd("rd-store").args("destroy -y --delete-objects"),
    check: nothing_left,
};

rd_testkit::fault_walks! {
    FEW,
    apply: APPLY,
    update: UPDATE,
    replace: REPLACE,
    destroy: DESTROY,
}
