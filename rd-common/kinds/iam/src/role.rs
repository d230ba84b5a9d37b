//! `role`: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>. What it may do beyond AWS's own
//! managed policies is a `role_policy`.

use crate::document::decode;
use crate::{Client, GONE, Iam};
use aws_sdk_iam::types::Tag;
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Error, Found, Kind, Result, Tags, Wanted, touches,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::marker::PhantomData;

/// The kind, for a slice with clients `C`.
pub struct Role<C>(PhantomData<C>);

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which is its id.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who may use it.
    pub trust: Value,
    /// The ARNs of AWS's managed policies that it has.
    pub managed_policies: Vec<String>,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What it is for.
    pub description: String,
    /// Who may use it.
    pub trust: Value,
    /// The ARNs of the managed policies that it has; none where nobody asked for any and they were not read.
    pub managed_policies: Option<Vec<String>>,
}

fn list(tags: &Tags) -> Result<Vec<Tag>> {
    let tags = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build());
    tags.collect::<std::result::Result<_, _>>()
        .map_err(|e| Error::failed(format!("a tag is incomplete: {e}")))
}

/// The managed policies of a role.
async fn attached(iam: &Client, name: &str) -> Result<Vec<String>> {
    let call = iam.list_attached_role_policies().role_name(name);
    match call.send().await.doing("read the role's managed policies") {
        Err(error) if error.is(&GONE) => Ok(Vec::new()),
        other => Ok(other?
            .attached_policies
            .unwrap_or_default()
            .into_iter()
            .filter_map(|policy| policy.policy_arn)
            .collect()),
    }
}

async fn detach(iam: &Client, name: &str, policy: &str) -> Result<()> {
    let call = iam.detach_role_policy().role_name(name).policy_arn(policy);
    match call.send().await.doing("detach the managed policy") {
        Err(error) if error.is(&GONE) => Ok(()),
        other => other.map(|_| ()),
    }
}

async fn read(iam: &Client, one: &Wanted<Spec>, name: &str) -> Result<Option<(Live, Tags)>> {
    let asks = one
        .spec
        .as_ref()
        .is_none_or(|spec| !spec.managed_policies.is_empty());
    let role = async {
        let call = iam.get_role().role_name(name);
        match call.send().await.doing("read the role") {
            Err(error) if error.is(&GONE) => Ok(None),
            other => other.map(|answer| answer.role),
        }
    };
    let managed = async {
        match asks {
            true => attached(iam, name).await.map(Some),
            false => Ok(None),
        }
    };
    let (role, managed_policies) = tokio::try_join!(role, managed)?;
    Ok(role.map(|role| {
        let tags = role
            .tags()
            .iter()
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect();
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
            .iam_once()
            .create_role()
            .role_name(&spec.name)
            .description(&spec.description)
            .assume_role_policy_document(spec.trust.to_string())
            .set_tags(Some(list(request.tags)?));
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
            call.await.doing("change who may use the role")?;
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

    async fn delete(ctx: &Ctx<C>, id: &str) -> Result<()> {
        let iam = ctx.clients.iam();
        for policy in attached(iam, id).await? {
            detach(iam, id, &policy).await?;
        }
        let call = iam.delete_role().role_name(id);
        match call.send().await.doing("delete the role") {
            Err(error) if error.is(&GONE) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    async fn tag(ctx: &Ctx<C>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let iam = ctx.clients.iam();
        if !set.is_empty() {
            let call = iam.tag_role().role_name(id).set_tags(Some(list(set)?));
            call.send().await.doing("set the role's tags")?;
        }
        if !remove.is_empty() {
            let call = iam.untag_role().role_name(id);
            let call = call.set_tag_keys(Some(remove.to_vec())).send();
            call.await.doing("remove the role's tags")?;
        }
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name)
            .field("description", &live.description, &spec.description)
            .field("trust", &live.trust, &spec.trust);
        if let Some(managed) = &live.managed_policies {
            diff.set("managed_policies", managed, &spec.managed_policies);
        }
        diff.finish()
    }
}
