//! The settings in `[logs]` of `rd.toml`: where alarms are sent, and their thresholds.

use crate::names::{DASHBOARD_NAME, EVENTS_NAME, TOPIC_NAME};
use rd_common::{Problem, Stack};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// The threshold of an alarm; none to have no such alarm, which is written `false`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold(pub Option<f64>);

impl Serialize for Threshold {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(limit) => limit.serialize(serializer),
            None => false.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ThresholdVisitor)
    }
}

struct ThresholdVisitor;

impl Visitor<'_> for ThresholdVisitor {
    type Value = Threshold;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or false for no alarm")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<Threshold, E> {
        if on {
            return Err(E::invalid_value(Unexpected::Bool(on), &self));
        }
        Ok(Threshold(None))
    }

    fn visit_f64<E: Error>(self, limit: f64) -> Result<Threshold, E> {
        Ok(Threshold(Some(limit)))
    }

    fn visit_i64<E: Error>(self, limit: i64) -> Result<Threshold, E> {
        self.visit_f64(limit as f64)
    }

    fn visit_u64<E: Error>(self, limit: u64) -> Result<Threshold, E> {
        self.visit_f64(limit as f64)
    }
}

/// How the alarm for running tasks treats minutes without data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunningTasksMissingData {
    /// As too few tasks: a new stack has an alarm until its first tasks report.
    Breaching,
    /// As no data: a new stack has no alarm. Once there was data, its end is notified.
    Missing,
}

/// The keys of the section. Each has a default.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The email address to which alarms are sent. Without it, only those who subscribe to the topic get them.
    pub alert_email: Option<String>,
    /// The id of the Slack workspace whose channel gets the alarms, through AWS Chatbot.
    pub slack_team: Option<String>,
    /// The id of the Slack channel that gets the alarms.
    pub slack_channel: Option<String>,
    /// The id of the Microsoft Teams team whose channel gets the alarms, through AWS Chatbot.
    pub teams_team: Option<String>,
    /// The id of the tenant that the Teams team belongs to.
    pub teams_tenant: Option<String>,
    /// The id of the Teams channel that gets the alarms, as it is in the link to the channel.
    pub teams_channel: Option<String>,
    /// The KMS key that encrypts messages in the topic. Without it, they are not encrypted.
    pub kms_key: Option<String>,
    /// The name of the topic; `<project>-<environment>-alarms` by default.
    pub topic_name: Option<String>,
    /// The name of the dashboard; `<project>-<environment>-overview` by default.
    pub dashboard_name: Option<String>,
    /// The names of alarms that have another one than `<project>-<environment>-<alarm>`, by alarm, such as `db-cpu`.
    pub alarm_names: BTreeMap<String, String>,
    /// Whether what RDS reports about the database is sent, too: failures, failovers, low storage and maintenance.
    pub database_events: bool,
    /// The most 5xx responses of the load balancer itself, in 5 minutes.
    pub alb_5xx: Threshold,
    /// The most 5xx responses of the tasks, in 5 minutes.
    pub target_5xx: Threshold,
    /// The longest time in which 95 % of the requests must be answered.
    pub latency_p95_seconds: Threshold,
    /// The least number of requests in 5 minutes from which on the time above is judged. Without it, each minute is judged
    /// that has enough requests for AWS, 200, and in others the alarm keeps its state.
    pub latency_min_requests: Option<u32>,
    /// The most tasks that may fail their health checks.
    pub unhealthy_hosts: Threshold,
    /// The highest average CPU of the tasks.
    pub ecs_cpu_percent: Threshold,
    /// The highest average memory of the tasks.
    pub ecs_memory_percent: Threshold,
    /// The least number of running tasks. Without it, the minimum of the service's autoscaling.
    pub running_tasks: Option<Threshold>,
    /// Minutes without data on running tasks: too few tasks, also before the first one has started, or no data.
    pub running_tasks_missing_data: RunningTasksMissingData,
    /// The highest average CPU of the database.
    pub db_cpu_percent: Threshold,
    /// The least free storage of the database, in GiB.
    pub db_free_storage_gib: Threshold,
    /// The most connections to the database.
    pub db_connections: Threshold,
    /// The highest memory use of each cache node.
    pub redis_memory_percent: Threshold,
    /// The most keys that a cache node may evict because its memory is full, in 5 minutes.
    pub redis_evictions: Threshold,
    /// The most connections in a minute for which a NAT gateway may have no port.
    pub nat_port_errors: Threshold,
}

