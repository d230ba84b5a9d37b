//! What AWS's recorded answers mean to the checks: small answers with the members and the forms of the recorded ones.

use super::finding::{Candidate, Finding, Verdict};
use super::look::Look;
use super::*;
use crate::clients::Clients;
use crate::observed::Window;
use crate::owned::{Owned, OwnedResources};
use crate::prices::Prices;
use jiff::Timestamp;
use rd_common::Stack;
use rd_common::aws::Aws;
use rd_testkit::canned::{answering_each, cbor, sdk_config};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::rc::Rc;

/// What a check lists of these answers, on 27 November 2026, for a stack with these resources, each a kind with an id.
async fn listed<B: AsRef<[u8]>>(
    check: Check,
    owned: &[(&str, &str)],
    answers: &[(&str, B)],
) -> Vec<Candidate> {
    let clients = Clients::new(Rc::new(Aws::with(sdk_config(answering_each(answers)))));
    let stack = Stack {
        project: "shop".to_owned(),
        environment: "test".to_owned(),
        region: "us-east-1".to_owned(),
        ..Stack::default()
    };
    let owned = owned.iter().map(|(kind, id)| Owned {
        address: format!("x.{kind}.main"),
        slice: "x".to_owned(),
        kind: (*kind).to_owned(),
        id: (*id).to_owned(),
        spec: json!({"name": "shop-test-api"}),
        since: Timestamp::UNIX_EPOCH,
    });
    let now: Timestamp = "2026-11-27T19:00:00Z".parse().unwrap();
    let look = Look {
        clients: &clients,
        stack: &stack,
        owned: &OwnedResources::of(owned.collect()),
        prices: &Prices::of_region("us-east-1"),
        window: Window::before(now, 14),
        now,
        account: false,
    };
    check.candidates(&look).await.unwrap()
}

/// What is found without numbers.
fn found(candidates: Vec<Candidate>) -> Vec<Finding> {
    let none = Numbers::default();
    let all = candidates.into_iter();
    all.filter_map(|one| (one.judge)(&none)).collect()
}

fn names(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|one| one.resource.as_str()).collect()
}

fn ec2(operation: &str, result: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>1</requestId>\
         {result}</{operation}Response>"
    )
}

fn query(operation: &str, result: &str) -> String {
    format!(
        "<{operation}Response><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{operation}Response>"
    )
}

#[tokio::test]
async fn an_address_without_a_use_lacks_the_members_or_has_them_empty() {
    let item = |id: &str, more: &str| {
        format!(
            "<item><publicIp>203.0.113.4</publicIp><allocationId>{id}</allocationId><domain>vpc</domain>\
             <publicIpv4Pool>amazon</publicIpv4Pool><networkBorderGroup>us-east-1</networkBorderGroup>{more}</item>"
        )
    };
    let items = [
        item(
            "eipalloc-used",
            "<instanceId/><associationId>eipassoc-1</associationId><networkInterfaceId>eni-1</networkInterfaceId>\
             <networkInterfaceOwnerId>644160558196</networkInterfaceOwnerId><privateIpAddress>192.168.0.99</privateIpAddress>",
        ),
        item("eipalloc-bare", ""),
        item(
            "eipalloc-empty",
            "<instanceId></instanceId><associationId></associationId><networkInterfaceId></networkInterfaceId>\
             <tagSet><item><key>Name</key><value>some-name</value></item></tagSet>",
        ),
    ];
    let answer = ec2(
        "DescribeAddresses",
        &format!("<addressesSet>{}</addressesSet>", items.concat()),
    );
    let found = found(listed(Check::Addresses, &[], &[("DescribeAddresses", answer)]).await);
    assert_eq!(names(&found), ["eipalloc-bare", "eipalloc-empty"]);
    assert_eq!(found[0].usd_month, Some(Decimal::new(365, 2)));
    assert_eq!(found[0].why, "203.0.113.4 is not associated");
}

