//! `listener`: <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html>

use crate::clients::Clients;
use crate::elb;
use aws_sdk_elasticloadbalancingv2::types::{
    Action as ListenerAction, ActionTypeEnum, Certificate, Listener as Door, ProtocolEnum,
    RedirectActionConfig, RedirectActionStatusCodeEnum,
};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Found, Input, Kind, ReplaceOrder, Result, Tags, Wanted,
};
use serde::{Deserialize, Serialize};

/// The kind.
pub struct Listener;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The load balancer.
    pub load_balancer_arn: Input,
    /// Its port.
    pub port: i32,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The certificate, of HTTPS.
    pub certificate_arn: Option<Input>,
    /// Which TLS versions and ciphers are spoken.
    pub ssl_policy: Option<String>,
    /// Where requests go; none where all are sent elsewhere.
    pub target_group_arn: Option<Input>,
    /// Where all are sent: [`TO_HTTPS`]; none where they go to a group.
    pub redirect: Option<String>,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its ARN, which is its id.
    pub arn: String,
    /// The load balancer.
    pub load_balancer_arn: String,
    /// Its port.
    pub port: i32,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The certificate.
    pub certificate_arn: Option<String>,
    /// The policy.
    pub ssl_policy: Option<String>,
    /// Where requests go, for whoever may use the group only once it is reached.
    pub target_group_arn: Option<String>,
    /// Where requests are sent: `301 HTTPS:443`.
    pub redirect: Option<String>,
    /// Another action than these two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_action: Option<String>,
}

/// To the same address by HTTPS, for ever.
pub const TO_HTTPS: &str = "301 HTTPS:443 #{host}/#{path}?#{query}";

