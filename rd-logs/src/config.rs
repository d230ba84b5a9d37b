//! `[logs]` in `rd.toml`.

use rd_common::{Problem, Stack};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// When an alarm goes off; none where there is to be no such alarm, which is written `false`.
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
        match Value::deserialize(deserializer)? {
            Value::Bool(false) => Ok(Self(None)),
            Value::Number(number) => Ok(Self(number.as_f64())),
            other => Err(D::Error::custom(format!(
                "{other} is no threshold: a number, or false for no alarm"
            ))),
        }
    }
}

/// The section, with a default for every key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address that alarms are sent to; else whoever subscribes to the topic hears of them.
    pub alert_email: Option<String>,
    /// The KMS key that encrypts what waits in the topic; else none does.
    pub kms_key: Option<String>,
    /// Answers 5xx of the load balancer itself, in 5 minutes.
    pub alb_5xx: Threshold,
    /// Answers 5xx of the tasks, in 5 minutes.
    pub target_5xx: Threshold,
    /// The time that 95 % of the answers do not exceed.
    pub latency_p95_seconds: Threshold,
    /// Tasks that fail their health checks.
    pub unhealthy_hosts: Threshold,
    /// CPU of the tasks.
    pub ecs_cpu_percent: Threshold,
    /// Memory of the tasks.
    pub ecs_memory_percent: Threshold,
    /// The least number of tasks; else that of the service's autoscaling.
    pub running_tasks: Option<Threshold>,
    /// CPU of the database.
    pub db_cpu_percent: Threshold,
    /// Free storage of the database, in GiB: less is too little.
    pub db_free_storage_gib: Threshold,
    /// Connections to the database.
    pub db_connections: Threshold,
    /// Memory of a node of the cache.
    pub redis_memory_percent: Threshold,
    /// Keys that a node of the cache drops for want of memory, in 5 minutes.
    pub redis_evictions: Threshold,
    /// Connections for which a NAT gateway has no port, in a minute.
    pub nat_port_errors: Threshold,
}

impl Default for Config {
    fn default() -> Self {
        let above = |limit: f64| Threshold(Some(limit));
        Self {
            alert_email: None,
            kms_key: None,
            alb_5xx: above(10.0),
            target_5xx: above(10.0),
            latency_p95_seconds: above(1.0),
            unhealthy_hosts: above(0.0),
            ecs_cpu_percent: above(90.0),
            ecs_memory_percent: above(90.0),
            running_tasks: None,
            db_cpu_percent: above(90.0),
            db_free_storage_gib: above(2.0),
            db_connections: above(300.0),
            redis_memory_percent: above(80.0),
            redis_evictions: above(0.0),
            nat_port_errors: above(0.0),
        }
    }
}

/// The longest name of a topic.
/// <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
const LONGEST_NAME: usize = 256;

/// AWS's own key for topics: its policy, which nobody can change, lets no alarm use it.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
const OF_AWS: &str = "alias/aws/sns";

/// Bytes in a GiB.
const GIB: f64 = 1_073_741_824.0;

impl Config {
    /// The free storage of the database, in bytes, below which there is too little.
    pub fn db_free_storage(&self) -> Threshold {
        Threshold(self.db_free_storage_gib.0.map(|gib| gib * GIB))
    }

    /// The topic's name.
    pub fn topic(&self, stack: &Stack) -> String {
        stack.name_of("alarms")
    }

    /// The dashboard's name.
    pub fn dashboard(&self, stack: &Stack) -> String {
        stack.name_of("overview")
    }

    /// The number below which there are too few tasks; `least` is that of the service.
    pub fn running_tasks(&self, least: Option<f64>) -> Threshold {
        // Less than none there are never.
        let least = Threshold(least.filter(|least| *least > 0.0));
        self.running_tasks.unwrap_or(least)
    }

    /// What is wrong with it.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        if let Some(address) = &self.alert_email
            && !is_address(address)
        {
            wrong(
                "alert_email",
                format!("`{address}` is no email address"),
                "an address such as ops@example.com",
            );
        }
        if let Some(key) = &self.kms_key
            && (key.is_empty() || key.ends_with(OF_AWS))
        {
            wrong(
                "kms_key",
                format!("an alarm cannot send anything to a topic with the key `{key}`"),
                "a key of your own whose policy lets cloudwatch.amazonaws.com use kms:Decrypt and kms:GenerateDataKey*",
            );
        }
        if self.topic(stack).len() > LONGEST_NAME {
            wrong(
                "alert_email",
                "the stack's name is too long for a topic".to_owned(),
                "a shorter `project` or `environment`",
            );
        }
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
                    "more than that there never is".to_owned(),
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
                    "there is never less than none".to_owned(),
                    "a number from 0 on, or false for no alarm",
                );
            }
        }
        problems
    }
}

/// Whether mail can be sent there, as far as its form says.
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

    /// Puts something wrong into the settings.
    type Spoil = fn(&mut Config);

    fn stack() -> Stack {
        Stack {
            project: "shop".into(),
            environment: "test".into(),
            ..Stack::default()
        }
    }

    #[test]
    fn the_defaults_are_right_and_each_rule_is_checked() {
        assert_eq!(Config::default().problems(&stack()), []);
        let wrong: [(&str, Spoil); 7] = [
            ("alert_email", |c| c.alert_email = Some("ops".into())),
            ("alert_email", |c| c.alert_email = Some("o ps@a.b".into())),
            ("kms_key", |c| c.kms_key = Some("alias/aws/sns".into())),
            ("ecs_cpu_percent", |c| {
                c.ecs_cpu_percent = Threshold(Some(100.0));
            }),
            ("redis_memory_percent", |c| {
                c.redis_memory_percent = Threshold(Some(-1.0));
            }),
            ("alb_5xx", |c| c.alb_5xx = Threshold(Some(-1.0))),
            ("running_tasks", |c| {
                c.running_tasks = Some(Threshold(Some(-1.0)));
            }),
        ];
        for (key, spoil) in wrong {
            let mut config = Config::default();
            spoil(&mut config);
            let problems = config.problems(&stack());
            let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
            assert_eq!(keys, [key]);
        }
    }

    #[test]
    fn a_threshold_is_a_number_or_false() {
        let read = |value: Value| serde_json::from_value::<Threshold>(value);
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
    fn as_many_tasks_as_the_service_has_at_least_unless_told_otherwise() {
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
