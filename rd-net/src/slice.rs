//! The network, part by part.

use crate::cidr::Layout;
use crate::clients::Clients;
use crate::config::{Azs, Config, Nat};
use crate::flow_logs::flow_logs;
use crate::kinds::default_security_group::{self, DefaultSecurityGroup};
use crate::kinds::elastic_ip::{self, ElasticIp};
use crate::kinds::flow_log::FlowLog;
use crate::kinds::internet_gateway::{self, InternetGateway};
use crate::kinds::internet_gateway_attachment::{self as attachment, InternetGatewayAttachment};
use crate::kinds::nat_gateway::{self, NatGateway};
use crate::kinds::route::{self, Route};
use crate::kinds::route_table::{self, RouteTable};
use crate::kinds::route_table_association::{self as association, RouteTableAssociation};
use crate::kinds::security_group::{self, SecurityGroup};
use crate::kinds::security_group_rule::SecurityGroupRule;
use crate::kinds::subnet::{self, Subnet};
use crate::kinds::vpc::{self, Vpc};
use crate::kinds::vpc_endpoint::{self, Type, VpcEndpoint};
use crate::rules::{GROUPS, rules};
use crate::zones::{self, Zone};
use rd_common::aws::Aws;
use rd_common::{Document, Input, Kinds, NoArgs, Part, Parts, Problem, Result, Slice, Stack};
use rd_iam::role::Role;
use rd_iam::role_policy::RolePolicy;
use rd_log_group::LogGroup;
use std::collections::BTreeMap;

/// Anywhere.
pub const ANYWHERE: &str = "0.0.0.0/0";

/// The slice.
pub struct Net;

impl Slice for Net {
    const NAME: &'static str = "net";
    type Config = Config;
    type Clients = Clients;
    type Discovered = Vec<Zone>;
    type DestroyArgs = NoArgs;

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn clients(aws: &Aws) -> Clients {
        Clients::new(aws)
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new()
            .with::<Vpc>()
            .with::<Subnet>()
            .with::<InternetGateway>()
            .with::<InternetGatewayAttachment>()
            .with::<ElasticIp>()
            .with::<NatGateway>()
            .with::<RouteTable>()
            .with::<Route>()
            .with::<RouteTableAssociation>()
            .with::<VpcEndpoint>()
            .with::<SecurityGroup>()
            .with::<DefaultSecurityGroup>()
            .with::<SecurityGroupRule>()
            .with::<LogGroup<Clients>>()
            .with::<Role<Clients>>()
            .with::<RolePolicy<Clients>>()
            .with::<FlowLog>()
    }

    async fn discover(
        clients: Option<&Clients>,
        stack: &Stack,
        config: &Config,
        state: &Document,
    ) -> Result<Vec<Zone>> {
        zones::choose(clients, stack, config, state).await
    }

    fn parts(stack: &Stack, config: &Config, zones: &Vec<Zone>) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let vpc = parts.add::<Vpc>(
            "main",
            vpc::Spec {
                cidr_block: config.cidr.clone(),
                enable_dns_support: true,
                enable_dns_hostnames: true,
            },
        );
        parts
            .add::<DefaultSecurityGroup>("main", default_security_group::Spec { vpc_id: vpc.id() });
        let subnets = subnets(&mut parts, config, zones, &vpc);
        let (tables, attached, nats) = routes(&mut parts, config, zones, &vpc, &subnets);
        let groups = security_groups(&mut parts, stack, config, &vpc);
        endpoints(
            &mut parts,
            stack,
            config,
            &vpc,
            &subnets,
            &tables,
            &groups["endpoints"],
        );
        if config.flow_logs {
            flow_logs(&mut parts, stack, config, &vpc);
        }
        outputs(
            &mut parts, config, zones, &vpc, &attached, &subnets, &groups,
        );
        // How many there are is known before they are.
        let zones: Vec<&str> = nats.iter().map(|(letter, _)| *letter).collect();
        parts.output("nat_gateway_zones", zones);
        for (letter, gateway) in nats {
            parts.output(&format!("nat_gateway_{letter}_id"), gateway.id());
        }
        parts
    }
}

/// The subnets, in the zones' order.
struct Subnets {
    public: Vec<Part>,
    private: Vec<Part>,
}

fn ids(parts: &[Part]) -> Vec<Input> {
    parts.iter().map(Part::id).collect()
}

