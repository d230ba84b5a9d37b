//! `event_subscription`: what RDS itself reports about the database, sent to the topic.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateEventSubscription.html>
//!
//! Its name is its id. The topic must let RDS publish, which RDS checks when the subscription is created.

use crate::clients::Clients;
use aws_sdk_rds::types::{EventSubscription as Described, Tag};
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::{
    Change, Condition, CreateRequest, Ctx, Deletion, Diff, Error, Found, Input, Kind, Readiness,
    Result, Retry, Stack, Tags, Wanted, sdk_tags, tags_from_sdk, touches,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The kind `event_subscription`, of which only the name cannot change.
pub struct EventSubscription;

/// The desired subscription to the events of a database instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The name in AWS, which is the id.
    pub name: String,
    /// The topic to which RDS publishes.
    pub topic_arn: Input,
    /// The identifier of the instance.
    pub instance: Input,
    /// The categories of events that are published, sorted.
    pub categories: Vec<String>,
}

/// The subscription as AWS describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// The name, which is the id.
    pub name: String,
    /// The topic to which RDS publishes.
    pub topic_arn: String,
    /// The type of the sources: `db-instance`; none for all types.
    pub source_type: Option<String>,
    /// The identifiers of the sources, sorted; none for all of the type.
    pub sources: Vec<String>,
    /// The categories of events that are published, sorted.
    pub categories: Vec<String>,
    /// Whether events are published.
    pub enabled: bool,
    /// The status, such as `active`, `creating` or `no-permission`.
    pub status: String,
}

/// What people must know about. Backups, restarts and changes of settings are no such thing.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html>
pub const CATEGORIES: [&str; 4] = ["failover", "failure", "low storage", "maintenance"];

/// The type of the sources: instances of databases.
const SOURCE_TYPE: &str = "db-instance";

/// The error codes of RDS for a subscription that does not exist.
const NOT_FOUND: [&str; 2] = ["SubscriptionNotFound", "SubscriptionNotFoundFault"];

/// What passes: a policy or a topic that RDS does not see yet, and another change of the subscription.
const FOR_NOW: [&str; 4] = [
    "SNSNoAuthorization",
    "SNSTopicArnNotFound",
    "SourceNotFound",
    "InvalidEventSubscriptionState",
];

fn arn(stack: &Stack, name: &str) -> String {
    Arn::regional(stack, "rds", format!("es:{name}")).to_string()
}

/// Marks what passes to be repeated, and says what to do where it does not.
fn explain(error: Error) -> Error {
    if !error.is(&FOR_NOW) {
        return error;
    }
    let may_not = error.is(&["SNSNoAuthorization"]);
    let error = error.retry(Retry::NotDone);
    match may_not {
        true => error.hint(
            "RDS must be allowed to publish: where kms_key is set in [logs], the key's policy must allow \
             events.rds.amazonaws.com to use kms:Decrypt and kms:GenerateDataKey*",
        ),
        false => error,
    }
}

fn live(described: &Described) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let sorted = |values: &[String]| {
        let mut values = values.to_vec();
        values.sort();
        values
    };
    Live {
        name: text(described.cust_subscription_id()),
        topic_arn: text(described.sns_topic_arn()),
        source_type: described.source_type().map(str::to_owned),
        sources: sorted(described.source_ids_list()),
        categories: sorted(described.event_categories_list()),
        enabled: described.enabled().unwrap_or(false),
        status: text(described.status()),
    }
}

async fn read(ctx: &Ctx<Clients>, name: &str) -> Result<Option<(Live, Tags)>> {
    let rds = &ctx.clients.rds;
    let described = rds
        .describe_event_subscriptions()
        .subscription_name(name)
        .send();
    let tags = rds
        .list_tags_for_resource()
        .resource_name(arn(&ctx.stack, name))
        .send();
    let (described, tags) = tokio::join!(described, tags);
    let described = match described.doing("read the event subscription") {
        Err(error) if error.is(&NOT_FOUND) => return Ok(None),
        other => other?,
    };
    let Some(described) = described.event_subscriptions_list().first() else {
        return Ok(None);
    };
    let tags = tags.doing("read the event subscription's tags")?;
    Ok(Some((live(described), tags_from_sdk!(tags.tag_list()))))
}

