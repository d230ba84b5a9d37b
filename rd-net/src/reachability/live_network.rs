//! The part of the stack's network that decides what traffic passes, as AWS has it now.

use ipnet::Ipv4Net;

/// The name of the end outside of the VPC.
pub const INTERNET: &str = "internet";

/// The part of the stack's network that decides what traffic passes.
pub struct LiveNetwork {
    /// The name and the id of each security group that exists.
    pub groups: Vec<(String, String)>,
    /// The public subnets that the state has.
    pub public: Vec<LiveSubnet>,
    /// The private subnets that the state has.
    pub private: Vec<LiveSubnet>,
    /// The rules of all groups.
    pub rules: Vec<LiveRule>,
    /// The VPC endpoints of all services.
    pub endpoints: Vec<LiveEndpoint>,
}

impl LiveNetwork {
    /// The end with this name: a security group, or [`INTERNET`].
    pub fn end(&self, name: &str) -> End {
        if name == INTERNET {
            return End::Internet;
        }
        // Only the load balancer is in the public subnets.
        let subnets = if name == "alb" {
            &self.public
        } else {
            &self.private
        };
        End::Group {
            name: name.to_owned(),
            id: self
                .groups
                .iter()
                .find(|(group, _)| group == name)
                .map(|(_, id)| id.clone()),
            subnets: subnets.clone(),
        }
    }
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A security group of the slice, and the subnets in which its members are.
    Group {
        /// The group's name, such as `db`.
        name: String,
        /// The group's id; none where AWS does not have it.
        id: Option<String>,
        /// The subnets of the group's tier.
        subnets: Vec<LiveSubnet>,
    },
    /// Any address outside of the VPC.
    Internet,
}

/// A subnet with what controls its traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSubnet {
    /// The subnet's id in AWS.
    pub id: String,
    /// The subnet's CIDR block.
    pub block: Ipv4Net,
    /// The routes of its route table.
    pub routes: Vec<LiveRoute>,
    /// The entries of its network ACL, in any order.
    pub acl: Vec<AclEntry>,
    /// What VPC Block Public Access of the account blocks there: `off`, `block-ingress` or `block-bidirectional`; empty
    /// where AWS does not report it.
    pub internet_gateway_block_mode: String,
}

impl End {
    /// The name for people.
    pub fn label(&self) -> &str {
        match self {
            End::Group { name, .. } => name,
            End::Internet => "internet",
        }
    }

    /// The group's id; none of the internet and of a missing group.
    pub fn group_id(&self) -> Option<&str> {
        match self {
            End::Group { id, .. } => id.as_deref(),
            End::Internet => None,
        }
    }

    /// The subnets of the group's tier; none of the internet.
    pub fn subnets(&self) -> &[LiveSubnet] {
        match self {
            End::Group { subnets, .. } => subnets,
            End::Internet => &[],
        }
    }

    /// The blocks that have every address of this end.
    pub fn blocks(&self) -> Vec<Ipv4Net> {
        match self {
            End::Group { subnets, .. } => subnets.iter().map(|subnet| subnet.block).collect(),
            End::Internet => vec![Ipv4Net::default()],
        }
    }
}

/// A route of a subnet's route table, as AWS has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRoute {
    /// The addresses that the route is for.
    pub destination: Ipv4Net,
    /// The target: `local`, or an id such as `igw-…` or `nat-…`.
    pub target: String,
    /// Whether the target does not exist any more.
    pub blackhole: bool,
}

/// An entry of a network ACL, as AWS has it.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// The entry's number: of the entries that match, the one with the lowest number decides.
    pub number: i32,
    /// Whether it is for traffic that leaves the subnet.
    pub egress: bool,
    /// Whether it allows the traffic, rather than denies it.
    pub allow: bool,
    /// The protocol's number, such as `6` for TCP; `-1` for all.
    pub protocol: String,
    /// The first and the last port; none for all ports.
    pub ports: Option<(i32, i32)>,
    /// The addresses outside of the subnet.
    pub block: Ipv4Net,
}

/// A rule of a security group, as AWS has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRule {
    /// The id of the group that has the rule.
    pub group: String,
    /// Whether the rule allows outbound traffic rather than inbound.
    pub egress: bool,
    /// The protocol, such as `tcp`; `-1` for all.
    pub protocol: String,
    /// The first allowed port; -1 for all.
    pub from_port: i32,
    /// The last allowed port; -1 for all.
    pub to_port: i32,
    /// The peer, where it is a CIDR block.
    pub peer_block: Option<Ipv4Net>,
    /// The peer, where it is a group: its id.
    pub peer_group: Option<String>,
}

/// A VPC endpoint, as AWS has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveEndpoint {
    /// The endpoint's id, `vpce-…`.
    pub id: String,
    /// The service without its region, such as `ecr.api`.
    pub service: String,
    /// AWS's status word in lower case, such as `available`.
    pub state: String,
    /// Whether the private subnets use it: by a route (gateway), or by the service's DNS name (interface).
    pub used: bool,
}
