//! The kinds that several slices have.

use super::Part;
use crate::export::hcl::Expression;
use crate::export::resource::Resource;
use crate::export::stack::Source;

pub fn log_group(source: &Source<'_>) -> Resource {
    let mut group = source
        .resource("aws_cloudwatch_log_group")
        .import(source.id);
    group.set("name", source.get("name"));
    group.set("retention_in_days", source.get("retention_days"));
    group.set("kms_key_id", source.get("kms_key"));
    // The provider's own argument.
    group.ignored.push("skip_destroy");
    group.tags(&source.tags());
    group
}

pub fn role(source: &Source<'_>) -> Part {
    let name = source.text("name");
    let mut role = source.resource("aws_iam_role").import(name);
    role.set("name", name);
    role.set("description", source.get("description"));
    role.set(
        "assume_role_policy",
        Expression::Json(source.get("trust").clone()),
    );
    // The provider's own argument.
    role.ignored.push("force_detach_policies");
    role.tags(&source.tags());
    let mut all = vec![role];
    let managed = source.get("managed_policies").as_array();
    for (number, arn) in managed.into_iter().flatten().enumerate() {
        let arn_text = arn.as_str().unwrap_or_default();
        let id = format!("{name}/{arn_text}");
        let mut attachment = source.resource("aws_iam_role_policy_attachment").import(id);
        if number > 0 {
            attachment.name = format!("{}_{}", attachment.name, number + 1);
        }
        attachment.set(
            "role",
            source.reference("aws_iam_role", "name", source.get("name")),
        );
        attachment.set("policy_arn", arn);
        all.push(attachment);
    }
    Part::Resources(all)
}

pub fn role_policy(source: &Source<'_>) -> Resource {
    let mut policy = source.resource("aws_iam_role_policy").import(source.id);
    policy.set(
        "role",
        source.reference("aws_iam_role", "name", source.get("role")),
    );
    policy.set("name", source.get("name"));
    policy.set("policy", Expression::Json(source.get("document").clone()));
    policy
}

pub fn secret(source: &Source<'_>) -> Resource {
    let mut secret = source
        .resource("aws_secretsmanager_secret")
        .import(source.text("arn"));
    secret.set("name", source.get("name"));
    secret.set("description", source.get("description"));
    secret.set("kms_key_id", source.get("kms_key"));
    // The provider's own arguments: https://github.com/hashicorp/terraform-provider-aws/issues/42139
    secret
        .ignored
        .extend(["recovery_window_in_days", "force_overwrite_replica_secret"]);
    secret.tags(&source.tags());
    secret
}

pub fn secret_version() -> Part {
    Part::Left(
        "an import would put the value into Terraform's state; what writes it stays outside of Terraform",
    )
}

pub fn topic(source: &Source<'_>) -> Resource {
    let mut topic = source.resource("aws_sns_topic").import(source.id);
    topic.set("name", source.get("name"));
    topic.set("display_name", source.get("display_name"));
    topic.set("kms_master_key_id", source.get("kms_key"));
    topic.set("policy", Expression::Json(source.get("policy").clone()));
    topic.tags(&source.tags());
    topic
}
