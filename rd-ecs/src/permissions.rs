//! What IAM asks for the calls of rd-ecs.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html>

use crate::config::Config;
use crate::names;
use rd_common::Stack;
use rd_common::permissions::{Call, Condition, Grant, Resources, needs};
use rd_iam::permissions::service_linked_roles;
use rd_iam::service_linked_role;

const ECS: &str = "ECS";
const ECR: &str = "ECR";
const SSM: &str = "SSM";
const SCALING: &str = "Application Auto Scaling";

/// The name under which the calls of the registry's own API are listed. The SDK knows nothing of them.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html#registry_auth_http>
pub const REGISTRY: &str = "ECR registry";

/// Both roles of the tasks are passed to ECS.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
const PASS_ROLES: Grant = Grant::on("iam:PassRole", "role").when(Condition::Is(
    "StringEquals",
    "iam:PassedToService",
    "ecs-tasks.amazonaws.com",
));

/// What Application Auto Scaling does with the service and its alarms for its caller.
/// <https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html>
const ALARMS: Grant = Grant::on(
    "cloudwatch:PutMetricAlarm cloudwatch:DescribeAlarms cloudwatch:DeleteAlarms",
    "scaling_alarm",
);

/// The calls of this program.
pub const CALLS: &[Call] = &[
    // What exists, whatever its name.
    needs(
        ECS,
        "ListClusters",
        "~scan",
        &[Grant::any("ecs:ListClusters")],
    ),
    needs(
        ECS,
        "ListServices",
        "~scan",
        &[Grant::any("ecs:ListServices")],
    ),
    needs(
        ECS,
        "DescribeClusters",
        "~scan",
        &[Grant::any("ecs:DescribeClusters")],
    ),
    needs(
        ECS,
        "DescribeServices",
        "~scan",
        &[Grant::any("ecs:DescribeServices")],
    ),
    needs(
        ECR,
        "DescribeRepositories",
        "~scan",
        &[Grant::any("ecr:DescribeRepositories")],
    ),
    needs(
        ECS,
        "DescribeClusters",
        "plan verify diagnose deploy restart rollback run wait exec forward",
        &[Grant::on("ecs:DescribeClusters", "cluster")],
    ),
    needs(
        ECS,
        "DescribeServices",
        "*",
        &[Grant::on("ecs:DescribeServices", "service")],
    ),
    needs(
        ECS,
        "DescribeTaskDefinition",
        "*",
        &[Grant::any("ecs:DescribeTaskDefinition")],
    ),
    needs(
        ECS,
        "ListTaskDefinitions",
        "*",
        &[Grant::any("ecs:ListTaskDefinitions")],
    ),
    needs(
        ECS,
        "ListTagsForResource",
        "plan",
        &[Grant::on(
            "ecs:ListTagsForResource",
            "cluster service task_definition",
        )],
    ),
    needs(
        ECS,
        "ListServiceDeployments",
        "apply deploy rollback restart run wait diagnose verify exec forward",
        &[Grant::on("ecs:ListServiceDeployments", "service")],
    ),
    needs(
        ECS,
        "DescribeServiceDeployments",
        "apply deploy rollback restart run wait diagnose verify exec forward",
        &[Grant::on("ecs:DescribeServiceDeployments", "service")],
    ),
    needs(
        ECS,
        "DescribeServiceRevisions",
        "apply deploy rollback restart run wait diagnose revisions verify exec forward",
        &[Grant::on("ecs:DescribeServiceRevisions", "service")],
    ),
    needs(
        ECS,
        "StopServiceDeployment",
        "deploy restart rollback run wait",
        &[Grant::on("ecs:StopServiceDeployment", "service")],
    ),
    // A list is about the cluster, which IAM checks as a condition.
    needs(
        ECS,
        "ListTasks",
        "*",
        &[Grant::any("ecs:ListTasks").when(Condition::Of("ArnEquals", "ecs:cluster", "cluster"))],
    ),
    needs(
        ECS,
        "DescribeTasks",
        "*",
        &[Grant::on("ecs:DescribeTasks", "task")],
    ),
    needs(
        ECS,
        "CreateCluster",
        "apply",
        &[Grant::on("ecs:CreateCluster ecs:TagResource", "cluster")],
    ),
    needs(
        ECS,
        "UpdateClusterSettings",
        "apply",
        &[Grant::on("ecs:UpdateClusterSettings", "cluster")],
    ),
    needs(
        ECS,
        "PutClusterCapacityProviders",
        "apply",
        &[Grant::on("ecs:PutClusterCapacityProviders", "cluster")],
    ),
    needs(
        ECS,
        "DeleteCluster",
        "apply",
        &[Grant::on("ecs:DeleteCluster", "cluster")],
    ),
    needs(
        ECS,
        "RegisterTaskDefinition",
        "apply deploy rollback run",
        &[
            Grant::on(
                "ecs:RegisterTaskDefinition ecs:TagResource",
                "task_definition",
            ),
            PASS_ROLES,
        ],
    ),
    needs(
        ECS,
        "DeregisterTaskDefinition",
        "apply deploy rollback run",
        &[Grant::any("ecs:DeregisterTaskDefinition")],
    ),
    needs(
        ECS,
        "DeleteTaskDefinitions",
        "apply deploy rollback run",
        &[Grant::on("ecs:DeleteTaskDefinitions", "task_definition")],
    ),
    needs(
        ECS,
        "CreateService",
        "apply",
        &[Grant::on("ecs:CreateService ecs:TagResource", "service")],
    ),
    needs(
        ECS,
        "UpdateService",
        "apply deploy rollback restart scale",
        &[Grant::on("ecs:UpdateService", "service")],
    ),
    needs(
        ECS,
        "DeleteService",
        "apply",
        &[Grant::on("ecs:DeleteService", "service")],
    ),
    needs(
        ECS,
        "RunTask",
        "run",
        &[
            Grant::on("ecs:RunTask", "task_definition"),
            Grant::on("ecs:TagResource", "task"),
            PASS_ROLES,
        ],
    ),
    needs(
        ECS,
        "StopTask",
        "apply run stop",
        &[Grant::on("ecs:StopTask", "task")],
    ),
    needs(
        ECS,
        "ExecuteCommand",
        "exec",
        &[Grant::on("ecs:ExecuteCommand", "cluster task")],
    ),
    // A container is a task to IAM.
    // <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html>
    needs(
        SSM,
        "StartSession",
        "forward",
        &[Grant::on("ssm:StartSession", "task forwarding_document")],
    ),
    needs(
        ECS,
        "TagResource",
        "apply deploy rollback",
        &[Grant::on(
            "ecs:TagResource",
            "cluster service task_definition",
        )],
    ),
    needs(
        ECS,
        "UntagResource",
        "apply deploy rollback",
        &[Grant::on(
            "ecs:UntagResource",
            "cluster service task_definition",
        )],
    ),
    needs(
        ECR,
        "DescribeRepositories",
        "plan images",
        &[Grant::on("ecr:DescribeRepositories", "repository")],
    ),
    needs(
        ECR,
        "GetLifecyclePolicy",
        "plan",
        &[Grant::on("ecr:GetLifecyclePolicy", "repository")],
    ),
    needs(
        ECR,
        "ListTagsForResource",
        "plan",
        &[Grant::on("ecr:ListTagsForResource", "repository")],
    ),
    needs(
        ECR,
        "ListImages",
        "plan apply images deploy diagnose push restart rollback run verify wait exec forward",
        &[Grant::on("ecr:ListImages", "repository")],
    ),
    needs(
        ECR,
        "DescribeImages",
        "plan apply deploy images push revisions rollback run verify diagnose restart wait exec forward promote",
        &[Grant::on("ecr:DescribeImages", "repository")],
    ),
    needs(
        ECR,
        "BatchGetImage",
        "apply deploy images push rollback run verify diagnose restart wait exec forward promote",
        &[Grant::on("ecr:BatchGetImage", "repository")],
    ),
    needs(
        ECR,
        "CreateRepository",
        "apply",
        &[
            Grant::on("ecr:CreateRepository ecr:TagResource", "repository"),
            Grant::on("kms:CreateGrant kms:DescribeKey kms:RetireGrant", "key"),
        ],
    ),
    needs(
        ECR,
        "PutImageScanningConfiguration",
        "apply",
        &[Grant::on("ecr:PutImageScanningConfiguration", "repository")],
    ),
    needs(
        ECR,
        "PutImageTagMutability",
        "apply",
        &[Grant::on("ecr:PutImageTagMutability", "repository")],
    ),
    needs(
        ECR,
        "PutLifecyclePolicy",
        "apply",
        &[Grant::on("ecr:PutLifecyclePolicy", "repository")],
    ),
    needs(
        ECR,
        "BatchDeleteImage",
        "apply deploy",
        &[Grant::on("ecr:BatchDeleteImage", "repository")],
    ),
    needs(
        ECR,
        "DeleteRepository",
        "apply",
        &[Grant::on("ecr:DeleteRepository", "repository")],
    ),
    needs(
        ECR,
        "TagResource",
        "apply",
        &[Grant::on("ecr:TagResource", "repository")],
    ),
    needs(
        ECR,
        "UntagResource",
        "apply",
        &[Grant::on("ecr:UntagResource", "repository")],
    ),
    needs(
        ECR,
        "PutImage",
        "push apply deploy rollback restart promote",
        &[Grant::on("ecr:PutImage", "repository")],
    ),
    needs(
        ECR,
        "GetAuthorizationToken",
        "images login push deploy run verify diagnose restart rollback wait exec forward promote",
        &[Grant::any("ecr:GetAuthorizationToken")],
    ),
    needs(
        REGISTRY,
        "HEAD blob",
        "push promote",
        &[Grant::on("ecr:BatchCheckLayerAvailability", "repository")],
    ),
    needs(
        REGISTRY,
        "POST upload",
        "push promote",
        &[Grant::on("ecr:InitiateLayerUpload", "repository")],
    ),
    needs(
        REGISTRY,
        "PATCH upload",
        "push promote",
        &[Grant::on("ecr:UploadLayerPart", "repository")],
    ),
    needs(
        REGISTRY,
        "PUT upload",
        "push promote",
        &[Grant::on("ecr:CompleteLayerUpload", "repository")],
    ),
    needs(
        REGISTRY,
        "PUT manifest",
        "push",
        &[Grant::on("ecr:PutImage", "repository")],
    ),
    needs(
        REGISTRY,
        "GET manifest",
        "images deploy run verify diagnose restart rollback wait exec forward",
        &[Grant::on("ecr:BatchGetImage", "repository")],
    ),
    needs(
        REGISTRY,
        "GET blob",
        "images deploy run verify diagnose restart rollback wait exec forward",
        &[Grant::on("ecr:GetDownloadUrlForLayer", "repository")],
    ),
    // The image of another environment of the project, and what its service runs. With it, the policy for everything would be
    // longer than IAM allows.
    needs(
        REGISTRY,
        "GET blob",
        "~promote",
        &[
            Grant::on(
                "ecr:BatchGetImage ecr:DescribeImages ecr:GetDownloadUrlForLayer",
                "any_environment_repository",
            ),
            Grant::on("ecs:DescribeServices", "any_environment_service"),
        ],
    ),
    needs(
        SSM,
        "GetParameters",
        "plan deploy run verify diagnose restart rollback wait exec forward",
        &[Grant::on("ssm:GetParameters", "parameter")],
    ),
    needs(
        SSM,
        "ListTagsForResource",
        "plan",
        &[Grant::on("ssm:ListTagsForResource", "parameter")],
    ),
    needs(
        SSM,
        "PutParameter",
        "apply",
        &[Grant::on(
            "ssm:PutParameter ssm:AddTagsToResource",
            "parameter",
        )],
    ),
    needs(
        SSM,
        "AddTagsToResource",
        "apply",
        &[Grant::on("ssm:AddTagsToResource", "parameter")],
    ),
    needs(
        SSM,
        "RemoveTagsFromResource",
        "apply",
        &[Grant::on("ssm:RemoveTagsFromResource", "parameter")],
    ),
    needs(
        SSM,
        "DeleteParameter",
        "apply",
        &[Grant::on("ssm:DeleteParameter", "parameter")],
    ),
    needs(
        SCALING,
        "DescribeScalableTargets",
        "plan deploy scale verify diagnose restart rollback run wait exec forward ~scan",
        &[Grant::any(
            "application-autoscaling:DescribeScalableTargets",
        )],
    ),
    needs(
        SCALING,
        "DescribeScalingPolicies",
        "plan ~scan",
        &[Grant::any(
            "application-autoscaling:DescribeScalingPolicies",
        )],
    ),
    needs(
        SCALING,
        "DescribeScheduledActions",
        "plan ~scan",
        &[Grant::any(
            "application-autoscaling:DescribeScheduledActions",
        )],
    ),
    needs(
        SCALING,
        "ListTagsForResource",
        "plan",
        &[Grant::on(
            "application-autoscaling:ListTagsForResource",
            "scalable_target",
        )],
    ),
    needs(
        SCALING,
        "RegisterScalableTarget",
        "apply deploy rollback restart scale",
        &[
            Grant::on(
                "application-autoscaling:RegisterScalableTarget application-autoscaling:TagResource",
                "scalable_target",
            ),
            Grant::on("ecs:DescribeServices ecs:UpdateService", "service"),
        ],
    ),
    needs(
        SCALING,
        "PutScalingPolicy",
        "apply",
        &[
            Grant::on(
                "application-autoscaling:PutScalingPolicy",
                "scalable_target",
            ),
            ALARMS,
        ],
    ),
    needs(
        SCALING,
        "PutScheduledAction",
        "apply",
        &[Grant::on(
            "application-autoscaling:PutScheduledAction",
            "scalable_target",
        )],
    ),
    needs(
        SCALING,
        "DeleteScalingPolicy",
        "apply",
        &[
            Grant::on(
                "application-autoscaling:DeleteScalingPolicy",
                "scalable_target",
            ),
            ALARMS,
        ],
    ),
    needs(
        SCALING,
        "DeleteScheduledAction",
        "apply",
        &[Grant::on(
            "application-autoscaling:DeleteScheduledAction",
            "scalable_target",
        )],
    ),
    needs(
        SCALING,
        "DeregisterScalableTarget",
        "apply",
        &[Grant::on(
            "application-autoscaling:DeregisterScalableTarget",
            "scalable_target",
        )],
    ),
    needs(
        SCALING,
        "TagResource",
        "apply",
        &[Grant::on(
            "application-autoscaling:TagResource",
            "scalable_target",
        )],
    ),
    needs(
        SCALING,
        "UntagResource",
        "apply",
        &[Grant::on(
            "application-autoscaling:UntagResource",
            "scalable_target",
        )],
    ),
    needs(
        "Elastic Load Balancing v2",
        "DescribeTargetGroups",
        "deploy rollback restart wait verify diagnose apply run exec forward",
        &[Grant::any("elasticloadbalancing:DescribeTargetGroups")],
    ),
    needs(
        "Elastic Load Balancing v2",
        "DescribeTargetHealth",
        "deploy rollback restart wait verify diagnose apply run exec forward",
        &[Grant::any("elasticloadbalancing:DescribeTargetHealth")],
    ),
    needs(
        "Elastic Load Balancing v2",
        "DescribeListeners",
        "verify diagnose deploy restart rollback run wait exec forward",
        &[Grant::any("elasticloadbalancing:DescribeListeners")],
    ),
    needs(
        "Secrets Manager",
        "DescribeSecret",
        "plan verify diagnose deploy restart rollback run wait exec forward",
        &[Grant::on("secretsmanager:DescribeSecret", "secret")],
    ),
    needs(
        "Secrets Manager",
        "GetSecretValue",
        "verify diagnose deploy restart rollback run wait exec forward",
        &[
            Grant::on("secretsmanager:GetSecretValue", "secret"),
            Grant::on("kms:Decrypt", "secret_key").when(Condition::Via("secretsmanager")),
        ],
    ),
    needs(
        "CloudWatch Logs",
        "GetLogEvents",
        "run diagnose deploy restart rollback verify wait exec forward",
        &[Grant::on("logs:GetLogEvents", "log_group")],
    ),
    needs(
        "CloudWatch Logs",
        "DescribeLogGroups",
        "verify diagnose deploy restart rollback run wait exec forward",
        &[Grant::any("logs:DescribeLogGroups")],
    ),
    needs(
        "IAM",
        "GetRole",
        "verify diagnose deploy restart rollback run wait exec forward",
        &[Grant::on("iam:GetRole", "role")],
    ),
    needs(
        "IAM",
        "SimulatePrincipalPolicy",
        "verify diagnose deploy restart rollback run wait exec forward",
        &[Grant::on("iam:SimulatePrincipalPolicy", "role")],
    ),
    // Of any user or role of the account: whose credentials ask is not known here. With names, the policy for everything
    // would be longer than IAM allows.
    needs("IAM", "GetRole", "preflight", &[Grant::any("iam:GetRole")]),
    needs(
        "IAM",
        "SimulatePrincipalPolicy",
        "preflight",
        &[Grant::any("iam:SimulatePrincipalPolicy")],
    ),
];

