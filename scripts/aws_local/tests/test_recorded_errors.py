"""Errors as AWS was recorded to answer them: code, status and message of each."""

import json

from botocore.exceptions import ClientError

from aws_local.tests.case import Case, client

BUCKET, BLOCKED, ABSENT = "recorded-errors", "recorded-errors-blocked", "recorded-errors-absent"
ARN = "arn:aws:sns:us-east-1:123456789012:absent"
NO_ARN = " Reason: An ARN must have at least 6 elements, not 1"
NO_BUCKET = "The specified bucket does not exist"
MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema"
NAME = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
PUBLIC = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::recorded-errors-blocked/*"}]})
DELETED = "You can't perform this operation on the secret because it was marked for deletion."

# Service, method, arguments (names in capitals are those of World), code, status, message (what is in braces varies).
ROWS = [
    ("cloudwatch", "put_dashboard", {"DashboardName": "a b", "DashboardBody": "{}"}, "InvalidParameterValue", 400,
     "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and "
     "underscore (_).\n"),
    ("ec2", "authorize_security_group_ingress",
     {"GroupId": "GROUP", "IpPermissions": [
         {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
     "InvalidPermission.Duplicate", 400,
     'the specified rule "peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW" already exists'),
    ("ec2", "create_tags", {"Resources": [], "Tags": [{"Key": "a", "Value": "b"}]}, "MissingParameter", 400,
     "The request must contain the parameter resourceIdSet"),
    ("ec2", "delete_internet_gateway", {"InternetGatewayId": "GATEWAY"}, "DependencyViolation", 400,
     "The internetGateway '{}' has dependencies and cannot be deleted."),
    ("ec2", "delete_security_group", {"GroupId": "sg-22992c53"}, "InvalidGroup.NotFound", 400,
     "The security group 'sg-22992c53' does not exist"),
    ("ec2", "delete_subnet", {"SubnetId": "subnet-056d542a687f866ee"}, "InvalidSubnetID.NotFound", 400,
     "The subnet ID 'subnet-056d542a687f866ee' does not exist"),
    ("ec2", "delete_subnet", {"SubnetId": "SUBNET"}, "DependencyViolation", 400,
     "The subnet '{}' has dependencies and cannot be deleted."),
    ("ec2", "describe_addresses", {"AllocationIds": ["eipalloc-2da7a824"]}, "InvalidAllocationID.NotFound", 400,
     "The allocation ID 'eipalloc-2da7a824' does not exist"),
    ("ec2", "describe_internet_gateways", {"InternetGatewayIds": ["igw-5bce113f"]}, "InvalidInternetGatewayID.NotFound",
     400, "The internetGateway ID 'igw-5bce113f' does not exist"),
    ("ec2", "describe_network_interfaces", {"NetworkInterfaceIds": ["eni-d834cdcf"]}, "InvalidNetworkInterfaceID.NotFound",
     400, "The networkInterface ID 'eni-d834cdcf' does not exist"),
    ("ec2", "describe_security_groups", {"GroupIds": ["sg-22992c53"]}, "InvalidGroup.NotFound", 400,
     "The security group 'sg-22992c53' does not exist"),
    ("ec2", "describe_subnets", {"SubnetIds": ["subnet-06261c743949f093d"]}, "InvalidSubnetID.NotFound", 400,
     "The subnet ID 'subnet-06261c743949f093d' does not exist"),
    ("ec2", "release_address", {"AllocationId": "eipalloc-bbaf95b2"}, "InvalidAllocationID.NotFound", 400,
     "The allocation ID 'eipalloc-bbaf95b2' does not exist"),
    ("ecr", "get_lifecycle_policy", {"repositoryName": "c7n"}, "LifecyclePolicyNotFoundException", 400,
     "Lifecycle policy does not exist for the repository with name 'c7n' in the registry with id '123456789012'"),
    ("elbv2", "delete_load_balancer", {"LoadBalancerArn": "BALANCER"}, "OperationNotPermitted", 400,
     "Load balancer '{}' cannot be deleted because deletion protection is enabled"),
    ("iam", "attach_role_policy", {"RoleName": "role", "PolicyArn": "longer than twenty letters"}, "ValidationError", 400,
     None),
    ("iam", "attach_role_policy", {"RoleName": "role", "PolicyArn": "arn:aws:iam::123456789012:policy/absent"},
     "NoSuchEntity", 404, "Policy arn:aws:iam::123456789012:policy/absent does not exist or is not attachable."),
    ("iam", "create_role", {"RoleName": "other", "AssumeRolePolicyDocument": "{"}, "MalformedPolicyDocument", 400,
     "This policy contains invalid Json"),
    ("iam", "delete_role", {"RoleName": "AWSServiceRoleForECS"}, "UnmodifiableEntity", 400,
     "Cannot perform the operation on the protected role 'AWSServiceRoleForECS' - this role is only modifiable by AWS"),
    ("iam", "detach_role_policy", {"RoleName": "role", "PolicyArn": "arn:aws:iam::aws:policy/AbsentPolicy"},
     "NoSuchEntity", 404, "Policy arn:aws:iam::aws:policy/AbsentPolicy was not found."),
    ("iam", "get_role", {"RoleName": "absent"}, "NoSuchEntity", 404, "The role with name absent cannot be found."),
    ("iam", "get_role_policy", {"RoleName": "role", "PolicyName": "absent"}, "NoSuchEntity", 404,
     "The role policy with name absent cannot be found."),
    ("logs", "create_log_group", {"logGroupName": "group"}, "ResourceAlreadyExistsException", 400,
     "The specified log group already exists"),
    ("logs", "delete_log_group", {"logGroupName": "absent"}, "ResourceNotFoundException", 400,
     "The specified log group does not exist."),
    ("logs", "describe_log_groups", {"logGroupNamePrefix": "aaa", "logGroupNamePattern": "aaa"},
     "InvalidParameterException", 400, "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."),
    ("logs", "describe_log_streams", {"logGroupName": "group", "logGroupIdentifier": "group"}, "ValidationException", 400,
     "LogGroup name and LogGroup ARN are mutually exclusive parameters."),
    ("logs", "get_log_events", {"logGroupName": "group", "logStreamName": "stream", "nextToken": "wrong"},
     "InvalidParameterException", 400, "The specified nextToken is invalid."),
    ("logs", "get_log_events", {"logGroupName": "absent", "logStreamName": "stream"}, "ResourceNotFoundException", 400,
     "The specified log group does not exist."),
    ("rds", "describe_db_instances", {"DBInstanceIdentifier": "mxtest"}, "DBInstanceNotFound", 404,
     "DBInstance mxtest not found."),
    ("s3", "abort_multipart_upload", {"Bucket": BUCKET, "Key": "a", "UploadId": "fakeid"}, "NoSuchUpload", 404,
     "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
     "completed."),
    ("s3", "create_bucket",
     {"Bucket": ABSENT, "CreateBucketConfiguration": {"LocationConstraint": "nowhere"}}, "InvalidLocationConstraint", 400,
     "The specified location-constraint is not valid"),
    ("s3", "delete_bucket", {"Bucket": ABSENT}, "NoSuchBucket", 404, NO_BUCKET),
    ("s3", "delete_bucket", {"Bucket": BUCKET}, "BucketNotEmpty", 409,
     "The bucket you tried to delete is not empty. You must delete all versions in the bucket."),
    ("s3", "delete_objects", {"Bucket": ABSENT, "Delete": {"Objects": [{"Key": "a"}]}}, "NoSuchBucket", 404, NO_BUCKET),
    ("s3", "get_bucket_cors", {"Bucket": BUCKET}, "NoSuchCORSConfiguration", 404, "The CORS configuration does not exist"),
    ("s3", "get_bucket_encryption", {"Bucket": ABSENT}, "NoSuchBucket", 404, NO_BUCKET),
    ("s3", "get_bucket_lifecycle_configuration", {"Bucket": BUCKET}, "NoSuchLifecycleConfiguration", 404,
     "The lifecycle configuration does not exist"),
    ("s3", "get_bucket_policy", {"Bucket": BUCKET}, "NoSuchBucketPolicy", 404, "The bucket policy does not exist"),
    ("s3", "get_bucket_tagging", {"Bucket": BUCKET}, "NoSuchTagSet", 404, "The TagSet does not exist"),
    ("s3", "get_bucket_tagging", {"Bucket": ABSENT}, "NoSuchBucket", 404, NO_BUCKET),
    ("s3", "get_bucket_versioning", {"Bucket": ABSENT}, "NoSuchBucket", 404, NO_BUCKET),
    ("s3", "get_object", {"Bucket": ABSENT, "Key": "a"}, "NoSuchBucket", 404, NO_BUCKET),
    ("s3", "get_object", {"Bucket": BUCKET, "Key": "absent"}, "NoSuchKey", 404, "The specified key does not exist."),
    ("s3", "head_bucket", {"Bucket": ABSENT}, "404", 404, "Not Found"),
    ("s3", "head_object", {"Bucket": BUCKET, "Key": "absent"}, "404", 404, "Not Found"),
    ("s3", "list_object_versions", {"Bucket": ABSENT}, "NoSuchBucket", 404, NO_BUCKET),
    ("s3", "list_object_versions", {"Bucket": BUCKET, "VersionIdMarker": "x"}, "InvalidArgument", 400,
     "A version-id marker cannot be specified without a key marker."),
    ("s3", "put_bucket_cors",
     {"Bucket": BUCKET, "CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["MYMETHOD"], "AllowedOrigins": ["*"]}]}},
     "InvalidRequest", 400, "Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD"),
    ("s3", "put_bucket_encryption",
     {"Bucket": ABSENT, "ServerSideEncryptionConfiguration": {"Rules": [
         {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}, "NoSuchBucket", 404, NO_BUCKET),
    ("s3", "put_bucket_encryption",
     {"Bucket": BUCKET, "ServerSideEncryptionConfiguration": {"Rules": []}}, "MalformedXML", 400, MALFORMED),
    ("s3", "put_bucket_encryption",
     {"Bucket": BUCKET, "ServerSideEncryptionConfiguration": {"Rules": [
         {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "alias/x"}}]}},
     "InvalidArgument", 400,
     "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"),
    ("s3", "put_bucket_ownership_controls",
     {"Bucket": BUCKET, "OwnershipControls": {"Rules": [{"ObjectOwnership": "Nobody"}]}}, "MalformedXML", 400, MALFORMED),
    ("s3", "put_bucket_policy", {"Bucket": BUCKET, "Policy": "no JSON"}, "MalformedPolicy", 400,
     "Policies must be valid JSON and the first byte must be '{'"),
    ("s3", "put_bucket_policy", {"Bucket": BLOCKED, "Policy": PUBLIC}, "AccessDenied", 403, "Access Denied"),
    ("s3", "put_bucket_tagging", {"Bucket": ABSENT, "Tagging": {"TagSet": []}}, "NoSuchBucket", 404, NO_BUCKET),
    ("s3", "put_bucket_tagging",
     {"Bucket": BUCKET, "Tagging": {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}}, "InvalidTag",
     400, "Cannot provide multiple Tags with the same key"),
    ("s3", "put_bucket_versioning", {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Disabled"}}, "MalformedXML",
     400, MALFORMED),
    ("s3", "put_bucket_versioning", {"Bucket": BUCKET, "VersioningConfiguration": {}},
     "IllegalVersioningConfigurationException", 400, "The Versioning element must be specified"),
    ("s3", "put_bucket_versioning", {"Bucket": ABSENT, "VersioningConfiguration": {"Status": "Enabled"}}, "NoSuchBucket",
     404, NO_BUCKET),
    ("s3", "put_public_access_block", {"Bucket": BUCKET, "PublicAccessBlockConfiguration": {}}, "InvalidRequest", 400,
     "Must specify at least one configuration."),
    ("secretsmanager", "create_secret", {"Name": "leaving", "SecretString": "a"}, "InvalidRequestException", 400,
     "You can't create this secret because a secret with this name is already scheduled for deletion."),
    ("secretsmanager", "create_secret", {"Name": "a b", "SecretString": "a"}, "ValidationException", 400, NAME),
    ("secretsmanager", "create_secret", {"Name": "secret", "SecretString": "a"}, "ResourceExistsException", 400,
     "The operation failed because the secret secret already exists."),
    ("secretsmanager", "describe_secret", {"SecretId": "absent"}, "ResourceNotFoundException", 400,
     "Secrets Manager can't find the specified secret."),
    ("secretsmanager", "get_secret_value", {"SecretId": "absent"}, "ResourceNotFoundException", 400,
     "Secrets Manager can't find the specified secret."),
    ("secretsmanager", "tag_resource", {"SecretId": "leaving", "Tags": [{"Key": "a", "Value": "b"}]},
     "InvalidRequestException", 400, DELETED),
    ("secretsmanager", "untag_resource", {"SecretId": "leaving", "TagKeys": ["a"]}, "InvalidRequestException", 400,
     DELETED),
    ("sns", "create_topic", {"Name": "topic", "Tags": [{"Key": "a", "Value": "b"}]}, "InvalidParameter", 400,
     "Invalid parameter: Tags Reason: Topic already exists with different tags"),
    ("sns", "get_subscription_attributes", {"SubscriptionArn": f"{ARN}:8fd2a6c0-8a9f-4b1e-9c42-6f0f2b7ad001"}, "NotFound",
     404, "Subscription does not exist"),
    ("sns", "get_topic_attributes", {"TopicArn": ARN}, "NotFound", 404, "Topic does not exist"),
    ("sns", "get_topic_attributes", {"TopicArn": "topic"}, "InvalidParameter", 400, f"Invalid parameter: TopicArn{NO_ARN}"),
    ("sns", "publish", {"TopicArn": ARN, "Message": "a"}, "NotFound", 404, "Topic does not exist"),
    ("sns", "subscribe", {"TopicArn": ARN, "Protocol": "email", "Endpoint": "a@example.com"}, "NotFound", 404,
     "Topic does not exist"),
    ("sns", "tag_resource", {"ResourceArn": "TOPIC", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]},
     "InvalidParameter", 400, "Invalid parameter: Duplicated keys are not allowed."),
    ("sns", "unsubscribe", {"SubscriptionArn": "topic"}, "InvalidParameter", 400,
     f"Invalid parameter: SubscriptionArn{NO_ARN}"),
    ("ssm", "delete_parameter", {"Name": "absent"}, "ParameterNotFound", 400, None),
]


class World:
    """What the calls name."""

    def __init__(self, case):
        ec2, elb = case.ec2, client("elbv2")
        client("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.GATEWAY = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.GATEWAY, VpcId=vpc)
        subnets = []
        for zone, block in (("us-east-1a", "10.0.0.0/24"), ("us-east-1b", "10.0.1.0/24")):
            made = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
            subnets.append(made["Subnet"]["SubnetId"])
        self.SUBNET = subnets[0]
        self.GROUP = case.group(vpc, "group")
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ec2.authorize_security_group_ingress(GroupId=self.GROUP, IpPermissions=[rule])
        made = elb.create_load_balancer(Name="one", Subnets=subnets)["LoadBalancers"][0]
        self.BALANCER = made["LoadBalancerArn"]
        protection = {"Key": "deletion_protection.enabled", "Value": "true"}
        elb.modify_load_balancer_attributes(LoadBalancerArn=self.BALANCER, Attributes=[protection])
        client("ecr").create_repository(repositoryName="c7n")
        client("logs").create_log_group(logGroupName="group")
        client("logs").create_log_stream(logGroupName="group", logStreamName="stream")
        case.s3.create_bucket(Bucket=BUCKET)
        case.s3.create_bucket(Bucket=BLOCKED)
        switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        blocked = dict.fromkeys(switches, True)
        case.s3.put_public_access_block(Bucket=BLOCKED, PublicAccessBlockConfiguration=blocked)
        case.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        case.s3.put_object(Bucket=BUCKET, Key="a", Body=b"a")
        for name in ("secret", "leaving"):
            client("secretsmanager").create_secret(Name=name, SecretString="a")
        client("secretsmanager").delete_secret(SecretId="leaving")
        self.TOPIC = client("sns").create_topic(Name="topic")["TopicArn"]

    def named(self, arguments):
        known = {name: value for name, value in vars(self).items()}
        return {key: known.get(value, value) if isinstance(value, str) else value for key, value in arguments.items()}


class RecordedErrors(Case):
    def test_code_status_and_message_are_those_of_aws(self):
        world = World(self)
        for service, method, arguments, code, status, message in ROWS:
            with self.subTest(service=service, method=method, code=code):
                try:
                    getattr(client(service), method)(**world.named(arguments))
                except ClientError as error:
                    answer = error.response
                else:
                    self.fail("accepted")
                got = answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]
                self.assertEqual(got, (code, status), answer["Error"]["Message"])
                if message is not None:
                    before, _, after = message.partition("{}")
                    text = answer["Error"]["Message"]
                    self.assertTrue(text.startswith(before) and text.endswith(after), text)
