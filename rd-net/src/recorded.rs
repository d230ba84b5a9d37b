//! What EC2's recorded answers mean: each kind reads small answers with the members and the forms of the recorded ones, of
//! 2014 to 2026.

use crate::clients::Clients;
use crate::describe::DescribeCalls;
use crate::kinds::default_security_group::DefaultSecurityGroup;
use crate::kinds::elastic_ip::ElasticIp;
use crate::kinds::flow_log::FlowLog;
use crate::kinds::internet_gateway::InternetGateway;
use crate::kinds::internet_gateway_attachment::InternetGatewayAttachment;
use crate::kinds::nat_gateway::NatGateway;
use crate::kinds::route::Route;
use crate::kinds::route_table::RouteTable;
use crate::kinds::route_table_association::RouteTableAssociation;
use crate::kinds::security_group::SecurityGroup;
use crate::kinds::security_group_rule::SecurityGroupRule;
use crate::kinds::subnet::Subnet;
use crate::kinds::vpc::Vpc;
use crate::kinds::vpc_endpoint::VpcEndpoint;
use rd_common::resource::progress::{Progress, ShowProgress, ShowStep};
use rd_common::resource::signal::Cancel;
use rd_common::{Ctx, Found, Kind, Readiness, Stack, Wanted};
use rd_testkit::canned::{answering_each, sdk_config};
use serde_json::{Value, json};
use std::rc::Rc;

struct Silent;

impl ShowProgress for Silent {
    fn step(&self, _: &str, _: bool) -> Rc<dyn ShowStep> {
        Rc::new(Silent)
    }

    fn suspend(&self, print: &mut dyn FnMut()) {
        print();
    }
}

impl ShowStep for Silent {
    fn say(&self, _: &str) {}
}

/// An answer of EC2 with this content.
fn answer(operation: &str, content: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>1</requestId>{content}\
         </{operation}Response>"
    )
}

/// What the kind `K` reads of answers, by operation, for the resource with this id. `spec` names what it belongs to.
async fn find<K: Kind<Clients = Clients>>(
    id: &str,
    spec: Value,
    answers: &[(&str, &str)],
) -> Vec<Found<K::Live>> {
    let bodies: Vec<(String, String)> = answers
        .iter()
        .map(|(operation, content)| (format!("Action={operation}&"), answer(operation, content)))
        .collect();
    let bodies: Vec<(&str, &str)> = bodies
        .iter()
        .map(|(text, body)| (text.as_str(), body.as_str()))
        .collect();
    let config = sdk_config(answering_each(&bodies));
    let ec2 = aws_sdk_ec2::Client::new(&config);
    let clients = Clients {
        describe: DescribeCalls::new(&ec2),
        ec2,
        iam: aws_sdk_iam::Client::new(&config),
        logs: aws_sdk_cloudwatchlogs::Client::new(&config),
    };
    let stack = Stack::default();
    let ctx = Ctx::new(
        clients,
        "net",
        stack,
        Cancel::default(),
        Progress::new(Silent),
    );
    let wanted = Wanted {
        address: format!("net.{}.main", K::NAME),
        id: Some(id.to_owned()),
        spec: (!spec.is_null()).then(|| serde_json::from_value(spec).unwrap()),
    };
    let local = tokio::task::LocalSet::new();
    let found = local.run_until(K::find(&ctx, &[wanted])).await;
    found.unwrap()
}

/// The only resource that `find` finds, as JSON, and whether it is ready.
async fn read<K: Kind<Clients = Clients>>(
    id: &str,
    spec: Value,
    answers: &[(&str, &str)],
) -> (Value, Readiness) {
    let mut found = find::<K>(id, spec, answers).await;
    assert_eq!(found.len(), 1);
    let one = found.remove(0);
    assert_eq!(one.id, id);
    (
        serde_json::to_value(&one.live).unwrap(),
        K::ready(&one.live),
    )
}