/// The ARNs of the names in the table.
pub fn resources(stack: &Stack, config: &Config) -> Resources {
    let names = config.names(stack);
    let (cluster, family) = (&names.cluster, &names.family);
    let path = names::parameter_path(stack);
    // A role that the settings name may have a path, which its ARN has, too.
    let named = [
        (&names.execution_role, config.execution_role_name.is_some()),
        (&names.task_role, config.task_role_name.is_some()),
    ];
    let roles = named.into_iter().flat_map(|(name, may_have_path)| {
        let with_path = may_have_path.then(|| format!("role/*/{name}"));
        [format!("role/{name}")].into_iter().chain(with_path)
    });
    let mut policies = config.task_policies.clone();
    policies.push(names::managed_execution(Resources::of(stack).stack()));
    let all = Resources::of(stack)
        .regional("cluster", "ecs", [format!("cluster/{cluster}")])
        // The service with its deployments and revisions, `service-deployment/…` and `service-revision/…`: with an ARN of its
        // own for each, the policy for everything would be longer than IAM allows. The cluster is the stack's alone.
        .regional("service", "ecs", [format!("service*/{cluster}/*")])
        .regional("task", "ecs", [format!("task/{cluster}/*")])
        // Revisions of `run` have a family of their own.
        .regional(
            "task_definition",
            "ecs",
            [format!("task-definition/{family}*:*")],
        )
        .values(
            "forwarding_document",
            vec![names::forwarding_document(Resources::of(stack).stack())],
        )
        .regional(
            "repository",
            "ecr",
            [format!("repository/{}", names.repository)],
        )
        .regional(
            "any_environment_repository",
            "ecr",
            [format!("repository/{}-*-api", stack.project)],
        )
        .regional(
            "any_environment_service",
            "ecs",
            [format!("service/{}-*-cluster/*", stack.project)],
        )
        .regional("parameter", "ssm", [format!("parameter{path}/*")])
        .regional(
            "scalable_target",
            "application-autoscaling",
            ["scalable-target/*"],
        )
        .regional(
            "scaling_alarm",
            "cloudwatch",
            [format!("alarm:TargetTracking-service/{cluster}/*")],
        )
        .global("role", "iam", roles)
        .values("attached_policy", policies)
        .secrets(
            "secret",
            &[format!("{}/{}/*", stack.project, stack.environment)],
        )
        .kms_key("key", config.kms_key.as_deref())
        .values("secret_key", config.decrypt_keys.clone())
        .kms_key("log_key", config.log_kms_key.as_deref())
        .log_groups("log_group", &[names.log_group]);
    service_linked_roles(
        all,
        &[
            service_linked_role::ECS,
            service_linked_role::ECS_AUTOSCALING,
        ],
    )
}
