//! The resources and outputs of the slice `net`, a pure function of the settings and the zones.

mod flow_logs;
mod outputs;
mod routing;
pub mod security_groups;
mod subnets;
mod vpc_endpoints;

use crate::clients::Clients;
use crate::config::Config;
use crate::discover::{self, Discovered};
use crate::ec2::network_interfaces;
use crate::kinds::default_security_group::{self, DefaultSecurityGroup};
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
use crate::kinds::vpc::{self, Vpc};
use crate::kinds::vpc_endpoint::VpcEndpoint;
use crate::permissions;
use crate::scan;
use outputs::outputs;
use rd_common::aws::Aws;
use rd_common::permissions::{Call, OF_EVERY_PROGRAM, Resources};
use rd_common::{
    Ctx, DeleteTarget, Document, Kind, Kinds, NoArgs, Parts, Problem, Result, ScanRequest, Slice,
    Stack, TerraformResources, Usage,
};
use rd_iam::role::Role;
use rd_iam::role_policy::RolePolicy;
use rd_log_group::LogGroup;
use serde_json::Value;

/// The slice `net`, which `rd-net` owns.
pub struct Net;

impl Slice for Net {
    const NAME: &'static str = "net";
    type Config = Config;
    type Clients = Clients;
    type Discovered = Discovered;
    type DestroyArgs = NoArgs;

    const CALLS: &'static [&'static [Call]] = &[
        permissions::CALLS,
        rd_iam::permissions::ROLES,
        rd_iam::permissions::SCANNED_ROLES,
        rd_log_group::permissions::CALLS,
        OF_EVERY_PROGRAM,
    ];

    fn resources(stack: &Stack, config: &Config) -> Resources {
        permissions::resources(stack, config)
    }

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn clients(aws: &Aws, _: &Stack, _: &Config) -> Clients {
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
        seen: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Discovered> {
        discover::discover(clients, stack, config, state, seen).await
    }

    async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
        scan::scan(ctx, request).await
    }

    async fn used_by(ctx: &Ctx<Clients>, targets: &[DeleteTarget]) -> Result<Vec<Usage>> {
        let mut usage = Vec::new();
        for target in targets.iter().filter(|target| target.kind == Vpc::NAME) {
            usage.extend(network_interfaces::of_other_slices(ctx, &target.id).await?);
        }
        Ok(usage)
    }

    fn parts(stack: &Stack, config: &Config, discovered: &Discovered) -> Parts {
        let zones = &discovered.zones;
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
        let subnets = subnets::subnets(&mut parts, &zones.all, &vpc);
        let routing = routing::routing(&mut parts, config, zones, &vpc, &subnets);
        let groups = security_groups::security_groups(&mut parts, stack, config, &vpc);
        vpc_endpoints::vpc_endpoints(
            &mut parts,
            discovered,
            config,
            &vpc,
            &subnets,
            &routing.tables,
            &groups["endpoints"],
        );
        if config.flow_logs {
            flow_logs::flow_logs(&mut parts, stack, config, &vpc);
        }
        outputs(
            &mut parts, config, &zones.all, &vpc, &routing, &subnets, &groups,
        );
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_kinds_are_in_the_schema() {
        rd_testkit::kinds::assert_listed(Net::NAME, Net::kinds().all().map(|(name, _)| name));
    }
}
