//! The graphs of the dashboard, for the resources that exist.

use crate::config::{Config, Threshold};
use crate::dashboard::widget::{Content, Limit, Line, Unit};
use crate::discover::Discovered;
use crate::metric::{Metric, running_tasks};

fn line(label: &str, metric: Metric) -> Line {
    Line {
        label: label.to_owned(),
        metric,
    }
}

fn graph(title: &str, unit: Unit, limit: Option<Limit>, lines: Vec<Line>) -> (String, Content) {
    (title.to_owned(), Content::Graph { lines, unit, limit })
}

fn above(Threshold(limit): Threshold) -> Option<Limit> {
    limit.map(|value| Limit {
        value,
        below: false,
    })
}

fn below(Threshold(limit): Threshold) -> Option<Limit> {
    limit.map(|value| Limit { value, below: true })
}

/// The graphs with their titles, in the order in which the dashboard shows them.
pub fn graphs(config: &Config, discovered: &Discovered) -> Vec<(String, Content)> {
    let mut all = Vec::new();
    if discovered.edge {
        all.extend(load_balancer_graphs(config));
    }
    if discovered.ecs {
        all.push(graph(
            "Tasks: CPU and memory",
            Unit::Percent,
            above(config.ecs_cpu_percent),
            vec![
                line("CPU", Metric::service("CPUUtilization", "Average")),
                line("CPU, highest", Metric::service("CPUUtilization", "Maximum")),
                line("memory", Metric::service("MemoryUtilization", "Average")),
            ],
        ));
    }
    if let Some(metric) = running_tasks(discovered) {
        let minimum = below(config.running_tasks(discovered.min_tasks));
        let lines = vec![line("tasks", metric)];
        all.push(graph("Running tasks", Unit::Count, minimum, lines));
    }
    if discovered.data {
        all.extend(database_graphs(config));
    }
    if discovered.cache_nodes > 0 {
        all.extend(cache_graphs(config, discovered.cache_nodes));
    }
    if !discovered.nat_zones.is_empty() {
        all.extend(nat_gateway_graphs(config, &discovered.nat_zones));
    }
    all
}

fn load_balancer_graphs(config: &Config) -> [(String, Content); 4] {
    [
        graph(
            "Requests",
            Unit::Count,
            None,
            vec![line(
                "requests",
                Metric::load_balancer("RequestCount", "Sum"),
            )],
        ),
        graph(
            "Errors",
            Unit::Count,
            None,
            vec![
                line(
                    "4xx of tasks",
                    Metric::targets("HTTPCode_Target_4XX_Count", "Sum"),
                ),
                line(
                    "5xx of tasks",
                    Metric::targets("HTTPCode_Target_5XX_Count", "Sum"),
                ),
                line(
                    "5xx of the load balancer",
                    Metric::load_balancer("HTTPCode_ELB_5XX_Count", "Sum"),
                ),
            ],
        ),
        graph(
            "Latency",
            Unit::Seconds,
            above(config.latency_p95_seconds),
            ["p50", "p95", "p99"]
                .map(|stat| line(stat, Metric::targets("TargetResponseTime", stat)))
                .into(),
        ),
        graph(
            "Targets",
            Unit::Count,
            None,
            vec![
                line("healthy", Metric::targets("HealthyHostCount", "Minimum")),
                line(
                    "unhealthy",
                    Metric::targets("UnHealthyHostCount", "Maximum"),
                ),
            ],
        ),
    ]
}

fn database_graphs(config: &Config) -> [(String, Content); 4] {
    [
        graph(
            "Database CPU",
            Unit::Percent,
            above(config.db_cpu_percent),
            vec![line("CPU", Metric::database("CPUUtilization", "Average"))],
        ),
        graph(
            "Database connections",
            Unit::Count,
            above(config.db_connections),
            vec![line(
                "connections",
                Metric::database("DatabaseConnections", "Average"),
            )],
        ),
        graph(
            "Database storage",
            Unit::Bytes,
            below(config.db_free_storage()),
            vec![line(
                "free",
                Metric::database("FreeStorageSpace", "Minimum"),
            )],
        ),
        graph(
            "Database latency",
            Unit::Seconds,
            None,
            vec![
                line("reads", Metric::database("ReadLatency", "Average")),
                line("writes", Metric::database("WriteLatency", "Average")),
            ],
        ),
    ]
}

fn cache_graphs(config: &Config, nodes: usize) -> [(String, Content); 3] {
    let each = |name: &str, stat: &str| -> Vec<Line> {
        (1..=nodes)
            .map(|node| {
                line(
                    &format!("node {node}"),
                    Metric::cache_node(node, name, stat),
                )
            })
            .collect()
    };
    [
        graph(
            "Cache memory",
            Unit::Percent,
            above(config.redis_memory_percent),
            each("DatabaseMemoryUsagePercentage", "Average"),
        ),
        graph(
            "Cache evictions",
            Unit::Count,
            None,
            each("Evictions", "Sum"),
        ),
        graph(
            "Cache CPU",
            Unit::Percent,
            None,
            each("EngineCPUUtilization", "Average"),
        ),
    ]
}

fn nat_gateway_graphs(config: &Config, zones: &[String]) -> [(String, Content); 2] {
    let each = |name: &str| -> Vec<Line> {
        let zones = zones.iter();
        zones
            .map(|zone| {
                line(
                    &format!("zone {zone}"),
                    Metric::nat_gateway(zone, name, "Sum"),
                )
            })
            .collect()
    };
    [
        graph(
            "NAT traffic out",
            Unit::Bytes,
            None,
            each("BytesOutToDestination"),
        ),
        graph(
            "NAT port errors",
            Unit::Count,
            above(config.nat_port_errors),
            each("ErrorPortAllocation"),
        ),
    ]
}
