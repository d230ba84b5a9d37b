//! Which alarms a stack has: their metrics, thresholds, periods and descriptions. Thresholds are settings; periods and
//! the treatment of missing data follow AWS's recommendations.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html>

use crate::config::{Config, RunningTasksMissingData, Threshold};
use crate::discover::Discovered;
use crate::kinds::alarm::Spec;
use crate::metric::{Metric, running_tasks};
use rd_common::{Input, Stack};

/// For how long the threshold must be crossed before the alarm goes off.
#[derive(Clone, Copy, Debug)]
struct Evaluation {
    period_seconds: i32,
    periods: i32,
}

/// One period of 5 minutes, for metrics that count something.
const ONCE_IN_5_MINUTES: Evaluation = Evaluation {
    period_seconds: 300,
    periods: 1,
};
/// 5 minutes in a row, for metrics that measure a level.
const FOR_5_MINUTES: Evaluation = Evaluation {
    period_seconds: 60,
    periods: 5,
};
/// 3 minutes in a row, for what users notice at once.
const FOR_3_MINUTES: Evaluation = Evaluation {
    period_seconds: 60,
    periods: 3,
};
/// 15 minutes in a row, for what varies with load, as AWS recommends for NAT gateways.
const FOR_15_MINUTES: Evaluation = Evaluation {
    period_seconds: 60,
    periods: 15,
};

/// How an alarm treats a period without data.
#[derive(Clone, Copy, Debug)]
enum MissingData {
    /// The alarm has insufficient data.
    Missing,
    /// The threshold is not crossed: AWS sends no data if nothing happens.
    NotBreaching,
    /// The threshold is crossed: without data, there is no resource that could send any.
    Breaching,
}

/// An alarm with a threshold of the settings.
struct Rule {
    name: String,
    metric: Metric,
    above: bool,
    threshold: Threshold,
    evaluation: Evaluation,
    missing_data: MissingData,
    least_samples: Option<u32>,
    /// Whether the topic is also notified when there is no data any more.
    notify_no_data: bool,
    description: &'static str,
}

impl Rule {
    fn above(name: &str, metric: Metric, threshold: Threshold, evaluation: Evaluation) -> Self {
        Self {
            name: name.to_owned(),
            metric,
            above: true,
            threshold,
            evaluation,
            missing_data: MissingData::Missing,
            least_samples: None,
            notify_no_data: false,
            description: "",
        }
    }

    fn below(name: &str, metric: Metric, threshold: Threshold, evaluation: Evaluation) -> Self {
        Self {
            above: false,
            ..Self::above(name, metric, threshold, evaluation)
        }
    }

    fn missing_data(self, missing_data: MissingData) -> Self {
        Self {
            missing_data,
            ..self
        }
    }

    fn description(self, description: &'static str) -> Self {
        Self {
            description,
            ..self
        }
    }

    /// The alarm; none if its threshold is `false`.
    fn spec(self, stack: &Stack, config: &Config, topic: &Input) -> Option<(String, Spec)> {
        let percentile = self.metric.stat.starts_with('p');
        let missing_data = match self.missing_data {
            MissingData::Missing => "missing",
            MissingData::NotBreaching => "notBreaching",
            MissingData::Breaching => "breaching",
        };
        let comparison = if self.above {
            "GreaterThanThreshold"
        } else {
            "LessThanThreshold"
        };
        let spec = Spec {
            name: config.alarm_name(stack, &self.name),
            description: self.description.to_owned(),
            metric: self.metric,
            comparison: comparison.to_owned(),
            threshold: self.threshold.0?,
            period_seconds: self.evaluation.period_seconds,
            evaluation_periods: self.evaluation.periods,
            datapoints_to_alarm: self.evaluation.periods,
            missing_data: missing_data.to_owned(),
            // A percentile of a few requests is not significant. AWS ignores it below 200 for p95, and the alarm then keeps
            // its state: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
            low_samples: (percentile && self.least_samples.is_none()).then(|| "ignore".to_owned()),
            least_samples: self.least_samples,
            topic_arn: topic.clone(),
            notify_no_data: self.notify_no_data,
        };
        Some((self.name, spec))
    }
}

