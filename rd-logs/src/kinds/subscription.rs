//! `subscription`: a subscription to the SNS topic.
//! <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
//!
//! It has no tags: topic, protocol and endpoint identify it, and a second call to Subscribe creates no second one, but
//! sends a second mail. Its id is its ARN. Until it is confirmed from the endpoint, lists do not have its ARN, and only
//! AWS can delete it: after some days, or with the topic. One that is found in a list has its place as id until then.

use crate::clients::Clients;
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::output::printer::print_warning;
use rd_common::{Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, Result, Wanted};
use rd_topic::NOT_FOUND;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The kind `subscription`. Any change to it is a replacement.
pub struct Subscription;

/// The desired subscription to the topic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The ARN of the topic.
    pub topic_arn: Input,
    /// How messages are sent: `email`.
    pub protocol: String,
    /// The email address to which messages are sent.
    pub endpoint: String,
}

/// The subscription as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The ARN of the topic.
    pub topic_arn: String,
    /// How messages are sent: `email`.
    pub protocol: String,
    /// The email address to which messages are sent.
    pub endpoint: String,
    /// Whether it is not confirmed yet.
    pub pending: bool,
    /// Which messages are sent; none for all.
    pub filter_policy: Option<serde_json::Value>,
}

/// Whether a list has the ARN of a subscription.
fn is_arn(text: &str) -> bool {
    // Otherwise it has `PendingConfirmation` or `Deleted` in its place.
    Arn::parse(text).is_some()
}

fn live(mut attributes: HashMap<String, String>) -> Live {
    let mut text = |name: &str| attributes.remove(name).unwrap_or_default();
    let filter = serde_json::from_str(&text("FilterPolicy")).ok();
    Live {
        topic_arn: text("TopicArn"),
        protocol: text("Protocol"),
        endpoint: text("Endpoint"),
        pending: text("PendingConfirmation") == "true",
        // An empty policy selects all messages.
        filter_policy: filter.filter(|policy| *policy != serde_json::json!({})),
    }
}

/// A subscription by its ARN, confirmed or not; none if it does not exist.
pub async fn read(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Live>> {
    let call = ctx.clients.sns.get_subscription_attributes();
    let response = call.subscription_arn(arn).send().await;
    match response.doing("read the subscription") {
        Err(error) if error.is(&NOT_FOUND) => Ok(None),
        other => Ok(other?.attributes.map(live)),
    }
}

/// A subscription in the list of a topic.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The email address, phone number or URL.
    pub endpoint: String,
    /// How messages are sent: `email`, `sms`, `https`, …
    pub protocol: String,
    /// The ARN; none until it is confirmed.
    pub arn: Option<String>,
}

/// All subscriptions of a topic; none if the topic does not exist. AWS lists deleted ones for a while; they are left
/// out.
pub async fn list(ctx: &Ctx<Clients>, topic: &str) -> Result<Option<Vec<Listed>>> {
    let call = ctx.clients.sns.list_subscriptions_by_topic();
    let mut pages = call.topic_arn(topic).into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let page = match page.doing("list the topic's subscriptions") {
            Err(error) if error.is(&NOT_FOUND) => return Ok(None),
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
    }
    Ok(Some(all))
}

/// Where a subscription is: the parts of its id.
#[derive(Debug, PartialEq)]
struct Place<'a> {
    topic: &'a str,
    protocol: &'a str,
    endpoint: &'a str,
}

impl<'a> Place<'a> {
    /// The place in an id of the form `<ARN of the topic>|<protocol>|<endpoint>`; none in an ARN.
    fn of(id: &'a str) -> Option<Self> {
        let mut parts = id.splitn(3, '|');
        Some(Self {
            topic: parts.next()?,
            protocol: parts.next()?,
            endpoint: parts.next()?,
        })
    }

    fn id(&self) -> String {
        format!("{}|{}|{}", self.topic, self.protocol, self.endpoint)
    }

    /// The subscription in the topic's list; none if there is none, or no topic.
    async fn look_up(&self, ctx: &Ctx<Clients>) -> Result<Option<Listed>> {
        let all = list(ctx, self.topic).await?.unwrap_or_default();
        let same = |one: &Listed| one.protocol == self.protocol && one.endpoint == self.endpoint;
        Ok(all.into_iter().find(same))
    }

    /// What is known of a subscription without an ARN.
    fn unconfirmed(&self) -> Live {
        Live {
            topic_arn: self.topic.to_owned(),
            protocol: self.protocol.to_owned(),
            endpoint: self.endpoint.to_owned(),
            pending: true,
            filter_policy: None,
        }
    }
}

