//! `db_subnet_group`: the subnets in which RDS places the instance.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSubnetGroup.html>

use crate::clients::Clients;
use crate::kinds::db_instance::read::instances_that;
use crate::rds;
use aws_sdk_rds::types::{DbSubnetGroup as RdsSubnetGroup, Tag};
use rd_common::aws::Explain;
use rd_common::resource::subnet_group::{self, Live, Spec};
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Found, Kind, Readiness, ReplaceOrder, Result, Tags,
    Wanted, sdk_tags,
};
use rd_iam::service_linked_role;

/// The kind `db_subnet_group`: the private subnets in which RDS places instances.
pub struct DbSubnetGroup;

/// The group with this name: soon after a create, the answer may have another one.
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/rds/subnet_group.go>
fn named<'a>(name: &str, groups: &'a [RdsSubnetGroup]) -> Option<&'a RdsSubnetGroup> {
    let mut groups = groups.iter();
    groups.find(|group| group.db_subnet_group_name() == Some(name))
}

fn live(name: String, group: &RdsSubnetGroup) -> Live {
    let mut subnet_ids: Vec<String> = group
        .subnets()
        .iter()
        .filter_map(|subnet| subnet.subnet_identifier().map(str::to_owned))
        .collect();
    subnet_ids.sort();
    Live {
        name,
        description: group
            .db_subnet_group_description()
            .unwrap_or_default()
            .to_owned(),
        subnet_ids,
        vpc_id: group.vpc_id().unwrap_or_default().to_owned(),
        status: group.subnet_group_status().map(str::to_owned),
    }
}

impl Kind for DbSubnetGroup {
    const NAME: &'static str = "db_subnet_group";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let call = ctx.clients.rds.describe_db_subnet_groups();
            let arn = rds::arn(ctx, "subgrp", &name);
            let (answer, tags) = tokio::join!(
                call.db_subnet_group_name(&name).send(),
                rds::read_tags(ctx, &arn)
            );
            let answer = match answer.doing("read the database's subnet group") {
                Err(error) if rds::is_not_found(&error) => continue,
                other => other?,
            };
            let (Some(group), Some(tags)) = (named(&name, answer.db_subnet_groups()), tags?) else {
                continue;
            };
            found.push(Found {
                address: one.address.clone(),
                id: name.clone(),
                live: live(name, group),
                tags: Some(tags),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        // Without its role, RDS refuses a subnet group, too.
        service_linked_role::ensure(&ctx.clients.iam, service_linked_role::RDS).await?;
        let name = &request.spec.name;
        let call = ctx
            .clients
            .rds
            .create_db_subnet_group()
            .db_subnet_group_name(name)
            .db_subnet_group_description(&request.spec.description)
            .set_subnet_ids(request.spec.subnet_ids.known().cloned())
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        let answer = call.send().await;
        match answer.doing("create the database's subnet group") {
            // The engine found none before, so an attempt whose answer was lost has created it.
            Err(error) if error.is(&["DBSubnetGroupAlreadyExists"]) => Ok(name.clone()),
            other => other.map_err(rds::retry_if_temporary).map(|_| name.clone()),
        }
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
            .rds
            .modify_db_subnet_group()
            .db_subnet_group_name(id)
            .db_subnet_group_description(&spec.description)
            .set_subnet_ids(spec.subnet_ids.known().cloned());
        let answer = call.send().await;
        answer
            .doing("change the database's subnet group")
            .map(|_| ())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.rds.delete_db_subnet_group();
        let answer = call.db_subnet_group_name(id).send().await;
        let answer = answer.doing("delete the database's subnet group");
        let codes = ["DBSubnetGroupNotFoundFault", "DBSubnetGroupNotFound"];
        rds::deleted(answer, &codes)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        rds::change_tags(ctx, &rds::arn(ctx, "subgrp", id), set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        subnet_group::diff(spec, live)
    }

    fn ready(live: &Live) -> Readiness {
        match live.status.as_deref() {
            None | Some("Complete" | "") => Readiness::Ready,
            Some(other) => Readiness::Pending(other.to_owned()),
        }
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        ReplaceOrder::DeleteFirst
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        instances_that(ctx, |instance| {
            let group = instance.db_subnet_group();
            group.is_some_and(|group| group.db_subnet_group_name() == Some(id))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;

    #[tokio::test]
    async fn a_subnet_group_as_aws_describes_it() {
        let subnet = |id: &str, zone: &str| {
            format!(
                "<Subnet><SubnetIdentifier>{id}</SubnetIdentifier><SubnetAvailabilityZone><Name>{zone}</Name>\
                 </SubnetAvailabilityZone><SubnetOutpost/><SubnetStatus>Active</SubnetStatus></Subnet>"
            )
        };
        let group = format!(
            "<DBSubnetGroups><DBSubnetGroup><DBSubnetGroupName>shop</DBSubnetGroupName>\
             <DBSubnetGroupDescription>Private subnets</DBSubnetGroupDescription><VpcId>vpc-1</VpcId>\
             <SubnetGroupStatus>Complete</SubnetGroupStatus><Subnets>{}{}</Subnets>\
             <DBSubnetGroupArn>arn:aws:rds:us-east-1:123456789012:subgrp:shop</DBSubnetGroupArn>\
             </DBSubnetGroup></DBSubnetGroups>",
            subnet("subnet-2", "us-east-1e"),
            subnet("subnet-1", "us-east-1b"),
        );
        let client = recorded::rds("DescribeDBSubnetGroups", &group);
        let answer = client.describe_db_subnet_groups().send().await.unwrap();
        let live = live(
            "shop".to_owned(),
            named("shop", answer.db_subnet_groups()).unwrap(),
        );
        assert_eq!(live.subnet_ids, ["subnet-1", "subnet-2"]);
        assert_eq!(
            (live.vpc_id.as_str(), live.description.as_str()),
            ("vpc-1", "Private subnets")
        );
        assert_eq!(DbSubnetGroup::ready(&live), Readiness::Ready);
        // Soon after the create, RDS may answer with another group.
        assert!(named("other", answer.db_subnet_groups()).is_none());
    }
}