#[tokio::test]
async fn nat_gateways_and_endpoints_are_known_to_cloudwatch_by_their_dimensions() {
    let gateways = ec2(
        "DescribeNatGateways",
        "<natGatewaySet><item><createTime>2022-05-30T07:06:33.000Z</createTime><natGatewayAddressSet><item>\
         <allocationId>eipalloc-1</allocationId><networkInterfaceId>eni-1</networkInterfaceId>\
         <privateIp>10.0.1.169</privateIp><publicIp>203.0.113.1</publicIp></item></natGatewayAddressSet>\
         <natGatewayId>nat-1</natGatewayId><state>available</state><subnetId>subnet-1</subnetId>\
         <vpcId>vpc-1</vpcId><connectivityType>public</connectivityType></item></natGatewaySet>",
    );
    let endpoint = |id: &str, kind: &str, vpc: &str, subnets: &str| {
        format!(
            "<item><vpcEndpointId>{id}</vpcEndpointId><vpcEndpointType>{kind}</vpcEndpointType><vpcId>{vpc}</vpcId>\
             <serviceName>com.amazonaws.us-east-1.logs</serviceName><state>available</state><routeTableIdSet/>\
             <subnetIdSet>{subnets}</subnetIdSet><privateDnsEnabled>true</privateDnsEnabled>\
             <requesterManaged>false</requesterManaged><creationTimestamp>2023-08-30T13:49:28.000Z</creationTimestamp>\
             <ownerId>644160558196</ownerId></item>"
        )
    };
    let two = "<item>subnet-1</item><item>subnet-2</item>";
    let endpoints = [
        endpoint("vpce-1", "Interface", "vpc-1", two),
        // No NAT gateway is next to it: it is the only way.
        endpoint("vpce-2", "Interface", "vpc-2", two),
        endpoint("vpce-3", "Gateway", "vpc-1", ""),
    ];
    let endpoints = ec2(
        "DescribeVpcEndpoints",
        &format!("<vpcEndpointSet>{}</vpcEndpointSet>", endpoints.concat()),
    );
    let answers = [
        ("DescribeNatGateways", gateways),
        ("DescribeVpcEndpoints", endpoints),
    ];
    let gateways = listed(Check::NatGateways, &[("nat_gateway", "nat-1")], &answers).await;
    let gateway = Metric::of(
        "AWS/NATGateway",
        "BytesOutToDestination",
        "Sum",
        "NatGatewayId",
        "nat-1",
    );
    assert_eq!(gateways[0].metrics, std::slice::from_ref(&gateway));
    let endpoints = listed(Check::Endpoints, &[], &answers).await;
    assert_eq!(endpoints.len(), 1);
    let bytes = observed::endpoint_bytes("vpce-1", "com.amazonaws.us-east-1.logs", "vpc-1");
    assert_eq!(endpoints[0].metrics, [bytes]);

    // A gateway reports all the time; an endpoint only what it carries.
    let mut numbers = Numbers::default();
    numbers.set(&gateway, &[Decimal::ZERO; 14]);
    let judged = |one: Candidate| (one.judge)(&numbers).unwrap();
    let idle = judged(gateways.into_iter().next().unwrap());
    assert_eq!(idle.usd_month, Some(Decimal::new(365, 1)));
    assert_eq!(idle.address.as_deref(), Some("x.nat_gateway.main"));
    let idle = judged(endpoints.into_iter().next().unwrap());
    assert_eq!(idle.usd_month, Some(Decimal::new(146, 1)));
}