#[tokio::test]
async fn a_vpc_in_the_forms_of_two_decades() {
    let attribute = |name: &str, value: bool| {
        format!("<vpcId>vpc-f1516b97</vpcId><{name}><value>{value}</value></{name}>")
    };
    // 2016: without an owner, block associations and tags.
    let old = "<vpcId>vpc-f1516b97</vpcId><instanceTenancy>default</instanceTenancy><state>available</state>\
        <dhcpOptionsId>dopt-24ff1940</dhcpOptionsId><cidrBlock>10.0.42.0/24</cidrBlock><isDefault>false</isDefault>";
    let new = format!(
        "{old}<ownerId>644160558196</ownerId><cidrBlockAssociationSet><item><associationId>vpc-cidr-assoc-98ba93f0\
         </associationId><cidrBlock>10.0.42.0/24</cidrBlock><cidrBlockState><state>associated</state></cidrBlockState>\
         </item></cidrBlockAssociationSet><tagSet><item><key>Name</key><value>Fancy</value></item></tagSet>\
         <blockPublicAccessStates><internetGatewayBlockMode>off</internetGatewayBlockMode></blockPublicAccessStates>"
    );
    for vpc in [old, &new] {
        let set = format!("<vpcSet><item>{vpc}</item></vpcSet>");
        // An answer without the attribute that was asked for means that it is off.
        let support = attribute("enableDnsSupport", true);
        let (live, ready) = read::<Vpc>(
            "vpc-f1516b97",
            Value::Null,
            &[("DescribeVpcs", &set), ("DescribeVpcAttribute", &support)],
        )
        .await;
        assert_eq!(
            live,
            json!({"cidr_block": "10.0.42.0/24", "enable_dns_support": true, "enable_dns_hostnames": false, "available": true})
        );
        assert_eq!(ready, Readiness::Ready);
    }
}

#[tokio::test]
async fn a_subnet_with_and_without_what_is_new() {
    // 2017: no ARN, no owner, no options of private names.
    let old = "<subnetId>subnet-71bda45c</subnetId><state>available</state><vpcId>vpc-f1516b97</vpcId>\
        <cidrBlock>10.0.42.96/27</cidrBlock><ipv6CidrBlockAssociationSet/><availableIpAddressCount>27\
        </availableIpAddressCount><availabilityZone>us-east-1d</availabilityZone><defaultForAz>false</defaultForAz>\
        <mapPublicIpOnLaunch>false</mapPublicIpOnLaunch><assignIpv6AddressOnCreation>false</assignIpv6AddressOnCreation>";
    let new = format!(
        "{old}<availabilityZoneId>use1-az6</availabilityZoneId><mapCustomerOwnedIpOnLaunch>false\
         </mapCustomerOwnedIpOnLaunch><ownerId>644160558196</ownerId><enableDns64>false</enableDns64>\
         <ipv6Native>false</ipv6Native><privateDnsNameOptionsOnLaunch><hostnameType>ip-name</hostnameType>\
         <enableResourceNameDnsARecord>false</enableResourceNameDnsARecord></privateDnsNameOptionsOnLaunch>\
         <blockPublicAccessStates><internetGatewayBlockMode>off</internetGatewayBlockMode></blockPublicAccessStates>\
         <tagSet><item><key>Name</key><value/></item></tagSet>"
    );
    for subnet in [old, &new] {
        let set = format!("<subnetSet><item>{subnet}</item></subnetSet>");
        let (live, _) =
            read::<Subnet>("subnet-71bda45c", Value::Null, &[("DescribeSubnets", &set)]).await;
        assert_eq!(
            live,
            json!({"vpc_id": "vpc-f1516b97", "availability_zone": "us-east-1d", "cidr_block": "10.0.42.96/27",
                "map_public_ip_on_launch": false, "available": true})
        );
    }
}

#[tokio::test]
async fn an_internet_gateway_attached_and_not() {
    let spec =
        json!({"internet_gateway_id": "igw-06504e6dde1dff527", "vpc_id": "vpc-06fbfb0683669c546"});
    let gateway = |attachments: &str| {
        format!(
            "<internetGatewaySet><item><internetGatewayId>igw-06504e6dde1dff527</internetGatewayId>\
             <ownerId>644160558196</ownerId>{attachments}<tagSet><item><key>Name</key><value>sbx</value></item></tagSet>\
             </item></internetGatewaySet>"
        )
    };
    let attached = |state: &str| {
        gateway(&format!(
            "<attachmentSet><item><vpcId>vpc-06fbfb0683669c546</vpcId>{state}</item></attachmentSet>"
        ))
    };
    let id = "igw-06504e6dde1dff527_vpc-06fbfb0683669c546";
    for (state, ready) in [
        ("<state>available</state>", Readiness::Ready),
        ("<state>attached</state>", Readiness::Ready),
        ("", Readiness::Ready),
        (
            "<state>attaching</state>",
            Readiness::Pending("attaching".into()),
        ),
        (
            "<state>detaching</state>",
            Readiness::Leaving("detaching".into()),
        ),
    ] {
        let answer = attached(state);
        let answers = [("DescribeInternetGateways", answer.as_str())];
        let (_, found) = read::<InternetGatewayAttachment>(id, spec.clone(), &answers).await;
        assert_eq!(found, ready, "{state}");
        read::<InternetGateway>("igw-06504e6dde1dff527", Value::Null, &answers).await;
    }
    for none in [
        gateway("<attachmentSet/>"),
        attached("<state>detached</state>"),
    ] {
        let answers = [("DescribeInternetGateways", none.as_str())];
        let found = find::<InternetGatewayAttachment>(id, spec.clone(), &answers).await;
        assert!(found.is_empty(), "{none}");
    }
}