fn subnets(parts: &mut Parts, config: &Config, zones: &[Zone], vpc: &Part) -> Subnets {
    let layout = Layout::of(config).unwrap_or(Layout {
        public: Vec::new(),
        private: Vec::new(),
    });
    let mut add = |tier: &str, blocks: &[ipnet::Ipv4Net]| -> Vec<Part> {
        let cut = zones
            .iter()
            .filter_map(|zone| Some((zone, blocks.get(zone.slot)?)));
        cut.map(|(zone, block)| {
            parts.add::<Subnet>(
                &format!("{tier}-{}", zone.letter()),
                subnet::Spec {
                    vpc_id: vpc.id(),
                    availability_zone: zone.name.clone(),
                    cidr_block: block.to_string(),
                    map_public_ip_on_launch: false,
                },
            )
        })
        .collect()
    };
    Subnets {
        public: add("public", &layout.public),
        private: add("private", &layout.private),
    }
}

/// Gateways, tables and routes; returns every table, the internet gateway in its place, and the NAT gateways by the zone's letter.
fn routes<'a>(
    parts: &mut Parts,
    config: &Config,
    zones: &'a [Zone],
    vpc: &Part,
    subnets: &Subnets,
) -> (Vec<Part>, Part, Vec<(&'a str, Part)>) {
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
            destination: ANYWHERE.to_owned(),
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
        // One private table serves all zones unless each has a gateway of its own. It is the first zone's, so that
        // going from one gateway to several leaves the first zone as it is.
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
                        destination: ANYWHERE.to_owned(),
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
    (tables, attached, nats)
}

fn nat_gateway(parts: &mut Parts, letter: &str, subnet: &Part, attached: &Part) -> Part {
    let address = parts.add::<ElasticIp>(&format!("nat-{letter}"), elastic_ip::Spec {});
    // An address in use keeps the internet gateway from being detached.
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

fn associate(parts: &mut Parts, name: &str, subnet: &Part, table: &Part) {
    parts.add::<RouteTableAssociation>(
        name,
        association::Spec {
            subnet_id: subnet.id(),
            route_table_id: table.id(),
        },
    );
}

fn security_groups(
    parts: &mut Parts,
    stack: &Stack,
    config: &Config,
    vpc: &Part,
) -> BTreeMap<&'static str, Part> {
    let mut groups = BTreeMap::new();
    for (name, description) in GROUPS {
        let group = parts.add::<SecurityGroup>(
            name,
            security_group::Spec {
                vpc_id: vpc.id(),
                group_name: stack.name_of(name),
                description: description.to_owned(),
            },
        );
        groups.insert(name, group);
    }
    for rule in rules(config.app_port) {
        parts.add::<SecurityGroupRule>(&rule.name(), rule.spec(&groups));
    }
    groups
}

fn endpoints(
    parts: &mut Parts,
    stack: &Stack,
    config: &Config,
    vpc: &Part,
    subnets: &Subnets,
    tables: &[Part],
    group: &Part,
) {
    let service_name = |service: &str| format!("com.amazonaws.{}.{service}", stack.region);
    for service in ["s3", "dynamodb"] {
        parts.add::<VpcEndpoint>(
            service,
            vpc_endpoint::Spec {
                vpc_id: vpc.id(),
                service_name: service_name(service),
                endpoint_type: Type::Gateway,
                route_table_ids: ids(tables),
                subnet_ids: Vec::new(),
                security_group_ids: Vec::new(),
                private_dns_enabled: false,
            },
        );
    }
    for service in config.interface_endpoints() {
        parts.add::<VpcEndpoint>(
            &service.replace('.', "-"),
            vpc_endpoint::Spec {
                vpc_id: vpc.id(),
                service_name: service_name(&service),
                endpoint_type: Type::Interface,
                route_table_ids: Vec::new(),
                subnet_ids: ids(&subnets.private),
                security_group_ids: vec![group.id()],
                private_dns_enabled: true,
            },
        );
    }
}

fn outputs(
    parts: &mut Parts,
    config: &Config,
    zones: &[Zone],
    vpc: &Part,
    attached: &Part,
    subnets: &Subnets,
    groups: &BTreeMap<&'static str, Part>,
) {
    parts.output("vpc_id", vpc.id());
    parts.output("vpc_cidr", &config.cidr);
    parts.output(
        "availability_zones",
        zones.iter().map(|zone| &zone.name).collect::<Vec<_>>(),
    );
    // Known only when it is attached: what faces the internet can be made then.
    parts.output(
        "internet_gateway_id",
        attached.attribute::<String>("internet_gateway_id"),
    );
    parts.output("public_subnet_ids", ids(&subnets.public));
    parts.output("private_subnet_ids", ids(&subnets.private));
    for (name, group) in groups {
        parts.output(&format!("{name}_security_group_id"), group.id());
    }
    parts.output("app_port", config.app_port);
}

/// The zones of a configuration, where nothing is known of the region.
pub fn likely_zones(stack: &Stack, config: &Config) -> Vec<String> {
    match &config.azs {
        Azs::Names(names) => names.clone(),
        Azs::Count(count) => ["a", "b", "c"]
            .iter()
            .take(usize::from(*count))
            .map(|letter| format!("{}{letter}", stack.region))
            .collect(),
    }
}
