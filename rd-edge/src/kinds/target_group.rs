//! `target_group`: the tasks behind the load balancer, and their health check.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
//!
//! A group in use cannot be deleted, and names are unique. So each group has a name of its own and is known by its
//! tags, and a replacement creates the new group, switches the listener to it, and deletes the old one.

use crate::aws_errors::{deleted, incomplete_answer, is_not_found, retry_if_temporary};
use crate::clients::Clients;
use crate::elb;
use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, Tag, TargetGroup as ElbTargetGroup, TargetGroupAttribute, TargetTypeEnum,
};
use rd_common::aws::Explain;
use rd_common::stack::ADDRESS_TAG;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Details, Diff, Found, Input, Kind, Result,
    Retry, Tags, Timeouts, Wanted, attribute, sdk_tags, touches,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The kind `target_group`: the tasks behind the load balancer, and their health check.
pub struct TargetGroup;

impl TargetGroup {
    /// The end of the ARN, as in CloudWatch's dimension `TargetGroup`.
    pub const ARN_SUFFIX: Attribute<String> = attribute!(Live, arn_suffix);
}

/// The health check of the targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// The protocol of the health check: `HTTP`.
    pub protocol: String,
    /// The port, or `traffic-port` for the targets' own.
    pub port: String,
    /// The path to request.
    pub path: String,
    /// The HTTP status codes of a healthy target, such as `200-299`.
    pub codes: String,
    /// The seconds between two requests.
    pub interval_seconds: i32,
    /// The seconds that a response may take.
    pub timeout_seconds: i32,
    /// The number of successes after which a target is healthy.
    pub healthy_threshold: i32,
    /// The number of failures after which a target is unhealthy.
    pub unhealthy_threshold: i32,
}

/// The desired target group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The beginning of the group's name.
    pub name_prefix: String,
    /// The name of the load balancer. A group belongs to one load balancer, so a new one gets a new group.
    pub load_balancer: String,
    /// The id of the VPC.
    pub vpc_id: Input,
    /// The port on which targets receive requests.
    pub port: Input<i32>,
    /// The health check of the targets.
    pub health_check: HealthCheck,
    /// The attributes to set, by AWS's names.
    pub attributes: BTreeMap<String, String>,
}

/// The target group that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The group's ARN, which is its id.
    pub arn: String,
    /// The end of the ARN, as in CloudWatch's dimension `TargetGroup`.
    pub arn_suffix: String,
    /// The group's name, unique in the account and region.
    pub name: String,
    /// The id of the VPC.
    pub vpc_id: String,
    /// The port on which targets receive requests.
    pub port: i32,
    /// The protocol of requests: `HTTP`.
    pub protocol: String,
    /// The type of the targets: `ip`.
    pub target_type: String,
    /// The health check of the targets.
    pub health_check: HealthCheck,
    /// All attributes that AWS reports, by name.
    pub attributes: BTreeMap<String, String>,
}

/// The maximum length of a target group's name.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
const MAX_NAME_LENGTH: usize = 32;
/// How many characters of the token a name ends with.
const TOKEN_LENGTH: usize = 6;