#[tokio::test]
async fn an_address_used_and_unused() {
    let unused = "<publicIp>203.0.113.14</publicIp><allocationId>eipalloc-02f4847d49b5514f9</allocationId>\
        <domain>vpc</domain><publicIpv4Pool>amazon</publicIpv4Pool><networkBorderGroup>us-east-1</networkBorderGroup>";
    let used = format!(
        "{unused}<instanceId/><associationId>eipassoc-cc6e58f1</associationId><networkInterfaceId>eni-ad25f7cc\
         </networkInterfaceId><networkInterfaceOwnerId>100000000003</networkInterfaceOwnerId>\
         <privateIpAddress>10.0.0.254</privateIpAddress><tagSet><item><key>a</key><value>b</value></item></tagSet>"
    );
    for address in [unused, &used] {
        let set = format!("<addressesSet><item>{address}</item></addressesSet>");
        let answers = [("DescribeAddresses", set.as_str())];
        let (live, _) =
            read::<ElasticIp>("eipalloc-02f4847d49b5514f9", Value::Null, &answers).await;
        assert_eq!(live, json!({"public_ip": "203.0.113.14"}));
    }
}

#[tokio::test]
async fn a_nat_gateway_in_each_state_and_with_several_addresses() {
    let gateway = |state: &str, addresses: &str| {
        format!(
            "<natGatewaySet><item><natGatewayId>nat-0df07e596f7513ead</natGatewayId><subnetId>subnet-0845061a295aef2b6\
             </subnetId><vpcId>vpc-012347c909f1f1896</vpcId><createTime>2022-05-30T07:06:33.000Z</createTime>{state}\
             <natGatewayAddressSet>{addresses}</natGatewayAddressSet><connectivityType>public</connectivityType></item>\
             </natGatewaySet>"
        )
    };
    let address = |id: &str, more: &str| {
        format!(
            "<item><allocationId>{id}</allocationId><networkInterfaceId>eni-0425b1ee658bbb889</networkInterfaceId>\
             <privateIp>10.0.1.169</privateIp><publicIp>203.0.113.1</publicIp>{more}</item>"
        )
    };
    let one = address("eipalloc-1", "");
    let several = format!(
        "{}{}",
        address(
            "eipalloc-2",
            "<isPrimary>false</isPrimary><status>succeeded</status>"
        ),
        address(
            "eipalloc-1",
            "<isPrimary>true</isPrimary><status>succeeded</status>"
        )
    );
    let failed = "<state>failed</state><failureCode>Resource.AlreadyAssociated</failureCode>\
        <failureMessage>Elastic IP address [eipalloc-1] is already associated</failureMessage>";
    for (state, addresses, allocation, ready) in [
        (
            "<state>available</state>",
            &one,
            json!("eipalloc-1"),
            Readiness::Ready,
        ),
        (
            "<state>available</state>",
            &several,
            json!("eipalloc-1"),
            Readiness::Ready,
        ),
        (
            "<state>pending</state>",
            &String::new(),
            Value::Null,
            Readiness::Pending("pending".into()),
        ),
        (
            "<state>deleting</state>",
            &one,
            json!("eipalloc-1"),
            Readiness::Leaving("deleting".into()),
        ),
        (
            failed,
            &one,
            json!("eipalloc-1"),
            Readiness::Failed(
                "Resource.AlreadyAssociated: Elastic IP address [eipalloc-1] is already associated"
                    .into(),
            ),
        ),
    ] {
        let answer = gateway(state, addresses);
        let answers = [("DescribeNatGateways", answer.as_str())];
        let (live, found) =
            read::<NatGateway>("nat-0df07e596f7513ead", Value::Null, &answers).await;
        assert_eq!(
            (&live["allocation_id"], found),
            (&allocation, ready),
            "{state}"
        );
        assert_eq!(live["subnet_id"], "subnet-0845061a295aef2b6");
    }
    let gone = gateway("<state>deleted</state>", &one);
    let answers = [("DescribeNatGateways", gone.as_str())];
    assert!(
        find::<NatGateway>("nat-0df07e596f7513ead", Value::Null, &answers)
            .await
            .is_empty()
    );
}

