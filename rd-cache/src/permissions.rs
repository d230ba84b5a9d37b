//! What IAM asks for the calls of rd-cache.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticache.html>

use crate::clients::Clients;
use crate::config::Config;
use crate::log_groups;
use rd_common::Stack;
use rd_common::permissions::{Call, Condition, Grant, Resources, needs};
use rd_iam::permissions::service_linked_roles;
use rd_iam::service_linked_role;
use rd_topic::Topics;

const SERVICE: &str = "ElastiCache";

/// What ElastiCache does in the VPC for its caller.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/IAM.ResourceLevelPermissions.html>
const NETWORK: Grant = Grant::any(
    "ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets \
     ec2:DescribeVpcs",
);

/// What ElastiCache sets up in CloudWatch Logs for its caller, where logs are delivered.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html>
const LOG_DELIVERY: Grant = Grant::on(
    "logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeResourcePolicies logs:GetLogDelivery \
     logs:ListLogDeliveries logs:PutResourcePolicy logs:UpdateLogDelivery",
    "any_log_delivery",
);

/// The calls of this program to ElastiCache.
pub const CALLS: &[Call] = &[
    needs(
        SERVICE,
        "DescribeReplicationGroups",
        "plan check rotate snapshot snapshots ~scan",
        &[Grant::on(
            "elasticache:DescribeReplicationGroups",
            "any_group",
        )],
    ),
    needs(
        SERVICE,
        "DescribeCacheClusters",
        "plan check rotate snapshot snapshots ~scan",
        &[Grant::on("elasticache:DescribeCacheClusters", "any_node")],
    ),
    // Only of a group that failed.
    needs(
        SERVICE,
        "DescribeEvents",
        "plan check rotate snapshot snapshots",
        &[Grant::any("elasticache:DescribeEvents")],
    ),
    needs(
        SERVICE,
        "DescribeCacheSubnetGroups",
        "plan ~scan",
        &[Grant::on(
            "elasticache:DescribeCacheSubnetGroups",
            "any_subnet_group",
        )],
    ),
    needs(
        SERVICE,
        "DescribeCacheParameters",
        "plan",
        &[Grant::on(
            "elasticache:DescribeCacheParameters",
            "parameter_group",
        )],
    ),
    // Of a group whose name is in no settings yet.
    needs(
        SERVICE,
        "DescribeCacheParameters",
        "~scan",
        &[Grant::any("elasticache:DescribeCacheParameters")],
    ),
    needs(
        SERVICE,
        "DescribeSnapshots",
        "snapshot snapshots",
        &[Grant::on(
            "elasticache:DescribeSnapshots",
            "any_group any_snapshot",
        )],
    ),
    needs(
        SERVICE,
        "DescribeCacheEngineVersions",
        "plan",
        &[Grant::any("elasticache:DescribeCacheEngineVersions")],
    ),
    needs(
        SERVICE,
        "ListTagsForResource",
        "plan check rotate snapshot",
        &[Grant::on(
            "elasticache:ListTagsForResource",
            "group subnet_group parameter_group",
        )],
    ),
    needs(
        SERVICE,
        "CreateCacheSubnetGroup",
        "apply",
        &[Grant::on(
            "elasticache:CreateCacheSubnetGroup elasticache:AddTagsToResource",
            "subnet_group",
        )],
    ),
    needs(
        SERVICE,
        "ModifyCacheSubnetGroup",
        "apply",
        &[Grant::on(
            "elasticache:ModifyCacheSubnetGroup",
            "subnet_group",
        )],
    ),
    needs(
        SERVICE,
        "DeleteCacheSubnetGroup",
        "apply",
        &[Grant::on(
            "elasticache:DeleteCacheSubnetGroup",
            "subnet_group",
        )],
    ),
    needs(
        SERVICE,
        "CreateCacheParameterGroup",
        "apply",
        &[Grant::on(
            "elasticache:CreateCacheParameterGroup elasticache:AddTagsToResource",
            "parameter_group",
        )],
    ),
    needs(
        SERVICE,
        "ModifyCacheParameterGroup",
        "apply",
        &[Grant::on(
            "elasticache:ModifyCacheParameterGroup",
            "parameter_group",
        )],
    ),
    needs(
        SERVICE,
        "ResetCacheParameterGroup",
        "apply",
        &[Grant::on(
            "elasticache:ResetCacheParameterGroup",
            "parameter_group",
        )],
    ),
    needs(
        SERVICE,
        "DeleteCacheParameterGroup",
        "apply",
        &[Grant::on(
            "elasticache:DeleteCacheParameterGroup",
            "parameter_group",
        )],
    ),
    needs(
        SERVICE,
        "CreateReplicationGroup",
        "apply",
        &[
            Grant::on(
                "elasticache:CreateReplicationGroup",
                "group node subnet_group parameter_group any_default_group",
            ),
            Grant::on("elasticache:AddTagsToResource", "group node"),
            NETWORK,
            Grant::on("kms:CreateGrant kms:DescribeKey", "key").when(Condition::Via("elasticache")),
            LOG_DELIVERY,
        ],
    ),
    needs(
        SERVICE,
        "ModifyReplicationGroup",
        "apply rotate",
        &[
            LOG_DELIVERY,
            Grant::on(
                "elasticache:ModifyReplicationGroup",
                "group parameter_group any_default_group",
            ),
        ],
    ),
    needs(
        SERVICE,
        "IncreaseReplicaCount",
        "apply",
        &[
            Grant::on("elasticache:IncreaseReplicaCount", "group"),
            NETWORK,
        ],
    ),
    needs(
        SERVICE,
        "DecreaseReplicaCount",
        "apply",
        &[
            Grant::on("elasticache:DecreaseReplicaCount", "group"),
            NETWORK,
        ],
    ),
    needs(
        SERVICE,
        "DeleteReplicationGroup",
        "apply",
        &[
            Grant::on("elasticache:DeleteReplicationGroup", "group snapshot"),
            NETWORK,
        ],
    ),
    needs(
        SERVICE,
        "CreateSnapshot",
        "snapshot",
        &[
            Grant::on("elasticache:CreateSnapshot", "group node any_snapshot"),
            Grant::on("elasticache:AddTagsToResource", "any_snapshot"),
        ],
    ),
    needs(
        SERVICE,
        "AddTagsToResource",
        "apply rotate",
        &[Grant::on(
            "elasticache:AddTagsToResource",
            "group node subnet_group parameter_group",
        )],
    ),
    needs(
        SERVICE,
        "RemoveTagsFromResource",
        "apply rotate",
        &[Grant::on(
            "elasticache:RemoveTagsFromResource",
            "group node subnet_group parameter_group",
        )],
    ),
];

