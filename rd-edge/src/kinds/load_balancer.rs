//! `load_balancer`: <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>

use crate::clients::Clients;
use crate::elb;
use aws_sdk_elasticloadbalancingv2::types::{
    IpAddressType, LoadBalancer as Balancer, LoadBalancerAttribute, LoadBalancerSchemeEnum,
    LoadBalancerTypeEnum,
};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Details, Diff, Error, Found, Input, Kind, Readiness, ReplaceOrder,
    Result, Tags, Timeouts, Wanted, touches,
};
use rd_iam::service_linked_role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The kind.
pub struct LoadBalancer;

/// The attribute that has AWS refuse to delete it.
pub const DELETION_PROTECTION: &str = "deletion_protection.enabled";

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// The public subnets.
    pub subnet_ids: Input<Vec<String>>,
    /// Its groups.
    pub security_group_ids: Vec<Input>,
    /// The gateway through which the internet comes to it; it must be attached before.
    pub internet_gateway_id: Input,
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
    /// The name that clients connect to.
    pub dns_name: String,
    /// The hosted zone of that name, for aliases.
    pub zone_id: String,
    /// `internet-facing`.
    pub scheme: String,
    /// Its subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// Its groups, sorted.
    pub security_group_ids: Vec<String>,
    /// AWS's word: `provisioning`, `active`, `failed`.
    pub state: String,
    /// AWS's reason for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Every attribute that AWS tells.
    pub attributes: BTreeMap<String, String>,
}

fn live(balancer: &Balancer, attributes: BTreeMap<String, String>) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let zones = balancer.availability_zones().iter();
    let mut subnets: Vec<String> = zones
        .filter_map(|zone| zone.subnet_id().map(str::to_owned))
        .collect();
    subnets.sort();
    let mut groups = balancer.security_groups().to_vec();
    groups.sort();
    let state = balancer.state();
    Live {
        arn: text(balancer.load_balancer_arn()),
        arn_suffix: elb::suffix(balancer.load_balancer_arn().unwrap_or_default()),
        name: text(balancer.load_balancer_name()),
        dns_name: text(balancer.dns_name()),
        zone_id: text(balancer.canonical_hosted_zone_id()),
        scheme: balancer
            .scheme()
            .map(|scheme| scheme.as_str().to_owned())
            .unwrap_or_default(),
        subnet_ids: subnets,
        security_group_ids: groups,
        state: state
            .and_then(|state| state.code())
            .map(|code| code.as_str().to_owned())
            .unwrap_or_default(),
        reason: state
            .and_then(|state| state.reason())
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned),
        attributes,
    }
}

