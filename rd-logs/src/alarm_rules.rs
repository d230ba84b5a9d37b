//! Which alarms there are: what they watch, when they go off, and what they say. Thresholds are settings; periods and
//! what missing data means follow AWS's recommendations.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html>

use crate::config::{Config, Threshold};
use crate::discover::Discovered;
use crate::kinds::alarm::Spec;
use crate::metric::{Metric, running_tasks};
use rd_common::{Input, Stack};

/// How long it must be so.
#[derive(Clone, Copy, Debug)]
struct When {
    period_seconds: i32,
    periods: i32,
}

/// What is counted: in 5 minutes.
const COUNTED: When = When {
    period_seconds: 300,
    periods: 1,
};
/// What is measured: 5 minutes in a row.
const LASTING: When = When {
    period_seconds: 60,
    periods: 5,
};
/// What users feel at once: 3 minutes in a row.
const FELT: When = When {
    period_seconds: 60,
    periods: 3,
};
/// What comes and goes with load: a quarter of an hour in a row, as AWS recommends for NAT gateways.
const PERSISTING: When = When {
    period_seconds: 60,
    periods: 15,
};

/// What a period without data counts as.
#[derive(Clone, Copy, Debug)]
enum Missing {
    /// As nothing known.
    Unknown,
    /// As good: AWS sends no data where nothing happens.
    Good,
    /// As bad: nobody is there to send any.
    Bad,
}

/// One alarm.
struct Rule {
    name: String,
    metric: Metric,
    above: bool,
    threshold: Threshold,
    when: When,
    missing: Missing,
    description: &'static str,
}

impl Rule {
    fn above(name: &str, metric: Metric, threshold: Threshold, when: When) -> Self {
        Self {
            name: name.to_owned(),
            metric,
            above: true,
            threshold,
            when,
            missing: Missing::Unknown,
            description: "",
        }
    }

    fn below(name: &str, metric: Metric, threshold: Threshold, when: When) -> Self {
        Self {
            above: false,
            ..Self::above(name, metric, threshold, when)
        }
    }

    fn missing_is(self, missing: Missing) -> Self {
        Self { missing, ..self }
    }

    fn says(self, description: &'static str) -> Self {
        Self {
            description,
            ..self
        }
    }

    /// The alarm; none where it is turned off.
    fn spec(self, stack: &Stack, topic: &Input) -> Option<(String, Spec)> {
        let percentile = self.metric.stat.starts_with('p');
        let missing = match self.missing {
            Missing::Unknown => "missing",
            Missing::Good => "notBreaching",
            Missing::Bad => "breaching",
        };
        let comparison = if self.above {
            "GreaterThanThreshold"
        } else {
            "LessThanThreshold"
        };
        let spec = Spec {
            name: stack.name_of(&self.name),
            description: self.description.to_owned(),
            metric: self.metric,
            comparison: comparison.to_owned(),
            threshold: self.threshold.0?,
            period_seconds: self.when.period_seconds,
            evaluation_periods: self.when.periods,
            datapoints_to_alarm: self.when.periods,
            missing_data: missing.to_owned(),
            // The 95 % of a handful of requests say nothing.
            low_samples: percentile.then(|| "ignore".to_owned()),
            topic_arn: topic.clone(),
        };
        Some((self.name, spec))
    }
}

/// The alarms for what there is, by the last part of their addresses.
pub fn alarms(
    stack: &Stack,
    config: &Config,
    discovered: &Discovered,
    topic: &Input,
) -> Vec<(String, Spec)> {
    let mut rules = Vec::new();
    if discovered.edge {
        rules.extend(of_edge(config));
    }
    if discovered.ecs {
        rules.extend(of_service(config));
    }
    if let Some(metric) = running_tasks(discovered) {
        let least = config.running_tasks(discovered.min_tasks);
        rules.push(
            Rule::below("running-tasks", metric, least, LASTING)
                .missing_is(Missing::Bad)
                .says("Fewer tasks run than the service has at least: rd-ecs diagnose says why."),
        );
    }
    if discovered.data {
        rules.extend(of_database(config));
    }
    for node in 1..=discovered.cache_nodes {
        rules.extend(of_cache(config, node));
    }
    for zone in &discovered.nat_zones {
        let metric = Metric::nat_gateway(zone, "ErrorPortAllocation", "Sum");
        let name = format!("nat-{zone}-port-errors");
        rules.push(
            Rule::above(&name, metric, config.nat_port_errors, PERSISTING)
                .missing_is(Missing::Good)
                .says(
                    "The NAT gateway has no port left for new connections to one place: reuse connections, or use a \
                     VPC endpoint or a gateway in each zone.",
                ),
        );
    }
    let specs = rules.into_iter();
    specs.filter_map(|rule| rule.spec(stack, topic)).collect()
}