#[tokio::test]
async fn a_load_balancer_is_known_to_cloudwatch_by_the_end_of_its_arn() {
    let balancer = |name: &str, kind: &str| {
        format!(
            "<member><LoadBalancerArn>{}</LoadBalancerArn><DNSName>{name}.us-east-1.elb.amazonaws.com</DNSName>\
             <CanonicalHostedZoneId>Z35SXDOTRQ7X7K</CanonicalHostedZoneId><CreatedTime>2025-07-04T21:21:42.780Z</CreatedTime>\
             <LoadBalancerName>{name}</LoadBalancerName><Scheme>internet-facing</Scheme><VpcId>vpc-1</VpcId>\
             <State><Code>active</Code></State><Type>{kind}</Type><AvailabilityZones><member><ZoneName>us-east-1a</ZoneName>\
             <SubnetId>subnet-1</SubnetId><LoadBalancerAddresses/></member><member><ZoneName>us-east-1b</ZoneName>\
             <SubnetId>subnet-2</SubnetId></member></AvailabilityZones><IpAddressType>ipv4</IpAddressType></member>",
            arn(name)
        )
    };
    fn arn(name: &str) -> String {
        format!(
            "arn:aws:elasticloadbalancing:us-east-1:644160558196:loadbalancer/app/{name}/9b007d8464b40d52"
        )
    }
    let members = [
        balancer("ours", "application"),
        balancer("other", "application"),
        balancer("net", "network"),
    ];
    let answer = query(
        "DescribeLoadBalancers",
        &format!("<LoadBalancers>{}</LoadBalancers>", members.concat()),
    );
    let owned = [("load_balancer", arn("ours"))];
    let owned = owned.each_ref().map(|(kind, id)| (*kind, id.as_str()));
    let all = listed(
        Check::LoadBalancers,
        &owned,
        &[("DescribeLoadBalancers", answer)],
    )
    .await;
    assert_eq!(all.len(), 1);
    let of = ("LoadBalancer", "app/ours/9b007d8464b40d52".to_owned());
    assert_eq!(all[0].metrics[0].dimensions, [of]);
    // An hour of it, and of an address in each of two zones.
    let found = found(all);
    assert_eq!(found[0].usd_month, Some(Decimal::new(23_725, 3)));
    assert_eq!(found[0].verdict, Verdict::Wasted);
}

#[tokio::test]
async fn snapshots_are_old_once_they_are_complete() {
    let snapshot = |name: &str, of: &str, more: &str| {
        format!(
            "<DBSnapshot><DBSnapshotIdentifier>{name}</DBSnapshotIdentifier><DBInstanceIdentifier>{of}</DBInstanceIdentifier>\
             <Engine>postgres</Engine><AllocatedStorage>30</AllocatedStorage><Status>available</Status>\
             <SnapshotType>manual</SnapshotType>{more}</DBSnapshot>"
        )
    };
    let old = "<SnapshotCreateTime>2023-07-25T13:22:06.244Z</SnapshotCreateTime>";
    let tagged = |environment: &str| {
        let tag =
            |key: &str, value: &str| format!("<Tag><Value>{value}</Value><Key>{key}</Key></Tag>");
        let tags = [
            tag("Project", "shop"),
            tag("Environment", environment),
            tag("ManagedBy", "rd"),
        ];
        format!("{old}<TagList>{}</TagList>", tags.concat())
    };
    let databases = [
        snapshot("untagged", "shop-test-postgres", old),
        // It is being taken, and has no time yet.
        snapshot("creating", "shop-test-postgres", ""),
        snapshot("tagged", "renamed", &tagged("test")),
        snapshot("of-another", "shop-test-postgres", &tagged("test-x")),
        snapshot("by-name", "shop-test-x-postgres", old),
    ];
    let databases = query(
        "DescribeDBSnapshots",
        &format!("<DBSnapshots>{}</DBSnapshots>", databases.concat()),
    );
    let cache = |name: &str, of: &str, node: &str| {
        format!(
            "<Snapshot><SnapshotName>{name}</SnapshotName>{of}<SnapshotStatus>available</SnapshotStatus>\
             <SnapshotSource>manual</SnapshotSource><CacheNodeType>cache.r5.large</CacheNodeType><Engine>redis</Engine>\
             <NodeSnapshots><NodeSnapshot><CacheNodeId>0001</CacheNodeId>{node}\
             <CacheNodeCreateTime>2018-05-05T14:05:56.591Z</CacheNodeCreateTime></NodeSnapshot></NodeSnapshots></Snapshot>"
        )
    };
    let group = |id: &str| {
        format!("<ReplicationGroupId>{id}</ReplicationGroupId><NumNodeGroups>2</NumNodeGroups>")
    };
    let node =
        |id: &str| format!("<CacheClusterId>{id}</CacheClusterId><NumCacheNodes>1</NumCacheNodes>");
    let size =
        "<CacheSize>5 MB</CacheSize><SnapshotCreateTime>2018-05-05T14:32:40Z</SnapshotCreateTime>";
    let caches = [
        cache("of-group", &group("shop-test-redis"), size),
        cache("of-node", &node("shop-test-redis-001"), size),
        cache(
            "running",
            &node("shop-test-redis-001"),
            "<CacheSize></CacheSize>",
        ),
        cache("other", &node("shop-test-x-redis-001"), size),
    ];
    let caches = query(
        "DescribeSnapshots",
        &format!("<Snapshots>{}</Snapshots>", caches.concat()),
    );
    let answers = [
        ("Action=DescribeDBSnapshots", databases),
        ("Action=DescribeSnapshots", caches),
    ];
    let found = found(listed(Check::Snapshots, &[], &answers).await);
    let all = names(&found);
    assert_eq!(all, ["untagged", "tagged", "of-group", "of-node"]);
    assert_eq!(found[0].usd_month, Some(Decimal::new(285, 2)));
    assert_eq!(found[2].usd_month, None);
}

