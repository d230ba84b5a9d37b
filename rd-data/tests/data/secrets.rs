//! The database's secret where Secrets Manager shows changes late.

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{World, endpoint};
use serde_json::json;

#[test]
fn a_value_that_is_not_visible_yet_is_waited_for() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    const UNSEEN: Fault = Fault::Refuse {
        status: 400,
        code: "ResourceNotFoundException",
    };
    proxy.rules(
        vec![Rule::at_first(Calls::Of("GetSecretValue"), 4, UNSEEN)],
        None,
    );
    world.rd("rd-data").args("apply -y").ok();
    assert!(proxy.happened() > 2);
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
}

/// The name stays in use for a while after a delete without a recovery window, which reads do not show.
#[test]
fn the_name_of_a_secret_that_is_gone_is_waited_for() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    const IN_USE: Fault = Fault::RefuseSaying {
        status: 400,
        code: "InvalidRequestException",
        message: "You can't create this secret because a secret with this name is already scheduled for deletion.",
    };
    proxy.rules(
        vec![Rule::at_first(Calls::Of("CreateSecret"), 3, IN_USE)],
        None,
    );
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(proxy.happened(), 3);
}

#[test]
fn a_secret_has_the_key_of_the_settings() {
    let world = World::new(SETTINGS);
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    let key = world.json("TrentService.CreateKey", &json!({}));
    let key = key["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    let used = || {
        let secret = json!({"SecretId": "shop/test/database"});
        world.json("secretsmanager.DescribeSecret", &secret)["KmsKeyId"].clone()
    };
    let update = ["update data.secret.database"];
    for (settings, expected) in [
        (
            format!("{SETTINGS}[data]\nsecret_kms_key = \"{key}\"\n"),
            key.as_str(),
        ),
        (SETTINGS.to_owned(), "alias/aws/secretsmanager"),
    ] {
        world.settings(&settings);
        assert_eq!(world.rd("rd-data").args("plan").ok().actions(), update);
        world.rd("rd-data").args("apply -y").ok();
        assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
        assert_eq!(used(), json!(expected));
    }
}
