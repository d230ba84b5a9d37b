//! `role`: an IAM role with its trust policy and managed policies.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
//!
//! Its permissions beyond AWS's managed policies are in a `role_policy`.

use crate::document::{compared_with, decode};
use crate::{Client, Iam, NOT_FOUND};
use aws_sdk_iam::types::Tag;
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Diff, Found, Kind, Readiness, Result, Stack,
    Tags, Wanted, attribute, sdk_tags, tags_from_sdk, touches,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::marker::PhantomData;

/// The kind `role`, for a slice with clients `C`.
pub struct Role<C>(PhantomData<C>);

impl<C> Role<C> {
    /// The ARN, for resources that use the role.
    pub const ARN: Attribute<String> = attribute!(Live, arn);
}

/// The desired role, without its inline policies.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The role's name, which is its id.
    pub name: String,
    /// The description that the console shows.
    pub description: String,
    /// The trust policy: who may use the role.
    pub trust: Value,
    /// The ARNs of the managed policies to attach.
    pub managed_policies: Vec<String>,
}

/// The role that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The role's name, which is its id.
    pub name: String,
    /// The ARN of the role.
    pub arn: String,
    /// The description that the console shows.
    pub description: String,
    /// The trust policy: who may use the role.
    pub trust: Value,
    /// The ARNs of the attached managed policies; none if they were not read because none are desired.
    pub managed_policies: Option<Vec<String>>,
}

/// The codes of IAM for a role that something is still attached to.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>
const IN_USE: [&str; 2] = ["DeleteConflict", "DeleteConflictException"];

/// The most characters of a role's name.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
const LONGEST_NAME: usize = 64;

/// The name of a stack's role. Roles belong to the whole account: another region may have a stack of the same name.
pub fn name(stack: &Stack, role: &str) -> String {
    stack.name_within(LONGEST_NAME, &format!("{role}-{}", stack.region))
}

/// Reads the ARNs of the managed policies attached to a role.
pub(crate) async fn attached_policies(iam: &Client, name: &str) -> Result<Vec<String>> {
    // IAM may return fewer than asked for although there are more.
    // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html>
    let call = iam.list_attached_role_policies().role_name(name);
    let policies = call.into_paginator().items().send().try_collect().await;
    match policies.doing("read the role's managed policies") {
        Err(error) if error.is(&NOT_FOUND) => Ok(Vec::new()),
        other => Ok(other?
            .into_iter()
            .filter_map(|policy| policy.policy_arn)
            .collect()),
    }
}

async fn detach(iam: &Client, name: &str, policy: &str) -> Result<()> {
    let call = iam.detach_role_policy().role_name(name).policy_arn(policy);
    match call.send().await.doing("detach the managed policy") {
        Err(error) if error.is(&NOT_FOUND) => Ok(()),
        other => other.map(|_| ()),
    }
}

async fn read(iam: &Client, one: &Wanted<Spec>, name: &str) -> Result<Option<(Live, Tags)>> {
    let needs_policies = one
        .spec
        .as_ref()
        .is_none_or(|spec| !spec.managed_policies.is_empty());
    let role = async {
        let call = iam.get_role().role_name(name);
        match call.send().await.doing("read the role") {
            Err(error) if error.is(&NOT_FOUND) => Ok(None),
            other => other.map(|answer| answer.role),
        }
    };
    let managed = async {
        match needs_policies {
            true => attached_policies(iam, name).await.map(Some),
            false => Ok(None),
        }
    };
    let (role, managed_policies) = tokio::try_join!(role, managed)?;
    Ok(role.map(|role| {
        let tags = tags_from_sdk!(role.tags());
        let live = Live {
            name: name.to_owned(),
            arn: role.arn().to_owned(),
            description: role.description().unwrap_or_default().to_owned(),
            trust: decode(role.assume_role_policy_document()),
            managed_policies,
        };
        (live, tags)
    }))
}

impl<C: Iam> Kind for Role<C> {
    const NAME: &'static str = "role";
    const READS_BY_SPEC: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = C;

