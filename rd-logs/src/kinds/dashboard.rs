//! `dashboard`: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html>
//!
//! AWS keeps it as a text; it is compared by what it says, widget by widget.

use crate::clients::Clients;
use crate::cloudwatch_tags::{GONE, retag, tags_of};
use crate::dashboard::widget::{Widget, body};
use aws_sdk_cloudwatch::types::Tag;
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::output::printer::print_warning;
use rd_common::stack::ADDRESS_TAG;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Found, Kind, Result, Stack, Tags, Wanted, sdk_tags,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The kind.
pub struct Dashboard;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// The region of its metrics.
    pub region: String,
    /// What it shows, by title.
    pub widgets: BTreeMap<String, Widget>,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The document; null where what is there is none.
    pub body: Value,
}

fn arn(stack: &Stack, name: &str) -> String {
    // A dashboard belongs to no region.
    Arn::global(stack, "cloudwatch", format!("dashboard/{name}")).to_string()
}

async fn read(ctx: &Ctx<Clients>, name: &str) -> Result<Option<(Live, Tags)>> {
    let arn = arn(&ctx.stack, name);
    let document = ctx.clients.cloudwatch.get_dashboard().dashboard_name(name);
    let (document, tags) = tokio::join!(document.send(), tags_of(ctx, &arn));
    let document = match document.doing("read the dashboard") {
        Err(error) if error.is(&GONE) => return Ok(None),
        other => other?,
    };
    let text = document.dashboard_body().unwrap_or_default();
    let live = Live {
        name: name.to_owned(),
        arn,
        body: serde_json::from_str(text).unwrap_or_default(),
    };
    // It is there, whatever is said of its tags: taken for absent, it would be planned as new and written over.
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
        .dashboard_body(body(&spec.widgets, &spec.region).to_string())
        .set_tags(tagged.map(|tags| sdk_tags!(Tag, tags)));
    let put = call.send().await.doing(doing)?;
    for message in put.dashboard_validation_messages() {
        print_warning(
            &format!(
                "of the dashboard {}, AWS says: {}",
                message.data_path().unwrap_or_default(),
                message.message().unwrap_or_default()
            ),
            "it is kept nevertheless; look at it in the console",
        );
    }
    Ok(())
}

/// The members of a body by what a plan calls them: widgets by title, and whatever else is there.
fn members(body: &Value) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    let empty = Map::new();
    for (name, value) in body.as_object().unwrap_or(&empty) {
        let Some(widgets) = value.as_array().filter(|_| name == "widgets") else {
            all.insert(name.clone(), plain(value));
            continue;
        };
        for (index, widget) in widgets.iter().enumerate() {
            let title = widget["properties"]["title"].as_str();
            let title = title.map_or_else(|| format!("#{index}"), str::to_owned);
            let mut path = format!("widgets.{title}");
            while all.contains_key(&path) {
                path.push('\'');
            }
            all.insert(path, plain(widget));
        }
    }
    all
}

/// A value in the one form that its meaning has: every number a fraction, no member that is null.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(name, member)| (name.clone(), plain(member)))
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
            let address = match one.is_any() {
                true if !ctx.stack.owns(ctx.slice, &tags) => continue,
                true => tags.get(ADDRESS_TAG).cloned().unwrap_or_default(),
                false => one.address.clone(),
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
        let client = &ctx.clients.cloudwatch_once;
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
        put(&ctx.clients.cloudwatch, spec, None, "change the dashboard").await
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let call = ctx
            .clients
            .cloudwatch
            .delete_dashboards()
            .dashboard_names(id);
        match call.send().await.doing("delete the dashboard") {
            Err(error) if error.is(&GONE) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        retag(ctx, &arn(&ctx.stack, id), set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name);
        let (before, after) = (
            members(&live.body),
            members(&body(&spec.widgets, &spec.region)),
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
    fn a_dashboard_is_compared_by_what_it_says() {
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
        // Two of one title are two.
        let twice = json!({"widgets": [widget("a", json!(1)), widget("b", json!(2)), widget("a", json!(1))]});
        assert_eq!(paths(&ours, &twice), ["widgets.a'"]);
    }
}
