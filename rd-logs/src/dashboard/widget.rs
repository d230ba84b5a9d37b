//! What a dashboard shows, and how AWS wants that written.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>

use crate::metric::Metric;
use rd_common::Input;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What the numbers of a graph are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Things.
    Count,
    /// Hundredths of what there is.
    Percent,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

/// A line of a graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What it is called.
    pub label: String,
    /// What it shows.
    #[serde(flatten)]
    pub metric: Metric,
}

/// Where an alarm goes off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The threshold.
    pub value: f64,
    /// Whether what is less is what is wrong.
    pub below: bool,
}

impl Limit {
    /// What it is called.
    pub fn label(self) -> &'static str {
        if self.below {
            "alarm below"
        } else {
            "alarm above"
        }
    }

    /// Whether a value is beyond it.
    pub fn is_passed_by(self, value: f64) -> bool {
        if self.below {
            value < self.value
        } else {
            value > self.value
        }
    }
}

/// What a widget shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shows", rename_all = "lowercase")]
pub enum Content {
    /// How alarms are now.
    Alarms {
        /// Their ARNs.
        arns: Vec<Input>,
    },
    /// Metrics over time.
    Graph {
        /// The lines.
        lines: Vec<Line>,
        /// What the numbers are.
        unit: Unit,
        /// Where an alarm goes off.
        limit: Option<Limit>,
    },
}

/// A widget, on a grid 24 wide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Widget {
    /// How far from the left.
    pub x: u32,
    /// How far from the top.
    pub y: u32,
    /// How wide.
    pub width: u32,
    /// How high.
    pub height: u32,
    /// What it shows.
    #[serde(flatten)]
    pub content: Content,
}

/// How wide the grid is.
const GRID: u32 = 24;
/// How wide and high a graph is: three side by side.
const GRAPH: (u32, u32) = (8, 6);
/// How high the row of alarms is.
const ALARMS: u32 = 3;
/// The finest period that every metric here has.
const PERIOD_SECONDS: u32 = 60;

/// Puts widgets on the grid, in their order: alarms over the whole width, graphs three a row.
pub fn placed(contents: Vec<(String, Content)>) -> BTreeMap<String, Widget> {
    let (mut x, mut y, mut row) = (0, 0, 0);
    let mut widgets = BTreeMap::new();
    for (title, content) in contents {
        let (width, height) = match content {
            Content::Alarms { .. } => (GRID, ALARMS),
            Content::Graph { .. } => GRAPH,
        };
        if x + width > GRID {
            (x, y, row) = (0, y + row, 0);
        }
        widgets.insert(
            title,
            Widget {
                x,
                y,
                width,
                height,
                content,
            },
        );
        x += width;
        row = row.max(height);
    }
    widgets
}

/// Widgets in the order of the grid, with their titles.
pub fn in_order(widgets: &BTreeMap<String, Widget>) -> Vec<(&String, &Widget)> {
    let mut all: Vec<_> = widgets.iter().collect();
    all.sort_by_key(|(_, widget)| (widget.y, widget.x));
    all
}

/// The document that AWS keeps.
pub fn body(widgets: &BTreeMap<String, Widget>, region: &str) -> Value {
    let widgets: Vec<Value> = in_order(widgets)
        .into_iter()
        .map(|(title, widget)| {
            let (kind, properties) = match &widget.content {
                Content::Alarms { arns } => ("alarm", json!({"title": title, "alarms": arns})),
                Content::Graph { lines, unit, limit } => {
                    ("metric", graph(title, region, lines, *unit, *limit))
                }
            };
            json!({
                "type": kind,
                "x": widget.x,
                "y": widget.y,
                "width": widget.width,
                "height": widget.height,
                "properties": properties,
            })
        })
        .collect();
    json!({"widgets": widgets})
}

fn graph(title: &str, region: &str, lines: &[Line], unit: Unit, limit: Option<Limit>) -> Value {
    let mut axis = Map::new();
    axis.insert("min".to_owned(), json!(0));
    match unit {
        Unit::Percent => {
            axis.insert("label".to_owned(), json!("%"));
            axis.insert("showUnits".to_owned(), json!(false));
        }
        Unit::Count => {
            axis.insert("showUnits".to_owned(), json!(false));
        }
        Unit::Seconds | Unit::Bytes => {}
    }
    let mut properties = json!({
        "title": title,
        "view": "timeSeries",
        "stacked": false,
        "region": region,
        "period": PERIOD_SECONDS,
        "metrics": lines.iter().map(line).collect::<Vec<_>>(),
        "yAxis": {"left": axis},
    });
    if let (Some(limit), Some(properties)) = (limit, properties.as_object_mut()) {
        let line = json!({"label": limit.label(), "value": limit.value});
        properties.insert("annotations".to_owned(), json!({"horizontal": [line]}));
    }
    properties
}

fn line(line: &Line) -> Value {
    let metric = &line.metric;
    let mut all = vec![json!(metric.namespace), json!(metric.metric_name)];
    for (name, value) in metric.dimension_values() {
        all.push(json!(name));
        all.push(value);
    }
    all.push(json!({"stat": metric.stat, "label": line.label}));
    Value::Array(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(title: &str) -> (String, Content) {
        let lines = vec![Line {
            label: "average".to_owned(),
            metric: Metric::database("CPUUtilization", "Average"),
        }];
        let limit = Some(Limit {
            value: 90.0,
            below: false,
        });
        let graph = Content::Graph {
            lines,
            unit: Unit::Percent,
            limit,
        };
        (title.to_owned(), graph)
    }

    #[test]
    fn three_graphs_a_row_under_the_alarms() {
        let alarms = Content::Alarms {
            arns: vec!["arn".into()],
        };
        let mut contents = vec![("Alarms".to_owned(), alarms)];
        contents.extend(["d", "c", "b", "a"].map(cpu));
        let widgets = placed(contents);
        let order: Vec<(&str, u32, u32)> = in_order(&widgets)
            .into_iter()
            .map(|(title, widget)| (title.as_str(), widget.x, widget.y))
            .collect();
        assert_eq!(
            order,
            [
                ("Alarms", 0, 0),
                ("d", 0, 3),
                ("c", 8, 3),
                ("b", 16, 3),
                ("a", 0, 9)
            ]
        );
    }

    #[test]
    fn a_graph_is_written_as_aws_wants_it_and_read_back_from_the_state() {
        let widgets = placed(vec![cpu("Database CPU")]);
        let text = serde_json::to_string(&widgets).unwrap();
        let back: BTreeMap<String, Widget> = serde_json::from_str(&text).unwrap();
        assert_eq!(back, widgets);
        let document = body(&widgets, "eu-west-1");
        assert_eq!(
            document["widgets"][0]["properties"],
            json!({
                "title": "Database CPU",
                "view": "timeSeries",
                "stacked": false,
                "region": "eu-west-1",
                "period": 60,
                "metrics": [[
                    "AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", {"$ref": "data.instance_id"},
                    {"stat": "Average", "label": "average"},
                ]],
                "yAxis": {"left": {"min": 0, "label": "%", "showUnits": false}},
                "annotations": {"horizontal": [{"label": "alarm above", "value": 90.0}]},
            })
        );
    }
}