/// A route table with the local route, those of gateways, and those of a gateway endpoint, whose id is in `gatewayId`.
fn table(associations: &str) -> String {
    format!(
        "<routeTableSet><item><routeTableId>rtb-02dab232d4d3e7062</routeTableId><vpcId>vpc-012347c909f1f1896</vpcId>\
         <ownerId>644160558196</ownerId><routeSet>\
         <item><destinationCidrBlock>10.0.0.0/21</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state>\
         <origin>CreateRouteTable</origin></item>\
         <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-0df07e596f7513ead</natGatewayId>\
         <state>blackhole</state><origin>CreateRoute</origin></item>\
         <item><destinationPrefixListId>pl-00a54069</destinationPrefixListId><gatewayId>vpce-00cf599081019f56d</gatewayId>\
         <state>active</state><origin>CreateRoute</origin></item></routeSet>\
         <associationSet>{associations}</associationSet><propagatingVgwSet/><tagSet/></item></routeTableSet>"
    )
}

#[tokio::test]
async fn a_route_table_its_route_and_its_association() {
    let association = |state: &str| {
        format!(
            "<item><routeTableAssociationId>rtbassoc-0d50dda3</routeTableAssociationId>\
             <routeTableId>rtb-02dab232d4d3e7062</routeTableId><main>true</main></item>\
             <item><routeTableAssociationId>rtbassoc-0bea6f7ad50d15e14</routeTableAssociationId>\
             <routeTableId>rtb-02dab232d4d3e7062</routeTableId><subnetId>subnet-0b5bd0c426f2d2833</subnetId>\
             <main>false</main>{state}</item>"
        )
    };
    let spec =
        json!({"subnet_id": "subnet-0b5bd0c426f2d2833", "route_table_id": "rtb-02dab232d4d3e7062"});
    for (state, ready) in [
        (
            "<associationState><state>associated</state></associationState>",
            Readiness::Ready,
        ),
        // 2014 to 2017.
        ("", Readiness::Ready),
        (
            "<associationState><state>failed</state><statusMessage>no room</statusMessage></associationState>",
            Readiness::Failed("no room".into()),
        ),
    ] {
        let answer = table(&association(state));
        let answers = [("DescribeRouteTables", answer.as_str())];
        let id = "subnet-0b5bd0c426f2d2833";
        let (live, found) = read::<RouteTableAssociation>(id, spec.clone(), &answers).await;
        assert_eq!(found, ready, "{state}");
        assert_eq!(live["association_id"], "rtbassoc-0bea6f7ad50d15e14");
        let (live, _) = read::<RouteTable>("rtb-02dab232d4d3e7062", Value::Null, &answers).await;
        assert_eq!(live, json!({"vpc_id": "vpc-012347c909f1f1896"}));
        let (live, _) =
            read::<Route>("rtb-02dab232d4d3e7062_0.0.0.0/0", Value::Null, &answers).await;
        assert_eq!(
            live,
            json!({"route_table_id": "rtb-02dab232d4d3e7062", "destination": "0.0.0.0/0",
                "nat_gateway_id": "nat-0df07e596f7513ead", "blackhole": true})
        );
    }
}

const RULES: &str = "<securityGroupRuleSet><item><securityGroupRuleId>sgr-abcdef01234567890</securityGroupRuleId>\
    <groupId>sg-1</groupId><groupOwnerId>111122223333</groupOwnerId><isEgress>false</isEgress><ipProtocol>tcp\
    </ipProtocol><fromPort>5432</fromPort><toPort>5432</toPort><referencedGroupInfo><groupId>sg-2</groupId>\
    <userId>111122223333</userId></referencedGroupInfo><description>From the service</description><tagSet/></item>\
    <item><securityGroupRuleId>sgr-bcdef01234567890a</securityGroupRuleId><groupId>sg-1</groupId>\
    <groupOwnerId>111122223333</groupOwnerId><isEgress>true</isEgress><ipProtocol>-1</ipProtocol>\
    <fromPort>-1</fromPort><toPort>-1</toPort><cidrIpv6>::/0</cidrIpv6><tagSet/></item></securityGroupRuleSet>";

