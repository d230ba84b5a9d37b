//! `dashboard`: a CloudWatch dashboard.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html>
//!
//! AWS stores its widgets as one JSON document, as text. The document is compared by its meaning, widget by widget.

use crate::clients::Clients;
use crate::cloudwatch_tags::{NOT_FOUND, read_tags, retag};
use crate::dashboard::widget::{Widget, document};
use aws_sdk_cloudwatch::types::Tag;
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::output::printer::print_warning;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Found, Kind, Result, Stack, Tags, Wanted, sdk_tags,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The kind `dashboard`, of which only the name cannot change.
pub struct Dashboard;

/// The desired dashboard, with all of its widgets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The name in AWS, which is the id.
    pub name: String,
    /// The region of the metrics.
    pub region: String,
    /// The widgets by title.
    pub widgets: BTreeMap<String, Widget>,
}

/// The dashboard as AWS stores it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The name, which is the id.
    pub name: String,
    /// The ARN, which has no region.
    pub arn: String,
    /// The JSON document; null if what AWS has is not JSON.
    pub body: Value,
}

fn arn(stack: &Stack, name: &str) -> String {
    // A dashboard belongs to no region.
    Arn::global(stack, "cloudwatch", format!("dashboard/{name}")).to_string()
}

async fn read(ctx: &Ctx<Clients>, name: &str) -> Result<Option<(Live, Tags)>> {
    let arn = arn(&ctx.stack, name);
    let dashboard = ctx.clients.cloudwatch.get_dashboard().dashboard_name(name);
    let (dashboard, tags) = tokio::join!(dashboard.send(), read_tags(ctx, &arn));
    let dashboard = match dashboard.doing("read the dashboard") {
        Err(error) if error.is(&NOT_FOUND) => return Ok(None),
        other => other?,
    };
    let text = dashboard.dashboard_body().unwrap_or_default();
    let live = Live {
        name: name.to_owned(),
        arn,
        body: serde_json::from_str(text).unwrap_or_default(),
    };
    // The dashboard exists even if its tags were not found. Otherwise a plan would create it, and overwrite the
    // existing one.
    Ok(Some((live, tags?.unwrap_or_default())))
}

async fn put(
    client: &aws_sdk_cloudwatch::Client,
    spec: &Spec,
    tagged: Option<&Tags>,
    doing: &str,
) -> Result<()> {
    let call = client
        .put_dashboard()
        .dashboard_name(&spec.name)
        .dashboard_body(document(&spec.widgets, &spec.region).to_string())
        .set_tags(tagged.map(|tags| sdk_tags!(Tag, tags)));
    let put = call.send().await.doing(doing)?;
    for message in put.dashboard_validation_messages() {
        print_warning(
            &format!(
                "AWS accepted the dashboard with a warning about {}: {}",
                message.data_path().unwrap_or_default(),
                message.message().unwrap_or_default()
            ),
            "check the dashboard in the AWS console; rd-logs dashboard prints its URL",
        );
    }
    Ok(())
}

/// The members of a document by their paths in a plan: each widget by its title, and all other members.
fn members(body: &Value) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    let empty = Map::new();
    for (name, value) in body.as_object().unwrap_or(&empty) {
        let Some(widgets) = value.as_array().filter(|_| name == "widgets") else {
            all.insert(name.clone(), normalize(value));
            continue;
        };
        for (index, widget) in widgets.iter().enumerate() {
            let title = widget["properties"]["title"].as_str();
            let title = title.map_or_else(|| format!("#{index}"), str::to_owned);
            let mut path = format!("widgets.{title}");
            while all.contains_key(&path) {
                path.push('\'');
            }
            all.insert(path, normalize(widget));
        }
    }
    all
}

/// A value in a form in which equal values are equal JSON: numbers are floating-point, and members that are null are
/// left out.
fn normalize(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(items) => items.iter().map(normalize).collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(name, member)| (name.clone(), normalize(member)))
            .collect(),
        other => other.clone(),
    }
}

impl Kind for Dashboard {
    const NAME: &'static str = "dashboard";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let name = match one.is_any() {
                true => Some(ctx.stack.name_of(crate::names::DASHBOARD_NAME)),
                false => one.id_or(|spec| &spec.name),
            };
            let Some(name) = name else {
                continue;
            };
            let Some((live, tags)) = read(ctx, &name).await? else {
                continue;
            };
            let Some(address) = one.address_of(&ctx.stack, ctx.slice, &tags) else {
                continue;
            };
            found.push(Found {
                address,
                id: name,
                live,
                tags: Some(tags),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let client = &ctx.clients.cloudwatch;
        put(
            client,
            request.spec,
            Some(request.tags),
            "create the dashboard",
        )
        .await?;
        Ok(request.spec.name.clone())
    }

    async fn update(
        ctx: &Ctx<Clients>,
        _id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        put(&ctx.clients.cloudwatch, spec, None, "update the dashboard").await
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx
            .clients
            .cloudwatch
            .delete_dashboards()
            .dashboard_names(id);
        Deletion::of(call.send().await.doing("delete the dashboard"), &NOT_FOUND)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        retag(ctx, &arn(&ctx.stack, id), set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name);
        let (before, after) = (
            members(&live.body),
            members(&document(&spec.widgets, &spec.region)),
        );
        let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            diff.field(path, before.get(path), after.get(path));
        }
        diff.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(before: &Value, after: &Value) -> Vec<String> {
        let (before, after) = (members(before), members(after));
        let all = before.keys().chain(after.keys());
        let mut changed: Vec<String> = all
            .filter(|path| before.get(*path) != after.get(*path))
            .cloned()
            .collect();
        changed.sort();
        changed.dedup();
        changed
    }

    #[test]
    fn dashboards_are_compared_widget_by_widget() {
        let widget =
            |title: &str, value: Value| json!({"x": 0, "properties": {"title": title, "v": value}});
        let ours = json!({"widgets": [widget("a", json!(1)), widget("b", json!(2))]});
        let same = json!({"widgets": [
            {"properties": {"v": 2.0, "title": "b", "y": null}, "x": 0.0},
            widget("a", json!(1)),
        ]});
        assert_eq!(paths(&ours, &same), [""; 0]);
        let other = json!({"start": "-PT3H", "widgets": [widget("a", json!(3)), widget("c", json!(1)), {"x": 1}]});
        assert_eq!(
            paths(&ours, &other),
            ["start", "widgets.#2", "widgets.a", "widgets.b", "widgets.c"]
        );
        // Two widgets with the same title are compared separately.
        let twice = json!({"widgets": [widget("a", json!(1)), widget("b", json!(2)), widget("a", json!(1))]});
        assert_eq!(paths(&ours, &twice), ["widgets.a'"]);
    }
}
