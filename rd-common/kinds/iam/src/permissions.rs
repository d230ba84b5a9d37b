//! What IAM asks for the calls of this crate. A slice names its roles `role`, the policies that it attaches
//! `attached_policy`, and the service-linked roles that it creates `service_linked_role`, `new_service_linked_role` and
//! `linked_service`.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

use crate::service_linked_role::ServiceLinkedRole;
use rd_common::permissions::{Call, Condition, Grant, Resources, needs};

/// The calls of a slice that has roles.
pub const ROLES: &[Call] = &[
    needs(
        "IAM",
        "GetRole",
        "plan",
        &[Grant::on("iam:GetRole", "role")],
    ),
    needs(
        "IAM",
        "GetRolePolicy",
        "plan",
        &[Grant::on("iam:GetRolePolicy", "role")],
    ),
    needs(
        "IAM",
        "ListAttachedRolePolicies",
        "plan",
        &[Grant::on("iam:ListAttachedRolePolicies", "role")],
    ),
    needs(
        "IAM",
        "CreateRole",
        "apply",
        &[
            Grant::on("iam:CreateRole", "role"),
            Grant::on("iam:TagRole", "role"),
        ],
    ),
    needs(
        "IAM",
        "UpdateRole",
        "apply",
        &[Grant::on("iam:UpdateRole", "role")],
    ),
    needs(
        "IAM",
        "UpdateAssumeRolePolicy",
        "apply",
        &[Grant::on("iam:UpdateAssumeRolePolicy", "role")],
    ),
    needs(
        "IAM",
        "AttachRolePolicy",
        "apply",
        // Whoever may attach any policy to a role of tasks may do everything.
        &[
            Grant::on("iam:AttachRolePolicy", "role").when(Condition::Of(
                "ArnEquals",
                "iam:PolicyARN",
                "attached_policy",
            )),
        ],
    ),
    needs(
        "IAM",
        "DetachRolePolicy",
        "apply",
        &[Grant::on("iam:DetachRolePolicy", "role")],
    ),
    needs(
        "IAM",
        "PutRolePolicy",
        "apply",
        &[Grant::on("iam:PutRolePolicy", "role")],
    ),
    needs(
        "IAM",
        "DeleteRolePolicy",
        "apply",
        &[Grant::on("iam:DeleteRolePolicy", "role")],
    ),
    needs(
        "IAM",
        "DeleteRole",
        "apply",
        &[Grant::on("iam:DeleteRole", "role")],
    ),
    needs(
        "IAM",
        "TagRole",
        "apply",
        &[Grant::on("iam:TagRole", "role")],
    ),
    needs(
        "IAM",
        "UntagRole",
        "apply",
        &[Grant::on("iam:UntagRole", "role")],
    ),
];

/// The calls of a slice that looks for roles with names that it does not know.
pub const SCANNED_ROLES: &[Call] = &[
    needs(
        "IAM",
        "ListRolePolicies",
        "~scan",
        &[Grant::any("iam:ListRolePolicies")],
    ),
    needs(
        "IAM",
        "ListAttachedRolePolicies",
        "~scan",
        &[Grant::any("iam:ListAttachedRolePolicies")],
    ),
];

/// The calls of a slice whose services have service-linked roles.
pub const SERVICE_LINKED_ROLES: &[Call] = &[
    needs(
        "IAM",
        "GetRole",
        "apply",
        &[Grant::on("iam:GetRole", "service_linked_role")],
    ),
    needs(
        "IAM",
        "CreateServiceLinkedRole",
        "apply",
        &[
            // The condition says which.
            Grant::on("iam:CreateServiceLinkedRole", "new_service_linked_role").when(
                Condition::Of("StringEquals", "iam:AWSServiceName", "linked_service"),
            ),
        ],
    ),
];

/// Adds the service-linked roles of a slice to its resources.
pub fn service_linked_roles(resources: Resources, roles: &[ServiceLinkedRole]) -> Resources {
    let arns = roles
        .iter()
        .map(|role| format!("role/aws-service-role/{}/{}", role.service, role.name));
    let services = roles.iter().map(|role| role.service.to_owned()).collect();
    resources
        .global("service_linked_role", "iam", arns)
        .global(
            "new_service_linked_role",
            "iam",
            ["role/aws-service-role/*"],
        )
        .values("linked_service", services)
}