fn live(group: &ElbTargetGroup, attributes: BTreeMap<String, String>) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Live {
        arn: text(group.target_group_arn()),
        arn_suffix: elb::arn_suffix(group.target_group_arn().unwrap_or_default()),
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

/// The name of a group, `<prefix>-<six characters of the create token>`. Every attempt to create the same group has the
/// same token, so that a retry does not create a second one.
fn group_name(prefix: &str, token: &str) -> String {
    let six: String = token
        .chars()
        .filter(|c| *c != '-')
        .take(TOKEN_LENGTH)
        .collect();
    format!("{}-{six}", name_start(prefix))
}

/// The part of a group's name before the last hyphen.
pub fn name_start(prefix: &str) -> String {
    let room = MAX_NAME_LENGTH - 1 - TOKEN_LENGTH;
    let prefix: String = prefix.chars().take(room).collect();
    prefix.trim_end_matches('-').to_owned()
}

/// Reads the attributes of the target group with this ARN; none if it does not exist.
pub async fn read_attributes(
    ctx: &Ctx<Clients>,
    arn: &str,
) -> Result<Option<BTreeMap<String, String>>> {
    let call = ctx.clients.elb.describe_target_group_attributes();
    let answer = call.target_group_arn(arn).send().await;
    match answer.doing("read the target group's attributes") {
        Err(error) if is_not_found(&error) => Ok(None),
        other => {
            let all = other?.attributes.unwrap_or_default().into_iter();
            Ok(Some(
                all.filter_map(|one| Some((one.key?, one.value.unwrap_or_default())))
                    .collect(),
            ))
        }
    }
}

async fn read_group(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<ElbTargetGroup>> {
    let call = ctx.clients.elb.describe_target_groups();
    let answer = call.target_group_arns(arn).send().await;
    match answer.doing("read the target group") {
        Err(error) if is_not_found(&error) => Ok(None),
        other => Ok(other?.target_groups().first().cloned()),
    }
}

/// Lists the ARNs of all target groups of the account.
async fn list_arns(ctx: &Ctx<Clients>) -> Result<Vec<String>> {
    let groups = ctx.clients.elb.describe_target_groups();
    let groups = groups.into_paginator().items().send();
    let groups = groups.try_collect().await;
    Ok(groups
        .doing("list the target groups")?
        .into_iter()
        .filter_map(|group| group.target_group_arn)
        .collect())
}

async fn find_by_arn(ctx: &Ctx<Clients>, address: &str, arn: &str) -> Result<Option<Found<Live>>> {
    let (group, attributes, tags) = tokio::try_join!(
        read_group(ctx, arn),
        read_attributes(ctx, arn),
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
    // It can be invisible for five minutes.
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::ZERO,
        pause: Duration::from_millis(400),
        limit: Duration::from_secs(600),
    };
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut all = Vec::new();
        for one in wanted {
            if let Some(arn) = &one.id {
                all.extend(find_by_arn(ctx, &one.address, arn).await?);
                continue;
            }
            let arns = list_arns(ctx).await?;
            let tags = futures_util::future::try_join_all(
                arns.iter().map(|arn| ctx.clients.reads.tags(arn)),
            );
            for (arn, tags) in arns.iter().zip(tags.await?) {
                let Some(tags) = tags else { continue };
                let Some(address) = tags.get(ADDRESS_TAG) else {
                    continue;
                };
                let matches = one.is_any() || *address == one.address;
                if matches && ctx.stack.owns(ctx.slice, &tags) {
                    all.extend(find_by_arn(ctx, address, arn).await?);
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
            .elb
            .create_target_group()
            .name(group_name(&spec.name_prefix, request.token))
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
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        let answer = call.send().await.doing("create the target group");
        let answer = answer.map_err(retry_if_temporary)?;
        answer
            .target_groups()
            .first()
            .and_then(|group| group.target_group_arn().map(str::to_owned))
            .ok_or_else(|| incomplete_answer("target group's ARN"))
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
                .doing("change the health check")
                .map_err(retry_if_temporary)?;
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
                .doing("set the target group's attributes")
                .map_err(retry_if_temporary)?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.elb.delete_target_group().target_group_arn(id);
        deleted(
            call.send().await.doing("delete the target group"),
            &["TargetGroupNotFound"],
        )
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        elb::change_tags(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        if let Some(last) = last {
            diff.fixed("load_balancer", &last.load_balancer, &spec.load_balancer);
        }
        let (current, desired) = (&live.health_check, &spec.health_check);
        diff.fixed("vpc_id", &live.vpc_id, &spec.vpc_id)
            .fixed("port", live.port, &spec.port)
            .fixed("protocol", &live.protocol, "HTTP")
            .fixed("target_type", &live.target_type, "ip")
            .field(
                "health_check.protocol",
                &current.protocol,
                &desired.protocol,
            )
            .field("health_check.port", &current.port, &desired.port)
            .field("health_check.path", &current.path, &desired.path)
            .field("health_check.codes", &current.codes, &desired.codes)
            .field(
                "health_check.interval_seconds",
                current.interval_seconds,
                desired.interval_seconds,
            )
            .field(
                "health_check.timeout_seconds",
                current.timeout_seconds,
                desired.timeout_seconds,
            )
            .field(
                "health_check.healthy_threshold",
                current.healthy_threshold,
                desired.healthy_threshold,
            )
            .field(
                "health_check.unhealthy_threshold",
                current.unhealthy_threshold,
                desired.unhealthy_threshold,
            );
        for (key, desired) in &spec.attributes {
            diff.field(
                &format!("attributes.{key}"),
                live.attributes.get(key),
                desired,
            );
        }
        diff.finish()
    }

    /// Only the application knows whether it passes another health check.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-healthcheck.html>
    fn downtime(_: &Live, changes: &[Change]) -> Option<String> {
        let asks = ["protocol", "port", "path", "codes"].map(|name| format!("health_check.{name}"));
        let changed = changes.iter().any(|change| asks.contains(&change.path));
        let reason = "tasks that fail the new health check get no requests, and ECS replaces them";
        changed.then(|| reason.to_owned())
    }

    /// The service learns of the group from the listener that forwards to it.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-503-issues>
    fn replacement_downtime(_: &[Change]) -> Option<String> {
        let reason = "requests get 503 from the listener's switch until new tasks are healthy in the new group";
        Some(reason.to_owned())
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        let group = read_group(ctx, id).await?;
        let users = group.map(|group| group.load_balancer_arns().join(", "));
        Ok(users.filter(|users| !users.is_empty()))
    }

    async fn details(ctx: &Ctx<Clients>, id: &str, _: &Live) -> Result<Details> {
        let call = ctx.clients.elb.describe_target_health();
        let answer = call.target_group_arn(id).send().await;
        let answer = match answer.doing("read the targets' health") {
            // Credentials that do not allow the call see the rest.
            Err(error) if error.retry == Retry::Never => return Ok(Details::new()),
            other => other?,
        };
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for one in answer.target_health_descriptions() {
            let state = one.target_health().and_then(|health| health.state());
            *counts
                .entry(state.map_or("unknown", |state| state.as_str()))
                .or_default() += 1;
        }
        let counts: Vec<String> = counts
            .iter()
            .map(|(state, count)| format!("{count} {state}"))
            .collect();
        let mut details = Details::new();
        let text = match counts.is_empty() {
            true => "none".to_owned(),
            false => counts.join(", "),
        };
        details.insert("targets".to_owned(), text.into());
        Ok(details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;

    #[tokio::test]
    async fn a_group_as_aws_describes_it() {
        let elb = recorded::elb(
            "DescribeTargetGroups",
            "<TargetGroups><member><TargetGroupArn>arn:aws:elasticloadbalancing:us-west-2:123456789012:\
             targetgroup/shop-test-api-0123ab/cbe6</TargetGroupArn>\
             <TargetGroupName>shop-test-api-0123ab</TargetGroupName><Protocol>HTTP</Protocol><Port>3001</Port>\
             <VpcId>vpc-0e9e</VpcId><HealthCheckProtocol>HTTP</HealthCheckProtocol>\
             <HealthCheckPort>traffic-port</HealthCheckPort><HealthCheckEnabled>true</HealthCheckEnabled>\
             <HealthCheckIntervalSeconds>15</HealthCheckIntervalSeconds>\
             <HealthCheckTimeoutSeconds>5</HealthCheckTimeoutSeconds>\
             <HealthyThresholdCount>2</HealthyThresholdCount><UnhealthyThresholdCount>3</UnhealthyThresholdCount>\
             <HealthCheckPath>/health</HealthCheckPath><Matcher><HttpCode>200</HttpCode></Matcher>\
             <LoadBalancerArns/><TargetType>ip</TargetType><ProtocolVersion>HTTP1</ProtocolVersion>\
             <IpAddressType>ipv4</IpAddressType></member></TargetGroups>",
        );
        let answer = elb.describe_target_groups().send().await.unwrap();
        let live = live(&answer.target_groups()[0], BTreeMap::new());
        assert_eq!(live.arn_suffix, "targetgroup/shop-test-api-0123ab/cbe6");
        assert_eq!((live.port, live.protocol.as_str()), (3001, "HTTP"));
        assert_eq!(
            (live.vpc_id.as_str(), live.target_type.as_str()),
            ("vpc-0e9e", "ip")
        );
        let expected = HealthCheck {
            protocol: "HTTP".to_owned(),
            port: "traffic-port".to_owned(),
            path: "/health".to_owned(),
            codes: "200".to_owned(),
            interval_seconds: 15,
            timeout_seconds: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
        };
        assert_eq!(live.health_check, expected);
    }

    #[test]
    fn a_name_is_unique_and_not_too_long() {
        let token = "0123abcd-4567";
        assert_eq!(group_name("shop-test-api", token), "shop-test-api-0123ab");
        let long = group_name("a-project-of-24-letters-environment-api", token);
        assert_eq!(long.len(), 32);
        assert!(long.ends_with("-0123ab") && !long.contains("--"));
    }
}
