//! Log groups that are named by their ARN.

use rd_testkit::faults::{Calls, Proxy};
use rd_testkit::log_events::{group, now, put_one, stream};
use rd_testkit::{World, endpoint};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

#[test]
fn an_arn_names_the_group_of_its_account_and_region() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let group = group(&world, "g");
    stream(&world, &group, "s");
    put_one(&world, &group, "s", now() - 1000, "ours");
    let arn =
        |region: &str, account: &str| format!("arn:aws:logs:{region}:{account}:log-group:{group}");
    let own = arn("us-east-1", &world.account);
    // The group of this account is read once, however it is named.
    for named in [own.clone(), format!("{own}:* {group} {own}")] {
        let line = format!("tail {named} -o raw");
        assert_eq!(world.rd("rd-logs").args(&line).ok().stdout, "ours\n");
    }
    // Another account has a group of this name, which this one may not read.
    let other = arn("us-east-1", "210987654321");
    for command in ["tail", "search", "tail --live", "insights limit_1"] {
        let line = match command {
            "insights limit_1" => vec!["insights", "limit 1"],
            other => other.split(' ').collect(),
        };
        let mut rd = world.rd("rd-logs");
        for word in line {
            rd = rd.arg(word);
        }
        let done = rd.arg(&other).code(1);
        assert_eq!(done.stdout, "", "{command}");
        assert!(
            done.stderr.contains("ResourceNotFoundException"),
            "{}",
            done.stderr
        );
    }
    let asked = proxy.calls().into_iter().filter(|call| {
        call.service == "logs" && String::from_utf8_lossy(&call.body).contains(&other)
    });
    assert_eq!(asked.count(), 4);
    // Another region is not asked, nor is this one instead.
    let before = Calls::All.count(&proxy.calls());
    let far = arn("eu-west-1", &world.account);
    for command in ["tail", "search"] {
        let done = world
            .rd("rd-logs")
            .args(&format!("{command} {far}"))
            .code(2);
        assert!(
            done.stderr.contains("pass --region eu-west-1"),
            "{}",
            done.stderr
        );
    }
    assert_eq!(Calls::All.count(&proxy.calls()), before);
}