/// The alarms for the resources that exist, with the last parts of their addresses.
pub fn alarms(
    stack: &Stack,
    config: &Config,
    discovered: &Discovered,
    topic: &Input,
) -> Vec<(String, Spec)> {
    let mut rules = Vec::new();
    if discovered.edge {
        rules.extend(load_balancer_rules(config));
    }
    if discovered.ecs {
        rules.extend(service_rules(config));
    }
    if let Some(metric) = running_tasks(discovered) {
        let minimum = config.running_tasks(discovered.min_tasks);
        let rule = Rule::below("running-tasks", metric, minimum, FOR_5_MINUTES);
        let rule = match config.running_tasks_missing_data {
            RunningTasksMissingData::Breaching => rule.missing_data(MissingData::Breaching),
            // A new alarm has insufficient data, so that it notifies of that only after there was some.
            RunningTasksMissingData::Missing => Rule {
                notify_no_data: true,
                ..rule
            },
        };
        rules.push(
            rule.description("Fewer tasks are running than the minimum of the service. To find out why, run rd-ecs diagnose."),
        );
    }
    if discovered.data {
        rules.extend(database_rules(config));
    }
    for node in 1..=discovered.cache_nodes {
        rules.extend(cache_node_rules(config, node));
    }
    for zone in &discovered.nat_zones {
        let metric = Metric::nat_gateway(zone, "ErrorPortAllocation", "Sum");
        let name = format!("nat-{zone}-port-errors");
        rules.push(
            Rule::above(&name, metric, config.nat_port_errors, FOR_15_MINUTES)
                .missing_data(MissingData::NotBreaching)
                .description(
                    "The NAT gateway has no port left for new connections to one destination. Reuse connections, or use a \
                     VPC endpoint or a NAT gateway in each zone.",
                ),
        );
    }
    let specs = rules.into_iter();
    specs
        .filter_map(|rule| rule.spec(stack, config, topic))
        .collect()
}

/// The alarm for slow requests. With a least number of them, one value stands for 5 minutes, so that a quiet stack has
/// enough.
fn latency_rule(config: &Config) -> Rule {
    let evaluation = match config.latency_min_requests {
        Some(_) => ONCE_IN_5_MINUTES,
        None => FOR_5_MINUTES,
    };
    let metric = Metric::targets("TargetResponseTime", "p95");
    let rule = Rule::above("latency", metric, config.latency_p95_seconds, evaluation)
        .missing_data(MissingData::NotBreaching)
        .description("One in twenty requests takes longer than the threshold. Check the database, and the CPU of the tasks.");
    Rule {
        least_samples: config.latency_min_requests,
        ..rule
    }
}

fn load_balancer_rules(config: &Config) -> [Rule; 4] {
    [
        Rule::above(
            "alb-5xx",
            Metric::load_balancer("HTTPCode_ELB_5XX_Count", "Sum"),
            config.alb_5xx,
            ONCE_IN_5_MINUTES,
        )
        .missing_data(MissingData::NotBreaching)
        .description("The load balancer itself returned errors: no task was healthy, or a task closed the connection. rd-edge \
               targets shows the health of the tasks."),
        Rule::above(
            "target-5xx",
            Metric::targets("HTTPCode_Target_5XX_Count", "Sum"),
            config.target_5xx,
            ONCE_IN_5_MINUTES,
        )
        .missing_data(MissingData::NotBreaching)
        .description("Tasks returned errors. To read their logs, run rd-logs tail --since 15m."),
        latency_rule(config),
        Rule::above(
            "unhealthy-hosts",
            Metric::targets("UnHealthyHostCount", "Maximum"),
            config.unhealthy_hosts,
            FOR_3_MINUTES,
        )
        .missing_data(MissingData::NotBreaching)
        .description("Tasks fail their health checks. rd-edge targets shows why."),
    ]
}

fn service_rules(config: &Config) -> [Rule; 2] {
    [
        Rule::above(
            "ecs-cpu",
            Metric::service("CPUUtilization", "Average"),
            config.ecs_cpu_percent,
            FOR_5_MINUTES,
        )
        .description("The CPU of the tasks is high although the service has scaled out. Allow more tasks, or give them more CPU."),
        Rule::above(
            "ecs-memory",
            Metric::service("MemoryUtilization", "Average"),
            config.ecs_memory_percent,
            FOR_5_MINUTES,
        )
        .description("The tasks are running out of memory, and are killed when none is left. Check for a leak, or give them more memory."),
    ]
}

fn database_rules(config: &Config) -> [Rule; 3] {
    [
        Rule::above(
            "db-cpu",
            Metric::database("CPUUtilization", "Average"),
            config.db_cpu_percent,
            FOR_5_MINUTES,
        )
        .description("The CPU of the database is high. Performance Insights shows which queries cause it."),
        Rule::below(
            "db-storage",
            Metric::database("FreeStorageSpace", "Minimum"),
            config.db_free_storage(),
            FOR_5_MINUTES,
        )
        .description("The disk of the database is filling up and has not grown. Raise max_allocated_storage in [data]."),
        Rule::above(
            "db-connections",
            Metric::database("DatabaseConnections", "Average"),
            config.db_connections,
            FOR_5_MINUTES,
        )
        .description("The database has nearly as many connections as it allows. Use smaller connection pools in the tasks, or a \
               larger instance class."),
    ]
}