impl Default for Config {
    fn default() -> Self {
        let above = |limit: f64| Threshold(Some(limit));
        Self {
            alert_email: None,
            slack_team: None,
            slack_channel: None,
            teams_team: None,
            teams_tenant: None,
            teams_channel: None,
            kms_key: None,
            topic_name: None,
            dashboard_name: None,
            alarm_names: BTreeMap::new(),
            database_events: false,
            alb_5xx: above(10.0),
            target_5xx: above(10.0),
            latency_p95_seconds: above(1.0),
            latency_min_requests: None,
            unhealthy_hosts: above(0.0),
            ecs_cpu_percent: above(90.0),
            ecs_memory_percent: above(90.0),
            running_tasks: None,
            running_tasks_missing_data: RunningTasksMissingData::Breaching,
            db_cpu_percent: above(90.0),
            db_free_storage_gib: above(2.0),
            db_connections: above(300.0),
            redis_memory_percent: above(80.0),
            redis_evictions: above(0.0),
            nat_port_errors: above(0.0),
        }
    }
}

/// The longest name that SNS accepts for a topic, in characters.
/// <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
const MAX_TOPIC_NAME: usize = 256;

/// The AWS managed key for SNS. Its policy, which cannot be changed, does not let alarms use it.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
const AWS_MANAGED_KEY: &str = "alias/aws/sns";

/// One GiB in bytes.
const GIB: f64 = 1_073_741_824.0;

impl Config {
    /// The least free storage of the database, in bytes.
    pub fn db_free_storage(&self) -> Threshold {
        Threshold(self.db_free_storage_gib.0.map(|gib| gib * GIB))
    }

    /// The name of the topic in AWS.
    pub fn topic_name(&self, stack: &Stack) -> String {
        let name = self.topic_name.clone();
        name.unwrap_or_else(|| stack.name_of(TOPIC_NAME))
    }

    /// The name of an alarm, such as `db-cpu`, in AWS.
    pub fn alarm_name(&self, stack: &Stack, alarm: &str) -> String {
        let name = self.alarm_names.get(alarm).cloned();
        name.unwrap_or_else(|| stack.name_of(alarm))
    }

    /// The name of the subscription to the events of RDS.
    pub fn events_name(&self, stack: &Stack) -> String {
        stack.name_of(EVENTS_NAME)
    }

    /// The name of the dashboard in AWS.
    pub fn dashboard_name(&self, stack: &Stack) -> String {
        let name = self.dashboard_name.clone();
        name.unwrap_or_else(|| stack.name_of(DASHBOARD_NAME))
    }

    /// The least number of running tasks: that of the settings, otherwise the minimum of the service.
    pub fn running_tasks(&self, minimum: Option<f64>) -> Threshold {
        // An alarm for fewer than 0 tasks would never go off.
        let minimum = Threshold(minimum.filter(|minimum| *minimum > 0.0));
        self.running_tasks.unwrap_or(minimum)
    }

    /// Whether a channel of a chat application gets the alarms.
    pub fn has_chat(&self) -> bool {
        self.slack_channel.is_some() || self.teams_channel.is_some()
    }

