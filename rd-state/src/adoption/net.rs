//! The parts of `net`: a subnet is public because of its route, a group is `alb` because the load balancer has it.

use crate::adoption::mapper::Mapper;
use crate::adoption::rules;
use crate::terraform::Resource;
use std::collections::{BTreeMap, BTreeSet};

const ANYWHERE: &str = "0.0.0.0/0";

/// The block of a VPC by default.
const DEFAULT_CIDR: &str = "10.0.0.0/16";

/// How many zones a stack can have.
const MAX_ZONES: usize = 3;

/// A route, which is a resource of its own or a block of its table.
struct Route<'a> {
    table: &'a str,
    destination: &'a str,
    gateway: &'a str,
    nat: &'a str,
    resource: Option<&'a Resource>,
}

/// Decides what is a part of the network.
pub fn map(mapper: &mut Mapper<'_>, region: &str) {
    let vpcs = mapper.of("aws_vpc");
    let Some(vpc) = mapper.pick("net.vpc.main", &vpcs, "the VPC of the stack") else {
        return;
    };
    if vpc.text("cidr_block") != DEFAULT_CIDR {
        mapper
            .mapping
            .set_text("net", "cidr", vpc.text("cidr_block"));
    }
    for group in mapper.of("aws_default_security_group") {
        if group.text("vpc_id") == vpc.id() {
            let address = "net.default_security_group.main";
            mapper.claim(group, address, group.id(), "the default group of the VPC");
        }
    }
    let routes = routes(mapper);
    let zones = subnets(mapper, vpc, &routes, region);
    let nat_zones = gateways(mapper, vpc, &zones);
    if zones.is_empty() {
        return;
    }
    tables(mapper, &routes, &zones, &nat_zones);
    rules::security_groups(mapper, vpc);
    endpoints(mapper, vpc);
}

fn in_vpc<'a>(mapper: &Mapper<'a>, kind: &str, vpc: &Resource) -> Vec<&'a Resource> {
    let mut all = mapper.of(kind);
    all.retain(|one| one.text("vpc_id") == vpc.id());
    all
}

fn routes<'a>(mapper: &Mapper<'a>) -> Vec<Route<'a>> {
    let own = mapper.of("aws_route").into_iter().map(|one| Route {
        table: one.text("route_table_id"),
        destination: one.text("destination_cidr_block"),
        gateway: one.text("gateway_id"),
        nat: one.text("nat_gateway_id"),
        resource: Some(one),
    });
    let tables = ["aws_route_table", "aws_default_route_table"];
    let tables = tables.into_iter().flat_map(|kind| mapper.of(kind));
    let inline = tables.flat_map(|table| {
        table.blocks("route").into_iter().map(|block| Route {
            table: table.id(),
            destination: block.text("cidr_block"),
            gateway: block.text("gateway_id"),
            nat: block.text("nat_gateway_id"),
            resource: None,
        })
    });
    own.chain(inline).collect()
}

/// The table of a subnet, and the association that says so.
fn table_of<'a>(mapper: &Mapper<'a>, subnet: &Resource) -> Option<(&'a str, &'a Resource)> {
    let all = mapper.of("aws_route_table_association");
    let mut all = all.into_iter();
    let one = all.find(|one| one.text("subnet_id") == subnet.id())?;
    Some((one.text("route_table_id"), one))
}

/// The subnets of a zone.
struct Zone<'a> {
    letter: String,
    name: &'a str,
    public: &'a Resource,
    private: &'a Resource,
}

/// The last letter of a zone's name, which is part of the addresses of its resources.
fn letter(zone: &str) -> String {
    zone.chars()
        .next_back()
        .map(String::from)
        .unwrap_or_default()
}