#[tokio::test]
async fn lists_of_the_bucket_go_on_at_decoded_keys() {
    let versions = |rest: &str| {
        format!(
            "<ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><Prefix/><KeyMarker/>\
             <VersionIdMarker/><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>{rest}</ListVersionsResult>"
        )
    };
    let version = |latest: bool, day: &str, class: &str| {
        format!(
            "<Version><Key>a+b%2B</Key><VersionId>1</VersionId><IsLatest>{latest}</IsLatest>\
             <LastModified>{day}T00:00:00.000Z</LastModified><ETag>&quot;x&quot;</ETag><Size>1073741824</Size>\
             <Owner><ID>o</ID></Owner><StorageClass>{class}</StorageClass></Version>"
        )
    };
    let first = versions(&format!(
        "<IsTruncated>true</IsTruncated><NextKeyMarker>a+b%2B</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>\
         {}{}",
        version(true, "2020-01-01", "STANDARD"),
        version(false, "2026-10-01", "STANDARD"),
    ));
    let second = versions(&format!(
        "<IsTruncated>false</IsTruncated>{}{}<DeleteMarker><Key>c</Key><VersionId>2</VersionId><IsLatest>false</IsLatest>\
         <LastModified>2020-01-01T00:00:00.000Z</LastModified><Owner><ID>o</ID></Owner></DeleteMarker>",
        version(false, "2026-01-01", "GLACIER_IR"),
        version(false, "2026-11-20", "STANDARD"),
    ));
    let upload = |key: &str, day: &str| {
        format!(
            "<Upload><Key>{key}</Key><UploadId>MBhYO6jd5UJv</UploadId><Initiator><ID>arn:aws:iam::644160558196:user/someone</ID>\
             <DisplayName>someone</DisplayName></Initiator><Owner><ID>o</ID></Owner><StorageClass>STANDARD</StorageClass>\
             <Initiated>{day}T23:19:16.000Z</Initiated></Upload>"
        )
    };
    let uploads = format!(
        "<ListMultipartUploadsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>b</Bucket><KeyMarker/>\
         <UploadIdMarker/><NextKeyMarker>d</NextKeyMarker><NextUploadIdMarker>MBhYO6jd5UJv</NextUploadIdMarker>\
         <MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>{}{}</ListMultipartUploadsResult>",
        upload("abcdef12345", "2016-11-08"),
        upload("d", "2026-11-26"),
    );
    let answers = [
        ("key-marker=a%20b%2B&version-id-marker=v1", second),
        ("versions", first),
        ("uploads", uploads),
    ];
    let found = found(listed(Check::Bucket, &[("bucket", "b")], &answers).await);
    assert_eq!(
        found[0].why,
        "2 noncurrent versions older than 45 days, 2 GB"
    );
    // A GB in Standard, and one in Glacier Instant Retrieval.
    assert_eq!(found[0].usd_month, Some(Decimal::new(27, 3)));
    assert!(found[1].why.starts_with("1 upload not ended for 45 days"));
}

