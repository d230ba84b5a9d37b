//! The internet gateway, the NAT gateways, the route tables with their routes, and which subnet uses which table.

use crate::availability_zones::{Zone, Zones};
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
    zones: &'a Zones,
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
    for (zone, subnet) in zones.all.iter().zip(&subnets.public) {
        associate(parts, &format!("public-{}", zone.letter()), subnet, &public);
    }

    let mut tables = vec![public];
    let mut nats = Vec::new();
    // One private table serves all zones unless each has its own NAT gateway.
    let own_tables = config.nat == Nat::PerAz;
    let names: Vec<&str> = match own_tables {
        true => zones.all.iter().map(Zone::letter).collect(),
        false => vec![&zones.shared_table],
    };
    let mut private = Vec::new();
    for name in names {
        let table = parts.add::<RouteTable>(
            &format!("private-{name}"),
            route_table::Spec { vpc_id: vpc.id() },
        );
        let place = if own_tables { name } else { &zones.nat };
        let mut public = zones.all.iter().zip(&subnets.public);
        let public = public.find(|(zone, _)| zone.letter() == place);
        let route = public
            .filter(|_| config.nat != Nat::None)
            .map(|(zone, subnet)| {
                let nat = nat_gateway(parts, zone.letter(), subnet, &attached);
                let route = parts.add::<Route>(
                    &format!("private-{name}-internet"),
                    route::Spec {
                        route_table_id: table.id(),
                        destination: ANY_IPV4.to_owned(),
                        gateway_id: None,
                        nat_gateway_id: Some(nat.id()),
                    },
                );
                nats.push((zone.letter(), nat));
                route
            });
        tables.push(table.clone());
        private.push((table, route));
    }
    for (index, (zone, subnet)) in zones.all.iter().zip(&subnets.private).enumerate() {
        let (table, route) = &private[if own_tables { index } else { 0 }];
        let name = format!("private-{}", zone.letter());
        let association = associate(parts, &name, subnet, table);
        // A subnet that moves to another table finds the route there.
        if let Some(route) = route {
            parts.after(&association, route);
        }
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
fn associate(parts: &mut Parts, name: &str, subnet: &Part, table: &Part) -> Part {
    parts.add::<RouteTableAssociation>(
        name,
        association::Spec {
            subnet_id: subnet.id(),
            route_table_id: table.id(),
        },
    )
}
