//! `parameter`: a variable of the container that is not a secret, in Parameter Store.
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>

use crate::clients::Clients;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{ParameterTier, ParameterType, ResourceTypeForTagging, Tag};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Kind, Result, Tags,
    Wanted, attribute, sdk_tags, tags_from_sdk,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kind `parameter`; its id is the parameter's name.
pub struct Parameter;

impl Parameter {
    /// The ARN of the parameter.
    pub const ARN: Attribute<String> = attribute!(Live, arn);
}

/// The most parameters that one call reads.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
const MAX_PER_CALL: usize = 10;

/// The most reads at a time: half of what Parameter Store answers in a second, which all reads of values in the account share.
/// <https://docs.aws.amazon.com/general/latest/gr/ssm.html>
const CALLS_AT_ONCE: usize = 20;

/// The settings of the parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The parameter's name, which is its id: `/<project>/<environment>/<variable>`.
    pub name: String,
    /// The value of the parameter.
    pub value: String,
}

/// The parameter as Systems Manager returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The name of the parameter.
    pub name: String,
    /// The value of the parameter.
    pub value: String,
    /// The parameter's type, such as `String`.
    pub kind: String,
    /// The ARN of the parameter.
    pub arn: String,
}

/// The tags of a parameter; none if it does not exist (any more).
async fn tags(ctx: &Ctx<Clients>, name: &str) -> Result<Option<Tags>> {
    let call = ctx.clients.ssm.list_tags_for_resource().resource_id(name);
    let call = call.resource_type(ResourceTypeForTagging::Parameter);
    match call.send().await.doing("read the parameter's tags") {
        Err(error) if error.is(&["InvalidResourceId"]) => Ok(None),
        other => Ok(Some(tags_from_sdk!(other?.tag_list()))),
    }
}

/// Reads the parameters with these names that exist. Those that do not are in a list of their own in AWS's answer.
async fn read(ssm: &Client, names: Vec<String>) -> Result<Vec<Live>> {
    let call = ssm.get_parameters().set_names(Some(names));
    let answer = call.send().await.doing("read the parameters")?;
    let live = |one: aws_sdk_ssm::types::Parameter| Live {
        kind: one
            .r#type()
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
        name: one.name.unwrap_or_default(),
        value: one.value.unwrap_or_default(),
        arn: one.arn.unwrap_or_default(),
    };
    let all = answer.parameters.unwrap_or_default();
    Ok(all.into_iter().map(live).collect())
}

/// Whether a change was refused because somebody has made the parameter an advanced one, which a call without a tier would
/// make a standard one again. No read of values has the tier.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html>
fn is_advanced(error: &Error) -> bool {
    error.is(&["ValidationException"]) && error.summary.contains("downgrade a parameter")
}

impl Kind for Parameter {
    const NAME: &'static str = "parameter";
    const WHILE_GONE: Option<&'static str> = Some("tasks that start cannot read it");
    const TAGS_NOT_READ: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let named: Vec<(&Wanted<Spec>, String)> = wanted
            .iter()
            .filter_map(|one| Some((one, one.id_or(|spec| &spec.name)?)))
            .collect();
        let reads = named.chunks(MAX_PER_CALL).map(|some| {
            let mut names: Vec<String> = some.iter().map(|(_, name)| name.clone()).collect();
            names.dedup();
            read(&ctx.clients.ssm, names)
        });
        let reads = stream::iter(reads).buffer_unordered(CALLS_AT_ONCE);
        let read: Vec<Vec<Live>> = reads.try_collect().await?;
        let read = read.into_iter().flatten();
        let existing: BTreeMap<String, Live> = read.map(|live| (live.name.clone(), live)).collect();
        let mut found = Vec::new();
        for (one, name) in named {
            let Some(live) = existing.get(&name) else {
                continue;
            };
            let tags = match &one.id {
                Some(id) if ctx.knows(id) => None,
                _ => match tags(ctx, &name).await? {
                    Some(tags) => Some(tags),
                    None => continue,
                },
            };
            found.push(Found {
                address: one.address.clone(),
                id: name,
                live: live.clone(),
                tags,
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let call = ctx
            .clients
            .ssm
            .put_parameter()
            .name(&spec.name)
            .value(&spec.value)
            .r#type(ParameterType::String)
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        match call.send().await.doing("create the parameter") {
            Err(error) if error.is(&["ParameterAlreadyExists"]) => Ok(spec.name.clone()),
            other => other.map(|_| spec.name.clone()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let call = ctx.clients.ssm.put_parameter().name(id).value(&spec.value);
        let call = call.r#type(ParameterType::String).overwrite(true);
        let change = async |tier: Option<ParameterTier>| {
            let call = call.clone().set_tier(tier).send();
            call.await.doing("change the parameter").map(|_| ())
        };
        match change(None).await {
            Err(error) if is_advanced(&error) => change(Some(ParameterTier::Advanced)).await,
            other => other,
        }
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.ssm.delete_parameter().name(id);
        let answer = call.send().await.doing("delete the parameter");
        Deletion::of(answer, &["ParameterNotFound"])
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let ssm = &ctx.clients.ssm;
        if !set.is_empty() {
            let call = ssm.add_tags_to_resource().resource_id(id);
            let call = call.resource_type(ResourceTypeForTagging::Parameter);
            let call = call.set_tags(Some(sdk_tags!(Tag, set))).send();
            call.await.doing("set the parameter's tags")?;
        }
        if !remove.is_empty() {
            let call = ssm.remove_tags_from_resource().resource_id(id);
            let call = call.resource_type(ResourceTypeForTagging::Parameter);
            let call = call.set_tag_keys(Some(remove.to_vec())).send();
            call.await.doing("remove the parameter's tags")?;
        }
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("name", &live.name, &spec.name)
            .field("value", &live.value, &spec.value)
            .field("kind", &live.kind, "String")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};

    #[tokio::test]
    async fn parameters_are_read_as_aws_describes_them() {
        let client = Client::new(&sdk_config(answering(
            r#"{"InvalidParameters": ["/shop/test/GONE"], "Parameters": [
                {"ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/shop/test/LEVEL", "DataType": "text",
                 "LastModifiedDate": 1.5167215E9, "Name": "/shop/test/LEVEL", "Type": "String", "Value": "info",
                 "Version": 1}]}"#,
        )));
        let names = ["GONE", "LEVEL"].map(|name| format!("/shop/test/{name}"));
        let [live] = &read(&client, names.to_vec()).await.unwrap()[..] else {
            panic!("one of the two exists");
        };
        assert_eq!((&*live.name, &*live.value), ("/shop/test/LEVEL", "info"));
        assert_eq!(live.kind, "String");
        assert!(live.arn.ends_with(":parameter/shop/test/LEVEL"));
    }
}
