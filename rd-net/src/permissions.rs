//! What IAM asks for the calls of rd-net.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>
//!
//! EC2's ids are not known before a resource exists, so that resources are told apart by their tags.

use crate::config::Config;
use rd_common::Stack;
use rd_common::permissions::{Call, Condition, Grant, Resources, needs};

const SERVICE: &str = "EC2";

/// A read, for which IAM knows no resource.
const fn read(operation: &'static str, commands: &'static str, grant: &'static [Grant]) -> Call {
    needs(SERVICE, operation, commands, grant)
}

/// A change, which also a destroy can make.
const fn change(operation: &'static str, grants: &'static [Grant]) -> Call {
    needs(SERVICE, operation, "apply", grants)
}

/// Tags are set with the create, and repaired on what lost them; never on what another stack has.
const TAGS: &str = "vpc subnet internet_gateway elastic_ip nat_gateway route_table vpc_endpoint security_group \
                    security_group_rule flow_log";

/// The calls of this program to EC2.
pub const CALLS: &[Call] = &[
    read(
        "DescribeAddresses",
        "plan",
        &[Grant::any("ec2:DescribeAddresses")],
    ),
    read(
        "DescribeAvailabilityZones",
        "plan",
        &[Grant::any("ec2:DescribeAvailabilityZones")],
    ),
    read(
        "DescribeFlowLogs",
        "plan ~scan",
        &[Grant::any("ec2:DescribeFlowLogs")],
    ),
    read(
        "DescribeInternetGateways",
        "plan check ~scan",
        &[Grant::any("ec2:DescribeInternetGateways")],
    ),
    read(
        "DescribeNatGateways",
        "plan check ~scan",
        &[Grant::any("ec2:DescribeNatGateways")],
    ),
    read(
        "DescribeNetworkAcls",
        "check",
        &[Grant::any("ec2:DescribeNetworkAcls")],
    ),
    read(
        "DescribeNetworkInterfaces",
        "apply",
        &[Grant::any("ec2:DescribeNetworkInterfaces")],
    ),
    read(
        "DescribeRouteTables",
        "plan check ~scan",
        &[Grant::any("ec2:DescribeRouteTables")],
    ),
    read(
        "DescribeSecurityGroupRules",
        "plan check ~scan",
        &[Grant::any("ec2:DescribeSecurityGroupRules")],
    ),
    read(
        "DescribeSecurityGroups",
        "plan check ~scan",
        &[Grant::any("ec2:DescribeSecurityGroups")],
    ),
    read(
        "DescribeSubnets",
        "plan check ~scan",
        &[Grant::any("ec2:DescribeSubnets")],
    ),
    read(
        "DescribeVpcAttribute",
        "plan",
        &[Grant::on("ec2:DescribeVpcAttribute", "vpc")],
    ),
    read(
        "DescribeVpcEndpoints",
        "plan check ~scan",
        &[Grant::any("ec2:DescribeVpcEndpoints")],
    ),
    read(
        "DescribeVpcEndpointServices",
        "plan",
        &[Grant::any("ec2:DescribeVpcEndpointServices")],
    ),
    read(
        "DescribeVpcs",
        "plan ~scan",
        &[Grant::any("ec2:DescribeVpcs")],
    ),
    change(
        "CreateTags",
        &[Grant::on("ec2:CreateTags", TAGS).when(Condition::TaggedOrNot)],
    ),
    change("DeleteTags", &[Grant::tagged("ec2:DeleteTags", TAGS)]),
    change("CreateVpc", &[Grant::create("ec2:CreateVpc", "vpc")]),
    change(
        "ModifyVpcAttribute",
        &[Grant::tagged("ec2:ModifyVpcAttribute", "vpc")],
    ),
    change("DeleteVpc", &[Grant::tagged("ec2:DeleteVpc", "vpc")]),
    change(
        "CreateSubnet",
        &[
            Grant::create("ec2:CreateSubnet", "subnet"),
            Grant::tagged("ec2:CreateSubnet", "vpc"),
        ],
    ),
    change(
        "ModifySubnetAttribute",
        &[Grant::tagged("ec2:ModifySubnetAttribute", "subnet")],
    ),
    change(
        "DeleteSubnet",
        &[Grant::tagged("ec2:DeleteSubnet", "subnet")],
    ),
    change(
        "CreateInternetGateway",
        &[Grant::create(
            "ec2:CreateInternetGateway",
            "internet_gateway",
        )],
    ),
    change(
        "AttachInternetGateway",
        &[Grant::tagged(
            "ec2:AttachInternetGateway",
            "internet_gateway vpc",
        )],
    ),
    change(
        "DetachInternetGateway",
        &[Grant::tagged(
            "ec2:DetachInternetGateway",
            "internet_gateway vpc",
        )],
    ),
    change(
        "DeleteInternetGateway",
        &[Grant::tagged(
            "ec2:DeleteInternetGateway",
            "internet_gateway",
        )],
    ),
    change(
        "AllocateAddress",
        &[Grant::create("ec2:AllocateAddress", "elastic_ip")],
    ),
    change(
        "ReleaseAddress",
        &[Grant::tagged("ec2:ReleaseAddress", "elastic_ip")],
    ),
    change(
        "CreateNatGateway",
        &[
            Grant::create("ec2:CreateNatGateway", "nat_gateway"),
            Grant::tagged("ec2:CreateNatGateway", "subnet elastic_ip"),
        ],
    ),
    change(
        "DeleteNatGateway",
        &[Grant::tagged("ec2:DeleteNatGateway", "nat_gateway")],
    ),
    change(
        "CreateRouteTable",
        &[
            Grant::create("ec2:CreateRouteTable", "route_table"),
            Grant::tagged("ec2:CreateRouteTable", "vpc"),
        ],
    ),
    change(
        "DeleteRouteTable",
        &[Grant::tagged("ec2:DeleteRouteTable", "route_table")],
    ),
    change(
        "CreateRoute",
        &[Grant::tagged("ec2:CreateRoute", "route_table")],
    ),
    change(
        "ReplaceRoute",
        &[Grant::tagged("ec2:ReplaceRoute", "route_table")],
    ),
    change(
        "DeleteRoute",
        &[Grant::tagged("ec2:DeleteRoute", "route_table")],
    ),
    change(
        "AssociateRouteTable",
        &[Grant::tagged(
            "ec2:AssociateRouteTable",
            "route_table subnet",
        )],
    ),
    change(
        "ReplaceRouteTableAssociation",
        &[Grant::tagged(
            "ec2:ReplaceRouteTableAssociation",
            "route_table subnet",
        )],
    ),
    change(
        "DisassociateRouteTable",
        &[Grant::tagged(
            "ec2:DisassociateRouteTable",
            "route_table subnet",
        )],
    ),
    change(
        "CreateVpcEndpoint",
        &[
            Grant::create("ec2:CreateVpcEndpoint", "vpc_endpoint"),
            Grant::tagged(
                "ec2:CreateVpcEndpoint",
                "vpc subnet route_table security_group",
            ),
            // For the private names of an interface endpoint.
            Grant::on("route53:AssociateVPCWithHostedZone", "private_zone"),
        ],
    ),
    change(
        "ModifyVpcEndpoint",
        &[Grant::tagged(
            "ec2:ModifyVpcEndpoint",
            "vpc_endpoint subnet route_table security_group",
        )],
    ),
    change(
        "DeleteVpcEndpoints",
        &[Grant::tagged("ec2:DeleteVpcEndpoints", "vpc_endpoint")],
    ),
    change(
        "CreateSecurityGroup",
        &[
            Grant::create("ec2:CreateSecurityGroup", "security_group"),
            Grant::tagged("ec2:CreateSecurityGroup", "vpc"),
        ],
    ),
    change(
        "DeleteSecurityGroup",
        &[Grant::tagged("ec2:DeleteSecurityGroup", "security_group")],
    ),
    change(
        "AuthorizeSecurityGroupIngress",
        &[
            Grant::tagged("ec2:AuthorizeSecurityGroupIngress", "security_group"),
            Grant::create("ec2:AuthorizeSecurityGroupIngress", "security_group_rule"),
        ],
    ),
    change(
        "AuthorizeSecurityGroupEgress",
        &[
            Grant::tagged("ec2:AuthorizeSecurityGroupEgress", "security_group"),
            Grant::create("ec2:AuthorizeSecurityGroupEgress", "security_group_rule"),
        ],
    ),
    change(
        "RevokeSecurityGroupIngress",
        // The VPC's default group has no tags before rd empties it.
        &[
            Grant::on("ec2:RevokeSecurityGroupIngress", "security_group")
                .when(Condition::TaggedOrNot),
        ],
    ),
    change(
        "RevokeSecurityGroupEgress",
        &[Grant::on("ec2:RevokeSecurityGroupEgress", "security_group")
            .when(Condition::TaggedOrNot)],
    ),
    change(
        "UpdateSecurityGroupRuleDescriptionsIngress",
        &[Grant::tagged(
            "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
            "security_group",
        )],
    ),
    change(
        "UpdateSecurityGroupRuleDescriptionsEgress",
        &[Grant::tagged(
            "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
            "security_group",
        )],
    ),
    change(
        "CreateFlowLogs",
        &[
            Grant::create("ec2:CreateFlowLogs", "flow_log"),
            Grant::tagged("ec2:CreateFlowLogs", "vpc"),
            Grant::on("iam:PassRole", "role").when(Condition::Is(
                "StringEquals",
                "iam:PassedToService",
                "vpc-flow-logs.amazonaws.com",
            )),
        ],
    ),
    change(
        "DeleteFlowLogs",
        &[Grant::tagged("ec2:DeleteFlowLogs", "flow_log")],
    ),
];

