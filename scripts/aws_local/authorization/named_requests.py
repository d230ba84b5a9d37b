"""What IAM checks for a request to a service whose resources have names: the ARNs of all that the request names.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import json
import re

from moto.acm.models import acm_backends
from moto.kms.models import kms_backends
from moto.rds.models import rds_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends

ROLE = re.compile(r"arn:[^:]+:iam::\d+:role/")

# The resource in an ARN by the name of a parameter.
RDS = {
    "DBInstanceIdentifier": "db:{}",
    "SourceDBInstanceIdentifier": "db:{}",
    "TargetDBInstanceIdentifier": "db:{}",
    "DBSubnetGroupName": "subgrp:{}",
    "DBParameterGroupName": "pg:{}",
    "DBSnapshotIdentifier": "snapshot:{}",
    "SubscriptionName": "es:{}",
}
ELASTICACHE = {
    "ReplicationGroupId": "replicationgroup:{}",
    "CacheSubnetGroupName": "subnetgroup:{}",
    "CacheParameterGroupName": "parametergroup:{}",
    "CacheClusterId": "cluster:{}",
    "SnapshotName": "snapshot:{}",
    "FinalSnapshotIdentifier": "snapshot:{}",
}
# The action that tags in a create need besides.
TAGGED_BY = {
    "rds": "rds:AddTagsToResource",
    "elasticache": "elasticache:AddTagsToResource",
    "chatbot": "chatbot:TagResource",
    "logs": "logs:TagResource",
    "secretsmanager": "secretsmanager:TagResource",
    "iam": "iam:TagRole",
    "sns": "sns:TagResource",
    "ssm": "ssm:AddTagsToResource",
    "dynamodb": "dynamodb:TagResource",
    "ecr": "ecr:TagResource",
    "ecs": "ecs:TagResource",
    "cloudwatch": "cloudwatch:TagResource",
    "application-autoscaling": "application-autoscaling:TagResource",
    "elasticloadbalancing": "elasticloadbalancing:AddTags",
}
# The parameter that names what a create of RDS creates, where it names other resources as well.
CREATED_BY = {
    "CreateDBInstance": "DBInstanceIdentifier",
    "CreateDBSnapshot": "DBSnapshotIdentifier",
    "RestoreDBInstanceFromDBSnapshot": "DBInstanceIdentifier",
    "RestoreDBInstanceToPointInTime": "TargetDBInstanceIdentifier",
}
ANY = {
    "acm": {"ListCertificates"},
    "application-autoscaling": {"DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions"},
    "cloudwatch": {"GetMetricData"},
    # Actions without a type of resource, and creates.
    "chatbot": {
        "CreateMicrosoftTeamsChannelConfiguration",
        "CreateSlackChannelConfiguration",
        "DescribeSlackChannelConfigurations",
        "DescribeSlackWorkspaces",
        "ListMicrosoftTeamsChannelConfigurations",
        "ListMicrosoftTeamsConfiguredTeams",
    },
    "ecr": {"GetAuthorizationToken"},
    "ecs": {"DescribeTaskDefinition", "ListTaskDefinitions", "DeregisterTaskDefinition"},
    "elasticloadbalancing": {
        "DescribeListeners",
        "DescribeLoadBalancerAttributes",
        "DescribeLoadBalancers",
        "DescribeRules",
        "DescribeTags",
        "DescribeTargetGroupAttributes",
        "DescribeTargetGroups",
        "DescribeTargetHealth",
    },
    "logs": {"DescribeLogGroups", "GetQueryResults", "StopQuery"},
    "elasticache": {"DescribeCacheEngineVersions"},
    "rds": {
        "DescribeDBEngineVersions",
        "DescribeDBMajorEngineVersions",
        "DescribeOrderableDBInstanceOptions",
        "DescribeDBInstances", "DescribeDBSnapshots", "DescribeDBSubnetGroups", "DescribeDBParameters",
    },
    "route53": {"GET /2013-04-01/hostedzone"},
    "sns": {"Unsubscribe", "GetSubscriptionAttributes", "SetSubscriptionAttributes"},
    "tag": {"GetResources"},
}
SERVICE_LINKED_ROLES = {
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
    "elasticache.amazonaws.com": "AWSServiceRoleForElastiCache",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "management.chatbot.amazonaws.com": "AWSServiceRoleForAWSChatbot",
}
PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}


def _values(call, *names):
    """The values of parameters with one of these names, also as members of a list."""
    return [value for key, value in call.values if value and re.sub(r"(\.member|\.\w*)?\.\d+$", "", key) in names]


def _tags(call):
    """The tags in the request."""
    if call.protocol == "json":
        body = json.loads(call.body or b"{}")
        given = body.get("Tags") or body.get("tags") or []
        if isinstance(given, dict):
            return given
        return {tag.get("Key") or tag.get("key") or tag.get("TagKey"): tag.get("Value") or tag.get("value") for tag in given}
    return {value: "" for key, value in call.values if re.search(r"Tags?(\.\w+)?\.\d+\.Key$", key)}


def _rds(call, arn):
    found = [arn(form.format(value)) for name, form in RDS.items() for value in _values(call, name)]
    return found + _values(call, "ResourceName")


def _elasticache(call, arn):
    found = [arn(form.format(value)) for name, form in ELASTICACHE.items() for value in _values(call, name)]
    everything = {
        "DescribeReplicationGroups": "replicationgroup:*",
        "DescribeCacheClusters": "cluster:*",
        "DescribeCacheSubnetGroups": "subnetgroup:*",
        "DescribeSnapshots": "snapshot:*",
    }
    if not found and call.operation in everything:
        found = [arn(everything[call.operation])]
    return found + _values(call, "ResourceName")


def _elb(call, arn):
    if call.operation == "CreateLoadBalancer":
        return [arn(f"loadbalancer/app/{call.value('Name')}/0")]
    if call.operation == "CreateTargetGroup":
        return [arn(f"targetgroup/{call.value('Name')}/0")]
    names = ["LoadBalancerArn", "ListenerArn", "RuleArn", "ResourceArns"]
    # The actions of a listener or rule name a target group, which IAM does not check.
    if "Listener" not in call.operation and "Rule" not in call.operation:
        names.append("TargetGroupArn")
    return _values(call, *names)


def _iam(call, arn):
    service, name = call.value("AWSServiceName"), call.value("RoleName")
    for known, linked in SERVICE_LINKED_ROLES.items():
        if known == service or linked == name:
            return [arn(f"role/aws-service-role/{known}/{linked}")]
    return [arn(f"role/{name}")] if name else _values(call, "PolicySourceArn")


def _logs(call, arn):
    named = [arn(f"log-group:{name}") for name in _values(call, "logGroupName", "logGroupNames")]
    stream = call.value("logStreamName")
    if stream and call.operation == "GetLogEvents":
        return [arn(f"log-group:{call.value('logGroupName')}:log-stream:{stream}")]
    found = _values(call, "resourceArn", "logGroupIdentifiers", "logGroupIdentifier")
    return named + [one if one.startswith("arn:") else arn(f"log-group:{one}") for one in found]


def _secrets(call, arn):
    names = _values(call, "SecretId", "Name")
    return [one if one.startswith("arn:") else arn(f"secret:{one}-AbCdEf") for one in names]


def _ecs(call, arn):
    body = json.loads(call.body or b"{}")
    cluster = (body.get("cluster") or body.get("clusterName") or "").split("/")[-1]

    def under(kind, name):
        return name if name.startswith("arn:") else arn(f"{kind}/{cluster}/{name}")

    if call.operation in ("CreateCluster", "UpdateClusterSettings", "PutClusterCapacityProviders", "DeleteCluster"):
        return [arn(f"cluster/{cluster}")]
    if call.operation == "DescribeClusters":
        return [one if ":" in one else arn(f"cluster/{one}") for one in body["clusters"]]
    if call.operation == "RegisterTaskDefinition":
        return [arn(f"task-definition/{body['family']}:1")]
    if call.operation in ("RunTask", "DeleteTaskDefinitions"):
        names = body.get("taskDefinitions") or [body["taskDefinition"]]
        return [one if one.startswith("arn:") else arn(f"task-definition/{one}") for one in names]
    if call.operation == "ExecuteCommand":
        return [arn(f"cluster/{cluster}"), under("task", body["task"])]
    if call.operation == "ListTasks":
        return []
    if "Tasks" in call.operation or call.operation == "StopTask":
        return [under("task", one) for one in body.get("tasks") or [body["task"]]]
    names = [body.get("service") or body.get("serviceName"), *body.get("services", [])]
    found = [under("service", name) for name in names if name]
    for key, kind in (("serviceDeploymentArns", ""), ("serviceRevisionArns", ""), ("serviceDeploymentArn", "")):
        given = body.get(key) or []
        found += [given] if isinstance(given, str) else given
    return found + ([body["resourceArn"]] if "resourceArn" in body else [])


def _acm(call, arn):
    return _values(call, "CertificateArn")


def _cloudwatch(call, arn):
    account = arn("").split(":")[4]
    boards = _values(call, "DashboardName", "DashboardNames")
    found = [f"arn:aws:cloudwatch::{account}:dashboard/{name}" for name in boards]
    found += [arn(f"alarm:{name}") for name in _values(call, "AlarmName", "AlarmNames")]
    found += _values(call, "ResourceARN")
    return found or [arn("alarm:*")]


def _route53(call, arn):
    zone = re.search(r"/hostedzone/([^/]+)", call.path)
    change = re.search(r"/change/([^/]+)", call.path)
    if change:
        return [f"arn:aws:route53:::change/{change[1]}"]
    return [f"arn:aws:route53:::hostedzone/{zone[1]}"] if zone else []


def _ssm(call, arn):
    if call.operation == "StartSession":
        _, _, _, region, account, _ = arn("").split(":")
        cluster, task, _ = call.value("Target").removeprefix("ecs:").rsplit("_", 2)
        document = f"arn:aws:ssm:{region}::document/{call.value('DocumentName')}"
        return [f"arn:aws:ecs:{region}:{account}:task/{cluster}/{task}", document]
    names = _values(call, "Name", "Names", "ResourceId")
    # A secret that is read through Parameter Store, and a parameter of the tests in another path, keep their form.
    return [arn(f"parameter/{name.lstrip('/')}") if not name.startswith("arn:") else name for name in names]


RESOURCES = {
    "acm": _acm,
    "application-autoscaling": lambda call, arn: [arn("scalable-target/0ec51234")],
    "chatbot": lambda call, arn: _values(call, "ChatConfigurationArn", "ResourceARN"),
    "cloudwatch": _cloudwatch,
    "dynamodb": lambda call, arn: [arn(f"table/{name}") for name in _values(call, "TableName")]
    + _values(call, "ResourceArn"),
    "ecr": lambda call, arn: [
        arn(f"repository/{name}") for name in _values(call, "repositoryName", "repositoryNames")
    ]
    + _values(call, "resourceArn"),
    "ecs": _ecs,
    "elasticache": _elasticache,
    "elasticloadbalancing": _elb,
    "iam": _iam,
    "logs": _logs,
    "rds": _rds,
    "route53": _route53,
    "secretsmanager": _secrets,
    "sns": lambda call, arn: [arn(name) for name in _values(call, "Name")]
    + _values(call, "TopicArn", "ResourceArn"),
    "ssm": _ssm,
}
GLOBAL = {"chatbot", "iam"}
# What a call to Secrets Manager does with the secret's own key.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
WRITES_SECRET = ("GenerateDataKey", "Decrypt")
KEY_OF_SECRET = {
    "CreateSecret": WRITES_SECRET,
    "PutSecretValue": WRITES_SECRET,
    "UpdateSecret": ("Encrypt", *WRITES_SECRET),
    "GetSecretValue": ("Decrypt",),
}
# What the services do with the key of a new resource on behalf of their caller.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/at-rest-encryption.html
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
GRANTED = ("CreateGrant", "DescribeKey")
KEY_OF_RESOURCE = {
    ("ecr", "CreateRepository"): (*GRANTED, "RetireGrant"),
    ("elasticache", "CreateReplicationGroup"): GRANTED,
    ("logs", "AssociateKmsKey"): ("DescribeKey", "GenerateDataKey", "Decrypt"),
    ("logs", "CreateLogGroup"): ("DescribeKey", "GenerateDataKey", "Decrypt"),
    ("rds", "CreateDBInstance"): GRANTED,
    ("rds", "RestoreDBInstanceFromDBSnapshot"): GRANTED,
    ("rds", "RestoreDBInstanceToPointInTime"): GRANTED,
    ("sns", "Publish"): ("Decrypt", "GenerateDataKey"),
}


def _context(service, call, resource, account, region):
    context = {}
    if service == "acm":
        context |= {f"aws:RequestTag/{key}": value for key, value in _tags(call).items()}
        bundle = acm_backends[account][region]._certificates.get(resource)
        tags = bundle and bundle.tags or {}
        context |= {f"aws:ResourceTag/{key}": value for key, value in dict(tags).items()}
    if service == "dynamodb" and call.operation in ("GetItem", "PutItem"):
        body = json.loads(call.body)
        context["dynamodb:LeadingKeys"] = [(body.get("Key") or body["Item"])["LockID"]["S"]]
    if service == "ecs" and call.value("cluster"):
        cluster = call.value("cluster")
        named = cluster if cluster.startswith("arn:") else f"arn:aws:ecs:{region}:{account}:cluster/{cluster}"
        context["ecs:cluster"] = named
    if service == "iam":
        for key, name in (("iam:AWSServiceName", "AWSServiceName"), ("iam:PolicyARN", "PolicyArn")):
            if call.value(name):
                context[key] = call.value(name)
    if service == "route53":
        names = re.findall(rb"<Name>([^<]*)</Name>", call.body)
        normal = [name.decode().rstrip(".").lower().replace("*", "\\052") for name in names]
        context["route53:ChangeResourceRecordSetsNormalizedRecordNames"] = normal
    return context


def _key_of_existing(service, call, account, region):
    """The key of what a call restores from or publishes to."""
    if service == "sns":
        topic = sns_backends[account][region].topics.get(call.value("TopicArn"))
        return topic and topic.kms_master_key_id
    if service != "rds":
        return None
    backend = rds_backends[account][region]
    snapshot = backend.database_snapshots.get(call.value("DBSnapshotIdentifier"))
    source = snapshot or backend.databases.get(call.value("SourceDBInstanceIdentifier"))
    return source and source.kms_key_id


def _key_checks(service, call, account, region):
    """The checks of the KMS key that a call uses with its caller's permissions."""
    key = call.value("KmsKeyId") or call.value("kmsKeyId") or call.value("kmsKey")
    actions = KEY_OF_RESOURCE.get((service, call.operation), ())
    if actions and not key:
        key = _key_of_existing(service, call, account, region)
    if service == "secretsmanager":
        actions = KEY_OF_SECRET.get(call.operation, ())
        name = call.value("SecretId")
        secrets = secretsmanager_backends[account][region].secrets
        if not key and name and name in secrets:
            key = secrets[name].kms_key_id
    if not key or "alias/aws/" in key:
        return []
    known = kms_backends[account][region].keys.get(key.split("/")[-1])
    # Everybody may use AWS's own keys through their services.
    if known and any(alias.startswith("alias/aws/") for alias in known.aliases):
        return []
    arn = key if key.startswith("arn:") else f"arn:aws:kms:{region}:{account}:key/{key}"
    via = {"kms:ViaService": f"{service}.{region}.amazonaws.com"}
    return [(f"kms:{action}", arn, via) for action in actions]


