//! The kinds of the network.

use crate::export::resource::Resource;
use crate::export::stack::Source;
use serde_json::Value;

fn set_vpc(resource: &mut Resource, source: &Source<'_>) {
    resource.set(
        "vpc_id",
        source.reference("aws_vpc", "id", source.get("vpc_id")),
    );
}

pub fn vpc(source: &Source<'_>) -> Resource {
    let mut vpc = source.resource("aws_vpc").import(source.id);
    vpc.set("cidr_block", source.get("cidr_block"));
    vpc.set("enable_dns_support", source.get("enable_dns_support"));
    vpc.set("enable_dns_hostnames", source.get("enable_dns_hostnames"));
    vpc.tags(&source.tags());
    vpc
}

pub fn subnet(source: &Source<'_>) -> Resource {
    let mut subnet = source.resource("aws_subnet").import(source.id);
    set_vpc(&mut subnet, source);
    subnet.set("availability_zone", source.get("availability_zone"));
    subnet.set("cidr_block", source.get("cidr_block"));
    subnet.set(
        "map_public_ip_on_launch",
        source.get("map_public_ip_on_launch"),
    );
    subnet.tags(&source.tags());
    subnet
}

pub fn internet_gateway(source: &Source<'_>) -> Resource {
    let mut gateway = source.resource("aws_internet_gateway").import(source.id);
    let mut attachments = source.of_kind("internet_gateway_attachment");
    let vpc = attachments.find_map(|one| {
        let is_this = one.attributes.get("internet_gateway_id")?.as_str() == Some(source.id);
        is_this.then(|| one.attributes.get("vpc_id")).flatten()
    });
    gateway.set(
        "vpc_id",
        source.reference("aws_vpc", "id", vpc.unwrap_or(&Value::Null)),
    );
    gateway.tags(&source.tags());
    gateway
}

pub fn elastic_ip(source: &Source<'_>) -> Resource {
    let mut address = source.resource("aws_eip").import(source.id);
    address.set("domain", "vpc");
    address.tags(&source.tags());
    address
}

pub fn nat_gateway(source: &Source<'_>) -> Resource {
    let mut gateway = source.resource("aws_nat_gateway").import(source.id);
    gateway.set(
        "subnet_id",
        source.reference("aws_subnet", "id", source.get("subnet_id")),
    );
    gateway.set(
        "allocation_id",
        source.reference("aws_eip", "id", source.get("allocation_id")),
    );
    gateway.tags(&source.tags());
    gateway
}

pub fn route_table(source: &Source<'_>) -> Resource {
    let mut table = source.resource("aws_route_table").import(source.id);
    set_vpc(&mut table, source);
    table.tags(&source.tags());
    table
}

pub fn route(source: &Source<'_>) -> Resource {
    let mut route = source.resource("aws_route").import(source.id);
    let table = source.get("route_table_id");
    route.set(
        "route_table_id",
        source.reference("aws_route_table", "id", table),
    );
    route.set("destination_cidr_block", source.get("destination"));
    let gateway = source.get("gateway_id");
    route.set(
        "gateway_id",
        source.reference("aws_internet_gateway", "id", gateway),
    );
    let nat = source.get("nat_gateway_id");
    route.set(
        "nat_gateway_id",
        source.reference("aws_nat_gateway", "id", nat),
    );
    route
}

pub fn route_table_association(source: &Source<'_>) -> Resource {
    let (subnet, table) = (source.get("subnet_id"), source.get("route_table_id"));
    let id = format!(
        "{}/{}",
        source.text("subnet_id"),
        source.text("route_table_id")
    );
    let mut association = source.resource("aws_route_table_association").import(id);
    association.set("subnet_id", source.reference("aws_subnet", "id", subnet));
    association.set(
        "route_table_id",
        source.reference("aws_route_table", "id", table),
    );
    association
}

pub fn security_group(source: &Source<'_>) -> Resource {
    let mut group = source.resource("aws_security_group").import(source.id);
    set_vpc(&mut group, source);
    group.set("name", source.get("group_name"));
    group.set("description", source.get("description"));
    // The provider's own argument.
    group.ignored.push("revoke_rules_on_delete");
    group.tags(&source.tags());
    group
}

pub fn default_security_group(source: &Source<'_>) -> Resource {
    let mut group = source
        .resource("aws_default_security_group")
        .import(source.id);
    set_vpc(&mut group, source);
    // The provider's own argument.
    group.ignored.push("revoke_rules_on_delete");
    group.tags(&source.tags());
    group
}

pub fn security_group_rule(source: &Source<'_>) -> Resource {
    let kind = match source.is("egress") {
        true => "aws_vpc_security_group_egress_rule",
        false => "aws_vpc_security_group_ingress_rule",
    };
    let group = |key| source.reference("aws_security_group", "id", source.get(key));
    let mut rule = source.resource(kind).import(source.id);
    rule.set("security_group_id", group("group_id"));
    rule.set("description", source.get("description"));
    rule.set("ip_protocol", source.get("protocol"));
    rule.set("from_port", source.get("from_port"));
    rule.set("to_port", source.get("to_port"));
    rule.set("cidr_ipv4", source.get("cidr"));
    rule.set("prefix_list_id", source.get("prefix_list_id"));
    rule.set("referenced_security_group_id", group("peer_group_id"));
    rule.tags(&source.tags());
    rule
}

pub fn vpc_endpoint(source: &Source<'_>) -> Resource {
    let mut endpoint = source.resource("aws_vpc_endpoint").import(source.id);
    set_vpc(&mut endpoint, source);
    endpoint.set("service_name", source.get("service_name"));
    endpoint.set("vpc_endpoint_type", source.get("endpoint_type"));
    let lists = [
        ("route_table_ids", "aws_route_table"),
        ("subnet_ids", "aws_subnet"),
        ("security_group_ids", "aws_security_group"),
    ];
    for (key, kind) in lists {
        let values = source.get(key);
        if values.as_array().is_some_and(|all| !all.is_empty()) {
            endpoint.set(key, source.references(kind, "id", values));
        }
    }
    if source.text("endpoint_type") == "Interface" {
        endpoint.set("private_dns_enabled", source.get("private_dns_enabled"));
    }
    endpoint.tags(&source.tags());
    endpoint
}

pub fn flow_log(source: &Source<'_>) -> Resource {
    let mut log = source.resource("aws_flow_log").import(source.id);
    set_vpc(&mut log, source);
    log.set("traffic_type", source.get("traffic_type"));
    let group = source.spec("log_group_arn");
    log.set(
        "log_destination",
        source.reference("aws_cloudwatch_log_group", "arn", group),
    );
    log.set(
        "iam_role_arn",
        source.reference("aws_iam_role", "arn", source.get("role_arn")),
    );
    log.tags(&source.tags());
    log
}