fn cache_node_rules(config: &Config, node: usize) -> [Rule; 2] {
    [
        Rule::above(
            &format!("redis-{node}-memory"),
            Metric::cache_node(node, "DatabaseMemoryUsagePercentage", "Average"),
            config.redis_memory_percent,
            FOR_5_MINUTES,
        )
        .description("The memory of the cache is nearly full. Let keys expire, or choose a larger node type."),
        Rule::above(
            &format!("redis-{node}-evictions"),
            Metric::cache_node(node, "Evictions", "Sum"),
            config.redis_evictions,
            ONCE_IN_5_MINUTES,
        )
        .missing_data(MissingData::NotBreaching)
        .description("The cache evicts keys before they expire, because its memory is full. Choose a larger node type."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack() -> Stack {
        Stack {
            project: "shop".into(),
            environment: "test".into(),
            region: "us-east-1".into(),
            ..Stack::default()
        }
    }

    fn names(config: &Config, discovered: &Discovered) -> Vec<String> {
        let alarms = alarms(&stack(), config, discovered, &"topic".into());
        alarms.into_iter().map(|(name, _)| name).collect()
    }

    fn all() -> Discovered {
        Discovered {
            edge: true,
            ecs: true,
            container_insights: true,
            min_tasks: Some(2.0),
            data: true,
            cache_nodes: 2,
            cache_events: true,
            nat_zones: vec!["a".into(), "b".into()],
            absent: Vec::new(),
        }
    }

    #[test]
    fn alarms_exist_only_for_existing_resources() {
        let config = Config::default();
        assert_eq!(
            names(&config, &all()),
            [
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
                "redis-1-memory",
                "redis-1-evictions",
                "redis-2-memory",
                "redis-2-evictions",
                "nat-a-port-errors",
                "nat-b-port-errors",
            ]
        );
        assert_eq!(names(&config, &Discovered::default()), [""; 0]);
        let without = Config {
            db_cpu_percent: Threshold(None),
            running_tasks: Some(Threshold(None)),
            ..Config::default()
        };
        let left = names(&without, &all());
        assert!(
            !left
                .iter()
                .any(|name| name == "db-cpu" || name == "running-tasks")
        );
    }

    #[test]
    fn every_alarm_can_have_a_name_of_its_own() {
        let config = Config {
            alarm_names: names(&Config::default(), &all())
                .into_iter()
                .map(|alarm| (alarm.clone(), format!("{alarm}!")))
                .collect(),
            ..Config::default()
        };
        assert_eq!(config.problems(&stack()), []);
        for (alarm, spec) in alarms(&stack(), &config, &all(), &"topic".into()) {
            assert_eq!(spec.name, format!("{alarm}!"));
        }
    }

    #[test]
    fn latency_is_judged_from_a_least_number_of_requests_on() {
        let latency = |least| {
            let config = Config {
                latency_min_requests: least,
                ..Config::default()
            };
            let mut all = alarms(&stack(), &config, &all(), &"topic".into()).into_iter();
            all.find(|(name, _)| name == "latency").unwrap().1
        };
        let plain = latency(None);
        assert_eq!((plain.period_seconds, plain.evaluation_periods), (60, 5));
        assert_eq!(plain.low_samples.as_deref(), Some("ignore"));
        let counted = latency(Some(20));
        assert_eq!(
            (counted.period_seconds, counted.evaluation_periods),
            (300, 1)
        );
        assert_eq!(
            (counted.low_samples, counted.least_samples),
            (None, Some(20))
        );
    }

    #[test]
    fn running_tasks_without_data_are_too_few_or_unknown() {
        let tasks = |missing| {
            let config = Config {
                running_tasks_missing_data: missing,
                ..Config::default()
            };
            let mut all = alarms(&stack(), &config, &all(), &"topic".into()).into_iter();
            let (_, spec) = all.find(|(name, _)| name == "running-tasks").unwrap();
            (spec.missing_data, spec.notify_no_data)
        };
        let breaching = tasks(RunningTasksMissingData::Breaching);
        assert_eq!(breaching, ("breaching".to_owned(), false));
        let missing = tasks(RunningTasksMissingData::Missing);
        assert_eq!(missing, ("missing".to_owned(), true));
    }

    #[test]
    fn every_alarm_is_within_the_limits_of_aws() {
        for (name, spec) in alarms(&stack(), &Config::default(), &all(), &"topic".into()) {
            assert_eq!(spec.name, format!("shop-test-{name}"));
            assert!(!spec.description.is_empty() && spec.description.len() <= 1024);
            assert!(spec.period_seconds % 60 == 0);
            assert!(spec.period_seconds * spec.evaluation_periods <= 86_400);
            assert_eq!(spec.low_samples.is_some(), spec.metric.stat == "p95");
        }
    }
}
