//! What there is at AWS that bears our tags, asked of the API itself.

use crate::world::World;

/// Each describe call with the filter that leaves out what is only remembered as deleted.
const LISTS: [(&str, Option<(&str, &str)>); 9] = [
    ("DescribeVpcs", None),
    ("DescribeSubnets", None),
    ("DescribeInternetGateways", None),
    ("DescribeAddresses", None),
    ("DescribeNatGateways", Some(("state", "available"))),
    ("DescribeRouteTables", None),
    ("DescribeSecurityGroups", None),
    ("DescribeSecurityGroupRules", None),
    ("DescribeVpcEndpoints", None),
];

impl World {
    /// The addresses on the tags of every network object in the account, sorted: one that is there twice is a double.
    pub fn inventory(&self) -> Vec<String> {
        let mut addresses = Vec::new();
        for (call, state) in LISTS {
            let mut parameters = vec![
                ("Filter.1.Name", "tag:ManagedBy"),
                ("Filter.1.Value.1", "rd"),
            ];
            if let Some((name, value)) = state {
                parameters.extend([("Filter.2.Name", name), ("Filter.2.Value.1", value)]);
            }
            let answer = self.ec2(call, &parameters);
            let tags = answer.body.split("<key>rd:address</key><value>").skip(1);
            addresses.extend(
                tags.filter_map(|rest| rest.split('<').next())
                    .map(str::to_owned),
            );
        }
        addresses.sort();
        addresses
    }
}
