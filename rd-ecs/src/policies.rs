//! What the two roles may do: no more than the service needs.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-iam-roles.html>

use crate::kms::Key;
use rd_common::{Input, Stack};
use rd_iam::document::trust_for;
use serde_json::{Value, json};

/// What ECS needs to pull images and to write logs.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>
pub fn managed_execution(stack: &Stack) -> String {
    format!(
        "arn:{}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
        stack.partition()
    )
}

/// Who may use the roles: tasks of this account and region.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
pub fn trust(stack: &Stack) -> Value {
    trust_for("ecs-tasks.amazonaws.com", stack, "ecs", "*")
}

fn document(statements: &[Value]) -> Option<Value> {
    (!statements.is_empty()).then(|| json!({"Version": "2012-10-17", "Statement": statements}))
}

/// What `kms:ViaService` says of requests that a service makes for whoever asked it.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
pub fn via(stack: &Stack, service: &str) -> String {
    format!("{service}.{}.{}", stack.region, stack.dns_suffix())
}

fn allow(actions: &[&str], resources: &Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

/// What tasks are started with: the secrets and parameters that they are given. None where there are none.
pub fn execution(
    stack: &Stack,
    secrets: &[Input],
    parameters: &[Input],
    keys: &[String],
) -> Option<Value> {
    let mut statements = Vec::new();
    if !secrets.is_empty() {
        statements.push(allow(&["secretsmanager:GetSecretValue"], &json!(secrets)));
    }
    if !parameters.is_empty() {
        statements.push(allow(&["ssm:GetParameters"], &json!(parameters)));
    }
    if !keys.is_empty() {
        let via = ["secretsmanager", "ssm"].map(|service| via(stack, service));
        let mut statement = allow(&["kms:Decrypt"], &json!(keys));
        statement["Condition"] = json!({"StringEquals": {"kms:ViaService": via}});
        statements.push(statement);
    }
    document(&statements)
}

/// The bucket that tasks work with.
pub struct Bucket {
    /// Its ARN.
    pub arn: Input,
    /// The KMS key that its objects are encrypted with; none for S3's own keys.
    pub key: Option<Key>,
}

/// What S3 asks of a key for whoever reads objects or writes them.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms>
pub const KEY_ACTIONS: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

/// The key of the bucket, for S3 alone.
fn bucket_key(stack: &Stack, key: &Key) -> Value {
    let mut statement = allow(&KEY_ACTIONS, &json!(key.arn));
    statement["Condition"] = json!({"StringEquals": {"kms:ViaService": via(stack, "s3")}});
    if let Some(alias) = &key.alias {
        statement["Condition"]["ForAnyValue:StringEquals"] = json!({"kms:ResourceAliases": alias});
    }
    statement
}

/// What tasks do: their bucket, and a shell for whoever may ask ECS for one.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html>
pub fn task(stack: &Stack, bucket: Option<Bucket>, exec: bool) -> Option<Value> {
    let mut statements = Vec::new();
    if let Some(Bucket { arn, key }) = bucket {
        statements.push(allow(
            &[
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            &json!(arn.clone().then("/*")),
        ));
        statements.push(allow(
            &[
                "s3:ListBucket",
                "s3:GetBucketLocation",
                "s3:ListBucketMultipartUploads",
            ],
            &json!(arn),
        ));
        statements.extend(key.map(|key| bucket_key(stack, &key)));
    }
    if exec {
        statements.push(allow(
            &[
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            &json!("*"),
        ));
    }
    document(&statements)
}
