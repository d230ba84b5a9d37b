//! `target_group`: <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
//!
//! One in use cannot be deleted, and a name is taken once; so each one made has a name of its own, and is known by its
//! tags. What needs another group is done as: new one, listener switched, old one deleted.

use crate::clients::Clients;
use crate::elb;
use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetGroup as Group, TargetGroupAttribute, TargetTypeEnum,
};
use rd_common::aws::Explain;
use rd_common::stack::ADDRESS_TAG;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Found, Input, Kind, ReplaceOrder, Result, Tags, Wanted,
    touches,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kind.
pub struct TargetGroup;

/// What is asked of a target to see whether it is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// `HTTP`.
    pub protocol: String,
    /// The port, or `traffic-port` for the targets' own.
    pub port: String,
    /// The path.
    pub path: String,
    /// The answers that say so.
    pub codes: String,
    /// Seconds between two questions.
    pub interval_seconds: i32,
    /// Seconds that an answer may take.
    pub timeout_seconds: i32,
    /// Good answers until it is well.
    pub healthy_threshold: i32,
    /// Bad ones until it is not.
    pub unhealthy_threshold: i32,
}

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// What its name begins with.
    pub name_prefix: String,
    /// The name of the load balancer: a group is behind one alone, so that a new one gets a group of its own.
    pub load_balancer: String,
    /// The VPC.
    pub vpc_id: Input,
    /// The port of the targets.
    pub port: Input<i32>,
    /// Its health check.
    pub health_check: HealthCheck,
    /// Its attributes, by AWS's names.
    pub attributes: BTreeMap<String, String>,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its ARN, which is its id.
    pub arn: String,
    /// The end of the ARN that CloudWatch's dimensions want.
    pub arn_suffix: String,
    /// Its name.
    pub name: String,
    /// The VPC.
    pub vpc_id: String,
    /// The port.
    pub port: i32,
    /// `HTTP`.
    pub protocol: String,
    /// `ip`.
    pub target_type: String,
    /// Its health check.
    pub health_check: HealthCheck,
    /// Every attribute that AWS tells.
    pub attributes: BTreeMap<String, String>,
}

/// The longest name.
const LONGEST_NAME: usize = 32;

fn live(group: &Group, attributes: BTreeMap<String, String>) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Live {
        arn: text(group.target_group_arn()),
        arn_suffix: elb::suffix(group.target_group_arn().unwrap_or_default()),
        name: text(group.target_group_name()),
        vpc_id: text(group.vpc_id()),
        port: group.port().unwrap_or(0),
        protocol: group
            .protocol()
            .map(|protocol| protocol.as_str().to_owned())
            .unwrap_or_default(),
        target_type: group
            .target_type()
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
        health_check: HealthCheck {
            protocol: group
                .health_check_protocol()
                .map(|protocol| protocol.as_str().to_owned())
                .unwrap_or_default(),
            port: text(group.health_check_port()),
            path: text(group.health_check_path()),
            codes: text(group.matcher().and_then(Matcher::http_code)),
            interval_seconds: group.health_check_interval_seconds().unwrap_or(0),
            timeout_seconds: group.health_check_timeout_seconds().unwrap_or(0),
            healthy_threshold: group.healthy_threshold_count().unwrap_or(0),
            unhealthy_threshold: group.unhealthy_threshold_count().unwrap_or(0),
        },
        attributes,
    }
}

/// `<prefix>-<six of the token>`, which stays the same for every attempt at the same group.
fn name(prefix: &str, token: &str) -> String {
    let six: String = token.chars().filter(|c| *c != '-').take(6).collect();
    let room = LONGEST_NAME - 1 - six.len();
    let prefix: String = prefix.chars().take(room).collect();
    format!("{}-{six}", prefix.trim_end_matches('-'))
}