#[tokio::test]
async fn rules_of_groups_ports_and_all_protocols() {
    let spec = json!({"group_id": "sg-1", "egress": false, "port": 5432, "peer_group_id": "sg-2", "description": "x"});
    let answers = [("DescribeSecurityGroupRules", RULES)];
    let (live, _) =
        read::<SecurityGroupRule>("sgr-abcdef01234567890", spec.clone(), &answers).await;
    assert_eq!(
        live,
        json!({"group_id": "sg-1", "egress": false, "protocol": "tcp", "from_port": 5432, "to_port": 5432,
            "peer_group_id": "sg-2", "description": "From the service"})
    );
    let (live, _) = read::<SecurityGroupRule>("sgr-bcdef01234567890a", spec, &answers).await;
    assert_eq!(
        (&live["protocol"], &live["from_port"]),
        (&json!("-1"), &json!(-1))
    );
}

#[tokio::test]
async fn a_group_and_the_rules_that_are_not_ours() {
    let group = |name: &str| {
        format!(
            "<securityGroupInfo><item><ownerId>644160558196</ownerId><groupId>sg-1</groupId><groupName>{name}</groupName>\
             <groupDescription>The database</groupDescription><vpcId>vpc-1</vpcId><ipPermissions/>\
             <ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><groups/><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp>\
             </item></ipRanges><ipv6Ranges/><prefixListIds/></item></ipPermissionsEgress></item></securityGroupInfo>"
        )
    };
    let named = group("shop-test-db");
    let answers = [
        ("DescribeSecurityGroups", named.as_str()),
        ("DescribeSecurityGroupRules", RULES),
    ];
    let (live, _) = read::<SecurityGroup>("sg-1", Value::Null, &answers).await;
    assert_eq!(live["group_name"], "shop-test-db");
    let words = |live: &Value| -> Vec<String> {
        let rules = live["foreign_rules"].as_array().unwrap();
        rules
            .iter()
            .map(|rule| rule["words"].as_str().unwrap().to_owned())
            .collect()
    };
    let unmanaged = ["in tcp 5432 from sg-2", "out any to ::/0"];
    assert_eq!(words(&live), unmanaged);
    let default = group("default");
    let answers = [
        ("DescribeSecurityGroups", default.as_str()),
        ("DescribeSecurityGroupRules", RULES),
    ];
    let (live, _) =
        read::<DefaultSecurityGroup>("sg-1", json!({"vpc_id": "vpc-1"}), &answers).await;
    assert_eq!(words(&live), unmanaged);
}

