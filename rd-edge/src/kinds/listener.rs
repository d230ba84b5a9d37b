//! `listener`: a port of the load balancer, which forwards or redirects.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html>

use crate::aws_errors::{deleted, incomplete_answer, is_not_found, retry_if_temporary};
use crate::clients::Clients;
use crate::elb;
use crate::redirect::Redirect;
use aws_sdk_elasticloadbalancingv2::types::{
    Action as ListenerAction, ActionTypeEnum, Certificate, Listener as ElbListener, ProtocolEnum,
    Tag,
};
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Input, Kind, Result, Tags,
    Wanted, attribute, sdk_tags, touches,
};
use serde::{Deserialize, Serialize};

/// The kind `listener`: a port of the load balancer, and what happens to its requests.
pub struct Listener;

impl Listener {
    /// The ARN of the target group. A resource that refers to it waits until the listener forwards to the group, as ECS
    /// requires.
    pub const TARGET_GROUP_ARN: Attribute<String> = attribute!(Live, target_group_arn);
}

/// The desired listener: it either forwards to a target group or redirects.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The ARN of the load balancer.
    pub load_balancer_arn: Input,
    /// The port that it listens on.
    pub port: i32,
    /// The protocol: `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The ARN of the certificate; none for HTTP.
    pub certificate_arn: Option<Input>,
    /// The security policy, which sets the TLS versions and ciphers; none for HTTP.
    pub ssl_policy: Option<String>,
    /// The ARN of the target group that requests are forwarded to; none for a redirect.
    pub target_group_arn: Option<Input>,
    /// The redirect, [`Redirect::to_https`] in its text form; none for a listener that forwards.
    pub redirect: Option<String>,
}

/// The listener that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The listener's ARN, which is its id.
    pub arn: String,
    /// The ARN of the load balancer.
    pub load_balancer_arn: String,
    /// The port that it listens on.
    pub port: i32,
    /// The protocol: `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The ARN of the default certificate.
    pub certificate_arn: Option<String>,
    /// The security policy; none for HTTP.
    pub ssl_policy: Option<String>,
    /// The ARN of the target group that requests are forwarded to.
    pub target_group_arn: Option<String>,
    /// The redirect, in its text form.
    pub redirect: Option<String>,
    /// The type of an action that rd does not set, such as `fixed-response`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_action: Option<String>,
}

fn live(listener: &ElbListener) -> Live {
    // Each action has an order, and the list any order; without one it was the only action of its request.
    let actions = listener.default_actions().iter();
    let action = actions.min_by_key(|action| action.order().unwrap_or_default());
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
        .map(|to| Redirect::of_aws(to).to_string());
    // Forwarding to several groups is another action, even if the first group is the desired one.
    let groups = action.and_then(|action| action.forward_config());
    let known = match kind {
        Some(ActionTypeEnum::Forward) => groups.is_none_or(|to| to.target_groups().len() <= 1),
        Some(ActionTypeEnum::Redirect) => true,
        _ => false,
    };
    Live {
        arn: listener.listener_arn().unwrap_or_default().to_owned(),
        load_balancer_arn: listener.load_balancer_arn().unwrap_or_default().to_owned(),
        port: listener.port().unwrap_or(0),
        protocol: listener
            .protocol()
            .map(|protocol| protocol.as_str().to_owned())
            .unwrap_or_default(),
        certificate_arn: listener
            .certificates()
            .first()
            .and_then(|one| one.certificate_arn().map(str::to_owned)),
        ssl_policy: listener
            .ssl_policy()
            .filter(|policy| !policy.is_empty())
            .map(str::to_owned),
        target_group_arn: target.map(str::to_owned),
        redirect,
        other_action: kind
            .filter(|_| !known || listener.default_actions().len() > 1)
            .map(|kind| kind.as_str().to_owned()),
    }
}

