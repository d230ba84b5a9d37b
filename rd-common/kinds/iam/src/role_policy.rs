//! `role_policy`: what a role may do, in a policy of its own. Apart from the role, so that the role is there while what
//! the policy names is still being made.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>

use crate::document::decode;
use crate::{GONE, Iam};
use rd_common::aws::Explain;
use rd_common::{Change, CreateRequest, Ctx, Diff, Error, Found, Input, Kind, Result, Wanted};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::marker::PhantomData;

/// The kind, for a slice with clients `C`.
pub struct RolePolicy<C>(PhantomData<C>);

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The role's name.
    pub role: Input,
    /// The policy's name.
    pub name: String,
    /// What the role may do.
    pub document: Value,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The role's name.
    pub role: String,
    /// The policy's name.
    pub name: String,
    /// What the role may do.
    pub document: Value,
}

/// A role's name has no colon.
fn id(role: &str, name: &str) -> String {
    format!("{role}:{name}")
}

fn parts(id: &str) -> Result<(&str, &str)> {
    id.split_once(':')
        .ok_or_else(|| Error::failed(format!("`{id}` is not the id of a role's policy")))
}

async fn put<C: Iam>(ctx: &Ctx<C>, spec: &Spec) -> Result<()> {
    let call = ctx.clients.iam().put_role_policy();
    let call = call.role_name(spec.role.text()).policy_name(&spec.name);
    let call = call.policy_document(spec.document.to_string()).send();
    call.await.doing("set what the role may do").map(|_| ())
}

impl<C: Iam> Kind for RolePolicy<C> {
    const NAME: &'static str = "role_policy";
    type Spec = Spec;
    type Live = Live;
    type Clients = C;

    async fn find(ctx: &Ctx<C>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let reads = wanted.iter().map(async |one| {
            let named = one
                .spec
                .as_ref()
                .and_then(|spec| Some(id(spec.role.known()?, &spec.name)));
            let Some(id) = one.id.clone().or(named) else {
                return Ok(None);
            };
            let (role, name) = parts(&id)?;
            let call = ctx.clients.iam().get_role_policy();
            let call = call.role_name(role).policy_name(name).send();
            let answer = match call.await.doing("read what the role may do") {
                Err(error) if error.is(&GONE) => return Ok(None),
                other => other?,
            };
            let live = Live {
                role: role.to_owned(),
                name: name.to_owned(),
                document: decode(Some(answer.policy_document())),
            };
            Ok(Some(Found {
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

    async fn delete(ctx: &Ctx<C>, id: &str) -> Result<()> {
        let (role, name) = parts(id)?;
        let call = ctx.clients.iam().delete_role_policy();
        let call = call.role_name(role).policy_name(name).send();
        match call.await.doing("take away what the role may do") {
            Err(error) if error.is(&GONE) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("role", &live.role, &spec.role)
            .fixed("name", &live.name, &spec.name)
            .field("document", &live.document, &spec.document)
            .finish()
    }
}
