//! The text of `status`: the stack on one screen; and with `--full`, each resource with its health, drift and details.

use crate::output::clean::one_line;
use crate::output::flow::Flow;
use crate::output::look::Look;
use crate::output::style::{BOLD, DIM, ERROR, OK, WARN, paint};
use crate::output::value::{from_to, short};
use crate::output::view::model::{Run, StackView};
use crate::output::view::month_cost::usd;
use crate::output::view::pending_line;
use crate::outputs::edge;
use crate::records::{End, Ended, Health, Status, Verb};
use anstyle::Style;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What stands in front of a resource with this health: a tick only for what is healthy.
fn mark(health: Health) -> (&'static str, Style) {
    match health {
        Health::Ready => ("✓", OK),
        Health::Pending | Health::Leaving | Health::Unfinished | Health::Drifted => ("~", WARN),
        Health::Absent => ("·", DIM),
        Health::Unhealthy => ("!", ERROR),
        Health::Failed | Health::Gone | Health::Unknown => ("✗", ERROR),
    }
}

/// A resource with its health.
pub(super) fn resource(status: &Status) -> String {
    let (mark, style) = mark(status.health);
    let mut text = format!(
        "{} {}  {}  {}",
        paint(style, mark),
        paint(BOLD, one_line(&status.address)),
        one_line(status.id.as_deref().unwrap_or("-")),
        paint(style, status.health.as_str())
    );
    if let Some(reason) = &status.reason {
        let _ = write!(text, ": {}", one_line(reason));
    }
    text.push('\n');
    for field in &status.fields {
        let change = from_to(&field.before, &field.after);
        let _ = writeln!(text, "    {}  {change}", one_line(&field.path));
    }
    text.push_str(&pending_line(status.pending.as_ref()));
    let longest = status.details.keys().map(String::len).max().unwrap_or(0);
    for (name, value) in &status.details {
        let _ = writeln!(
            text,
            "    {}  {}",
            paint(DIM, format!("{:longest$}", one_line(name))),
            short(value)
        );
    }
    text
}

/// The most lines that the status of a whole stack has at 80 columns, its header included.
const MOST_LINES: usize = 24;

/// The status of a stack on one screen: what people ask for first, then what is not well. With `look.full`, every resource
/// was shown before, and nothing is left out.
pub(super) fn screen(stack: &StackView, look: Look) -> String {
    let runs: Vec<&Run> = stack
        .runs
        .iter()
        .filter(|run| run.command == Some(Verb::Status) || !run.statuses.is_empty())
        .collect();
    if runs.is_empty() {
        return String::new();
    }
    let all: Vec<&Status> = runs.iter().flat_map(|run| &run.statuses).collect();
    let mut text = String::new();
    for line in overview(stack, &runs, &all, look) {
        text.push_str(&line.lines(0, 16, look.width));
    }
    if look.full {
        return text;
    }
    let room = MOST_LINES - 2;
    let mut bad: Vec<&&Status> = all
        .iter()
        .filter(|one| !matches!(one.health, Health::Ready | Health::Absent))
        .collect();
    bad.sort_by_key(|one| std::cmp::Reverse(badness(one.health)));
    for (index, status) in bad.iter().enumerate() {
        // Details stand above, as far as people ask for them.
        let more = resource(&Status {
            details: serde_json::Map::new(),
            ..(**status).clone()
        });
        let lines = text.lines().count() + more.lines().count();
        if lines > room {
            let left = bad.len() - index;
            text.push_str(&paint(
                WARN,
                format!("and {left} more that are not well: status --full\n"),
            ));
            break;
        }
        text.push_str(&more);
    }
    text
}