    /// What is wrong with the channels of chat applications.
    fn chat_problems(&self, stack: &Stack, wrong: &mut impl FnMut(&str, String, &str)) {
        /// What a key must be.
        type Form = (fn(&str) -> bool, &'static str);
        const SLACK_TEAM: Form = (
            |text| all_are(text, |c| c.is_ascii_uppercase() || c.is_ascii_digit()),
            "the id of a workspace, such as T0123ABCD; AWS's console shows it where the workspace was authorized",
        );
        const SLACK_CHANNEL: Form = (
            |text| all_are(text, |c| c.is_ascii_alphanumeric()),
            "the id of a channel, such as C0123ABCD, which ends its link; not its name",
        );
        const UUID: Form = (
            is_uuid,
            "a UUID: groupId of the team and tenantId in the link to a channel",
        );
        const TEAMS_CHANNEL: Form = (
            is_teams_channel,
            "the id as it is in the link to the channel, after /channel/: 19%3A…%40thread.tacv2",
        );
        let slack = [
            ("slack_team", &self.slack_team, SLACK_TEAM),
            ("slack_channel", &self.slack_channel, SLACK_CHANNEL),
        ];
        let teams = [
            ("teams_team", &self.teams_team, UUID),
            ("teams_tenant", &self.teams_tenant, UUID),
            ("teams_channel", &self.teams_channel, TEAMS_CHANNEL),
        ];
        for keys in [&slack[..], &teams[..]] {
            let set = |(_, value, _): &&(&str, &Option<String>, Form)| value.is_some();
            let Some((first, ..)) = keys.iter().find(set) else {
                continue;
            };
            if stack.partition() != "aws" {
                let what = format!("AWS Chatbot does not exist in {}", stack.region);
                wrong(first, what, "nothing in this region; use alert_email");
            }
            for (key, value, (is_right, allowed)) in keys {
                match value {
                    None => wrong(key, format!("`{first}` needs `{key}`, too"), allowed),
                    Some(value) if !is_right(value) => {
                        let what = match value.contains("://") {
                            // The URL of a webhook is a secret: it is not shown.
                            true => "a URL is not an id".to_owned(),
                            false => format!("`{value}` is not the id"),
                        };
                        wrong(key, what, allowed);
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// The keys that have invalid values, with what is allowed.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        let is_url = |text: &String| text.starts_with("https://") || text.starts_with("http://");
        if self.alert_email.as_ref().is_some_and(is_url) {
            // The URL of a webhook is a secret: it is not shown.
            wrong(
                "alert_email",
                "a webhook cannot be subscribed: it would have to confirm the subscription, and to understand what SNS sends"
                    .to_owned(),
                "an email address; for Slack and Teams, slack_channel and teams_channel (docs/logs.md)",
            );
        } else if let Some(address) = &self.alert_email
            && !is_address(address)
        {
            wrong(
                "alert_email",
                format!("`{address}` is not an email address"),
                "an address such as ops@example.com",
            );
        }
        if let Some(key) = &self.kms_key
            && (key.is_empty() || key.ends_with(AWS_MANAGED_KEY))
        {
            wrong(
                "kms_key",
                format!("alarms cannot publish to a topic that is encrypted with the key `{key}`"),
                "a customer managed key whose policy allows cloudwatch.amazonaws.com to use kms:Decrypt and kms:GenerateDataKey*",
            );
        }
        if self.topic_name(stack).len() > MAX_TOPIC_NAME {
            wrong(
                "alert_email",
                "the name of the stack is too long for the name of a topic".to_owned(),
                "a shorter `project` or `environment`",
            );
        }
        for alarm in self.alarm_names.keys().filter(|alarm| !is_alarm(alarm)) {
            wrong(
                "alarm_names",
                format!("there is no alarm `{alarm}`"),
                "the last part of an alarm's address, such as db-cpu; rd-logs status lists them",
            );
        }
        if self.latency_min_requests == Some(0) {
            wrong(
                "latency_min_requests",
                "there are always at least 0 requests".to_owned(),
                "at least 1",
            );
        }
        self.chat_problems(stack, &mut wrong);
        let percents = [
            ("ecs_cpu_percent", self.ecs_cpu_percent),
            ("ecs_memory_percent", self.ecs_memory_percent),
            ("db_cpu_percent", self.db_cpu_percent),
            ("redis_memory_percent", self.redis_memory_percent),
        ];
        for (key, Threshold(limit)) in percents {
            if limit.is_some_and(|limit| !(0.0..100.0).contains(&limit)) {
                wrong(
                    key,
                    "a percentage must be at least 0 and less than 100".to_owned(),
                    "0 to 99.9 percent, or false for no alarm",
                );
            }
        }
        let others = [
            ("alb_5xx", self.alb_5xx),
            ("target_5xx", self.target_5xx),
            ("latency_p95_seconds", self.latency_p95_seconds),
            ("unhealthy_hosts", self.unhealthy_hosts),
            (
                "running_tasks",
                self.running_tasks.unwrap_or(Threshold(None)),
            ),
            ("db_free_storage_gib", self.db_free_storage_gib),
            ("db_connections", self.db_connections),
            ("redis_evictions", self.redis_evictions),
            ("nat_port_errors", self.nat_port_errors),
        ];
        for (key, Threshold(limit)) in others {
            if limit.is_some_and(|limit| limit < 0.0 || !limit.is_finite()) {
                wrong(
                    key,
                    "a threshold must not be negative".to_owned(),
                    "a number of at least 0, or false for no alarm",
                );
            }
        }
        problems
    }
}

/// The alarms of which a stack has one each.
const ALARMS: [&str; 10] = [
    "alb-5xx",
    "target-5xx",
    "latency",
    "unhealthy-hosts",
    "ecs-cpu",
    "ecs-memory",
    "running-tasks",
    "db-cpu",
    "db-storage",
    "db-connections",
];

/// Whether a stack can have this alarm.
fn is_alarm(alarm: &str) -> bool {
    let numbered = |rest: &str| {
        let number = rest
            .strip_suffix("-memory")
            .or(rest.strip_suffix("-evictions"));
        number.is_some_and(|number| number.parse::<usize>().is_ok_and(|number| number > 0))
    };
    let zone = |rest: &str| {
        rest.strip_suffix("-port-errors")
            .is_some_and(|zone| zone.len() == 1)
    };
    ALARMS.contains(&alarm)
        || alarm.strip_prefix("redis-").is_some_and(numbered)
        || alarm.strip_prefix("nat-").is_some_and(zone)
}

/// Whether all characters of a text are of a kind, and there is one.
fn all_are(text: &str, kind: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(kind)
}

/// Whether a text has the form of a UUID.
fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// Whether a text has the form of the id of a Teams channel in a link: `19%3A…%40thread.tacv2`.
fn is_teams_channel(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let Some((before, after)) = text.split_once("%3a") else {
        return false;
    };
    let Some((id, domain)) = after.split_once("%40") else {
        return false;
    };
    let plain = |text: &str| all_are(text, |c| c.is_ascii_alphanumeric() || "-_=+/.,".contains(c));
    text.len() <= 255 && [before, id, domain].iter().all(|part| plain(part))
}

/// Whether a text has the form of an email address.
fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else {
        return false;
    };
    let plain = |c: char| !c.is_whitespace() && c != '@' && !c.is_control();
    !name.is_empty()
        && text.chars().filter(|c| *c == '@').count() == 1
        && text.chars().all(|c| c == '@' || plain(c))
        && domain.split('.').count() >= 2
        && domain.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Sets a key to an invalid value.
    type Spoil = fn(&mut Config);

    fn stack() -> Stack {
        Stack {
            project: "shop".into(),
            environment: "test".into(),
            region: "us-east-1".into(),
            ..Stack::default()
        }
    }

    #[test]
    fn the_defaults_are_valid_and_each_rule_is_checked() {
        assert_eq!(Config::default().problems(&stack()), []);
        let wrong: [(&str, Spoil); 15] = [
            ("alarm_names", |c| {
                c.alarm_names = [("redis-1-memory", "a"), ("redis-0-memory", "b")]
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .into();
            }),
            ("alert_email", |c| c.alert_email = Some("ops".into())),
            ("alert_email", |c| {
                c.alert_email = Some("https://hooks.slack.com/services/T0/B0/secret".into());
            }),
            ("alert_email", |c| c.alert_email = Some("o ps@a.b".into())),
            ("slack_channel", |c| c.slack_team = Some("T1".into())),
            ("slack_team", |c| {
                c.slack_team = Some("https://hooks.slack.com/services/T0/B0/secret".into());
                c.slack_channel = Some("C1".into());
            }),
            ("slack_channel", |c| {
                c.slack_team = Some("T1".into());
                c.slack_channel = Some("#alarms".into());
            }),
            ("teams_tenant", |c| {
                c.teams_team = Some("11111111-2222-3333-4444-555555555555".into());
                c.teams_channel = Some("19%3aAbC_1%40thread.tacv2".into());
            }),
            ("teams_channel", |c| {
                c.teams_team = Some("11111111-2222-3333-4444-555555555555".into());
                c.teams_tenant = Some("11111111-2222-3333-4444-55555555abcd".into());
                c.teams_channel = Some("19:AbC@thread.tacv2".into());
            }),
            ("kms_key", |c| c.kms_key = Some("alias/aws/sns".into())),
            ("ecs_cpu_percent", |c| {
                c.ecs_cpu_percent = Threshold(Some(100.0));
            }),
            ("redis_memory_percent", |c| {
                c.redis_memory_percent = Threshold(Some(-1.0));
            }),
            ("alb_5xx", |c| c.alb_5xx = Threshold(Some(-1.0))),
            ("latency_min_requests", |c| {
                c.latency_min_requests = Some(0);
            }),
            ("running_tasks", |c| {
                c.running_tasks = Some(Threshold(Some(-1.0)));
            }),
        ];
        for (key, spoil) in wrong {
            let mut config = Config::default();
            spoil(&mut config);
            let problems = config.problems(&stack());
            assert!(!format!("{problems:?}").contains("secret"), "{problems:?}");
            let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
            assert_eq!(keys, [key]);
        }
    }

    #[test]
    fn a_threshold_is_a_number_or_false() {
        let read = |value: serde_json::Value| serde_json::from_value::<Threshold>(value);
        assert_eq!(read(json!(3)).unwrap(), Threshold(Some(3.0)));
        assert_eq!(read(json!(0.5)).unwrap(), Threshold(Some(0.5)));
        assert_eq!(read(json!(false)).unwrap(), Threshold(None));
        for wrong in [json!(true), json!("3"), json!([])] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("a number, or false"), "{error}");
        }
        assert_eq!(json!(Threshold(None)), json!(false));
    }

    #[test]
    fn the_least_number_of_tasks_is_that_of_the_service_unless_set() {
        let mut config = Config::default();
        assert_eq!(config.running_tasks(Some(2.0)), Threshold(Some(2.0)));
        assert_eq!(config.running_tasks(Some(0.0)), Threshold(None));
        assert_eq!(config.running_tasks(None), Threshold(None));
        config.running_tasks = Some(Threshold(Some(3.0)));
        assert_eq!(config.running_tasks(Some(2.0)), Threshold(Some(3.0)));
        config.running_tasks = Some(Threshold(None));
        assert_eq!(config.running_tasks(Some(2.0)), Threshold(None));
    }
}
