//! The trust policy and the inline policies of the two roles: no more than the service needs.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-iam-roles.html>

use super::kms_key::Key;
use rd_common::{Input, Stack};
use rd_iam::document::trust_for;
use serde_json::{Value, json};

/// The trust policy of both roles: ECS tasks of this account and region.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
pub fn trust(stack: &Stack) -> Value {
    trust_for("ecs-tasks.amazonaws.com", stack, "ecs", "*")
}

fn document(statements: &[Value]) -> Option<Value> {
    (!statements.is_empty()).then(|| json!({"Version": "2012-10-17", "Statement": statements}))
}

/// The value of `kms:ViaService` for requests that `service` makes on behalf of its caller.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
pub fn via_service(stack: &Stack, service: &str) -> String {
    format!("{service}.{}.{}", stack.region, stack.dns_suffix())
}

fn allow(actions: &[&str], resources: &Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

/// The inline policy of the execution role: read the container's secrets and parameters. None where there are none.
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
        let via = ["secretsmanager", "ssm"].map(|service| via_service(stack, service));
        let mut statement = allow(&["kms:Decrypt"], &json!(keys));
        statement["Condition"] = json!({"StringEquals": {"kms:ViaService": via}});
        statements.push(statement);
    }
    document(&statements)
}

/// The bucket that the tasks use.
pub struct Bucket {
    /// The ARN of the bucket.
    pub arn: Input,
    /// The KMS key that encrypts its objects; none where S3 uses a key of its own.
    pub key: Option<Key>,
}

/// The KMS actions that reading and writing encrypted objects takes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms>
pub const KEY_ACTIONS: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

/// Allows the bucket's key, but only for requests through S3.
fn bucket_key(stack: &Stack, key: &Key) -> Value {
    let mut statement = allow(&KEY_ACTIONS, &json!(key.arn));
    statement["Condition"] = json!({"StringEquals": {"kms:ViaService": via_service(stack, "s3")}});
    if let Some(alias) = &key.alias {
        statement["Condition"]["ForAnyValue:StringEquals"] = json!({"kms:ResourceAliases": alias});
    }
    statement
}

/// The inline policy of the task role: use the bucket, and ECS Exec. None where it needs neither.
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