/// The attributes of a load balancer; none where it is gone.
pub async fn attributes(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<BTreeMap<String, String>>> {
    let call = ctx.clients.elb.describe_load_balancer_attributes();
    let answer = call.load_balancer_arn(arn).send().await;
    match answer.doing("read the load balancer's attributes") {
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

/// The load balancer with this ARN or this name.
async fn balancer(ctx: &Ctx<Clients>, arn: Option<&str>, name: &str) -> Result<Option<Balancer>> {
    let call = ctx.clients.elb.describe_load_balancers();
    let call = match arn {
        Some(arn) => call.load_balancer_arns(arn),
        None => call.names(name),
    };
    match call.send().await.doing("read the load balancer") {
        Err(error) if elb::is_gone(&error) => Ok(None),
        other => Ok(other?.load_balancers().first().cloned()),
    }
}

impl Kind for LoadBalancer {
    const NAME: &'static str = "load_balancer";
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::from_millis(200),
        pause: Duration::from_secs(5),
        limit: Duration::from_secs(15 * 60),
    };
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let name = one.spec.as_ref().map_or("", |spec| spec.name.as_str());
            let (balancer, attributes, tags) = match &one.id {
                Some(arn) => tokio::try_join!(
                    balancer(ctx, Some(arn), name),
                    attributes(ctx, arn),
                    ctx.clients.reads.tags(arn)
                )?,
                None if name.is_empty() => continue,
                None => {
                    let Some(there) = balancer(ctx, None, name).await? else {
                        continue;
                    };
                    let arn = there.load_balancer_arn().unwrap_or_default().to_owned();
                    let (attributes, tags) =
                        tokio::try_join!(attributes(ctx, &arn), ctx.clients.reads.tags(&arn))?;
                    (Some(there), attributes, tags)
                }
            };
            let (Some(balancer), Some(attributes), Some(tags)) = (balancer, attributes, tags)
            else {
                continue;
            };
            let live = live(&balancer, attributes);
            found.push(Found {
                address: one.address.clone(),
                id: live.arn.clone(),
                live,
                tags: Some(tags),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let role = service_linked_role::ELASTIC_LOAD_BALANCING;
        service_linked_role::ensure(&ctx.clients.iam, role).await?;
        let spec = request.spec;
        let groups = spec.security_group_ids.iter();
        let call = ctx
            .clients
            .elb_once
            .create_load_balancer()
            .name(&spec.name)
            .set_subnets(spec.subnet_ids.known().cloned())
            .set_security_groups(Some(groups.map(|group| group.text().to_owned()).collect()))
            .scheme(LoadBalancerSchemeEnum::InternetFacing)
            .r#type(LoadBalancerTypeEnum::Application)
            .ip_address_type(IpAddressType::Ipv4)
            .set_tags(Some(elb::list(request.tags)));
        let answer = call.send().await.doing("create the load balancer");
        let answer = answer.map_err(elb::for_now)?;
        answer
            .load_balancers()
            .first()
            .and_then(|balancer| balancer.load_balancer_arn().map(str::to_owned))
            .ok_or_else(|| elb::incomplete("load balancer's ARN"))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let elb = &ctx.clients.elb;
        if touches(changes, "subnet_ids") {
            let call = elb.set_subnets().load_balancer_arn(id);
            call.set_subnets(spec.subnet_ids.known().cloned())
                .send()
                .await
                .doing("set the load balancer's subnets")
                .map_err(elb::for_now)?;
        }
        if touches(changes, "security_group_ids") {
            let groups = spec.security_group_ids.iter();
            let call = elb.set_security_groups().load_balancer_arn(id);
            call.set_security_groups(Some(groups.map(|group| group.text().to_owned()).collect()))
                .send()
                .await
                .doing("set the load balancer's groups")
                .map_err(elb::for_now)?;
        }
        let changed = spec
            .attributes
            .iter()
            .filter(|(key, _)| touches(changes, &format!("attributes.{key}")));
        let changed: Vec<LoadBalancerAttribute> = changed
            .map(|(key, value)| {
                LoadBalancerAttribute::builder()
                    .key(key)
                    .value(value)
                    .build()
            })
            .collect();
        if !changed.is_empty() {
            let call = elb.modify_load_balancer_attributes().load_balancer_arn(id);
            call.set_attributes(Some(changed))
                .send()
                .await
                .doing("set the load balancer's attributes")
                .map_err(explained)?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let call = ctx.clients.elb.delete_load_balancer().load_balancer_arn(id);
        match call
            .send()
            .await
            .doing("delete the load balancer")
            .map(|_| ())
        {
            Err(error) if error.is(&["OperationNotPermitted"]) => Err(protected(id)),
            other => elb::deleted(other),
        }
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        elb::tag(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name);
        diff.set_once_known("subnet_ids", &live.subnet_ids, &spec.subnet_ids);
        diff.set(
            "security_group_ids",
            &live.security_group_ids,
            &spec.security_group_ids,
        );
        if live.scheme != LoadBalancerSchemeEnum::InternetFacing.as_str() {
            diff.fixed("scheme", &live.scheme, "internet-facing");
        }
        for (key, wanted) in &spec.attributes {
            diff.field(
                &format!("attributes.{key}"),
                live.attributes.get(key),
                wanted,
            );
        }
        diff.finish()
    }

    fn ready(live: &Live) -> Readiness {
        let told = || match &live.reason {
            Some(reason) => format!("{}: {reason}", live.state),
            None => live.state.clone(),
        };
        match live.state.as_str() {
            // Impaired: it serves, and AWS could not get all that it wanted to scale.
            "active" | "active_impaired" => Readiness::Ready,
            "failed" => Readiness::Failed(told()),
            _ => Readiness::Pending(told()),
        }
    }

    fn replace_order(changes: &[Change]) -> ReplaceOrder {
        // A name is taken once: under the same one AWS would give the old one back.
        if touches(changes, "name") {
            ReplaceOrder::CreateFirst
        } else {
            ReplaceOrder::DeleteFirst
        }
    }

    async fn details(_: &Ctx<Clients>, _: &str, live: &Live) -> Result<Details> {
        let mut details = Details::new();
        details.insert("dns name".to_owned(), live.dns_name.clone().into());
        if live.state == "active_impaired" {
            let reason = live.reason.clone().unwrap_or_default();
            details.insert("impaired".to_owned(), reason.into());
        }
        Ok(details)
    }
}

/// What a refused attribute means.
fn explained(error: Error) -> Error {
    if error.summary.contains("Access Denied") || error.summary.contains("S3Bucket") {
        return error.hint(
            "the bucket of access_logs_bucket must be of this region, and its policy must let Elastic Load Balancing \
             write: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html",
        );
    }
    error
}

/// What to do about a load balancer that may not be deleted.
pub fn protected(id: &str) -> Error {
    Error::refused(format!("the load balancer {id} is protected against deletion")).hint(
        "set `protect = false` (or deletion_protection = false in [edge]) in rd.toml and run rd-edge apply; then destroy",
    )
}
