//! What IAM asks for the calls of rd-edge.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html>

use crate::config::{Config, NO_ZONE};
use crate::kinds::target_group;
use rd_common::Stack;
use rd_common::permissions::{Call, Condition, Grant, Resources, needs};
use rd_iam::permissions::service_linked_roles;
use rd_iam::service_linked_role;

const ELB: &str = "Elastic Load Balancing v2";
const ACM: &str = "ACM";
const ROUTE53: &str = "Route 53";

/// What Elastic Load Balancing looks up in EC2 for its caller.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-permissions.html>
const NETWORK: Grant = Grant::any(
    "ec2:DescribeAccountAttributes ec2:DescribeAddresses ec2:DescribeInternetGateways ec2:DescribeSecurityGroups \
     ec2:DescribeSubnets ec2:DescribeVpcs",
);

/// The calls of this program to Elastic Load Balancing, ACM and Route 53.
pub const CALLS: &[Call] = &[
    needs(
        ELB,
        "DescribeLoadBalancers",
        "plan check records ~scan",
        &[Grant::any("elasticloadbalancing:DescribeLoadBalancers")],
    ),
    needs(
        ELB,
        "DescribeLoadBalancerAttributes",
        "plan ~scan",
        &[Grant::any(
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
        )],
    ),
    needs(
        ELB,
        "DescribeTargetGroups",
        "plan ~scan",
        &[Grant::any("elasticloadbalancing:DescribeTargetGroups")],
    ),
    needs(
        ELB,
        "DescribeTargetGroupAttributes",
        "plan ~scan",
        &[Grant::any(
            "elasticloadbalancing:DescribeTargetGroupAttributes",
        )],
    ),
    needs(
        ELB,
        "DescribeListeners",
        "plan check ~scan",
        &[Grant::any("elasticloadbalancing:DescribeListeners")],
    ),
    needs(
        ELB,
        "DescribeTags",
        "plan",
        &[Grant::any("elasticloadbalancing:DescribeTags")],
    ),
    needs(
        ELB,
        "DescribeTargetHealth",
        "plan check targets",
        &[Grant::any("elasticloadbalancing:DescribeTargetHealth")],
    ),
    needs(
        ELB,
        "CreateLoadBalancer",
        "apply",
        &[
            Grant::on(
                "elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:AddTags",
                "load_balancer",
            ),
            NETWORK,
        ],
    ),
    needs(
        ELB,
        "ModifyLoadBalancerAttributes",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "load_balancer",
        )],
    ),
    needs(
        ELB,
        "SetSecurityGroups",
        "apply",
        &[
            Grant::on("elasticloadbalancing:SetSecurityGroups", "load_balancer"),
            NETWORK,
        ],
    ),
    needs(
        ELB,
        "SetSubnets",
        "apply",
        &[
            Grant::on("elasticloadbalancing:SetSubnets", "load_balancer"),
            NETWORK,
        ],
    ),
    needs(
        ELB,
        "DeleteLoadBalancer",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:DeleteLoadBalancer",
            "load_balancer",
        )],
    ),
    needs(
        ELB,
        "CreateTargetGroup",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:CreateTargetGroup elasticloadbalancing:AddTags",
            "target_group",
        )],
    ),
    needs(
        ELB,
        "ModifyTargetGroup",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:ModifyTargetGroup",
            "target_group",
        )],
    ),
    needs(
        ELB,
        "ModifyTargetGroupAttributes",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "target_group",
        )],
    ),
    needs(
        ELB,
        "DeleteTargetGroup",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:DeleteTargetGroup",
            "target_group",
        )],
    ),
    needs(
        ELB,
        "CreateListener",
        "apply",
        &[
            Grant::on("elasticloadbalancing:CreateListener", "load_balancer"),
            Grant::on("elasticloadbalancing:AddTags", "listener"),
        ],
    ),
    needs(
        ELB,
        "ModifyListener",
        "apply",
        &[Grant::on("elasticloadbalancing:ModifyListener", "listener")],
    ),
    needs(
        ELB,
        "DeleteListener",
        "apply",
        &[Grant::on("elasticloadbalancing:DeleteListener", "listener")],
    ),
    needs(
        ELB,
        "AddTags",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:AddTags",
            "load_balancer target_group listener listener_rule",
        )],
    ),
    needs(
        ELB,
        "RemoveTags",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:RemoveTags",
            "load_balancer target_group listener listener_rule",
        )],
    ),
    needs(
        ELB,
        "DescribeRules",
        "plan ~scan",
        &[Grant::any("elasticloadbalancing:DescribeRules")],
    ),
    needs(
        ELB,
        "DescribeListenerCertificates",
        "plan ~scan",
        &[Grant::any(
            "elasticloadbalancing:DescribeListenerCertificates",
        )],
    ),
    needs(
        ELB,
        "AddListenerCertificates",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:AddListenerCertificates",
            "listener",
        )],
    ),
    needs(
        ELB,
        "RemoveListenerCertificates",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:RemoveListenerCertificates",
            "listener",
        )],
    ),
    needs(
        ELB,
        "CreateRule",
        "apply",
        &[
            Grant::on("elasticloadbalancing:CreateRule", "listener"),
            Grant::on("elasticloadbalancing:AddTags", "listener_rule"),
        ],
    ),
    needs(
        ELB,
        "ModifyRule",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:ModifyRule",
            "listener_rule",
        )],
    ),
    needs(
        ELB,
        "SetRulePriorities",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:SetRulePriorities",
            "listener_rule",
        )],
    ),
    needs(
        ELB,
        "DeleteRule",
        "apply",
        &[Grant::on(
            "elasticloadbalancing:DeleteRule",
            "listener_rule",
        )],
    ),
    needs(
        ACM,
        "ListCertificates",
        "plan check records wait",
        &[Grant::any("acm:ListCertificates")],
    ),
    needs(
        ACM,
        "DescribeCertificate",
        "plan check records wait ~scan",
        &[Grant::on("acm:DescribeCertificate", "certificate")],
    ),
    needs(
        ACM,
        "ListTagsForCertificate",
        "plan check records wait",
        &[Grant::on("acm:ListTagsForCertificate", "certificate")],
    ),
    needs(
        ACM,
        "RequestCertificate",
        "apply",
        &[
            Grant::create("acm:RequestCertificate", "*"),
            Grant::on("acm:AddTagsToCertificate", "certificate").when(Condition::TaggedOrNot),
        ],
    ),
    needs(
        ACM,
        "AddTagsToCertificate",
        "apply",
        &[Grant::on("acm:AddTagsToCertificate", "certificate").when(Condition::TaggedOrNot)],
    ),
    needs(
        ACM,
        "RemoveTagsFromCertificate",
        "apply",
        &[Grant::tagged(
            "acm:RemoveTagsFromCertificate",
            "certificate",
        )],
    ),
    needs(
        ACM,
        "DeleteCertificate",
        "apply",
        &[Grant::tagged("acm:DeleteCertificate", "certificate")],
    ),
    needs(
        ROUTE53,
        "ListHostedZones",
        "plan check records",
        &[Grant::on("route53:ListHostedZones", "any_zone")],
    ),
    // Of zones that no setting names yet.
    needs(
        ROUTE53,
        "ListHostedZones",
        "~scan",
        &[Grant::any("route53:ListHostedZones")],
    ),
    needs(
        ROUTE53,
        "ListResourceRecordSets",
        "~scan",
        &[Grant::any("route53:ListResourceRecordSets")],
    ),
    needs(
        ROUTE53,
        "ListResourceRecordSets",
        "plan check records",
        &[Grant::on("route53:ListResourceRecordSets", "zone")],
    ),
    needs(
        ROUTE53,
        "ChangeResourceRecordSets",
        "apply",
        // Other records of a zone that the team shares stay out of reach.
        &[
            Grant::on("route53:ChangeResourceRecordSets", "zone").when(Condition::Of(
                "ForAllValues:StringLike",
                "route53:ChangeResourceRecordSetsNormalizedRecordNames",
                "record_name",
            )),
        ],
    ),
    needs(
        ROUTE53,
        "GetChange",
        "apply",
        &[Grant::on("route53:GetChange", "dns_change")],
    ),
];