fn default_action(spec: &Spec) -> ListenerAction {
    match &spec.target_group_arn {
        Some(group) => ListenerAction::builder()
            .r#type(ActionTypeEnum::Forward)
            .target_group_arn(group.text())
            .build(),
        None => {
            let redirect = spec.redirect.as_deref().and_then(Redirect::parse);
            ListenerAction::builder()
                .r#type(ActionTypeEnum::Redirect)
                .redirect_config(redirect.unwrap_or_else(Redirect::to_https).to_aws())
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

/// Reads the listeners of a load balancer; none if it does not exist.
async fn read_listeners(ctx: &Ctx<Clients>, balancer: &str) -> Result<Vec<ElbListener>> {
    let listeners = ctx.clients.elb.describe_listeners();
    let listeners = listeners.load_balancer_arn(balancer);
    let listeners = listeners.into_paginator().items().send();
    match listeners.try_collect().await.doing("read the listeners") {
        Err(error) if is_not_found(&error) => Ok(Vec::new()),
        other => other,
    }
}

/// The ARN of a listener's load balancer, from the listener's ARN.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>
fn load_balancer_arn(arn: &str) -> Option<String> {
    let mut arn = Arn::parse(arn)?;
    let (balancer, _) = arn.resource.strip_prefix("listener/")?.rsplit_once('/')?;
    arn.resource = format!("loadbalancer/{balancer}");
    Some(arn.to_string())
}

impl Kind for Listener {
    const NAME: &'static str = "listener";
    const WHILE_GONE: Option<&'static str> = Some("nothing answers on its port");
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let load_balancer = |one: &Wanted<Spec>| {
            let of_spec = || one.spec.as_ref()?.load_balancer_arn.known().cloned();
            one.id
                .as_deref()
                .and_then(load_balancer_arn)
                .or_else(of_spec)
        };
        let mut load_balancers: Vec<String> = wanted.iter().filter_map(load_balancer).collect();
        load_balancers.sort();
        load_balancers.dedup();
        let known = wanted.iter().filter_map(|one| one.id.as_deref());
        let known = known.map(|arn| ctx.clients.reads.tags(arn));
        let (listeners, known) = tokio::try_join!(
            futures_util::future::try_join_all(
                load_balancers.iter().map(|arn| read_listeners(ctx, arn))
            ),
            // The tags of listeners in the state are read in the same call as those of other kinds.
            futures_util::future::try_join_all(known),
        )?;
        let mut known_tags = wanted
            .iter()
            .filter_map(|one| one.id.clone())
            .zip(known)
            .collect::<std::collections::BTreeMap<_, _>>();
        let listeners: Vec<ElbListener> = listeners.into_iter().flatten().collect();
        let mut found = Vec::new();
        for one in wanted {
            let matches = |listener: &&ElbListener| match (&one.id, &one.spec) {
                (Some(id), _) => listener.listener_arn() == Some(id),
                (None, Some(spec)) => {
                    listener.port() == Some(spec.port)
                        && listener.load_balancer_arn()
                            == spec.load_balancer_arn.known().map(String::as_str)
                }
                (None, None) => false,
            };
            let Some(listener) = listeners.iter().find(matches) else {
                continue;
            };
            let live = live(listener);
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
            .elb
            .create_listener()
            .load_balancer_arn(spec.load_balancer_arn.text())
            .port(spec.port)
            .protocol(ProtocolEnum::from(spec.protocol.as_str()))
            .set_certificates(certificates(spec))
            .set_ssl_policy(spec.ssl_policy.clone())
            .default_actions(default_action(spec))
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        let answer = call.send().await.doing("create the listener");
        let answer = answer
            .map_err(explain_certificate)
            .map_err(retry_if_temporary)?;
        answer
            .listeners()
            .first()
            .and_then(|listener| listener.listener_arn().map(str::to_owned))
            .ok_or_else(|| incomplete_answer("listener's ARN"))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let mut call = ctx
            .clients
            .elb
            .modify_listener()
            .listener_arn(id)
            .port(spec.port)
            .protocol(ProtocolEnum::from(spec.protocol.as_str()))
            .set_certificates(certificates(spec))
            .set_ssl_policy(spec.ssl_policy.clone());
        // What is not sent stays as it is: an adopted listener keeps an action that rd never sets.
        let of_action = ["target_group_arn", "redirect", "other_action"];
        if of_action.iter().any(|path| touches(changes, path)) {
            call = call.default_actions(default_action(spec));
        }
        call.send()
            .await
            .doing("change the listener")
            .map_err(explain_certificate)
            .map_err(retry_if_temporary)
            .map(|_| ())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.elb.delete_listener().listener_arn(id);
        let codes = ["ListenerNotFound", "LoadBalancerNotFound"];
        deleted(call.send().await.doing("delete the listener"), &codes)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        elb::change_tags(ctx, id, set, remove).await
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

    /// Clients agree with the listener on a version of TLS and a cipher of its policy.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>
    fn downtime(live: &Live, changes: &[Change]) -> Option<String> {
        let changed = |path: &str| touches(changes, path);
        if changed("port") || changed("protocol") {
            let (protocol, port) = (&live.protocol, live.port);
            return Some(format!(
                "nothing answers {protocol} on port {port} any more"
            ));
        }
        let reason = "clients without a TLS version and cipher of the new policy cannot connect";
        // An HTTP listener has no policy.
        let policy = live.ssl_policy.is_some() && changed("ssl_policy");
        policy.then(|| reason.to_owned())
    }
}

/// Adds what to ask for if AWS refuses the certificate for want of a permission, which "Access denied to certificate" does
/// not name. <https://github.com/hashicorp/terraform-provider-aws/issues/2414>
pub fn explain_certificate(error: Error) -> Error {
    if error.is(&["AccessDenied", "AccessDeniedException"]) && error.summary.contains("certificate")
    {
        return error.hint(
            "ask for the permissions acm:DescribeCertificate and acm:GetCertificate on this certificate",
        );
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;

    const BALANCER: &str =
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/aab6";
    const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/2c1d";

    /// As Elastic Load Balancing answers to DescribeListeners with these members beyond those that all listeners have.
    async fn described(members: &str) -> Live {
        let elb = recorded::elb(
            "DescribeListeners",
            &format!(
                "<Listeners><member><ListenerArn>arn:aws:elasticloadbalancing:us-east-1:123456789012:\
                 listener/app/shop/aab6/461e</ListenerArn><LoadBalancerArn>{BALANCER}</LoadBalancerArn>{members}\
                 </member></Listeners>"
            ),
        );
        let answer = elb.describe_listeners().load_balancer_arn(BALANCER);
        live(&answer.send().await.unwrap().listeners()[0])
    }

    #[tokio::test]
    async fn forwarding_has_the_group_twice_and_stickiness() {
        let live = described(&format!(
            "<Port>443</Port><Protocol>HTTPS</Protocol>\
             <Certificates><member><CertificateArn>arn:aws:acm:…:certificate/1</CertificateArn></member></Certificates>\
             <SslPolicy>ELBSecurityPolicy-TLS13-1-2-Res-2021-06</SslPolicy>\
             <DefaultActions><member><Type>forward</Type><TargetGroupArn>{GROUP}</TargetGroupArn><Order>1</Order>\
             <ForwardConfig><TargetGroups><member><TargetGroupArn>{GROUP}</TargetGroupArn><Weight>1</Weight></member>\
             </TargetGroups><TargetGroupStickinessConfig><Enabled>false</Enabled></TargetGroupStickinessConfig>\
             </ForwardConfig></member></DefaultActions>\
             <MutualAuthentication><Mode>off</Mode></MutualAuthentication>"
        ))
        .await;
        assert_eq!(live.target_group_arn.as_deref(), Some(GROUP));
        assert_eq!(live.load_balancer_arn, BALANCER);
        assert_eq!(live.redirect, None);
        assert_eq!(live.other_action, None);
        assert!(live.certificate_arn.is_some() && live.ssl_policy.is_some());
        // One form alone, whichever was sent.
        let live = described(&format!(
            "<Port>80</Port><Protocol>HTTP</Protocol><DefaultActions><member><Type>forward</Type><ForwardConfig>\
             <TargetGroups><member><TargetGroupArn>{GROUP}</TargetGroupArn></member></TargetGroups></ForwardConfig>\
             </member></DefaultActions>"
        ))
        .await;
        assert_eq!(live.target_group_arn.as_deref(), Some(GROUP));
        assert_eq!((live.port, live.ssl_policy), (80, None));
    }

    #[tokio::test]
    async fn a_redirect_without_the_parts_that_it_keeps() {
        let live = described(
            "<Port>80</Port><Protocol>HTTP</Protocol><DefaultActions><member><Type>redirect</Type><Order>1</Order>\
             <RedirectConfig><Protocol>HTTPS</Protocol><Port>443</Port><StatusCode>HTTP_301</StatusCode>\
             </RedirectConfig></member></DefaultActions>",
        )
        .await;
        assert_eq!(live.redirect, Some(Redirect::to_https().to_string()));
        assert_eq!((live.target_group_arn, live.other_action), (None, None));
    }

    #[tokio::test]
    async fn actions_are_in_any_order_and_another_one_is_drift() {
        let live = described(&format!(
            "<Port>443</Port><Protocol>HTTPS</Protocol><DefaultActions>\
             <member><Type>forward</Type><TargetGroupArn>{GROUP}</TargetGroupArn><Order>2</Order></member>\
             <member><Type>jwt-validation</Type><Order>1</Order></member></DefaultActions>"
        ))
        .await;
        assert_eq!(live.other_action.as_deref(), Some("jwt-validation"));
    }

    #[test]
    fn another_port_protocol_or_policy_is_told_to_clients_of_the_old_one() {
        let live = Live {
            arn: "arn".to_owned(),
            load_balancer_arn: BALANCER.to_owned(),
            port: 8443,
            protocol: "HTTPS".to_owned(),
            certificate_arn: None,
            ssl_policy: Some("ELBSecurityPolicy-2016-08".to_owned()),
            target_group_arn: None,
            redirect: Some(Redirect::to_https().to_string()),
            other_action: None,
        };
        let wanted = Spec {
            load_balancer_arn: Input::Known(BALANCER.to_owned()),
            port: 8443,
            protocol: "HTTPS".to_owned(),
            certificate_arn: None,
            ssl_policy: live.ssl_policy.clone(),
            target_group_arn: None,
            redirect: None,
        };
        let risk =
            |live: &Live, spec: &Spec| Listener::downtime(live, &Listener::diff(spec, live, None));
        // It redirected, and no one notices.
        assert_eq!(risk(&live, &wanted), None);
        let port = Spec {
            port: 443,
            ..wanted.clone()
        };
        let gone = "nothing answers HTTPS on port 8443 any more";
        assert_eq!(risk(&live, &port).as_deref(), Some(gone));
        let policy = Spec {
            ssl_policy: Some("ELBSecurityPolicy-TLS13-1-3-2021-06".to_owned()),
            ..wanted.clone()
        };
        let refused = risk(&live, &policy).unwrap();
        assert!(
            refused.starts_with("clients without a TLS version"),
            "{refused}"
        );
        let plain = Spec {
            protocol: "HTTP".to_owned(),
            ssl_policy: None,
            ..wanted
        };
        assert_eq!(risk(&live, &plain).as_deref(), Some(gone));
    }

    #[test]
    fn a_refused_certificate_names_the_permission() {
        let refused =
            Error::failed("cannot create the listener: AccessDenied: Access denied to certificate");
        let refused = refused.with_code(Some("AccessDenied".to_owned()), None);
        let refused = explain_certificate(refused);
        let hint = refused.hint.as_deref().unwrap();
        assert!(hint.contains("acm:DescribeCertificate"), "{hint}");
    }
}