/// The ARNs of the names in the table.
pub fn resources(stack: &Stack, config: &Config) -> Resources {
    let all = [
        ("vpc", "vpc/*"),
        ("subnet", "subnet/*"),
        ("internet_gateway", "internet-gateway/*"),
        ("elastic_ip", "elastic-ip/*"),
        ("nat_gateway", "natgateway/*"),
        ("route_table", "route-table/*"),
        ("vpc_endpoint", "vpc-endpoint/*"),
        ("security_group", "security-group/*"),
        ("security_group_rule", "security-group-rule/*"),
        ("flow_log", "vpc-flow-log/*"),
    ];
    let all = all
        .into_iter()
        .fold(Resources::of(stack), |all, (name, pattern)| {
            all.regional(name, "ec2", [pattern])
        });
    // A role that the settings name may have a path, which its ARN has, too.
    let role = config.flow_logs_role(stack);
    let with_path = config.flow_logs_role_name.is_some();
    let with_path = with_path.then(|| format!("role/*/{role}"));
    let roles = [format!("role/{role}")].into_iter().chain(with_path);
    let interfaces = !config.interface_endpoints().is_empty();
    // Deletes need the role and the log group after flow logs were turned off.
    all.without_account(
        "private_zone",
        "route53",
        interfaces.then_some("hostedzone/*"),
    )
    .global("role", "iam", roles)
    .values("attached_policy", Vec::new())
    .kms_key("log_key", config.flow_logs_kms_key.as_deref())
    .log_groups("log_group", &[config.flow_logs_group(stack)])
}