/// The names of the records that validate and serve these hosts, as Route 53 normalises them: in lower case, and octal
/// codes for characters such as `*`.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html>
fn record_names(hosts: &[String]) -> Vec<String> {
    let names = hosts.iter().flat_map(|host| {
        let host = host.to_lowercase();
        let base = host.strip_prefix("*.").unwrap_or(&host).to_owned();
        [host.replace('*', "\\052"), format!("_*.{base}")]
    });
    names.collect()
}

/// The ARNs of the names in the table.
pub fn resources(stack: &Stack, config: &Config) -> Resources {
    let elb = "elasticloadbalancing";
    let name = config.name(stack);
    let group = target_group::name_start(&stack.name_of("api"));
    let uses_zones = config.hosted_zone.as_deref() != Some(NO_ZONE) && stack.domain.is_some();
    let zone = uses_zones.then(|| {
        let id = config.hosted_zone.as_deref().unwrap_or("*");
        format!("hostedzone/{id}")
    });
    let all = Resources::of(stack)
        .regional("load_balancer", elb, [format!("loadbalancer/app/{name}/*")])
        .regional("target_group", elb, [format!("targetgroup/{group}-*/*")])
        .regional("listener", elb, [format!("listener/app/{name}/*/*")])
        .regional(
            "listener_rule",
            elb,
            [format!("listener-rule/app/{name}/*")],
        )
        .regional("certificate", "acm", ["certificate/*"])
        .values(
            "any_zone",
            uses_zones.then(|| "*".to_owned()).into_iter().collect(),
        )
        .without_account("zone", "route53", zone)
        .without_account("dns_change", "route53", uses_zones.then_some("change/*"))
        .values("record_name", record_names(&config.hosts(stack)));
    service_linked_roles(all, &[service_linked_role::ELASTIC_LOAD_BALANCING])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_named_as_route_53_normalises_them() {
        let hosts = [
            "Shop.example.com".to_owned(),
            "*.shop.example.com".to_owned(),
        ];
        assert_eq!(
            record_names(&hosts),
            [
                "shop.example.com",
                "_*.shop.example.com",
                "\\052.shop.example.com",
                "_*.shop.example.com"
            ]
        );
    }
}