#[tokio::test]
async fn images_and_log_groups_have_times_as_numbers() {
    let image = |number: i64| {
        json!({
            "registryId": "644160558196", "repositoryName": "shop-test-api", "imageDigest": format!("sha256:{number}"),
            "imageTags": [format!("v{number}")], "imageSizeInBytes": 56_729_126, "imagePushedAt": 1_639_474_628 + number,
            "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        })
    };
    let mut images: Vec<Value> = (1..=11).map(image).collect();
    let answer = |images: &[Value]| json!({"imageDetails": images}).to_string();
    let owned = [("repository", "shop-test-api")];
    let old = listed(
        Check::Images,
        &owned,
        &[("DescribeImages", answer(&images))],
    )
    .await;
    let old = found(old);
    assert_eq!(names(&old), ["shop-test-api"]);
    assert!(
        old[0]
            .command
            .as_ref()
            .unwrap()
            .ends_with("imageDigest=sha256:1")
    );
    // 10 November 2026.
    images[0]["lastRecordedPullTime"] = json!(1_794_268_800.5);
    let pulled = listed(
        Check::Images,
        &owned,
        &[("DescribeImages", answer(&images))],
    )
    .await;
    assert_eq!(found(pulled).len(), 0);

    let group = |name: &str, more: &Value| {
        let mut group = json!({
            "logGroupName": name, "creationTime": 1_568_908_104_055_i64, "metricFilterCount": 0, "storedBytes": 751,
            "arn": format!("arn:aws:logs:us-east-1:1:log-group:{name}:*"), "logGroupClass": "STANDARD",
        });
        group
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        group
    };
    let first = json!({"nextToken": "more", "logGroups": [
        group("/vpc/shop-test", &json!({"retentionInDays": 7})),
        group("/aws/lambda/shop", &json!({})),
    ]});
    let second = json!({"logGroups": [group("/ecs/shop-test-api", &json!({}))]});
    let answers = [("more", second.to_string()), ("", first.to_string())];
    let found = found(listed(Check::LogGroups, &[], &answers).await);
    assert_eq!(names(&found), ["/ecs/shop-test-api"]);
}

#[tokio::test]
async fn an_alarm_has_its_tags_in_an_answer_of_their_own() {
    let alarm = |name: &str, since: i64| {
        json!({
            "AlarmName": name, "AlarmArn": format!("arn:aws:cloudwatch:us-east-1:1:alarm:{name}"), "ActionsEnabled": true,
            "OKActions": [], "AlarmActions": [], "InsufficientDataActions": [], "StateValue": "INSUFFICIENT_DATA",
            "StateReason": "Unchecked: Initial alarm creation", "StateUpdatedTimestamp": {"epoch": since},
            "MetricName": "CPUUtilization", "Namespace": "AWS/ECS", "Statistic": "Average", "Dimensions": [], "Period": 60,
            "EvaluationPeriods": 5, "Threshold": 80.5, "ComparisonOperator": "GreaterThanThreshold",
        })
    };
    let day = 1_700_000_000;
    let alarms = json!({"MetricAlarms": [alarm("shop-test-a", day), alarm("shop-test-x-a", day)], "CompositeAlarms": []});
    let tags = |environment: &str| {
        let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
        let tags = [
            tag("Project", "shop"),
            tag("Environment", environment),
            tag("ManagedBy", "rd"),
        ];
        cbor(&json!({"Tags": tags}))
    };
    let answers = [
        ("alarm:shop-test-a", tags("test")),
        ("alarm:shop-test-x-a", tags("test-x")),
        ("", cbor(&alarms)),
    ];
    let found = found(listed(Check::Alarms, &[], &answers).await);
    assert_eq!(names(&found), ["shop-test-a"]);
    assert_eq!(found[0].verdict, Verdict::Wasted);
}

#[tokio::test]
async fn databases_and_caches_are_judged_by_their_own_nodes() {
    let database = |id: &str, status: &str| {
        format!(
            "<DBInstance><DBInstanceIdentifier>{id}</DBInstanceIdentifier><DBInstanceClass>db.t4g.small</DBInstanceClass>\
             <Engine>postgres</Engine><DBInstanceStatus>{status}</DBInstanceStatus><MultiAZ>true</MultiAZ>\
             <InstanceCreateTime>2023-07-25T13:22:06.244Z</InstanceCreateTime></DBInstance>"
        )
    };
    let databases = [
        database("shop-test-postgres", "available"),
        database("stopped", "stopped"),
        database("other", "available"),
    ];
    let databases = query(
        "DescribeDBInstances",
        &format!("<DBInstances>{}</DBInstances>", databases.concat()),
    );
    let owned = [
        ("db_instance", "shop-test-postgres"),
        ("db_instance", "stopped"),
        ("replication_group", "shop-test-redis"),
    ];
    let databases = listed(
        Check::Databases,
        &owned,
        &[("DescribeDBInstances", databases)],
    )
    .await;
    assert_eq!(databases.len(), 1);
    let connections = &databases[0].metrics[2];
    assert_eq!(
        (connections.name, connections.stat),
        ("DatabaseConnections", "Maximum")
    );
    let mut numbers = Numbers::default();
    numbers.set(connections, &[Decimal::ZERO; 14]);
    let idle = databases.into_iter().next().unwrap();
    let idle = (idle.judge)(&numbers).unwrap();
    // Multi-AZ: 0.065 an hour.
    assert_eq!(idle.usd_month, Some(Decimal::new(4745, 2)));

    let group = |id: &str, members: &str| {
        format!(
            "<ReplicationGroup><ReplicationGroupId>{id}</ReplicationGroupId><Description>x</Description><Status>available</Status>\
             <MemberClusters>{members}</MemberClusters><AutomaticFailover>enabled</AutomaticFailover>\
             <ClusterEnabled>false</ClusterEnabled><CacheNodeType>cache.t4g.micro</CacheNodeType>\
             <ReplicationGroupCreateTime>2024-01-01T00:00:00Z</ReplicationGroupCreateTime></ReplicationGroup>"
        )
    };
    let member = |id: &str| format!("<ClusterId>{id}</ClusterId>");
    let nodes = [member("shop-test-redis-001"), member("shop-test-redis-002")];
    let groups = [
        group("shop-test-redis", &nodes.concat()),
        group("other", &member("other-001")),
    ];
    let groups = query(
        "DescribeReplicationGroups",
        &format!("<ReplicationGroups>{}</ReplicationGroups>", groups.concat()),
    );
    let caches = listed(
        Check::Caches,
        &owned,
        &[("DescribeReplicationGroups", groups)],
    )
    .await;
    assert_eq!(caches.len(), 1);
    let of: BTreeSet<&str> = caches[0]
        .metrics
        .iter()
        .map(|one| one.dimensions[0].1.as_str())
        .collect();
    let of: Vec<&str> = of.into_iter().collect();
    assert_eq!(of, ["shop-test-redis-001", "shop-test-redis-002"]);
}