/// The public and the private subnet of each zone that has both, in the order of the zones.
fn subnets<'a>(
    mapper: &mut Mapper<'a>,
    vpc: &Resource,
    routes: &[Route<'a>],
    region: &str,
) -> Vec<Zone<'a>> {
    let goes = |table: &str, to: fn(&Route<'_>) -> bool| {
        let mut own = routes.iter().filter(|route| route.table == table);
        own.any(|route| route.destination == ANYWHERE && to(route))
    };
    // By zone: the public subnets, the private ones, and those of them that have a route to a NAT gateway.
    let mut by_zone: BTreeMap<&str, [Vec<&Resource>; 3]> = BTreeMap::new();
    for subnet in in_vpc(mapper, "aws_subnet", vpc) {
        let tiers = by_zone.entry(subnet.text("availability_zone")).or_default();
        let table = table_of(mapper, subnet).map_or("", |(table, _)| table);
        if goes(table, |route| route.gateway.starts_with("igw-")) {
            tiers[0].push(subnet);
        } else {
            tiers[1].push(subnet);
            if goes(table, |route| !route.nat.is_empty()) {
                tiers[2].push(subnet);
            }
        }
    }
    let of_service: BTreeSet<&str> = mapper
        .of("aws_ecs_service")
        .iter()
        .flat_map(|one| one.blocks("network_configuration"))
        .flat_map(|block| block.texts("subnets"))
        .collect();
    let of_balancer: BTreeSet<&str> = ["aws_lb", "aws_alb"]
        .iter()
        .flat_map(|kind| mapper.of(kind))
        .flat_map(|one| one.texts("subnets"))
        .collect();
    let narrowed = |all: &[&'a Resource], by: &dyn Fn(&&'a Resource) -> bool| {
        let some: Vec<&Resource> = all.iter().copied().filter(|one| by(one)).collect();
        if some.is_empty() { all.to_vec() } else { some }
    };
    let mut zones = Vec::new();
    for (name, [public, private, with_nat]) in by_zone {
        if public.is_empty() || private.is_empty() || zones.len() == MAX_ZONES {
            continue;
        }
        let letter = letter(name);
        let public = narrowed(&public, &|one| of_balancer.contains(one.id()));
        let private = if with_nat.is_empty() {
            private
        } else {
            with_nat
        };
        let private = narrowed(&private, &|one| of_service.contains(one.id()));
        let how = format!("the subnet in {name} with a route to the internet gateway");
        let public = mapper.pick(&format!("net.subnet.public-{letter}"), &public, &how);
        let how = format!("the subnet in {name} without a route to the internet gateway");
        let private = mapper.pick(&format!("net.subnet.private-{letter}"), &private, &how);
        if let (Some(public), Some(private)) = (public, private) {
            zones.push(Zone {
                letter,
                name,
                public,
                private,
            });
        }
    }
    if zones.is_empty() {
        if mapper.mapping.questions.is_empty() {
            mapper.mapping.misfits.push(
                "no zone has both a public subnet, with a route to an internet gateway, and a private one".to_owned(),
            );
        }
        return zones;
    }
    let names: Vec<String> = zones.iter().map(|zone| zone.name.to_owned()).collect();
    if names != [format!("{region}a"), format!("{region}b")] {
        mapper.mapping.set_list("net", "azs", &names);
    }
    let blocks = |of: &dyn Fn(&Zone<'a>) -> &'a Resource| -> Vec<String> {
        let zones = zones.iter();
        zones
            .map(|zone| of(zone).text("cidr_block").to_owned())
            .collect()
    };
    let (public, private) = (blocks(&|zone| zone.public), blocks(&|zone| zone.private));
    if !are_default_blocks(vpc.text("cidr_block"), &public, &private) {
        mapper.mapping.set_list("net", "public_cidrs", &public);
        mapper.mapping.set_list("net", "private_cidrs", &private);
    }
    for zone in &zones {
        for (tier, subnet) in [("public", zone.public), ("private", zone.private)] {
            if let Some((_, association)) = table_of(mapper, subnet) {
                let address = format!("net.route_table_association.{tier}-{}", zone.letter);
                mapper.claim(
                    association,
                    &address,
                    subnet.id(),
                    "the table of that subnet",
                );
            }
        }
    }
    zones
}

/// Whether rd would give the first zones of a VPC with this block the same blocks: from its beginning, private ones of /20
/// for three zones, then public ones of /24.
fn are_default_blocks(vpc: &str, public: &[String], private: &[String]) -> bool {
    let Some((base, "16")) = vpc.split_once('/') else {
        return false;
    };
    let Some(base) = base.strip_suffix(".0.0") else {
        return false;
    };
    let is = |(index, block): (usize, &String), text: fn(usize) -> String| {
        *block == format!("{base}.{}", text(index))
    };
    let mut private = private.iter().enumerate();
    let mut public = public.iter().enumerate();
    private.all(|one| is(one, |index| format!("{}.0/20", index * 16)))
        && public.all(|one| is(one, |index| format!("{}.0/24", 48 + index)))
}

/// The gateways. Returns the letters of the zones with a NAT gateway.
fn gateways(mapper: &mut Mapper<'_>, vpc: &Resource, zones: &[Zone<'_>]) -> Vec<String> {
    let attachments = in_vpc(mapper, "aws_internet_gateway_attachment", vpc);
    let attached = |one: &&Resource| {
        let mut ids = attachments
            .iter()
            .map(|one| one.text("internet_gateway_id"));
        one.text("vpc_id") == vpc.id() || ids.any(|id| id == one.id())
    };
    let mut internet = mapper.of("aws_internet_gateway");
    internet.retain(attached);
    let how = "the internet gateway of the VPC";
    if let Some(gateway) = mapper.pick("net.internet_gateway.main", &internet, how) {
        for one in attachments {
            let id = format!("{}_{}", gateway.id(), vpc.id());
            mapper.claim(
                one,
                "net.internet_gateway_attachment.main",
                &id,
                "its attachment",
            );
        }
    }
    let mut nat_zones = Vec::new();
    for zone in zones {
        let mut there = mapper.of("aws_nat_gateway");
        there.retain(|one| one.text("subnet_id") == zone.public.id());
        let how = format!("the NAT gateway in {}", zone.name);
        let address = format!("net.nat_gateway.{}", zone.letter);
        let Some(nat) = mapper.pick(&address, &there, &how) else {
            continue;
        };
        nat_zones.push(zone.letter.clone());
        let mut addresses = mapper.of("aws_eip");
        addresses.retain(|one| one.id() == nat.text("allocation_id"));
        let address = format!("net.elastic_ip.nat-{}", zone.letter);
        mapper.pick(&address, &addresses, "the address of that NAT gateway");
    }
    let nat = match nat_zones.len() {
        0 => Some("none"),
        1 => None,
        all if all == zones.len() => Some("per-az"),
        some => {
            mapper.mapping.misfits.push(format!(
                "{some} of {} zones have a NAT gateway: rd has none, one, or one in each zone",
                zones.len()
            ));
            None
        }
    };
    if let Some(nat) = nat.filter(|_| !zones.is_empty()) {
        mapper.mapping.set_text("net", "nat", nat);
    }
    nat_zones
}

