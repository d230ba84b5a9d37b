//! The least policy for a use of a program: its rows, merged into few statements.

use super::call::{Call, Condition, Grant};
use super::resources::Resources;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Every use of a program.
pub(super) const ALL: &str = "all";

/// The policy for one or several uses of a program: `plan`, `apply`, a command, or `all`. Statements, actions and resources are sorted.
pub fn document(tables: &[&[Call]], uses: &[&str], resources: &Resources) -> Value {
    let mut statements = Statements::default();
    let calls = tables.iter().copied().flatten();
    for grant in calls
        .filter(|call| uses.iter().any(|what| call.is_made_by(what)))
        .flat_map(|call| call.grants)
    {
        statements.add(grant, resources);
    }
    let written = statements.merged().into_iter().map(|one| {
        let (actions, arns) = (one.actions, one.arns);
        let mut statement = json!({"Effect": "Allow", "Action": actions, "Resource": arns});
        if let Some(condition) = written(one.condition, resources) {
            statement["Condition"] = condition;
        }
        statement
    });
    json!({"Version": "2012-10-17", "Statement": written.collect::<Vec<Value>>()})
}

/// A statement that allows actions on resources.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Statement {
    actions: BTreeSet<&'static str>,
    arns: BTreeSet<String>,
    condition: Condition,
}

/// Which grants become one statement. An action concerns only the types of resource that it knows: so one statement for
/// all types of a service, or for all resources with the stack's tags, allows no more than one for each type.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// The stack's own resources of a service, by their names.
    Own(&'static str),
    /// Resources that are told apart by their tags.
    Tagged,
    /// All others, such as reads of every resource of a type: only with the same resources.
    Same(Vec<String>),
}

impl Group {
    fn of(action: &'static str, condition: Condition, is_own: bool, arns: &[String]) -> Self {
        let (service, _) = action.split_once(':').unwrap_or_default();
        match condition {
            Condition::TagsRequested | Condition::Tagged | Condition::TaggedOrNot => Self::Tagged,
            // Roles give permissions themselves: they stay apart.
            Condition::None if is_own && service != "iam" => Self::Own(service),
            _ => Self::Same(arns.to_vec()),
        }
    }
}

/// The actions of a statement, and the ARNs that they are for.
type Granted = (BTreeSet<&'static str>, BTreeSet<String>);

/// The grants so far.
#[derive(Default)]
struct Statements(BTreeMap<(Group, Condition), Granted>);

impl Statements {
    fn add(&mut self, grant: &Grant, resources: &Resources) {
        if matches!(grant.condition, Condition::Of(.., name) if resources.arns(name).is_empty()) {
            return;
        }
        // Names that begin with `any_` are not the stack's own.
        let (own, others): (Vec<&str>, Vec<&str>) = grant
            .resources
            .split(' ')
            .partition(|name| *name != "*" && !name.starts_with("any_"));
        for (is_own, names) in [(true, own.join(" ")), (false, others.join(" "))] {
            let arns = resources.arns(&names);
            if arns.is_empty() {
                continue;
            }
            for action in grant.actions.split(' ') {
                let group = Group::of(action, grant.condition, is_own, &arns);
                let (actions, all) = self.0.entry((group, grant.condition)).or_default();
                actions.insert(action);
                all.extend(arns.iter().cloned());
            }
        }
    }

    /// The statements, each action once where it is allowed on everything.
    fn merged(self) -> BTreeSet<Statement> {
        let everything = BTreeSet::from(["*".to_owned()]);
        let is_anywhere = |condition, arns: &BTreeSet<String>| {
            condition == Condition::None && *arns == everything
        };
        let anywhere: BTreeSet<&str> = self
            .0
            .iter()
            .filter(|((_, condition), (_, arns))| is_anywhere(*condition, arns))
            .flat_map(|(_, (actions, _))| actions.iter().copied())
            .collect();
        let all = self.0.into_iter();
        all.map(|((_, condition), (mut actions, arns))| {
            if !is_anywhere(condition, &arns) {
                actions.retain(|action| !anywhere.contains(action));
            }
            Statement {
                actions,
                arns,
                condition,
            }
        })
        .filter(|statement| !statement.actions.is_empty())
        .collect()
    }
}

/// The names in the resources that no row of the tables uses.
pub(crate) fn unused_names(tables: &[&[Call]], resources: &Resources) -> Vec<&'static str> {
    let grants = tables
        .iter()
        .copied()
        .flatten()
        .flat_map(|call| call.grants);
    let used: BTreeSet<&str> = grants
        .flat_map(|grant| {
            let values = match grant.condition {
                Condition::Of(.., name) => Some(name),
                _ => None,
            };
            grant.resources.split(' ').chain(values)
        })
        .collect();
    let names = resources.values.keys().copied();
    names.filter(|name| !used.contains(name)).collect()
}

