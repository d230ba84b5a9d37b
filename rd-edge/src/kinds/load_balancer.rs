//! `load_balancer`: the internet-facing Application Load Balancer.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>

use crate::aws_errors::{
    deleted, incomplete_answer, is_not_found, retry_if_temporary, unknown_attribute,
};
use crate::clients::Clients;
use crate::elb;
use aws_sdk_elasticloadbalancingv2::types::{
    IpAddressType, LoadBalancer as ElbLoadBalancer, LoadBalancerAttribute, LoadBalancerSchemeEnum,
    LoadBalancerTypeEnum, Tag,
};
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, Condition, CreateRequest, Ctx, Deletion, Details, Diff, Error, Found, Input,
    Kind, Readiness, ReplaceOrder, Result, Tags, Timeouts, Wanted, attribute, sdk_tags, touches,
};
use rd_iam::service_linked_role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The kind `load_balancer`: the internet-facing Application Load Balancer.
pub struct LoadBalancer;

impl LoadBalancer {
    /// The end of the ARN, as in CloudWatch's dimension `LoadBalancer`.
    pub const ARN_SUFFIX: Attribute<String> = attribute!(Live, arn_suffix);
    /// The DNS name that clients connect to.
    pub const DNS_NAME: Attribute<String> = attribute!(Live, dns_name);
    /// The id of the hosted zone of that name, for alias records.
    pub const ZONE_ID: Attribute<String> = attribute!(Live, zone_id);
}

/// The address of the stack's load balancer.
pub const ADDRESS: &str = "edge.load_balancer.main";

/// The attribute with which AWS refuses to delete a load balancer.
pub const DELETION_PROTECTION: &str = "deletion_protection.enabled";

/// The attribute with which the load balancer drops request headers that no server should interpret.
pub const DROP_INVALID_HEADERS: &str = "routing.http.drop_invalid_header_fields.enabled";

/// The desired load balancer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The load balancer's name, unique in the account and region.
    pub name: String,
    /// The ids of the public subnets.
    pub subnet_ids: Input<Vec<String>>,
    /// The ids of the security groups.
    pub security_group_ids: Vec<Input>,
    /// The id of the internet gateway, which must be attached to the VPC first.
    pub internet_gateway_id: Input,
    /// The attributes to set, by AWS's names.
    pub attributes: BTreeMap<String, String>,
}

/// The load balancer that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The load balancer's ARN, which is its id.
    pub arn: String,
    /// The end of the ARN, as in CloudWatch's dimension `LoadBalancer`.
    pub arn_suffix: String,
    /// The load balancer's name.
    pub name: String,
    /// The DNS name that clients connect to.
    pub dns_name: String,
    /// The id of the hosted zone of that name, for alias records.
    pub zone_id: String,
    /// The scheme: `internet-facing` or `internal`.
    pub scheme: String,
    /// The ids of the subnets, sorted.
    pub subnet_ids: Vec<String>,
    /// The ids of the security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// The state: `provisioning`, `active`, `active_impaired` or `failed`.
    pub state: String,
    /// AWS's reason for the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// All attributes that AWS reports, by name.
    pub attributes: BTreeMap<String, String>,
}

/// How long a load balancer that was just created may be `failed`: AWS's most used client waits through that state.
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/elbv2/load_balancer.go>
const FAILED_MAY_PASS: Duration = Duration::from_secs(120);

/// The state of a load balancer that was just created and may still become `active`.
const FAILED_FOR_NOW: &str = "failed for now";