/// A subscription by its id, with its ARN where AWS tells it; none if it does not exist.
async fn read_by_id(ctx: &Ctx<Clients>, id: &str) -> Result<Option<(Option<String>, Live)>> {
    let Some(place) = Place::of(id) else {
        let live = read(ctx, id).await?;
        return Ok(live.map(|live| (Some(id.to_owned()), live)));
    };
    let Some(listed) = place.look_up(ctx).await? else {
        return Ok(None);
    };
    match listed.arn {
        None => Ok(Some((None, place.unconfirmed()))),
        Some(arn) => Ok(read(ctx, &arn).await?.map(|live| (Some(arn), live))),
    }
}

/// The id of the subscription with this topic, protocol and endpoint: its ARN, or its place until it is confirmed, so
/// that nobody is asked twice to confirm it.
async fn find_by_spec(ctx: &Ctx<Clients>, spec: &Spec) -> Result<Option<String>> {
    let Some(topic) = spec.topic_arn.known() else {
        return Ok(None);
    };
    let place = Place {
        topic,
        protocol: &spec.protocol,
        endpoint: &spec.endpoint,
    };
    let listed = place.look_up(ctx).await?;
    Ok(listed.map(|one| one.arn.unwrap_or_else(|| place.id())))
}

/// The deletion of a subscription that was never confirmed: it leaves the state, and AWS deletes it later.
fn left_to_aws(ctx: &Ctx<Clients>, id: &str, live: &Live) -> Deletion {
    print_warning(
        &format!(
            "the subscription of {} was never confirmed, so only AWS can delete it",
            live.endpoint
        ),
        "AWS deletes it with the topic, or some days after the confirmation mail",
    );
    let mut expiring = ctx.clients.expiring_subscriptions.borrow_mut();
    expiring.insert(id.to_owned());
    Deletion::Accepted
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
                (None, Some(spec)) => find_by_spec(ctx, spec).await?,
                (None, None) => None,
            };
            let expiring = |id: &String| {
                let expiring = ctx.clients.expiring_subscriptions.borrow();
                expiring.contains(id)
            };
            let Some(id) = id.filter(|id| !expiring(id)) else {
                continue;
            };
            if let Some((_, live)) = read_by_id(ctx, &id).await? {
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
            .sns
            .subscribe()
            .topic_arn(spec.topic_arn.text())
            .protocol(&spec.protocol)
            .endpoint(&spec.endpoint)
            .return_subscription_arn(true);
        let created = call.send().await.doing("subscribe to the topic")?;
        Ok(created.subscription_arn.unwrap_or_default())
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        _spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        // Only the filter policy can be changed, and is known only of one with an ARN. An empty one removes it.
        let found = read_by_id(ctx, id).await?;
        let Some(arn) = found.and_then(|(arn, _)| arn) else {
            return Ok(());
        };
        let call = ctx.clients.sns.set_subscription_attributes();
        let call = call
            .subscription_arn(arn)
            .attribute_name("FilterPolicy")
            .attribute_value("{}");
        call.send()
            .await
            .doing("update the subscription")
            .map(|_| ())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let arn = match Place::of(id) {
            None => id.to_owned(),
            Some(_) => match read_by_id(ctx, id).await? {
                None => return Ok(Deletion::NotFound),
                Some((None, live)) => return Ok(left_to_aws(ctx, id, &live)),
                Some((Some(arn), _)) => arn,
            },
        };
        let call = ctx.clients.sns.unsubscribe().subscription_arn(&arn);
        match call.send().await.doing("delete the subscription") {
            Err(error) if error.is(&["InvalidParameter", "InvalidParameterException"]) => {
                let Some(live) = read(ctx, &arn).await? else {
                    return Ok(Deletion::NotFound);
                };
                if !live.pending {
                    return Err(error);
                }
                Ok(left_to_aws(ctx, id, &live))
            }
            other => Deletion::of(other, &NOT_FOUND).map(Deletion::or_unconfirmed),
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
                "until {} confirms it: open the link in the mail from AWS, or pass it to rd-logs subscriptions confirm",
                live.endpoint
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_an_arn_or_a_place() {
        let arn = "arn:aws:sns:us-east-1:123456789012:shop-test-alarms:4b6d0e0c-0f4b-4b0e-9d42-6b0c3f4d2a1e";
        assert_eq!(Place::of(arn), None);
        let place = Place {
            topic: "arn:aws:sns:us-east-1:123456789012:shop-test-alarms",
            protocol: "email",
            endpoint: "o|ps@example.com",
        };
        assert_eq!(Place::of(&place.id()), Some(place));
    }
}
