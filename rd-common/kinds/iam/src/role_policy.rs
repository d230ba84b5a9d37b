//! `role_policy`: the permissions of a role, in an inline policy. It is a resource apart from the role, so that the
//! role can be created, and propagate, while the resources that the policy names are still being created.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>

use crate::document::{compared_with, decode};
use crate::{Client, Iam, NOT_FOUND};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Input, Kind, Result, Wanted,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::marker::PhantomData;

/// The kind `role_policy`, for a slice with clients `C`.
pub struct RolePolicy<C>(PhantomData<C>);

/// The desired inline policy of a role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The name of the role that has the policy.
    pub role: Input,
    /// The name of the policy, unique in its role.
    pub name: String,
    /// The policy document: what the role may do.
    pub document: Value,
}

/// The policy that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The name of the role that has the policy.
    pub role: String,
    /// The name of the policy, unique in its role.
    pub name: String,
    /// The policy document: what the role may do.
    pub document: Value,
}

/// The id of a policy, `<role>:<policy>`; a role's name contains no colon.
fn id(role: &str, name: &str) -> String {
    format!("{role}:{name}")
}

/// The role and the name of a policy, from its id.
fn split_id(id: &str) -> Result<(&str, &str)> {
    id.split_once(':')
        .ok_or_else(|| Error::failed(format!("`{id}` is not the id of a role's policy")))
}

async fn read(iam: &Client, role: &str, name: &str) -> Result<Option<Live>> {
    let call = iam.get_role_policy().role_name(role).policy_name(name);
    match call.send().await.doing("read the role's policy") {
        Err(error) if error.is(&NOT_FOUND) => Ok(None),
        other => Ok(Some(Live {
            role: role.to_owned(),
            name: name.to_owned(),
            document: decode(Some(other?.policy_document())),
        })),
    }
}

async fn put<C: Iam>(ctx: &Ctx<C>, spec: &Spec) -> Result<()> {
    let call = ctx.clients.iam().put_role_policy();
    let call = call.role_name(spec.role.text()).policy_name(&spec.name);
    let call = call.policy_document(spec.document.to_string()).send();
    call.await.doing("set the role's policy").map(|_| ())
}

impl<C: Iam> Kind for RolePolicy<C> {
    const NAME: &'static str = "role_policy";
    type Spec = Spec;
    type Live = Live;
    type Clients = C;

    async fn find(ctx: &Ctx<C>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let reads = wanted.iter().map(async |one| {
            let id_of_spec = one
                .spec
                .as_ref()
                .and_then(|spec| Some(id(spec.role.known()?, &spec.name)));
            let Some(id) = one.id.clone().or(id_of_spec) else {
                return Ok(None);
            };
            let (role, name) = split_id(&id)?;
            let live = read(ctx.clients.iam(), role, name).await?;
            Ok(live.map(|live| Found {
                address: one.address.clone(),
                id,
                live,
                tags: None,
            }))
        });
        let found: Result<Vec<_>> = futures_util::future::join_all(reads)
            .await
            .into_iter()
            .collect();
        Ok(found?.into_iter().flatten().collect())
    }

    async fn create(ctx: &Ctx<C>, request: CreateRequest<'_, Spec>) -> Result<String> {
        put(ctx, request.spec).await?;
        Ok(id(request.spec.role.text(), &request.spec.name))
    }

    async fn update(
        ctx: &Ctx<C>,
        _id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        put(ctx, spec).await
    }

    async fn delete(ctx: &Ctx<C>, id: &str) -> Result<Deletion> {
        let (role, name) = split_id(id)?;
        let call = ctx.clients.iam().delete_role_policy();
        let call = call.role_name(role).policy_name(name).send();
        Deletion::of(call.await.doing("delete the role's policy"), &NOT_FOUND)
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("role", &live.role, &spec.role)
            .fixed("name", &live.name, &spec.name)
            .field(
                "document",
                &live.document,
                compared_with(&live.document, &spec.document),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};
    use serde_json::json;

    #[tokio::test]
    async fn a_policy_is_read_as_aws_describes_it() {
        let client = Client::new(&sdk_config(answering(
            "<GetRolePolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRolePolicyResult>\
             <RoleName>shop-task</RoleName><PolicyName>work</PolicyName>\
             <PolicyDocument>%7B%22Version%22%3A%20%222012-10-17%22%2C%20%22Statement%22%3A%20%5B%7B%22Action%22%3A%20%5B\
             %22sns%3APublish%22%5D%2C%20%22Effect%22%3A%20%22Allow%22%2C%20%22Resource%22%3A%20%22%2A%22%7D%5D%7D\
             </PolicyDocument></GetRolePolicyResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\
             </GetRolePolicyResponse>",
        )));
        let live = read(&client, "shop-task", "work").await.unwrap().unwrap();
        let statement = json!({"Action": ["sns:Publish"], "Effect": "Allow", "Resource": "*"});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        assert_eq!(live.document, document);
    }
}
