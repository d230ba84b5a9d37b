//! The widgets of a dashboard, their layout, and the JSON document in which AWS stores them.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>

use crate::metric::Metric;
use rd_common::Input;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The unit of the values of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A number of requests, tasks, connections and the like.
    Count,
    /// A percentage from 0 to 100.
    Percent,
    /// A duration in seconds.
    Seconds,
    /// A size in bytes.
    Bytes,
}

/// A metric that a graph shows as a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The name in the legend.
    pub label: String,
    /// The metric, whose fields are stored next to the label.
    #[serde(flatten)]
    pub metric: Metric,
}

/// The threshold of an alarm, which a graph shows as a horizontal line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The value in the unit of the graph.
    pub value: f64,
    /// Whether the alarm goes off below the value; otherwise above it.
    pub below: bool,
}

impl Limit {
    /// The name of the line.
    pub fn label(self) -> &'static str {
        if self.below {
            "alarm below"
        } else {
            "alarm above"
        }
    }

    /// Whether a value crosses the threshold.
    pub fn is_crossed_by(self, value: f64) -> bool {
        if self.below {
            value < self.value
        } else {
            value > self.value
        }
    }
}

/// The contents of a widget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shows", rename_all = "lowercase")]
pub enum Content {
    /// The current states of alarms.
    Alarms {
        /// The ARNs of the alarms.
        arns: Vec<Input>,
    },
    /// Metrics as lines over time.
    Graph {
        /// The metrics to show.
        lines: Vec<Line>,
        /// The unit of all lines.
        unit: Unit,
        /// The threshold of the alarm on these metrics, if there is one.
        limit: Option<Limit>,
    },
}

/// A widget at a position of the grid, which is 24 units wide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Widget {
    /// The distance from the left, in units of the grid.
    pub x: u32,
    /// The distance from the top, in units of the grid.
    pub y: u32,
    /// The width, in units of the grid.
    pub width: u32,
    /// The height, in units of the grid.
    pub height: u32,
    /// The contents, whose fields are stored next to the position.
    #[serde(flatten)]
    pub content: Content,
}

/// The width of the grid.
const GRID_WIDTH: u32 = 24;
/// The width and height of a graph: three fit into a row.
const GRAPH_SIZE: (u32, u32) = (8, 6);
/// The height of the row of alarms.
const ALARMS_HEIGHT: u32 = 3;
/// The shortest period that all of the metrics have.
const PERIOD_SECONDS: u32 = 60;

/// Lays out widgets on the grid in their order: alarms over the whole width, three graphs in a row. Returns them by
/// title.
pub fn lay_out(contents: Vec<(String, Content)>) -> BTreeMap<String, Widget> {
    let (mut x, mut y, mut row) = (0, 0, 0);
    let mut widgets = BTreeMap::new();
    for (title, content) in contents {
        let (width, height) = match content {
            Content::Alarms { .. } => (GRID_WIDTH, ALARMS_HEIGHT),
            Content::Graph { .. } => GRAPH_SIZE,
        };
        if x + width > GRID_WIDTH {
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

/// The widgets with their titles, in the order of the grid: row by row, from left to right.
pub fn in_grid_order(widgets: &BTreeMap<String, Widget>) -> Vec<(&String, &Widget)> {
    let mut all: Vec<_> = widgets.iter().collect();
    all.sort_by_key(|(_, widget)| (widget.y, widget.x));
    all
}

/// The JSON document of a dashboard with these widgets, whose metrics are in `region`.
pub fn document(widgets: &BTreeMap<String, Widget>, region: &str) -> Value {
    let widgets: Vec<Value> = in_grid_order(widgets)
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
    fn graphs_are_below_the_alarms_three_in_a_row() {
        let alarms = Content::Alarms {
            arns: vec!["arn".into()],
        };
        let mut contents = vec![("Alarms".to_owned(), alarms)];
        contents.extend(["d", "c", "b", "a"].map(cpu));
        let widgets = lay_out(contents);
        let order: Vec<(&str, u32, u32)> = in_grid_order(&widgets)
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
    fn a_graph_has_the_form_of_aws_and_is_read_back_from_the_state() {
        let widgets = lay_out(vec![cpu("Database CPU")]);
        let text = serde_json::to_string(&widgets).unwrap();
        let back: BTreeMap<String, Widget> = serde_json::from_str(&text).unwrap();
        assert_eq!(back, widgets);
        let document = document(&widgets, "eu-west-1");
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
