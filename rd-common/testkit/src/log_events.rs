//! Log groups with events for the tests of the log commands, and checks of their output.

use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// The current time in milliseconds since 1970.
pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// Calls an operation of CloudWatch Logs, and returns its output.
pub fn logs(world: &World, operation: &str, input: &Value) -> Value {
    world.json(&format!("Logs_20140328.{operation}"), input)
}

/// Creates a log group of this test alone: its name contains the world's account. Returns the name.
pub fn group(world: &World, name: &str) -> String {
    let group = format!("/test/{}/{name}", world.account);
    logs(world, "CreateLogGroup", &json!({"logGroupName": group}));
    group
}

/// Creates a log stream in a group.
pub fn stream(world: &World, group: &str, name: &str) {
    logs(
        world,
        "CreateLogStream",
        &json!({"logGroupName": group, "logStreamName": name}),
    );
}

/// Puts events into a stream: the time in milliseconds, and the message.
pub fn put(world: &World, group: &str, stream: &str, events: &[(i64, String)]) {
    let events: Vec<Value> = events
        .iter()
        .map(|(timestamp, message)| json!({"timestamp": timestamp, "message": message}))
        .collect();
    let told = logs(
        world,
        "PutLogEvents",
        &json!({"logGroupName": group, "logStreamName": stream, "logEvents": events}),
    );
    assert_eq!(told.get("rejectedLogEventsInfo"), None);
}

/// Puts one event into a stream.
pub fn put_one(world: &World, group: &str, stream: &str, timestamp: i64, message: &str) {
    put(world, group, stream, &[(timestamp, message.to_owned())]);
}

/// Sets how the local API treats the streams of a group whose names begin with `stream`.
pub fn rule(world: &World, group: &str, stream: &str, what: &Value) {
    let mut rule = json!({"group": group, "stream": stream});
    rule.as_object_mut()
        .unwrap()
        .extend(what.as_object().unwrap().clone());
    world.aws_local("/aws-local/logs", &rule);
}

/// Fails the test unless the output has each expected message once, and no other.
pub fn each_once(
    wanted: impl IntoIterator<Item = String>,
    found: impl IntoIterator<Item = String>,
) {
    let mut count: BTreeMap<String, i64> = BTreeMap::new();
    for message in wanted {
        *count.entry(message).or_default() += 1;
    }
    for message in found {
        *count.entry(message).or_default() -= 1;
    }
    let lost: Vec<_> = count.iter().filter(|(_, count)| **count > 0).collect();
    let double: Vec<_> = count.iter().filter(|(_, count)| **count < 0).collect();
    assert!(
        lost.is_empty() && double.is_empty(),
        "{} lost, such as {:?}; {} too often, such as {:?}",
        lost.len(),
        lost.first(),
        double.len(),
        double.first()
    );
}

/// The messages in an output of JSON lines.
pub fn messages(text: &str) -> Vec<String> {
    let message = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        event["message"].as_str().unwrap().to_owned()
    };
    text.lines().map(message).collect()
}