/// A condition as a policy has it.
fn written(condition: Condition, resources: &Resources) -> Option<Value> {
    let stack = &resources.stack;
    let tags = |key: &str| -> Value {
        [
            ("Project", &stack.project),
            ("Environment", &stack.environment),
        ]
        .map(|(name, value)| (format!("{key}/{name}"), json!(value)))
        .into_iter()
        .collect::<Map<String, Value>>()
        .into()
    };
    let one = |operator: &str, key: &str, value: Value| {
        let mut inner = Map::new();
        inner.insert(key.to_owned(), value);
        Some(json!({operator: inner}))
    };
    match condition {
        Condition::None => None,
        Condition::TagsRequested => Some(json!({"StringEquals": tags("aws:RequestTag")})),
        Condition::Tagged => Some(json!({"StringEquals": tags("aws:ResourceTag")})),
        Condition::TaggedOrNot => Some(json!({"StringEqualsIfExists": tags("aws:ResourceTag")})),
        Condition::Via(service) => one(
            "StringEquals",
            "kms:ViaService",
            json!(format!("{service}.{}.{}", stack.region, stack.dns_suffix())),
        ),
        Condition::Is(operator, key, value) => one(operator, key, json!(value)),
        Condition::Of(operator, key, name) => one(operator, key, json!(resources.arns(name))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::needs;
    use super::*;
    use crate::stack::Stack;

    const CALLS: &[Call] = &[
        needs(
            "EC2",
            "DescribeVpcs",
            "plan",
            &[Grant::any("ec2:DescribeVpcs")],
        ),
        needs(
            "EC2",
            "CreateVpc",
            "apply",
            &[Grant::create("ec2:CreateVpc", "vpc")],
        ),
        needs(
            "EC2",
            "DeleteVpc",
            "apply",
            &[Grant::tagged("ec2:DeleteVpc", "vpc")],
        ),
        needs(
            "EC2",
            "DeleteSubnet",
            "apply",
            &[Grant::tagged("ec2:DeleteSubnet", "subnet")],
        ),
        needs(
            "RDS",
            "RebootDBInstance",
            "reboot",
            &[
                Grant::on("rds:RebootDBInstance", "db"),
                Grant::on("kms:Decrypt", "key").when(Condition::Via("rds")),
            ],
        ),
    ];

    fn policy(what: &str, region: &str) -> Value {
        let stack = Stack {
            project: "shop".into(),
            environment: "test".into(),
            region: region.into(),
            ..Stack::default()
        };
        let resources = Resources::of(&stack)
            .regional("vpc", "ec2", ["vpc/*"])
            .regional("subnet", "ec2", ["subnet/*"])
            .regional("db", "rds", ["db:shop"])
            .kms_key("key", None);
        document(&[CALLS], &[what], &resources)
    }

    #[test]
    fn a_use_gets_its_own_rows_and_an_apply_those_of_a_plan() {
        let actions = |what: &str| {
            let text = policy(what, "us-east-1").to_string();
            [
                "ec2:DescribeVpcs",
                "ec2:CreateVpc",
                "ec2:DeleteVpc",
                "rds:RebootDBInstance",
                "kms:",
            ]
            .map(|action| text.contains(action))
        };
        assert_eq!(actions("plan"), [true, false, false, false, false]);
        assert_eq!(actions("apply"), [true, true, true, false, false]);
        assert_eq!(actions("reboot"), [false, false, false, true, false]);
        assert_eq!(actions("all"), [true, true, true, true, false]);
    }

    #[test]
    fn an_action_that_is_allowed_on_everything_is_in_no_other_statement() {
        const ANYWHERE: &[Call] = &[
            needs("IAM", "GetRole", "plan", &[Grant::any("iam:GetRole")]),
            needs(
                "IAM",
                "GetRole",
                "plan",
                &[Grant::on("iam:GetRole iam:ListRoleTags", "role")],
            ),
            needs(
                "IAM",
                "GetRole",
                "plan",
                &[Grant::tagged("iam:GetRole", "role")],
            ),
        ];
        let resources = Resources::of(&Stack::default()).global("role", "iam", ["role/shop"]);
        let policy = document(&[ANYWHERE], &["plan"], &resources);
        let actions: Vec<&Value> = policy["Statement"]
            .as_array()
            .expect("statements")
            .iter()
            .map(|one| &one["Action"])
            .collect();
        assert_eq!(
            actions,
            [&json!(["iam:GetRole"]), &json!(["iam:ListRoleTags"])]
        );
    }

    #[test]
    fn resources_are_in_the_partition_of_the_region_and_tags_are_conditions() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
        ] {
            let policy = policy("apply", region);
            let vpc = format!("arn:{partition}:ec2:{region}:*:vpc/*");
            let statements = policy["Statement"].as_array().expect("statements");
            let of = |action: &str| {
                let has = |one: &&Value| one["Action"].to_string().contains(action);
                let found = statements.iter().find(has);
                found.expect(action).clone()
            };
            assert_eq!(of("ec2:CreateVpc")["Resource"], json!([vpc]));
            assert_eq!(
                of("ec2:DeleteVpc")["Condition"],
                json!({"StringEquals": {
                    "aws:ResourceTag/Project": "shop", "aws:ResourceTag/Environment": "test"
                }})
            );
            assert_eq!(of("ec2:DescribeVpcs")["Resource"], json!(["*"]));
        }
    }
}