def required(call, account, region):
    """The action, resource and context of each check; none for an operation that everybody may call."""
    service = PREFIXES.get(call.service, call.service)
    if service == "sts":
        return []
    place = "" if service in GLOBAL else region

    def arn(resource):
        return f"arn:aws:{service}:{place}:{account}:{resource}"

    operation = call.operation
    action = f"{service}:{'ListHostedZones' if operation.endswith('hostedzone') else operation}"
    resources = [] if operation in ANY.get(service, ()) else RESOURCES.get(service, lambda *_: [])(call, arn)
    checks = [
        (action, resource, _context(service, call, resource, account, region)) for resource in resources or ["*"]
    ]
    checks += _key_checks(service, call, account, region)
    tagging = TAGGED_BY.get(service)
    if tagging and _tags(call) and operation.startswith(("Create", "Register", "Run", "Put", "Restore", "Copy")):
        target = resources[0] if resources else "*"
        if service == "chatbot":
            kind = "slack-channel" if "Slack" in operation else "microsoft-teams-channel"
            target = arn(f"chat-configuration/{kind}/{call.value('ConfigurationName')}")
        if operation in CREATED_BY:
            name = CREATED_BY[operation]
            target = arn(RDS[name].format(call.value(name)))
        if operation == "CreateSnapshot":
            target = arn(f"snapshot:{call.value('SnapshotName')}")
        if operation == "RunTask":
            target = arn(f"task/{call.value('cluster').split('/')[-1]}/0")
        if operation == "CreateListener":
            target = resources[0].replace(":loadbalancer/", ":listener/") + "/0"
        if operation == "CreateRule":
            target = resources[0].replace(":listener/", ":listener-rule/") + "/0"
        checks.append((tagging, target, {}))
    if operation == "DeleteDBInstance" and call.value("FinalDBSnapshotIdentifier"):
        snapshot = arn(f"snapshot:{call.value('FinalDBSnapshotIdentifier')}")
        checks += [("rds:CreateDBSnapshot", one, {}) for one in (resources[0], snapshot)]
    if service == "chatbot" and call.value("IamRoleArn"):
        passed = {"iam:PassedToService": "chatbot.amazonaws.com"}
        checks.append(("iam:PassRole", call.value("IamRoleArn"), passed))
    if operation in ("RegisterTaskDefinition", "RunTask"):
        passed = {value for _, value in call.values if isinstance(value, str) and ROLE.match(value)}
        checks += [("iam:PassRole", one, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}) for one in sorted(passed)]
    return checks
