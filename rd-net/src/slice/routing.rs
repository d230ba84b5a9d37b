//! The internet gateway, the NAT gateways, the route tables with their routes, and which subnet uses which table.

use crate::availability_zones::Zone;
use crate::config::{Config, Nat};
use crate::ec2::ANY_IPV4;
use crate::kinds::elastic_ip::{self, ElasticIp};
use crate::kinds::internet_gateway::{self, InternetGateway};
use crate::kinds::internet_gateway_attachment::{self as attachment, InternetGatewayAttachment};
use crate::kinds::nat_gateway::{self, NatGateway};
use crate::kinds::route::{self, Route};
use crate::kinds::route_table::{self, RouteTable};
use crate::kinds::route_table_association::{self as association, RouteTableAssociation};
use crate::slice::subnets::Subnets;
use rd_common::{Part, Parts};

/// What other resources and the outputs refer to.
pub struct Routing<'a> {
    /// Every route table: the public one, then the private ones.
    pub tables: Vec<Part>,
    /// The attachment of the internet gateway to the VPC.
    pub internet_gateway_attachment: Part,
    /// The NAT gateways, each with the letter of its zone.
    pub nat_gateways: Vec<(&'a str, Part)>,
}

/// Adds the gateways, the route tables, their routes and their associations with the subnets.
pub fn routing<'a>(
    parts: &mut Parts,
    config: &Config,
    zones: &'a [Zone],
    vpc: &Part,
    subnets: &Subnets,
) -> Routing<'a> {
    let gateway = parts.add::<InternetGateway>("main", internet_gateway::Spec {});
    let attached = parts.add::<InternetGatewayAttachment>(
        "main",
        attachment::Spec {
            internet_gateway_id: gateway.id(),
            vpc_id: vpc.id(),
        },
    );
    let public = parts.add::<RouteTable>("public", route_table::Spec { vpc_id: vpc.id() });
    let route = parts.add::<Route>(
        "public-internet",
        route::Spec {
            route_table_id: public.id(),
            destination: ANY_IPV4.to_owned(),
            gateway_id: Some(gateway.id()),
            nat_gateway_id: None,
        },
    );
    parts.after(&route, &attached);
    for (zone, subnet) in zones.iter().zip(&subnets.public) {
        associate(parts, &format!("public-{}", zone.letter()), subnet, &public);
    }

    let mut tables = vec![public];
    let mut nats = Vec::new();
    for (index, (zone, public_subnet)) in zones.iter().zip(&subnets.public).enumerate() {
        let letter = zone.letter();
        // One private table serves all zones unless each has its own NAT gateway. It belongs to the first zone, so that
        // a change from one NAT gateway to one in each zone leaves the first zone alone.
        if index == 0 || config.nat == Nat::PerAz {
            let table = parts.add::<RouteTable>(
                &format!("private-{letter}"),
                route_table::Spec { vpc_id: vpc.id() },
            );
            if config.nat != Nat::None {
                let nat = nat_gateway(parts, letter, public_subnet, &attached);
                parts.add::<Route>(
                    &format!("private-{letter}-internet"),
                    route::Spec {
                        route_table_id: table.id(),
                        destination: ANY_IPV4.to_owned(),
                        gateway_id: None,
                        nat_gateway_id: Some(nat.id()),
                    },
                );
                nats.push((letter, nat));
            }
            tables.push(table);
        }
    }
    for (index, (zone, subnet)) in zones.iter().zip(&subnets.private).enumerate() {
        let table = if config.nat == Nat::PerAz {
            1 + index
        } else {
            1
        };
        let table = tables[table].clone();
        associate(parts, &format!("private-{}", zone.letter()), subnet, &table);
    }
    Routing {
        tables,
        internet_gateway_attachment: attached,
        nat_gateways: nats,
    }
}

/// Adds a NAT gateway in a public subnet, with its elastic IP address.
fn nat_gateway(parts: &mut Parts, letter: &str, subnet: &Part, attached: &Part) -> Part {
    let address = parts.add::<ElasticIp>(&format!("nat-{letter}"), elastic_ip::Spec {});
    // AWS does not detach an internet gateway while an address is in use, so the address depends on the attachment.
    parts.after(&address, attached);
    let nat = parts.add::<NatGateway>(
        letter,
        nat_gateway::Spec {
            subnet_id: subnet.id(),
            allocation_id: address.id(),
        },
    );
    parts.after(&nat, attached);
    nat
}

/// Makes a subnet use a route table.
fn associate(parts: &mut Parts, name: &str, subnet: &Part, table: &Part) {
    parts.add::<RouteTableAssociation>(
        name,
        association::Spec {
            subnet_id: subnet.id(),
            route_table_id: table.id(),
        },
    );
}