    async fn find(ctx: &Ctx<C>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let reads = wanted.iter().map(async |one| {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                return Ok(None);
            };
            let read = read(ctx.clients.iam(), one, &name).await?;
            Ok(read.map(|(live, tags)| Found {
                address: one.address.clone(),
                id: name,
                live,
                tags: Some(tags),
            }))
        });
        let found: Result<Vec<_>> = futures_util::future::join_all(reads)
            .await
            .into_iter()
            .collect();
        Ok(found?.into_iter().flatten().collect())
    }

    async fn create(ctx: &Ctx<C>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let call = ctx
            .clients
            .iam()
            .create_role()
            .role_name(&spec.name)
            .description(&spec.description)
            .assume_role_policy_document(spec.trust.to_string())
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        match call.send().await.doing("create the role") {
            Err(error) if error.is(&["EntityAlreadyExists"]) => Ok(spec.name.clone()),
            other => other.map(|_| spec.name.clone()),
        }
    }

    async fn update(
        ctx: &Ctx<C>,
        id: &str,
        live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let iam = ctx.clients.iam();
        if touches(changes, "description") {
            let call = iam.update_role().role_name(id);
            let call = call.description(&spec.description).send();
            call.await.doing("change the role's description")?;
        }
        if touches(changes, "trust") {
            let call = iam.update_assume_role_policy().role_name(id);
            let call = call.policy_document(spec.trust.to_string()).send();
            call.await.doing("change the role's trust policy")?;
        }
        if touches(changes, "managed_policies") {
            let has = live.managed_policies.clone().unwrap_or_default();
            for policy in spec.managed_policies.iter().filter(|p| !has.contains(p)) {
                let call = iam.attach_role_policy().role_name(id).policy_arn(policy);
                call.send().await.doing("attach the managed policy")?;
            }
            for policy in has.iter().filter(|p| !spec.managed_policies.contains(p)) {
                detach(iam, id, policy).await?;
            }
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<C>, id: &str) -> Result<Deletion> {
        let iam = ctx.clients.iam();
        for policy in attached_policies(iam, id).await? {
            detach(iam, id, &policy).await?;
        }
        let call = iam.delete_role().role_name(id).send();
        let answer = call.await.doing("delete the role");
        let answer = answer.map_err(|error| match error.is(&IN_USE) {
            true => error.hint(format!(
                "if this lasts, others have added inline policies to {id}, or put it into an instance profile: delete those, \
                 and run it again; rd deletes only what it knows"
            )),
            false => error,
        });
        Deletion::of(answer, &NOT_FOUND)
    }

    async fn tag(ctx: &Ctx<C>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let iam = ctx.clients.iam();
        if !set.is_empty() {
            let call = iam
                .tag_role()
                .role_name(id)
                .set_tags(Some(sdk_tags!(Tag, set)));
            call.send().await.doing("set the role's tags")?;
        }
        if !remove.is_empty() {
            let call = iam.untag_role().role_name(id);
            let call = call.set_tag_keys(Some(remove.to_vec())).send();
            call.await.doing("remove the role's tags")?;
        }
        Ok(())
    }

    /// IAM may show the unique id of a new role in place of its ARN.
    /// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/iam/wait.go>
    fn ready(live: &Live) -> Readiness {
        if live.arn.starts_with("arn:") {
            Readiness::Ready
        } else {
            Readiness::Pending("its ARN is not known yet".to_owned())
        }
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name)
            .field("description", &live.description, &spec.description)
            .field(
                "trust",
                &live.trust,
                compared_with(&live.trust, &spec.trust),
            );
        if let Some(managed) = &live.managed_policies {
            diff.set("managed_policies", managed, &spec.managed_policies);
        }
        diff.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering_each, sdk_config};
    use serde_json::json;

    struct Clients;

    impl Iam for Clients {
        fn iam(&self) -> &Client {
            unreachable!("a role is ready or not without a call")
        }
    }

    fn answer(operation: &str, result: &str) -> String {
        format!(
            "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>{result}\
             </{operation}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{operation}Response>"
        )
    }

    #[tokio::test]
    async fn a_role_is_read_as_aws_describes_it() {
        let role = answer(
            "GetRole",
            "<Role><Path>/</Path><RoleName>shop-task</RoleName><RoleId>AROAEXAMPLEID</RoleId>\
             <Arn>arn:aws:iam::123456789012:role/shop-task</Arn><CreateDate>2016-10-29T19:39:43Z</CreateDate>\
             <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
             %22Principal%22%3A%7B%22Service%22%3A%5B%22ecs-tasks.amazonaws.com%22%5D%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22\
             %7D%5D%7D</AssumeRolePolicyDocument><MaxSessionDuration>3600</MaxSessionDuration>\
             <Tags><member><Key>Project</Key><Value>shop</Value></member></Tags>\
             <RoleLastUsed><Region>us-east-1</Region></RoleLastUsed></Role>",
        );
        let policy = |name: &str| {
            format!(
                "<AttachedPolicies><member><PolicyName>{name}</PolicyName>\
                 <PolicyArn>arn:aws:iam::aws:policy/{name}</PolicyArn></member></AttachedPolicies>"
            )
        };
        let first = policy("First") + "<IsTruncated>true</IsTruncated><Marker>next</Marker>";
        let first = answer("ListAttachedRolePolicies", &first);
        let second = policy("Second") + "<IsTruncated>false</IsTruncated>";
        let second = answer("ListAttachedRolePolicies", &second);
        let client = Client::new(&sdk_config(answering_each(&[
            ("Action=GetRole&", &role),
            ("Marker=next", &second),
            ("Action=ListAttachedRolePolicies", &first),
        ])));
        let wanted = Wanted {
            address: "ecs.role.task".to_owned(),
            id: Some("shop-task".to_owned()),
            spec: None,
        };
        let (live, tags) = read(&client, &wanted, "shop-task").await.unwrap().unwrap();
        assert_eq!(live.arn, "arn:aws:iam::123456789012:role/shop-task");
        // Without a description, as AWS leaves it out.
        assert_eq!(live.description, "");
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        }]});
        assert_eq!(compared_with(&live.trust, &trust), &live.trust);
        let policies = ["First", "Second"].map(|name| format!("arn:aws:iam::aws:policy/{name}"));
        assert_eq!(live.managed_policies, Some(policies.to_vec()));
        assert_eq!(tags["Project"], "shop");
    }

    #[test]
    fn a_role_is_ready_once_its_arn_is_one() {
        let ready = |arn: &str| {
            Role::<Clients>::ready(&Live {
                name: "api".to_owned(),
                arn: arn.to_owned(),
                description: String::new(),
                trust: Value::Null,
                managed_policies: None,
            })
        };
        assert_eq!(
            ready("arn:aws:iam::123456789012:role/api"),
            Readiness::Ready
        );
        assert!(matches!(ready("AROAEXAMPLEID"), Readiness::Pending(_)));
    }
}