/// The route tables and their default routes.
fn tables<'a>(
    mapper: &mut Mapper<'a>,
    routes: &[Route<'a>],
    zones: &[Zone<'a>],
    nat_zones: &[String],
) {
    let mut names: Vec<(String, &Resource, String)> = Vec::new();
    let Some(first) = zones.first() else {
        return;
    };
    names.push((
        "public".to_owned(),
        first.public,
        "the public subnets".to_owned(),
    ));
    let per_zone = nat_zones.len() > 1;
    let shared = nat_zones.first().unwrap_or(&first.letter);
    for zone in zones {
        if per_zone || zone.letter == *shared {
            let users = format!("the private subnet in {}", zone.name);
            names.push((format!("private-{}", zone.letter), zone.private, users));
        }
    }
    for (name, subnet, users) in names {
        let Some((table, _)) = table_of(mapper, subnet) else {
            continue;
        };
        let mut tables = mapper.of("aws_route_table");
        tables.retain(|one| one.id() == table);
        let how = format!("the table of {users}");
        mapper.pick(&format!("net.route_table.{name}"), &tables, &how);
        for route in routes {
            if let Some(resource) = route.resource
                && route.table == table
                && route.destination == ANYWHERE
            {
                let id = format!("{table}_{ANYWHERE}");
                let address = format!("net.route.{name}-internet");
                mapper.claim(resource, &address, &id, "its default route");
            }
        }
    }
    more_tables(mapper, zones);
}

/// The tables of subnets that have another one than rd would give them: a VPC module can make one for each subnet. The subnets keep
/// them.
fn more_tables(mapper: &mut Mapper<'_>, zones: &[Zone<'_>]) {
    let decisions = mapper.mapping.decisions.iter();
    let ours = decisions.filter(|one| one.address.starts_with("net.route_table."));
    let ours: BTreeSet<String> = ours.map(|one| one.id.clone()).collect();
    for zone in zones {
        for (tier, subnet) in [("public", zone.public), ("private", zone.private)] {
            let Some((table, _)) = table_of(mapper, subnet) else {
                continue;
            };
            if ours.contains(table) {
                continue;
            }
            let mut tables = mapper.of("aws_route_table");
            tables.retain(|one| one.id() == table);
            for one in tables {
                mapper.leave(one, "rd has fewer route tables; its subnet keeps it");
            }
            mapper.mapping.notes.push(format!(
                "the {tier} subnet in {} keeps the route table {table}, which rd does not manage",
                zone.name
            ));
        }
    }
}

/// The VPC endpoints, and the services that get an interface endpoint.
fn endpoints(mapper: &mut Mapper<'_>, vpc: &Resource) {
    let mut services = Vec::new();
    for endpoint in in_vpc(mapper, "aws_vpc_endpoint", vpc) {
        // com.amazonaws.<region>.<service>
        let mut parts = endpoint.text("service_name").splitn(4, '.');
        let Some(service) = parts.nth(3) else {
            continue;
        };
        let is_gateway = ["s3", "dynamodb"].contains(&service);
        let expected = if is_gateway { "Gateway" } else { "Interface" };
        if endpoint.text("vpc_endpoint_type") != expected {
            continue;
        }
        let address = format!("net.vpc_endpoint.{}", service.replace('.', "-"));
        mapper.claim(
            endpoint,
            &address,
            endpoint.id(),
            "the endpoint of that service",
        );
        for part in mapper.of("aws_vpc_endpoint_route_table_association") {
            if part.text("vpc_endpoint_id") == endpoint.id() {
                mapper.claim(part, &address, "", "a part of that endpoint");
            }
        }
        if !is_gateway && !services.contains(&service.to_owned()) {
            services.push(service.to_owned());
        }
    }
    if !services.is_empty() {
        services.sort();
        mapper.mapping.set_list("net", "endpoints", &services);
    }
}
