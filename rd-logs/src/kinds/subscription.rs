//! `subscription`: <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
//!
//! It has no tags; topic, protocol and address are its identity, and to subscribe twice makes one. Until the address has
//! confirmed it, lists tell no ARN of it and nobody can end it: AWS does, by itself, or with the topic.

use crate::clients::Clients;
use crate::kinds::topic::GONE;
use rd_common::aws::Explain;
use rd_common::output::printer::print_warning;
use rd_common::{Change, CreateRequest, Ctx, Diff, Found, Input, Kind, Result, Wanted};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The kind.
pub struct Subscription;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The topic.
    pub topic_arn: Input,
    /// `email`.
    pub protocol: String,
    /// The address.
    pub endpoint: String,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The topic.
    pub topic_arn: String,
    /// `email`.
    pub protocol: String,
    /// The address.
    pub endpoint: String,
    /// Whether nobody has confirmed it yet.
    pub pending: bool,
    /// What messages must be like to be sent there; none where all are.
    pub filter_policy: Option<serde_json::Value>,
}

/// What a subscription is like whose ARN a list tells.
fn is_arn(text: &str) -> bool {
    // The others say `PendingConfirmation` or `Deleted`.
    text.starts_with("arn:")
}

fn live(mut attributes: HashMap<String, String>) -> Live {
    let mut text = |name: &str| attributes.remove(name).unwrap_or_default();
    let filter = serde_json::from_str(&text("FilterPolicy")).ok();
    Live {
        topic_arn: text("TopicArn"),
        protocol: text("Protocol"),
        endpoint: text("Endpoint"),
        pending: text("PendingConfirmation") == "true",
        // An empty one lets all through.
        filter_policy: filter.filter(|policy| *policy != serde_json::json!({})),
    }
}

/// A subscription by its ARN, pending ones too; none where it is gone.
pub async fn read(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Live>> {
    let call = ctx.clients.sns.get_subscription_attributes();
    let answer = call.subscription_arn(arn).send().await;
    match answer.doing("read the subscription") {
        Err(error) if error.is(&GONE) => Ok(None),
        other => Ok(other?.attributes.map(live)),
    }
}

/// One of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The address.
    pub endpoint: String,
    /// `email`, `sms`, `https`, …
    pub protocol: String,
    /// The ARN; none of one that is pending.
    pub arn: Option<String>,
}

/// Every subscription of a topic; none where the topic is gone. What was ended is told of for a while, and left out here.
pub async fn listed(ctx: &Ctx<Clients>, topic: &str) -> Result<Option<Vec<Listed>>> {
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let call = ctx.clients.sns.list_subscriptions_by_topic();
        let call = call.topic_arn(topic).set_next_token(token);
        let page = match call.send().await.doing("list the topic's subscriptions") {
            Err(error) if error.is(&GONE) => return Ok(None),
            other => other?,
        };
        for one in page.subscriptions() {
            let arn = one.subscription_arn().unwrap_or_default();
            if arn == "Deleted" {
                continue;
            }
            all.push(Listed {
                endpoint: one.endpoint().unwrap_or_default().to_owned(),
                protocol: one.protocol().unwrap_or_default().to_owned(),
                arn: is_arn(arn).then(|| arn.to_owned()),
            });
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(Some(all));
        }
    }
}

/// The ARN of a confirmed one that is as wanted. A pending one is asked for once more, which makes no second one.
async fn by_spec(ctx: &Ctx<Clients>, spec: &Spec) -> Result<Option<String>> {
    let Some(topic) = spec.topic_arn.known() else {
        return Ok(None);
    };
    let all = listed(ctx, topic).await?.unwrap_or_default();
    let same = |one: &Listed| one.protocol == spec.protocol && one.endpoint == spec.endpoint;
    Ok(all.into_iter().find(same).and_then(|one| one.arn))
}

impl Kind for Subscription {
    const NAME: &'static str = "subscription";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let id = match (&one.id, &one.spec) {
                (Some(id), _) => Some(id.clone()),
                (None, Some(spec)) => by_spec(ctx, spec).await?,
                (None, None) => None,
            };
            let left = |id: &String| ctx.clients.left.borrow().contains(id);
            let Some(id) = id.filter(|id| !left(id)) else {
                continue;
            };
            if let Some(live) = read(ctx, &id).await? {
                found.push(Found {
                    address: one.address.clone(),
                    id,
                    live,
                    tags: None,
                });
            }
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let call = ctx
            .clients
            .sns_once
            .subscribe()
            .topic_arn(spec.topic_arn.text())
            .protocol(&spec.protocol)
            .endpoint(&spec.endpoint)
            .return_subscription_arn(true);
        let made = call.send().await.doing("subscribe to the topic")?;
        Ok(made.subscription_arn.unwrap_or_default())
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        _spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        // The one thing that can be changed: an empty policy takes the filter away.
        let call = ctx.clients.sns.set_subscription_attributes();
        let call = call
            .subscription_arn(id)
            .attribute_name("FilterPolicy")
            .attribute_value("{}");
        call.send()
            .await
            .doing("change the subscription")
            .map(|_| ())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let call = ctx.clients.sns.unsubscribe().subscription_arn(id);
        match call.send().await.doing("end the subscription") {
            Err(error) if error.is(&GONE) => Ok(()),
            Err(error) if error.is(&["InvalidParameter", "InvalidParameterException"]) => {
                let Some(live) = read(ctx, id).await? else {
                    return Ok(());
                };
                if !live.pending {
                    return Err(error);
                }
                print_warning(
                    &format!(
                        "{} was never confirmed, and AWS lets nobody end such a subscription",
                        live.endpoint
                    ),
                    "it goes with its topic, or by itself some days after the mail that asked",
                );
                ctx.clients.left.borrow_mut().insert(id.to_owned());
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("topic_arn", &live.topic_arn, &spec.topic_arn)
            .fixed("protocol", &live.protocol, &spec.protocol)
            .fixed("endpoint", &live.endpoint, &spec.endpoint)
            .field("filter_policy", &live.filter_policy, None::<String>)
            .finish()
    }

    fn pending(live: &Live) -> Option<String> {
        live.pending.then(|| {
            format!(
                "{} has not confirmed: the mail from AWS has a link, and rd-logs subscriptions confirm takes it",
                live.endpoint
            )
        })
    }
}