impl Kind for EventSubscription {
    const NAME: &'static str = "event_subscription";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let name = match one.is_any() {
                true => Some(ctx.stack.name_of(crate::names::EVENTS_NAME)),
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
        let spec = request.spec;
        let call = ctx
            .clients
            .rds
            .create_event_subscription()
            .subscription_name(&spec.name)
            .sns_topic_arn(spec.topic_arn.text())
            .source_type(SOURCE_TYPE)
            .source_ids(spec.instance.text())
            .set_event_categories(Some(spec.categories.clone()))
            .enabled(true)
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        let created = call
            .send()
            .await
            .doing("subscribe to the database's events");
        created.map_err(explain).map(|_| spec.name.clone())
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let rds = &ctx.clients.rds;
        let of_sources = touches(changes, "sources");
        let others = changes.iter().any(|change| change.path != "sources");
        if others {
            let call = rds
                .modify_event_subscription()
                .subscription_name(id)
                .sns_topic_arn(spec.topic_arn.text())
                .source_type(SOURCE_TYPE)
                .set_event_categories(Some(spec.categories.clone()))
                .enabled(true);
            let changed = call.send().await.doing("change the event subscription");
            changed.map_err(explain)?;
        }
        if !of_sources {
            return Ok(());
        }
        // First the new one: without any source, a subscription is about all instances of the account.
        let instance = spec.instance.text();
        if !live.sources.iter().any(|source| source == instance) {
            let call = rds
                .add_source_identifier_to_subscription()
                .subscription_name(id)
                .source_identifier(instance);
            let added = call.send().await.doing("subscribe to another instance");
            added.map_err(explain)?;
        }
        for old in live.sources.iter().filter(|source| *source != instance) {
            let call = rds
                .remove_source_identifier_from_subscription()
                .subscription_name(id)
                .source_identifier(old);
            match call.send().await.doing("unsubscribe from an instance") {
                Err(error) if error.is(&["SourceNotFound"]) => {}
                other => other.map(|_| ()).map_err(explain)?,
            }
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.rds.delete_event_subscription();
        let answer = call.subscription_name(id).send().await;
        let answer = answer.doing("delete the event subscription");
        let answer = answer.map_err(|error| match error.is(&["InvalidEventSubscriptionState"]) {
            true => error.retry(Retry::Later),
            false => error,
        });
        Deletion::of(answer, &NOT_FOUND)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let (rds, arn) = (&ctx.clients.rds, arn(&ctx.stack, id));
        if !set.is_empty() {
            let call = rds.add_tags_to_resource().resource_name(&arn);
            let call = call.set_tags(Some(sdk_tags!(Tag, set)));
            call.send()
                .await
                .doing("set the event subscription's tags")?;
        }
        if !remove.is_empty() {
            let call = rds.remove_tags_from_resource().resource_name(&arn);
            let call = call.set_tag_keys(Some(remove.to_vec()));
            call.send()
                .await
                .doing("remove the event subscription's tags")?;
        }
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("name", &live.name, &spec.name)
            .field("topic_arn", &live.topic_arn, &spec.topic_arn)
            .field("source_type", &live.source_type, SOURCE_TYPE)
            .set("sources", &live.sources, &[json!(spec.instance)])
            .set("categories", &live.categories, &spec.categories)
            .field("enabled", live.enabled, true)
            .finish()
    }

    fn ready(live: &Live) -> Readiness {
        match live.status.as_str() {
            "creating" | "modifying" => Readiness::Pending(live.status.clone()),
            "deleting" => Readiness::Leaving(live.status.clone()),
            _ => Readiness::Ready,
        }
    }

    /// What RDS notices only when it publishes.
    fn condition(_: &Ctx<Clients>, _: &str, live: &Live) -> Condition {
        match live.status.as_str() {
            "no-permission" => {
                Condition::Unhealthy("no-permission: RDS may not publish to the topic".to_owned())
            }
            "topic-not-exist" => {
                Condition::Unhealthy("topic-not-exist: the topic was deleted".to_owned())
            }
            _ => Condition::Healthy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> aws_sdk_rds::types::builders::EventSubscriptionBuilder {
        Described::builder()
            .cust_subscription_id("shop-test-events")
            .sns_topic_arn("arn:aws:sns:us-east-1:123456789012:shop-test-alarms")
            .source_type("db-instance")
            .source_ids_list("shop-test-postgres")
            .event_categories_list("maintenance")
            .event_categories_list("failure")
            .enabled(true)
            .status("active")
    }

    #[test]
    fn a_subscription_to_events_as_rds_describes_it() {
        let live = live(&described().build());
        assert_eq!(live.categories, ["failure", "maintenance"]);
        assert_eq!(EventSubscription::ready(&live), Readiness::Ready);
        let spec = Spec {
            name: "shop-test-events".into(),
            topic_arn: live.topic_arn.as_str().into(),
            instance: "shop-test-postgres".into(),
            categories: live.categories.clone(),
        };
        assert_eq!(EventSubscription::diff(&spec, &live, None), []);
        // Of all types and instances, as one that was created without a source.
        let all = super::live(&Described::builder().status("modifying").build());
        assert_eq!((all.source_type.clone(), all.sources.len()), (None, 0));
        let pending = Readiness::Pending("modifying".to_owned());
        assert_eq!(EventSubscription::ready(&all), pending);
    }

    #[test]
    fn what_rds_does_not_see_yet_is_repeated() {
        let explained = |code: &str| {
            let error = Error::failed("cannot subscribe to the database's events");
            explain(error.with_code(Some(code.to_owned()), None))
        };
        let denied = explained("SNSNoAuthorization");
        assert_eq!(denied.retry, Retry::NotDone);
        assert!(
            denied
                .hint
                .as_deref()
                .is_some_and(|hint| hint.contains("key's policy"))
        );
        assert_eq!(explained("SNSTopicArnNotFound").retry, Retry::NotDone);
        assert_eq!(
            explained("EventSubscriptionQuotaExceeded").retry,
            Retry::Never
        );
    }
}
