//! The resources in AWS that are tagged by rd, as the API itself reports them.

use crate::world::World;

/// Each describe call, with the filter that leaves out deleted resources.
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
    /// The addresses in the tags of all network resources of the account, sorted. A resource that was created twice is
    /// in the list twice.
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

    /// The number of network resources with the tag `ManagedBy` and this value.
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