#[tokio::test]
async fn endpoints_of_both_types_in_each_spelling() {
    let endpoint = |content: &str| {
        format!(
            "<vpcEndpointSet><item><vpcEndpointId>vpce-0d3fa19c3b50341d2</vpcEndpointId><vpcId>vpc-d2d616b5</vpcId>\
             <policyDocument>{{}}</policyDocument><requesterManaged>false</requesterManaged><dnsEntrySet/>\
             <creationTimestamp>2023-08-30T13:49:28.000Z</creationTimestamp><tagSet/><ownerId>644160558196</ownerId>\
             <serviceRegion>us-east-1</serviceRegion>{content}</item></vpcEndpointSet>"
        )
    };
    let gateway = "<vpcEndpointType>Gateway</vpcEndpointType><serviceName>com.amazonaws.us-east-1.dynamodb</serviceName>\
        <state>available</state><routeTableIdSet><item>rtb-3bf1b05c</item></routeTableIdSet><subnetIdSet/><groupSet/>\
        <ipAddressType>ipv4</ipAddressType><dnsOptions><dnsRecordIpType>service-defined</dnsRecordIpType></dnsOptions>\
        <privateDnsEnabled>false</privateDnsEnabled><networkInterfaceIdSet/>";
    // GovCloud.
    let untyped = gateway.replace(
        "<vpcEndpointType>Gateway</vpcEndpointType>",
        "<vpcEndpointType/>",
    );
    for content in [gateway, &untyped] {
        let answer = endpoint(content);
        let answers = [("DescribeVpcEndpoints", answer.as_str())];
        let (live, ready) =
            read::<VpcEndpoint>("vpce-0d3fa19c3b50341d2", Value::Null, &answers).await;
        assert_eq!(
            live,
            json!({"vpc_id": "vpc-d2d616b5", "service_name": "com.amazonaws.us-east-1.dynamodb",
                "endpoint_type": "Gateway", "route_table_ids": ["rtb-3bf1b05c"], "subnet_ids": [],
                "security_group_ids": [], "private_dns_enabled": false, "state": "available"})
        );
        assert_eq!(ready, Readiness::Ready);
    }
    let interface = |state: &str| {
        endpoint(&format!(
            "<vpcEndpointType>Interface</vpcEndpointType><serviceName>com.amazonaws.us-east-1.logs</serviceName>{state}\
             <routeTableIdSet/><subnetIdSet><item>subnet-1</item></subnetIdSet><groupSet><item><groupId>sg-1</groupId>\
             <groupName>endpoints</groupName></item></groupSet><ipAddressType>IPV4</ipAddressType>\
             <privateDnsEnabled>true</privateDnsEnabled><networkInterfaceIdSet><item>eni-1</item></networkInterfaceIdSet>"
        ))
    };
    for (state, ready) in [
        ("<state>Available</state>", Readiness::Ready),
        (
            "<state>Pending</state>",
            Readiness::Pending("pending".into()),
        ),
        (
            "<state>pendingAcceptance</state>",
            Readiness::Pending("pendingacceptance".into()),
        ),
        (
            "<state>deleting</state>",
            Readiness::Leaving("deleting".into()),
        ),
        (
            "<state>failed</state><lastError><message>no zone</message><code>X</code></lastError>",
            Readiness::Failed("X: no zone".into()),
        ),
    ] {
        let answer = interface(state);
        let answers = [("DescribeVpcEndpoints", answer.as_str())];
        let (live, found) =
            read::<VpcEndpoint>("vpce-0d3fa19c3b50341d2", Value::Null, &answers).await;
        assert_eq!(found, ready, "{state}");
        assert_eq!(
            (
                &live["subnet_ids"],
                &live["security_group_ids"],
                &live["private_dns_enabled"]
            ),
            (&json!(["subnet-1"]), &json!(["sg-1"]), &json!(true))
        );
    }
    let gone = interface("<state>deleted</state>");
    let answers = [("DescribeVpcEndpoints", gone.as_str())];
    assert!(
        find::<VpcEndpoint>("vpce-0d3fa19c3b50341d2", Value::Null, &answers)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_flow_log_with_its_group_by_name_and_by_arn() {
    let log = |destination: &str| {
        format!(
            "<flowLogSet><item><flowLogId>fl-0df85cc33e19397d2</flowLogId><flowLogStatus>ACTIVE</flowLogStatus>\
             <resourceId>vpc-040373ba42a66e36e</resourceId><trafficType>ALL</trafficType>{destination}\
             <deliverLogsPermissionArn>arn:aws:iam::644160558196:role/example</deliverLogsPermissionArn>\
             <creationTime>2021-02-04T17:20:00.424Z</creationTime><tagSet/></item></flowLogSet>"
        )
    };
    // 2017 has the name alone.
    for destination in [
        "<logGroupName>example</logGroupName>",
        "<logDestinationType>cloud-watch-logs</logDestinationType>\
         <logDestination>arn:aws:logs:us-east-1:644160558196:log-group:example</logDestination>\
         <logGroupName>example</logGroupName><maxAggregationInterval>600</maxAggregationInterval>",
        "<logDestinationType>cloud-watch-logs</logDestinationType>\
         <logDestination>arn:aws:logs:us-east-1:644160558196:log-group:example:*</logDestination>",
    ] {
        let answer = log(destination);
        let answers = [("DescribeFlowLogs", answer.as_str())];
        let (live, _) = read::<FlowLog>("fl-0df85cc33e19397d2", Value::Null, &answers).await;
        assert_eq!(
            live,
            json!({"vpc_id": "vpc-040373ba42a66e36e", "log_group_name": "example",
                "role_arn": "arn:aws:iam::644160558196:role/example", "traffic_type": "ALL"})
        );
    }
}
