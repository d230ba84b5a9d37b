//! IAM roles with their policies: rd has one inline policy in a role, and all others stay as they are.

use crate::adoption::mapper::Mapper;

/// The types that are parts of a role.
const PARTS: [&str; 4] = [
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_role_policy_attachments_exclusive",
];

/// What a role is in rd.
pub struct Place<'a> {
    /// The address of the role.
    pub role: &'a str,
    /// The address of rd's inline policy in it.
    pub policy: &'a str,
    /// The name of that policy.
    pub own: &'a str,
}

/// Claims the role with this ARN and its policies, and returns its name. One that the state does not have is not the stack's:
/// who uses it keeps it.
pub fn claim<'a>(
    mapper: &mut Mapper<'a>,
    arn: &str,
    place: &Place<'_>,
    how: &str,
) -> Option<&'a str> {
    let mut roles = mapper.of("aws_iam_role");
    roles.retain(|one| !arn.is_empty() && one.text("arn") == arn);
    let role = *roles.first()?;
    let name = role.text("name");
    mapper.claim(role, place.role, name, how);
    for kind in PARTS {
        for one in mapper.of(kind) {
            let has = one.text("role") == name || one.text("role_name") == name;
            if has && kind == "aws_iam_role_policy" && one.text("name") == place.own {
                let id = format!("{name}:{}", place.own);
                mapper.claim(one, place.policy, &id, "the policy of that role");
            } else if has {
                mapper.claim(one, place.role, "", "a policy of that role, which keeps it");
            }
        }
    }
    mapper.has(place.role, name).then_some(name)
}
