//! What all kinds need of RDS: tags, ARNs, and what its errors mean.

use crate::clients::Clients;
use aws_sdk_rds::types::Tag;
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::{Ctx, Deletion, Error, Result, Retry, Tags, sdk_tags, tags_from_sdk};

/// Reads the tags of the resource with this ARN; none if it does not exist.
pub async fn read_tags(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Tags>> {
    let call = ctx.clients.rds.list_tags_for_resource().resource_name(arn);
    match call.send().await.doing("read the tags") {
        Err(error) if is_not_found(&error) => Ok(None),
        other => Ok(Some(tags_from_sdk!(other?.tag_list()))),
    }
}

/// Sets the tags of `set` and removes those named in `remove`. Makes no call for what is empty.
pub async fn change_tags(
    ctx: &Ctx<Clients>,
    arn: &str,
    set: &Tags,
    remove: &[String],
) -> Result<()> {
    if !set.is_empty() {
        let call = ctx.clients.rds.add_tags_to_resource().resource_name(arn);
        call.set_tags(Some(sdk_tags!(Tag, set)))
            .send()
            .await
            .doing("set the tags")?;
    }
    if !remove.is_empty() {
        let call = ctx.clients.rds.remove_tags_from_resource();
        call.resource_name(arn)
            .set_tag_keys(Some(remove.to_vec()))
            .send()
            .await
            .doing("remove the tags")?;
    }
    Ok(())
}

/// The ARN of a resource of the stack. `kind` is RDS's abbreviation: `db`, `pg` or `subgrp`.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.ARN.Constructing.html>
pub fn arn(ctx: &Ctx<Clients>, kind: &str, name: &str) -> String {
    Arn::regional(&ctx.stack, "rds", format!("{kind}:{name}")).to_string()
}

/// Whether RDS says that the resource does not exist: `DBInstanceNotFound`, `DBSubnetGroupNotFoundFault`, …
pub fn is_not_found(error: &Error) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    code.ends_with("NotFound") || code.ends_with("NotFoundFault")
}

/// The result of a delete: whether RDS knows the resource, by its own codes `not_found`, and an error to retry if it is
/// busy.
pub fn deleted<T>(answer: Result<T>, not_found: &[&str]) -> Result<Deletion> {
    Deletion::of(answer, not_found).map_err(retry_if_temporary)
}

/// Marks an error to be retried later if its cause is temporary: the resource is being changed, or the service-linked
/// role was created a moment ago.
///
/// Three of these errors have only a general code, so their text decides: "Verify that you have permission to create
/// service linked role. Otherwise wait and try again later"
/// (<https://github.com/aws-samples/eks-workshop-v2/issues/1609>), "Missing necessary credentials", which a subnet group
/// gets (<https://github.com/terraform-aws-modules/terraform-aws-rds/issues/364>), and "the previous storage change is
/// being optimized" (<https://github.com/hashicorp/terraform-provider-aws/issues/12493>).
pub fn retry_if_temporary(error: Error) -> Error {
    const BUSY: [&str; 6] = [
        "InvalidDBInstanceState",
        "InvalidDBInstanceStateFault",
        "InvalidDBSubnetGroupStateFault",
        "InvalidDBSubnetStateFault",
        "InvalidDBParameterGroupState",
        "InvalidDBParameterGroupStateFault",
    ];
    let says = |text: &str| error.summary.to_lowercase().contains(text);
    let role = error.is(&["InvalidParameterValue"])
        && (says("service linked role")
            || says("service-linked role")
            || says("missing necessary credentials"));
    // The role of Enhanced Monitoring was created a moment ago.
    let monitoring = error.is(&["InvalidParameterValue"])
        && (says("enhanced_monitoring") || says("iam role arn value is invalid"));
    let storage = error.is(&["InvalidParameterCombination"])
        && (says("storage change is being optimized") || says("storage-optimization"));
    if error.retry == Retry::Never && (error.is(&BUSY) || role || monitoring || storage) {
        error.retry(Retry::Later)
    } else {
        error
    }
}

/// An answer of AWS without a member that it must have, such as `snapshot`.
pub fn incomplete_answer(member: &str) -> Error {
    Error::failed(format!("AWS's answer has no {member}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_errors_are_told_from_lasting_ones_of_the_same_code() {
        let retried = |code: &str, text: &str| {
            let error = Error::failed(text).with_code(Some(code.to_owned()), None);
            retry_if_temporary(error).retry == Retry::Later
        };
        assert!(retried("InvalidDBInstanceState", "busy"));
        assert!(retried(
            "InvalidParameterValue",
            "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise \
             wait and try again later"
        ));
        assert!(retried(
            "InvalidParameterValue",
            "Missing necessary credentials. Please check http://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/\
             UsingWithRDS.IAM.ServiceLinkedRoles.html"
        ));
        assert!(retried(
            "InvalidParameterCombination",
            "You can't currently modify the storage of this DB instance because the previous storage change is being \
             optimized."
        ));
        for text in [
            "The role's trust policy does not allow ENHANCED_MONITORING to assume it",
            "IAM role ARN value is invalid or does not include the required permissions",
        ] {
            assert!(retried("InvalidParameterValue", text), "{text}");
        }
        assert!(!retried(
            "InvalidParameterValue",
            "The parameter is not valid"
        ));
    }
}