fn live(balancer: &ElbLoadBalancer, attributes: BTreeMap<String, String>) -> Live {
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
        arn_suffix: elb::arn_suffix(balancer.load_balancer_arn().unwrap_or_default()),
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

/// Reads the attributes of a load balancer; none if it does not exist.
pub async fn read_attributes(
    ctx: &Ctx<Clients>,
    arn: &str,
) -> Result<Option<BTreeMap<String, String>>> {
    let call = ctx.clients.elb.describe_load_balancer_attributes();
    let answer = call.load_balancer_arn(arn).send().await;
    match answer.doing("read the load balancer's attributes") {
        Err(error) if is_not_found(&error) => Ok(None),
        other => Ok(Some(by_name(other?.attributes.unwrap_or_default()))),
    }
}

/// Attributes by their names; one without a value is empty.
fn by_name(attributes: Vec<LoadBalancerAttribute>) -> BTreeMap<String, String> {
    let all = attributes.into_iter();
    all.filter_map(|one| Some((one.key?, one.value.unwrap_or_default())))
        .collect()
}

/// Reads the load balancer with this ARN or, without one, this name; none if it does not exist.
async fn read_load_balancer(
    ctx: &Ctx<Clients>,
    arn: Option<&str>,
    name: &str,
) -> Result<Option<ElbLoadBalancer>> {
    let call = ctx.clients.elb.describe_load_balancers();
    let call = match arn {
        Some(arn) => call.load_balancer_arns(arn),
        None => call.names(name),
    };
    match call.send().await.doing("read the load balancer") {
        Err(error) if is_not_found(&error) => Ok(None),
        other => Ok(other?.load_balancers().first().cloned()),
    }
}

impl Kind for LoadBalancer {
    const NAME: &'static str = "load_balancer";
    const WHILE_GONE: Option<&'static str> = Some("nobody reaches the service");
    const COSTS: bool = true;
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
                    read_load_balancer(ctx, Some(arn), name),
                    read_attributes(ctx, arn),
                    ctx.clients.reads.tags(arn)
                )?,
                None if name.is_empty() => continue,
                None => {
                    let Some(balancer) = read_load_balancer(ctx, None, name).await? else {
                        continue;
                    };
                    let arn = balancer.load_balancer_arn().unwrap_or_default().to_owned();
                    let (attributes, tags) =
                        tokio::try_join!(read_attributes(ctx, &arn), ctx.clients.reads.tags(&arn))?;
                    (Some(balancer), attributes, tags)
                }
            };
            let (Some(balancer), Some(attributes), Some(tags)) = (balancer, attributes, tags)
            else {
                continue;
            };
            let mut live = live(&balancer, attributes);
            let created = ctx.clients.created_balancers.borrow();
            if live.state == "failed" && created.get(&live.arn).is_some_and(|one| !one.is_over()) {
                live.state = FAILED_FOR_NOW.to_owned();
            }
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
            .elb
            .create_load_balancer()
            .name(&spec.name)
            .set_subnets(spec.subnet_ids.known().cloned())
            .set_security_groups(Some(groups.map(|group| group.text().to_owned()).collect()))
            .scheme(LoadBalancerSchemeEnum::InternetFacing)
            .r#type(LoadBalancerTypeEnum::Application)
            .ip_address_type(IpAddressType::Ipv4)
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        let answer = call.send().await.doing("create the load balancer");
        let answer = answer.map_err(retry_if_temporary)?;
        let arn = answer
            .load_balancers()
            .first()
            .and_then(|balancer| balancer.load_balancer_arn().map(str::to_owned))
            .ok_or_else(|| incomplete_answer("load balancer's ARN"))?;
        let deadline = ctx.clock.deadline(FAILED_MAY_PASS);
        let mut created = ctx.clients.created_balancers.borrow_mut();
        created.insert(arn.clone(), deadline);
        Ok(arn)
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
                .map_err(retry_if_temporary)?;
        }
        if touches(changes, "security_group_ids") {
            let groups = spec.security_group_ids.iter();
            let call = elb.set_security_groups().load_balancer_arn(id);
            call.set_security_groups(Some(groups.map(|group| group.text().to_owned()).collect()))
                .send()
                .await
                .doing("set the load balancer's security groups")
                .map_err(retry_if_temporary)?;
        }
        let changed = spec
            .attributes
            .iter()
            .filter(|(key, _)| touches(changes, &format!("attributes.{key}")));
        let mut changed: BTreeMap<&str, &str> = changed
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        while !changed.is_empty() {
            let attributes = changed.iter().map(|(key, value)| {
                let attribute = LoadBalancerAttribute::builder().key(*key);
                attribute.value(*value).build()
            });
            let call = elb.modify_load_balancer_attributes().load_balancer_arn(id);
            let answer = call
                .set_attributes(Some(attributes.collect()))
                .send()
                .await
                .doing("set the load balancer's attributes");
            let Err(error) = answer else { break };
            // What this partition does not have is left out; see `diff`.
            let known = unknown_attribute(&error).filter(|key| may_lack(key, &changed));
            match known {
                Some(key) => changed.remove(key),
                None => return Err(retry_if_temporary(explain_access_logs(error))),
            };
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.elb.delete_load_balancer().load_balancer_arn(id);
        match call.send().await.doing("delete the load balancer") {
            Err(error) if error.is(&["OperationNotPermitted"]) => Err(protected(id)),
            // "If the load balancer does not exist or has already been deleted, the call succeeds."
            // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html
            other => {
                deleted(other.map(|_| ()), &["LoadBalancerNotFound"]).map(Deletion::or_unconfirmed)
            }
        }
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        elb::change_tags(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
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
        for (key, desired) in &spec.attributes {
            // An attribute that AWS does not report is one that this partition does not have, or is not told.
            let applied = || last?.attributes.get(key);
            diff.field(
                &format!("attributes.{key}"),
                live.attributes.get(key).or_else(applied),
                desired,
            );
        }
        diff.finish()
    }

    fn ready(live: &Live) -> Readiness {
        let reason = || match &live.reason {
            Some(reason) => format!("{}: {reason}", live.state),
            None => live.state.clone(),
        };
        match live.state.as_str() {
            // Impaired: it serves requests, but AWS could not scale it.
            "active" | "active_impaired" => Readiness::Ready,
            "failed" => Readiness::Failed(reason()),
            _ => Readiness::Pending(reason()),
        }
    }

    fn replacement_downtime(changes: &[Change]) -> Option<String> {
        // Clients know it by its DNS name, which is another one for each load balancer.
        Some(match Self::replace_order(changes) {
            ReplaceOrder::DeleteFirst => "nobody reaches the service until the new one exists, which has another DNS name",
            ReplaceOrder::CreateFirst => "it has another DNS name: point names that are not in Route 53 to it at once",
        }
        .to_owned())
    }

    fn replace_order(changes: &[Change]) -> ReplaceOrder {
        // A name is unique: with the same one, a create would return the old load balancer.
        if touches(changes, "name") {
            ReplaceOrder::CreateFirst
        } else {
            ReplaceOrder::DeleteFirst
        }
    }

    fn condition(_: &Ctx<Clients>, _: &str, live: &Live) -> Condition {
        match live.state.as_str() {
            "active_impaired" => Condition::Unhealthy(match &live.reason {
                Some(reason) => format!("active_impaired: {reason}"),
                None => "active_impaired".to_owned(),
            }),
            _ => Condition::Healthy,
        }
    }

    async fn details(_: &Ctx<Clients>, _: &str, live: &Live) -> Result<Details> {
        let mut details = Details::new();
        details.insert("dns name".to_owned(), live.dns_name.clone().into());
        Ok(details)
    }
}

