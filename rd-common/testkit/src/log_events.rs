//! What the tests of the log tools share: groups with events in them, and what a tail has written of them.

use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// A call to CloudWatch Logs.
pub fn logs(world: &World, operation: &str, input: &Value) -> Value {
    world.json(&format!("Logs_20140328.{operation}"), input)
}

/// Makes a group that no other test has: the world's account is in its name.
pub fn group(world: &World, name: &str) -> String {
    let group = format!("/test/{}/{name}", world.account);
    logs(world, "CreateLogGroup", &json!({"logGroupName": group}));
    group
}

/// Makes a stream.
pub fn stream(world: &World, group: &str, name: &str) {
    logs(
        world,
        "CreateLogStream",
        &json!({"logGroupName": group, "logStreamName": name}),
    );
}

/// Puts events, given as times and messages.
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

/// Puts one event.
pub fn put_one(world: &World, group: &str, stream: &str, timestamp: i64, message: &str) {
    put(world, group, stream, &[(timestamp, message.to_owned())]);
}

/// What holds for the streams of a group whose names begin so.
pub fn rule(world: &World, group: &str, stream: &str, what: &Value) {
    let mut rule = json!({"group": group, "stream": stream});
    rule.as_object_mut()
        .unwrap()
        .extend(what.as_object().unwrap().clone());
    world.aws_local("/aws-local/logs", &rule);
}

/// Fails unless each wanted message is there once, and nothing else.
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

/// The messages of JSON lines.
pub fn messages(text: &str) -> Vec<String> {
    let message = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        event["message"].as_str().unwrap().to_owned()
    };
    text.lines().map(message).collect()
}
