//! The first lines of a status: what people ask of a stack, one line each.

use crate::output::clean::one_line;
use crate::output::flow::Flow;
use crate::output::look::{Look, Signs};
use crate::output::style::{BOLD, DIM};
use crate::output::view::model::{Run, StackView};
use crate::output::view::month_cost::usd;
use crate::output::view::status::{badness, mark};
use crate::output::when::{age, minute_and_age};
use crate::outputs::edge;
use crate::records::{Charged, Ended, Health, Status};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The kinds with a line of their own, its label, and the details that it has; `id` is that of the resource.
const LINES: [(&str, &str, &[&str]); 6] = [
    (
        "certificate",
        "certificate",
        &["status", "valid until", "names"],
    ),
    ("service", "service", &["revision", "tasks", "deployment"]),
    ("target_group", "targets", &["targets"]),
    (
        "db_instance",
        "database",
        &["class", "engine", "storage", "storage used", "last backup"],
    ),
    ("replication_group", "cache", &["node type", "engine"]),
    ("bucket", "bucket", &["id", "size"]),
];

/// The lines that a healthy stack has.
pub(super) fn overview(stack: &StackView, runs: &[&Run], all: &[&Status], look: Look) -> Vec<Flow> {
    let of = |kind: &str| -> Vec<&Status> {
        let those = all.iter().filter(|one| one.kind == kind);
        those
            .copied()
            .filter(|one| one.health != Health::Absent)
            .collect()
    };
    let dot = format!(" {} ", look.signs.dot());
    // The status may have been made long ago.
    let now = runs.iter().filter_map(|run| run.began).max();
    let mut lines = Vec::new();
    let mut add = |label: &str, of: &[&Status], text: String| {
        if !text.is_empty() {
            lines.push(line(worst(of), label, &text, look.signs));
        }
    };
    let url = output(runs, "edge", edge::URL.name());
    let host = output(runs, "edge", edge::ALB_DNS_NAME.name());
    let url = url.or_else(|| host.map(|host| format!("http://{host}")));
    let entrance: Vec<&Status> = [of("load_balancer"), of("listener")].concat();
    add("URL", &entrance, url.unwrap_or_default());
    for (kind, label, names) in LINES {
        for status in of(kind) {
            let mut parts: Vec<String> = names
                .iter()
                .filter_map(|name| match *name {
                    "id" => status.id.clone(),
                    name => detail(status, name, now),
                })
                .collect();
            parts.extend(
                status
                    .pending
                    .as_ref()
                    .map(|what| format!("pending: {}", one_line(what))),
            );
            let support = detail(status, "standard support", now);
            if let Some(ended) = support.filter(|support| support.starts_with("ended")) {
                parts.push(format!("standard support {ended}"));
            }
            if kind == "service" {
                // What runs, as people know it, stands at its task definition.
                let definitions = of("task_definition");
                let what = definitions.iter().find_map(|one| what_runs(one));
                if let Some(what) = what {
                    parts.insert(parts.len().min(1), what);
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
        .filter(|one| text_of(one, "state").as_deref() == Some("ALARM"));
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
    let charged = stack
        .charged
        .as_ref()
        .map(|charged| text_of_charged(charged, now));
    let estimate = stack.cost();
    let estimate = estimate.map(|cost| format!("{} USD a month", usd(cost.total)));
    let cost: Vec<String> = [charged, estimate].into_iter().flatten().collect();
    if !cost.is_empty() {
        lines.push(line(None, "cost", &cost.join(&dot), look.signs));
    }
    for run in runs {
        if run.end.as_ref().is_none_or(|end| end.status != Ended::Ok) {
            lines.push(line(
                Some(Health::Failed),
                &run.slice,
                "is not known: see the error above",
                look.signs,
            ));
        }
    }
    lines
}

/// A line of the overview: a tick where all of it is healthy, what it is, and what there is to know.
fn line(health: Option<Health>, label: &str, text: &str, signs: Signs) -> Flow {
    let mut line = Flow::default();
    // In words there are neither columns nor a mark that says nothing.
    if signs == Signs::Words {
        if let Some(health) = health {
            let (mark, style) = mark(health, signs);
            line.put(style, mark);
        }
        line.put(BOLD, &format!("{label}:")).plain(text);
        return line;
    }
    let (mark, style) = health.map_or(("·", DIM), |health| mark(health, signs));
    let mark = signs.spell(mark);
    // In ASCII a tick is wider than the other marks.
    let wide: usize = if signs == Signs::Ascii { 2 } else { 1 };
    line.put(style, &mark);
    line.gap((wide + 1).saturating_sub(mark.chars().count()).max(1));
    line.put(BOLD, label);
    line.gap(14usize.saturating_sub(label.chars().count()).max(1));
    line.plain(text);
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

/// A detail of a resource as text on one line; none where there is none.
fn text_of(status: &Status, name: &str) -> Option<String> {
    let value = status.details.get(name)?;
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    Some(one_line(&text).into_owned()).filter(|text| !text.is_empty())
}

/// A detail of a resource, with the words that it needs without its name.
fn detail(status: &Status, name: &str, now: Option<Timestamp>) -> Option<String> {
    let text = text_of(status, name)?;
    Some(match name {
        "revision" => format!("revision {}", text.rsplit(':').next().unwrap_or_default()),
        "valid until" => {
            let day = text.split('T').next().unwrap_or(&text);
            format!("valid until {day}")
        }
        "last backup" => {
            let at = text.parse::<Timestamp>();
            let text = at.map_or(text, |at| minute_and_age(at, now));
            format!("last backup {text}")
        }
        "storage used" if text == "unknown" => "used storage unknown".to_owned(),
        "storage used" => format!("{text} used"),
        // AWS's sentence says the same again.
        "deployment" if text.starts_with("completed:") => "completed".to_owned(),
        "size" if text == "unknown" => "size unknown".to_owned(),
        _ => text,
    })
}

/// The image of a task definition as people know it, and its commit, unless a tag of the image names it.
fn what_runs(definition: &Status) -> Option<String> {
    let image = text_of(definition, "image")?;
    let commit = text_of(definition, "commit");
    let short = commit.as_deref().and_then(|commit| commit.get(..7));
    let named = |short: &str| image.split(' ').any(|word| word.contains(short));
    Some(match short.filter(|short| !named(short)) {
        // The digest comes last: it says least.
        Some(short) => match image.rsplit_once(' ') {
            Some((tags, digest)) => format!("{tags} commit {short} {digest}"),
            None => format!("commit {short} {image}"),
        },
        None => image,
    })
}

/// What AWS has charged, until when, and how old the answer is.
fn text_of_charged(charged: &Charged, now: Option<Timestamp>) -> String {
    let amount = charged.amount.parse::<f64>();
    let amount = amount.map_or_else(|_| charged.amount.clone(), |amount| format!("{amount:.2}"));
    let asked = charged.asked.parse::<Timestamp>().ok();
    let asked = asked.zip(now);
    let asked = asked.map(|(asked, now)| format!(", asked {} ago", age(asked, now)));
    format!(
        "{amount} {} charged this month until {}{}",
        one_line(&charged.currency),
        one_line(&charged.until),
        asked.unwrap_or_default()
    )
}

fn output(runs: &[&Run], slice: &str, name: &str) -> Option<String> {
    let run = runs.iter().find(|run| run.slice == slice)?;
    let output = run.outputs.iter().rfind(|output| output.name == name)?;
    Some(output.value.as_ref()?.as_str()?.to_owned())
}
