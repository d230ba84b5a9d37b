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
    /// The addresses on the tags of every network object of ours in the account, sorted: one that is there twice is a
    /// double.
    pub fn inventory(&self) -> Vec<String> {
        let mut addresses: Vec<String> = self
            .managed_by("rd")
            .iter()
            .flat_map(|text| text.split("<key>rd:address</key><value>").skip(1))
            .filter_map(|rest| rest.split('<').next())
            .map(str::to_owned)
            .collect();
        addresses.sort();
        addresses
    }

    /// How many network objects bear the tag `ManagedBy` with this value.
    pub fn count_managed_by(&self, tool: &str) -> usize {
        let texts = self.managed_by(tool);
        texts
            .iter()
            .map(|text| text.matches("<key>ManagedBy</key>").count())
            .sum()
    }

    fn managed_by(&self, tool: &str) -> Vec<String> {
        let list = |(call, state): &(&str, Option<(&str, &str)>)| {
            let mut parameters = vec![
                ("Filter.1.Name", "tag:ManagedBy"),
                ("Filter.1.Value.1", tool),
            ];
            if let Some((name, value)) = state {
                parameters.extend([("Filter.2.Name", *name), ("Filter.2.Value.1", *value)]);
            }
            self.ec2(call, &parameters).body
        };
        LISTS.iter().map(list).collect()
    }
}