async fn attributes(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<BTreeMap<String, String>>> {
    let call = ctx.clients.elb.describe_target_group_attributes();
    let answer = call.target_group_arn(arn).send().await;
    match answer.doing("read the target group's attributes") {
        Err(error) if elb::is_gone(&error) => Ok(None),
        other => {
            let all = other?.attributes.unwrap_or_default().into_iter();
            Ok(Some(
                all.filter_map(|one| Some((one.key?, one.value.unwrap_or_default())))
                    .collect(),
            ))
        }
    }
}

async fn group(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Group>> {
    let call = ctx.clients.elb.describe_target_groups();
    let answer = call.target_group_arns(arn).send().await;
    match answer.doing("read the target group") {
        Err(error) if elb::is_gone(&error) => Ok(None),
        other => Ok(other?.target_groups().first().cloned()),
    }
}

/// The ARNs of every target group of the account.
async fn arns(ctx: &Ctx<Clients>) -> Result<Vec<String>> {
    let mut arns = Vec::new();
    let mut marker = None;
    loop {
        let call = ctx.clients.elb.describe_target_groups().set_marker(marker);
        let page = call.send().await.doing("list the target groups")?;
        let groups = page.target_groups.unwrap_or_default();
        arns.extend(
            groups
                .into_iter()
                .filter_map(|group| group.target_group_arn),
        );
        marker = page.next_marker;
        if marker.is_none() {
            return Ok(arns);
        }
    }
}

async fn found(ctx: &Ctx<Clients>, address: &str, arn: &str) -> Result<Option<Found<Live>>> {
    let (group, attributes, tags) = tokio::try_join!(
        group(ctx, arn),
        attributes(ctx, arn),
        ctx.clients.reads.tags(arn)
    )?;
    let (Some(group), Some(attributes), Some(tags)) = (group, attributes, tags) else {
        return Ok(None);
    };
    Ok(Some(Found {
        address: address.to_owned(),
        id: arn.to_owned(),
        live: live(&group, attributes),
        tags: Some(tags),
    }))
}

impl Kind for TargetGroup {
    const NAME: &'static str = "target_group";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut all = Vec::new();
        for one in wanted {
            if let Some(arn) = &one.id {
                all.extend(found(ctx, &one.address, arn).await?);
                continue;
            }
            let arns = arns(ctx).await?;
            let tags = futures_util::future::try_join_all(
                arns.iter().map(|arn| ctx.clients.reads.tags(arn)),
            );
            for (arn, tags) in arns.iter().zip(tags.await?) {
                let Some(tags) = tags else { continue };
                let Some(address) = tags.get(ADDRESS_TAG) else {
                    continue;
                };
                let here = one.is_any() || *address == one.address;
                if here && ctx.stack.owns(ctx.slice, &tags) {
                    all.extend(found(ctx, address, arn).await?);
                }
            }
        }
        Ok(all)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let health = &spec.health_check;
        let call = ctx
            .clients
            .elb_once
            .create_target_group()
            .name(name(&spec.name_prefix, request.token))
            .protocol(ProtocolEnum::Http)
            .set_port(spec.port.known().copied())
            .vpc_id(spec.vpc_id.text())
            .target_type(TargetTypeEnum::Ip)
            .health_check_enabled(true)
            .health_check_protocol(ProtocolEnum::from(health.protocol.as_str()))
            .health_check_port(&health.port)
            .health_check_path(&health.path)
            .health_check_interval_seconds(health.interval_seconds)
            .health_check_timeout_seconds(health.timeout_seconds)
            .healthy_threshold_count(health.healthy_threshold)
            .unhealthy_threshold_count(health.unhealthy_threshold)
            .matcher(Matcher::builder().http_code(&health.codes).build())
            .set_tags(Some(elb::list(request.tags)));
        let answer = call.send().await.doing("create the target group")?;
        answer
            .target_groups()
            .first()
            .and_then(|group| group.target_group_arn().map(str::to_owned))
            .ok_or_else(|| elb::incomplete("target group's ARN"))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let health = &spec.health_check;
        if changes
            .iter()
            .any(|change| change.path.starts_with("health_check."))
        {
            let call = ctx.clients.elb.modify_target_group().target_group_arn(id);
            call.health_check_protocol(ProtocolEnum::from(health.protocol.as_str()))
                .health_check_port(&health.port)
                .health_check_path(&health.path)
                .health_check_interval_seconds(health.interval_seconds)
                .health_check_timeout_seconds(health.timeout_seconds)
                .healthy_threshold_count(health.healthy_threshold)
                .unhealthy_threshold_count(health.unhealthy_threshold)
                .matcher(Matcher::builder().http_code(&health.codes).build())
                .send()
                .await
                .doing("change the health check")?;
        }
        let changed = spec
            .attributes
            .iter()
            .filter(|(key, _)| touches(changes, &format!("attributes.{key}")));
        let changed: Vec<TargetGroupAttribute> = changed
            .map(|(key, value)| {
                TargetGroupAttribute::builder()
                    .key(key)
                    .value(value)
                    .build()
            })
            .collect();
        if !changed.is_empty() {
            let call = ctx.clients.elb.modify_target_group_attributes();
            call.target_group_arn(id)
                .set_attributes(Some(changed))
                .send()
                .await
                .doing("set the target group's attributes")?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let call = ctx.clients.elb.delete_target_group().target_group_arn(id);
        elb::deleted(
            call.send()
                .await
                .doing("delete the target group")
                .map(|_| ()),
        )
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        elb::tag(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        if let Some(last) = last {
            diff.fixed("load_balancer", &last.load_balancer, &spec.load_balancer);
        }
        let (is, wanted) = (&live.health_check, &spec.health_check);
        diff.fixed("vpc_id", &live.vpc_id, &spec.vpc_id)
            .fixed("port", live.port, &spec.port)
            .fixed("protocol", &live.protocol, "HTTP")
            .fixed("target_type", &live.target_type, "ip")
            .field("health_check.protocol", &is.protocol, &wanted.protocol)
            .field("health_check.port", &is.port, &wanted.port)
            .field("health_check.path", &is.path, &wanted.path)
            .field("health_check.codes", &is.codes, &wanted.codes)
            .field(
                "health_check.interval_seconds",
                is.interval_seconds,
                wanted.interval_seconds,
            )
            .field(
                "health_check.timeout_seconds",
                is.timeout_seconds,
                wanted.timeout_seconds,
            )
            .field(
                "health_check.healthy_threshold",
                is.healthy_threshold,
                wanted.healthy_threshold,
            )
            .field(
                "health_check.unhealthy_threshold",
                is.unhealthy_threshold,
                wanted.unhealthy_threshold,
            );
        for (key, wanted) in &spec.attributes {
            diff.field(
                &format!("attributes.{key}"),
                live.attributes.get(key),
                wanted,
            );
        }
        diff.finish()
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        ReplaceOrder::CreateFirst
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        let group = group(ctx, id).await?;
        let users = group.map(|group| group.load_balancer_arns().join(", "));
        Ok(users.filter(|users| !users.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_is_its_own_and_fits() {
        let token = "0123abcd-4567";
        assert_eq!(super::name("shop-test-api", token), "shop-test-api-0123ab");
        let long = super::name("a-project-of-24-letters-environment-api", token);
        assert_eq!(long.len(), 32);
        assert!(long.ends_with("-0123ab") && !long.contains("--"));
    }
}