/// Whether a load balancer may be without an attribute that AWS refuses: not without what protects it or is asked for, the
/// protection against deletion, the check of headers, and access logs.
fn may_lack(key: &str, given: &BTreeMap<&str, &str>) -> bool {
    let is_needed = [
        DELETION_PROTECTION,
        DROP_INVALID_HEADERS,
        "access_logs.s3.enabled",
    ]
    .contains(&key);
    given
        .get(key)
        .is_some_and(|value| !is_needed || *value == "false")
}

/// Adds what to do if AWS refuses the bucket for access logs. `InvalidConfigurationRequest` has other causes, too, so
/// the text decides: "Access Denied for bucket: … Please check S3bucket permission"
/// (<https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1956>).
fn explain_access_logs(error: Error) -> Error {
    if error.summary.contains("Access Denied") || error.summary.contains("S3Bucket") {
        return error.hint(
            "the bucket access_logs_bucket must be in this region, and its policy must allow Elastic Load Balancing to \
             write: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html",
        );
    }
    error
}

/// The refusal to delete a load balancer that has deletion protection, with what to do.
pub fn protected(id: &str) -> Error {
    Error::refused(format!("the load balancer {id} is protected against deletion")).hint(
        "set `protect = false` (or deletion_protection = false in [edge]) in rd.toml and run rd-edge apply, then destroy",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;

    const ARN: &str =
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/Shop-alb/aab6";

    async fn described(state: &str) -> Live {
        let zone = |name: &str, subnet: &str| {
            format!(
                "<member><ZoneName>us-east-1{name}</ZoneName><SubnetId>{subnet}</SubnetId><LoadBalancerAddresses/></member>"
            )
        };
        let elb = recorded::elb(
            "DescribeLoadBalancers",
            &format!(
                "<LoadBalancers><member><LoadBalancerArn>{ARN}</LoadBalancerArn>\
                 <DNSName>Shop-alb-331670597.us-east-1.elb.amazonaws.com</DNSName>\
                 <CanonicalHostedZoneId>Z35SXDOTRQ7X7K</CanonicalHostedZoneId>\
                 <CreatedTime>2025-07-04T21:21:42.780Z</CreatedTime><LoadBalancerName>Shop-alb</LoadBalancerName>\
                 <Scheme>internet-facing</Scheme><VpcId>vpc-0d4f</VpcId><State>{state}</State><Type>application</Type>\
                 <AvailabilityZones>{}{}</AvailabilityZones>\
                 <SecurityGroups><member>sg-0552</member></SecurityGroups><IpAddressType>ipv4</IpAddressType>\
                 <EnablePrefixForIpv6SourceNat>off</EnablePrefixForIpv6SourceNat></member></LoadBalancers>",
                zone("b", "subnet-0707"),
                zone("a", "subnet-0472"),
            ),
        );
        let answer = elb.describe_load_balancers().send().await.unwrap();
        live(&answer.load_balancers()[0], BTreeMap::new())
    }

    #[tokio::test]
    async fn a_load_balancer_as_aws_describes_it() {
        let live = described("<Code>active</Code>").await;
        assert_eq!(live.arn_suffix, "app/Shop-alb/aab6");
        assert_eq!(live.subnet_ids, ["subnet-0472", "subnet-0707"]);
        assert_eq!(live.security_group_ids, ["sg-0552"]);
        assert_eq!(live.zone_id, "Z35SXDOTRQ7X7K");
        assert_eq!(LoadBalancer::ready(&live), Readiness::Ready);
    }

    #[tokio::test]
    async fn attributes_as_aws_describes_them() {
        let elb = recorded::elb(
            "DescribeLoadBalancerAttributes",
            "<Attributes><member><Key>access_logs.s3.enabled</Key><Value>false</Value></member>\
             <member><Key>access_logs.s3.bucket</Key><Value/></member>\
             <member><Value>60</Value><Key>idle_timeout.timeout_seconds</Key></member>\
             <member><Key>zonal_shift.config.enabled</Key><Value>false</Value></member></Attributes>",
        );
        let call = elb.describe_load_balancer_attributes();
        let answer = call.load_balancer_arn(ARN).send().await.unwrap();
        let attributes = by_name(answer.attributes.unwrap());
        assert_eq!(attributes.len(), 4);
        assert_eq!(attributes["access_logs.s3.bucket"], "");
        assert_eq!(attributes["idle_timeout.timeout_seconds"], "60");
    }

    #[tokio::test]
    async fn provisioning_is_waited_for_and_failed_is_not() {
        let live = described("<Code>provisioning</Code>").await;
        let pending = Readiness::Pending("provisioning".to_owned());
        assert_eq!(LoadBalancer::ready(&live), pending);
        let mut live = described("<Code>failed</Code><Reason>no addresses</Reason>").await;
        let failed = Readiness::Failed("failed: no addresses".to_owned());
        assert_eq!(LoadBalancer::ready(&live), failed);
        // Just after the create.
        live.state = FAILED_FOR_NOW.to_owned();
        let pending = Readiness::Pending("failed for now: no addresses".to_owned());
        assert_eq!(LoadBalancer::ready(&live), pending);
    }

    #[tokio::test]
    async fn an_attribute_that_is_not_reported_is_compared_with_what_was_applied() {
        let live = described("<Code>active</Code>").await;
        let mut spec = Spec {
            name: "Shop-alb".to_owned(),
            subnet_ids: Input::Known(live.subnet_ids.clone()),
            security_group_ids: vec![Input::Known("sg-0552".to_owned())],
            internet_gateway_id: Input::Known("igw-1".to_owned()),
            attributes: BTreeMap::from([("routing.http2.enabled".to_owned(), "true".to_owned())]),
        };
        let last = spec.clone();
        assert_eq!(LoadBalancer::diff(&spec, &live, None).len(), 1);
        assert_eq!(LoadBalancer::diff(&spec, &live, Some(&last)), []);
        let key = "routing.http2.enabled".to_owned();
        spec.attributes.insert(key, "false".to_owned());
        assert_eq!(LoadBalancer::diff(&spec, &live, Some(&last)).len(), 1);
    }

    #[test]
    fn protection_is_never_left_out() {
        let given = BTreeMap::from([
            (DELETION_PROTECTION, "true"),
            ("routing.http2.enabled", "true"),
        ]);
        assert!(!may_lack(DELETION_PROTECTION, &given));
        assert!(may_lack("routing.http2.enabled", &given));
    }
}
