//! `flow_log_role`: the role with which flow logs are written, and its one policy.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>

use crate::clients::Clients;
use crate::ec2::errors::incomplete;
use aws_sdk_iam::types::Tag;
use rd_common::aws::Explain;
use rd_common::{
    Change, Cx, Diff, Error, Found, Input, Kind, Order, Result, Tags, Wanted, touches,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The kind.
pub struct FlowLogRole;

/// The name of its policy.
const POLICY: &str = "write-flow-logs";

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which is its id.
    pub name: String,
    /// The account, which alone may have its flow logs use the role.
    pub account: String,
    /// The log group that it may write to.
    pub log_group_arn: Input,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Who may use it.
    pub trust: Value,
    /// What it may do; null without the policy.
    pub policy: Value,
}

fn trust(spec: &Spec) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": spec.account}},
        }],
    })
}

fn policy(spec: &Spec) -> Value {
    let Some(arn) = spec.log_group_arn.known() else {
        return json!(spec.log_group_arn);
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            "Resource": [arn, format!("{arn}:*")],
        }],
    })
}

/// IAM gives documents back percent-encoded.
fn document(text: Option<&str>) -> Value {
    let Some(text) = text else {
        return Value::Null;
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).unwrap_or(0) as u8;
        bytes.push(if byte == b'%' {
            hex(rest.next()) * 16 + hex(rest.next())
        } else {
            byte
        });
    }
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

fn list(tags: &Tags) -> Result<Vec<Tag>> {
    let tags = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build());
    tags.collect::<std::result::Result<_, _>>()
        .map_err(|e| Error::failed(format!("a tag is incomplete: {e}")))
}

const GONE: [&str; 2] = ["NoSuchEntity", "NoSuchEntityException"];

impl Kind for FlowLogRole {
    const NAME: &'static str = "flow_log_role";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(cx: &Cx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let iam = &cx.clients.iam;
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let role = match iam
                .get_role()
                .role_name(&name)
                .send()
                .await
                .doing("read the flow logs' role")
            {
                Err(error) if error.is(&GONE) => continue,
                other => other?.role,
            };
            let role = role.ok_or_else(|| incomplete("role"))?;
            let policy = iam
                .get_role_policy()
                .role_name(&name)
                .policy_name(POLICY)
                .send()
                .await;
            let policy = match policy.doing("read the flow logs' policy") {
                Err(error) if error.is(&GONE) => Value::Null,
                other => document(Some(other?.policy_document())),
            };
            let tags = role
                .tags()
                .iter()
                .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                .collect();
            found.push(Found {
                address: one.address.clone(),
                id: name.clone(),
                live: Live {
                    name,
                    arn: role.arn().to_owned(),
                    trust: document(role.assume_role_policy_document()),
                    policy,
                },
                tags: Some(tags),
            });
        }
        Ok(found)
    }

    async fn create(cx: &Cx<Clients>, order: Order<'_, Spec>) -> Result<String> {
        let call = cx
            .clients
            .iam_once
            .create_role()
            .role_name(&order.spec.name)
            .description("Lets VPC flow logs write to their log group")
            .assume_role_policy_document(trust(order.spec).to_string())
            .set_tags(Some(list(order.tags)?));
        match call.send().await.doing("create the flow logs' role") {
            Err(error) if error.is(&["EntityAlreadyExists"]) => Ok(order.spec.name.clone()),
            other => other.map(|_| order.spec.name.clone()),
        }
    }

    async fn update(
        cx: &Cx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let iam = &cx.clients.iam;
        if touches(changes, "trust") {
            let call = iam
                .update_assume_role_policy()
                .role_name(id)
                .policy_document(trust(spec).to_string());
            call.send()
                .await
                .doing("change who may use the flow logs' role")?;
        }
        if touches(changes, "policy") {
            let call = iam.put_role_policy().role_name(id).policy_name(POLICY);
            call.policy_document(policy(spec).to_string())
                .send()
                .await
                .doing("change the flow logs' policy")?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx<Clients>, id: &str) -> Result<()> {
        let iam = &cx.clients.iam;
        let policy = iam
            .delete_role_policy()
            .role_name(id)
            .policy_name(POLICY)
            .send()
            .await;
        match policy.doing("delete the flow logs' policy") {
            Err(error) if !error.is(&GONE) => return Err(error),
            _ => {}
        }
        match iam
            .delete_role()
            .role_name(id)
            .send()
            .await
            .doing("delete the flow logs' role")
        {
            Err(error) if !error.is(&GONE) => Err(error),
            _ => Ok(()),
        }
    }

    async fn tag(cx: &Cx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let iam = &cx.clients.iam;
        if !set.is_empty() {
            iam.tag_role()
                .role_name(id)
                .set_tags(Some(list(set)?))
                .send()
                .await
                .doing("set the role's tags")?;
        }
        if !remove.is_empty() {
            let call = iam
                .untag_role()
                .role_name(id)
                .set_tag_keys(Some(remove.to_vec()));
            call.send().await.doing("remove the role's tags")?;
        }
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("name", &live.name, &spec.name)
            .field("trust", &live.trust, trust(spec))
            .field("policy", &live.policy, policy(spec))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded() {
        assert_eq!(document(Some("%7B%22a%22%3A%201%7D")), json!({"a": 1}));
        assert_eq!(document(Some("{\"a\":1}")), json!({"a": 1}));
        assert_eq!(document(None), Value::Null);
    }
}