/// The ARNs of the names in the table.
pub fn resources(stack: &Stack, config: &Config) -> Resources {
    let service = "elasticache";
    let name = config.name(stack);
    let secret = format!("{}/{}/redis", stack.project, stack.environment);
    let all = Resources::of(stack)
        .regional("group", service, [format!("replicationgroup:{name}")])
        // ElastiCache numbers the nodes of a group.
        .regional("node", service, [format!("cluster:{name}-*")])
        .regional("subnet_group", service, [format!("subnetgroup:{name}")])
        // One for each family: the name ends with it.
        .regional(
            "parameter_group",
            service,
            [format!("parametergroup:{}*", stack.name_of(""))],
        )
        .regional("any_default_group", service, ["parametergroup:default.*"])
        .regional("snapshot", service, [format!("snapshot:{name}-*")])
        .regional("topic", "sns", [stack.name_of(Clients::TOPIC_NAME)])
        // Reads that select by nothing are allowed for all or none.
        .regional("any_group", service, ["replicationgroup:*"])
        .regional("any_node", service, ["cluster:*"])
        .regional("any_subnet_group", service, ["subnetgroup:*"])
        .regional("any_snapshot", service, ["snapshot:*"])
        .kms_key("key", config.kms_key.as_deref())
        .secrets("secret", &[secret])
        // ElastiCache manages none.
        .values("managed_secret", Vec::new())
        // The settings have no key for it.
        .kms_key("secret_key", None)
        .kms_key("log_key", config.log_kms_key.as_deref())
        .values(
            "any_log_delivery",
            config.log_exports.iter().map(|_| "*".to_owned()).collect(),
        )
        .log_groups("log_group", &[format!("{}{name}/*", log_groups::PREFIX)]);
    service_linked_roles(all, &[service_linked_role::ELASTICACHE])
}