fn live(door: &Door) -> Live {
    let action = door.default_actions().first();
    let kind = action.and_then(|action| action.r#type());
    let target = action.and_then(|action| {
        let of_list = || {
            let groups = action.forward_config()?.target_groups();
            groups.first()?.target_group_arn()
        };
        action.target_group_arn().or_else(of_list)
    });
    let redirect = action
        .and_then(|action| action.redirect_config())
        .map(|to| {
            let code = match to.status_code() {
                Some(RedirectActionStatusCodeEnum::Http302) => "302",
                _ => "301",
            };
            format!(
                "{code} {}:{} {}{}?{}",
                to.protocol().unwrap_or("#{protocol}"),
                to.port().unwrap_or("#{port}"),
                to.host().unwrap_or("#{host}"),
                to.path().unwrap_or("/#{path}"),
                to.query().unwrap_or("#{query}")
            )
        });
    // Forwarding to several groups is not what we want, though ours may be the first.
    let groups = action.and_then(|action| action.forward_config());
    let known = match kind {
        Some(ActionTypeEnum::Forward) => groups.is_none_or(|to| to.target_groups().len() <= 1),
        Some(ActionTypeEnum::Redirect) => true,
        _ => false,
    };
    Live {
        arn: door.listener_arn().unwrap_or_default().to_owned(),
        load_balancer_arn: door.load_balancer_arn().unwrap_or_default().to_owned(),
        port: door.port().unwrap_or(0),
        protocol: door
            .protocol()
            .map(|protocol| protocol.as_str().to_owned())
            .unwrap_or_default(),
        certificate_arn: door
            .certificates()
            .first()
            .and_then(|one| one.certificate_arn().map(str::to_owned)),
        ssl_policy: door
            .ssl_policy()
            .filter(|policy| !policy.is_empty())
            .map(str::to_owned),
        target_group_arn: target.map(str::to_owned),
        redirect,
        other_action: kind
            .filter(|_| !known || door.default_actions().len() > 1)
            .map(|kind| kind.as_str().to_owned()),
    }
}

fn action(spec: &Spec) -> ListenerAction {
    match &spec.target_group_arn {
        Some(group) => ListenerAction::builder()
            .r#type(ActionTypeEnum::Forward)
            .target_group_arn(group.text())
            .build(),
        None => {
            let to = RedirectActionConfig::builder()
                .protocol("HTTPS")
                .port("443")
                .host("#{host}")
                .path("/#{path}")
                .query("#{query}")
                .status_code(RedirectActionStatusCodeEnum::Http301);
            ListenerAction::builder()
                .r#type(ActionTypeEnum::Redirect)
                .redirect_config(to.build())
                .build()
        }
    }
}

fn certificates(spec: &Spec) -> Option<Vec<Certificate>> {
    let arn = spec.certificate_arn.as_ref()?;
    Some(vec![
        Certificate::builder().certificate_arn(arn.text()).build(),
    ])
}

/// The listeners of a load balancer; none where it is gone.
async fn listeners(ctx: &Ctx<Clients>, balancer: &str) -> Result<Vec<Door>> {
    let mut all = Vec::new();
    let mut marker = None;
    loop {
        let call = ctx.clients.elb.describe_listeners();
        let answer = call
            .load_balancer_arn(balancer)
            .set_marker(marker)
            .send()
            .await;
        let page = match answer.doing("read the listeners") {
            Err(error) if elb::is_gone(&error) => return Ok(all),
            other => other?,
        };
        all.extend(page.listeners.unwrap_or_default());
        marker = page.next_marker;
        if marker.is_none() {
            return Ok(all);
        }
    }
}

/// A listener's ARN begins as its load balancer's does.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>
fn balancer_of(arn: &str) -> Option<String> {
    let (head, _) = arn.rsplit_once('/')?;
    Some(head.replacen(":listener/", ":loadbalancer/", 1))
}

impl Kind for Listener {
    const NAME: &'static str = "listener";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let balancer = |one: &Wanted<Spec>| {
            let of_spec = || one.spec.as_ref()?.load_balancer_arn.known().cloned();
            one.id.as_deref().and_then(balancer_of).or_else(of_spec)
        };
        let mut balancers: Vec<String> = wanted.iter().filter_map(balancer).collect();
        balancers.sort();
        balancers.dedup();
        let known = wanted.iter().filter_map(|one| one.id.as_deref());
        let known = known.map(|arn| ctx.clients.reads.tags(arn));
        let (doors, known) = tokio::try_join!(
            futures_util::future::try_join_all(balancers.iter().map(|arn| listeners(ctx, arn))),
            // The tags of those that the state knows, in the same call as everybody else's.
            futures_util::future::try_join_all(known),
        )?;
        let mut known_tags = wanted
            .iter()
            .filter_map(|one| one.id.clone())
            .zip(known)
            .collect::<std::collections::BTreeMap<_, _>>();
        let doors: Vec<Door> = doors.into_iter().flatten().collect();
        let mut found = Vec::new();
        for one in wanted {
            let is_it = |door: &&Door| match (&one.id, &one.spec) {
                (Some(id), _) => door.listener_arn() == Some(id),
                (None, Some(spec)) => {
                    door.port() == Some(spec.port)
                        && door.load_balancer_arn()
                            == spec.load_balancer_arn.known().map(String::as_str)
                }
                (None, None) => false,
            };
            let Some(door) = doors.iter().find(is_it) else {
                continue;
            };
            let live = live(door);
            let tags = match known_tags.remove(&live.arn) {
                Some(tags) => tags,
                None => ctx.clients.reads.tags(&live.arn).await?,
            };
            found.push(Found {
                address: one.address.clone(),
                id: live.arn.clone(),
                live,
                tags,
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let call = ctx
            .clients
            .elb_once
            .create_listener()
            .load_balancer_arn(spec.load_balancer_arn.text())
            .port(spec.port)
            .protocol(ProtocolEnum::from(spec.protocol.as_str()))
            .set_certificates(certificates(spec))
            .set_ssl_policy(spec.ssl_policy.clone())
            .default_actions(action(spec))
            .set_tags(Some(elb::list(request.tags)));
        let answer = call.send().await.doing("create the listener");
        let answer = answer.map_err(elb::for_now)?;
        answer
            .listeners()
            .first()
            .and_then(|door| door.listener_arn().map(str::to_owned))
            .ok_or_else(|| elb::incomplete("listener's ARN"))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let call = ctx
            .clients
            .elb
            .modify_listener()
            .listener_arn(id)
            .port(spec.port)
            .protocol(ProtocolEnum::from(spec.protocol.as_str()))
            .set_certificates(certificates(spec))
            .set_ssl_policy(spec.ssl_policy.clone())
            .default_actions(action(spec));
        call.send()
            .await
            .doing("change the listener")
            .map_err(elb::for_now)
            .map(|_| ())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let call = ctx.clients.elb.delete_listener().listener_arn(id);
        elb::deleted(call.send().await.doing("delete the listener").map(|_| ()))
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        elb::tag(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed(
            "load_balancer_arn",
            &live.load_balancer_arn,
            &spec.load_balancer_arn,
        )
        .field("port", live.port, spec.port)
        .field("protocol", &live.protocol, &spec.protocol)
        .field(
            "certificate_arn",
            &live.certificate_arn,
            &spec.certificate_arn,
        )
        .field("ssl_policy", &live.ssl_policy, &spec.ssl_policy)
        .field(
            "target_group_arn",
            &live.target_group_arn,
            &spec.target_group_arn,
        );
        diff.field("redirect", &live.redirect, &spec.redirect)
            .field("other_action", &live.other_action, None::<String>);
        diff.finish()
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        ReplaceOrder::CreateFirst
    }
}