fn of_edge(config: &Config) -> [Rule; 4] {
    [
        Rule::above(
            "alb-5xx",
            Metric::balancer("HTTPCode_ELB_5XX_Count", "Sum"),
            config.alb_5xx,
            COUNTED,
        )
        .missing_is(Missing::Good)
        .says("The load balancer itself answered with errors: no task was well, or one closed the connection. rd-edge \
               targets shows them."),
        Rule::above(
            "target-5xx",
            Metric::targets("HTTPCode_Target_5XX_Count", "Sum"),
            config.target_5xx,
            COUNTED,
        )
        .missing_is(Missing::Good)
        .says("Tasks answered with errors: rd-logs tail --since 15m shows what they say."),
        Rule::above(
            "latency",
            Metric::targets("TargetResponseTime", "p95"),
            config.latency_p95_seconds,
            LASTING,
        )
        .missing_is(Missing::Good)
        .says("One in twenty requests takes longer than that: look at the database, and at the CPU of the tasks."),
        Rule::above(
            "unhealthy-hosts",
            Metric::targets("UnHealthyHostCount", "Maximum"),
            config.unhealthy_hosts,
            FELT,
        )
        .missing_is(Missing::Good)
        .says("Tasks fail their health checks: rd-edge targets says why."),
    ]
}

fn of_service(config: &Config) -> [Rule; 2] {
    [
        Rule::above(
            "ecs-cpu",
            Metric::service("CPUUtilization", "Average"),
            config.ecs_cpu_percent,
            LASTING,
        )
        .says("The tasks are busy although the service has scaled: more or larger ones are needed."),
        Rule::above(
            "ecs-memory",
            Metric::service("MemoryUtilization", "Average"),
            config.ecs_memory_percent,
            LASTING,
        )
        .says("The tasks run out of memory, and are killed when there is none left: look for a leak, or give them more."),
    ]
}

fn of_database(config: &Config) -> [Rule; 3] {
    [
        Rule::above(
            "db-cpu",
            Metric::database("CPUUtilization", "Average"),
            config.db_cpu_percent,
            LASTING,
        )
        .says("The database is busy: Performance Insights shows with which queries."),
        Rule::below(
            "db-storage",
            Metric::database("FreeStorageSpace", "Minimum"),
            config.db_free_storage(),
            LASTING,
        )
        .says("The database's disk fills up, and has not grown or cannot any more: raise max_allocated_storage in [data]."),
        Rule::above(
            "db-connections",
            Metric::database("DatabaseConnections", "Average"),
            config.db_connections,
            LASTING,
        )
        .says("There are nearly as many connections as the database takes: use a smaller pool in each task, or a larger \
               instance class."),
    ]
}

fn of_cache(config: &Config, node: usize) -> [Rule; 2] {
    [
        Rule::above(
            &format!("redis-{node}-memory"),
            Metric::cache_node(node, "DatabaseMemoryUsagePercentage", "Average"),
            config.redis_memory_percent,
            LASTING,
        )
        .says("The cache is nearly full: let keys expire, or choose a larger node type."),
        Rule::above(
            &format!("redis-{node}-evictions"),
            Metric::cache_node(node, "Evictions", "Sum"),
            config.redis_evictions,
            COUNTED,
        )
        .missing_is(Missing::Good)
        .says("The cache drops keys before they expire, for want of memory: choose a larger node type."),
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
            nat_zones: vec!["a".into(), "b".into()],
            absent: Vec::new(),
        }
    }

    #[test]
    fn there_is_an_alarm_for_what_there_is_and_no_other() {
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
        let none = Config {
            db_cpu_percent: Threshold(None),
            running_tasks: Some(Threshold(None)),
            ..Config::default()
        };
        let left = names(&none, &all());
        assert!(
            !left
                .iter()
                .any(|name| name == "db-cpu" || name == "running-tasks")
        );
    }

    #[test]
    fn every_alarm_is_one_that_aws_takes() {
        for (name, spec) in alarms(&stack(), &Config::default(), &all(), &"topic".into()) {
            assert_eq!(spec.name, format!("shop-test-{name}"));
            assert!(!spec.description.is_empty() && spec.description.len() <= 1024);
            assert!(spec.period_seconds % 60 == 0);
            assert!(spec.period_seconds * spec.evaluation_periods <= 86_400);
            assert_eq!(spec.low_samples.is_some(), spec.metric.stat == "p95");
        }
    }
}