/// The lines that a healthy stack has.
fn overview(stack: &StackView, runs: &[&Run], all: &[&Status], look: Look) -> Vec<Flow> {
    let of = |kind: &str| -> Vec<&Status> {
        let those = all.iter().filter(|one| one.kind == kind);
        those
            .copied()
            .filter(|one| one.health != Health::Absent)
            .collect()
    };
    let dot = format!(" {} ", look.signs.dot());
    let mut lines = Vec::new();
    let mut add = |label: &str, of: &[&Status], text: String| {
        if !text.is_empty() {
            lines.push(line(worst(of), label, &text));
        }
    };
    let url = output(runs, "edge", edge::URL.name());
    let host = output(runs, "edge", edge::ALB_DNS_NAME.name());
    let url = url.or_else(|| host.map(|host| format!("http://{host}")));
    let entrance: Vec<&Status> = [of("load_balancer"), of("listener")].concat();
    add("URL", &entrance, url.unwrap_or_default());
    for (kind, label, names) in [
        (
            "certificate",
            "certificate",
            ["status", "valid until", "names", ""],
        ),
        (
            "service",
            "service",
            ["revision", "tasks", "deployment", ""],
        ),
        ("target_group", "targets", ["targets", "", "", ""]),
        (
            "db_instance",
            "database",
            ["class", "engine", "storage", "last backup"],
        ),
        (
            "replication_group",
            "cache",
            ["node type", "engine", "", ""],
        ),
        ("bucket", "bucket", ["size", "", "", ""]),
    ] {
        for status in of(kind) {
            let mut parts: Vec<String> = names
                .iter()
                .filter_map(|name| detail(status, name))
                .collect();
            parts.extend(
                status
                    .pending
                    .as_ref()
                    .map(|what| format!("pending: {}", one_line(what))),
            );
            let support = detail(status, "standard support");
            if let Some(ended) = support.filter(|support| support.starts_with("ended")) {
                parts.push(format!("standard support {ended}"));
            }
            if kind == "service" {
                // What runs, as people know it, stands at its task definition.
                let definitions = of("task_definition");
                let image = definitions.iter().find_map(|one| detail(one, "image"));
                if let Some(image) = image {
                    parts.insert(parts.len().min(1), image);
                }
            }
            if parts.is_empty() {
                parts.extend(status.id.clone());
            }
            add(label, &[status], parts.join(&dot));
        }
    }
    let alarms = of("alarm");
    let gone_off = alarms
        .iter()
        .filter(|one| detail(one, "state").as_deref() == Some("ALARM"));
    let gone_off: Vec<&str> = gone_off.map(|one| one.address.as_str()).collect();
    let text = match (alarms.len(), gone_off.len()) {
        (0, _) => String::new(),
        (count, 0) => format!("none of {count} in ALARM"),
        (count, off) => format!("{off} of {count} in ALARM"),
    };
    add("alarms", &alarms, text);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for status in all {
        *counts.entry(status.health.as_str()).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(health, count)| format!("{count} {health}"))
        .collect();
    let text = match counts.is_empty() {
        true => "none".to_owned(),
        false => counts.join(", "),
    };
    add("resources", all, text);
    let drifted = all.iter().filter(|one| !one.fields.is_empty()).count();
    let drift: Vec<&Status> = all
        .iter()
        .filter(|one| !one.fields.is_empty())
        .copied()
        .collect();
    let text = match drifted {
        0 => "none".to_owned(),
        count => format!("{count} drifted: the next apply resets what is set in rd.toml"),
    };
    if !all.is_empty() {
        add("drift", &drift, text);
    }
    if let Some(cost) = stack.cost() {
        lines.push(line(
            None,
            "cost",
            &format!("{} USD a month", usd(cost.total)),
        ));
    }
    for run in runs {
        if run.end.as_ref().is_none_or(|end| end.status != Ended::Ok) {
            lines.push(line(
                Some(Health::Failed),
                &run.slice,
                "is not known: see the error above",
            ));
        }
    }
    lines
}

/// A line of the overview: a tick where all of it is healthy, what it is, and what there is to know.
fn line(health: Option<Health>, label: &str, text: &str) -> Flow {
    let (mark, style) = health.map_or(("·", DIM), mark);
    let mut line = Flow::default();
    line.put(style, mark).put(BOLD, label);
    line.gap(16usize.saturating_sub(2 + label.chars().count()))
        .plain(text);
    line
}

/// The worst health of some resources; ready where there are none.
fn worst(of: &[&Status]) -> Option<Health> {
    let healths = of.iter().map(|one| one.health);
    let healths = healths.filter(|health| *health != Health::Absent);
    Some(
        healths
            .max_by_key(|health| badness(*health))
            .unwrap_or(Health::Ready),
    )
}

fn badness(health: Health) -> u8 {
    match health {
        Health::Ready => 0,
        Health::Absent => 1,
        Health::Pending | Health::Leaving | Health::Unfinished | Health::Drifted => 2,
        Health::Unhealthy => 3,
        Health::Failed | Health::Gone | Health::Unknown => 4,
    }
}

fn detail(status: &Status, name: &str) -> Option<String> {
    let text = status.details.get(name)?;
    let text = text
        .as_str()
        .map_or_else(|| text.to_string(), str::to_owned);
    let text = one_line(&text).into_owned();
    Some(match name {
        "revision" => format!("revision {}", text.rsplit(':').next().unwrap_or_default()),
        "valid until" | "last backup" => format!("{name} {text}"),
        _ => text,
    })
    .filter(|text| !text.is_empty())
}

fn output(runs: &[&Run], slice: &str, name: &str) -> Option<String> {
    let run = runs.iter().find(|run| run.slice == slice)?;
    let output = run.outputs.iter().rfind(|output| output.name == name)?;
    Some(output.value.as_ref()?.as_str()?.to_owned())
}

/// How many resources have each health.
pub(super) fn summary(end: &End) -> String {
    let counts: Vec<String> = end
        .counts
        .iter()
        .map(|(health, count)| format!("{count} {health}"))
        .collect();
    if counts.is_empty() {
        "no resources".to_owned()
    } else {
        counts.join(", ")
    }
}
