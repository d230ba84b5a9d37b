//! The ARNs of a stack's resources, as patterns: by their names where these are known, otherwise of all of their type.

use crate::arn::Arn;
use crate::stack::Stack;
use std::collections::BTreeMap;

/// The ARN patterns and other values behind the names in a table of calls.
#[derive(Clone, Debug)]
pub struct Resources {
    pub(super) stack: Stack,
    pub(super) values: BTreeMap<&'static str, Vec<String>>,
}

impl Resources {
    /// None yet. Where the account is not known, ARNs have `*` in its place.
    pub fn of(stack: &Stack) -> Self {
        let stack = stack.clone();
        if stack.account().is_empty() {
            // Set once, and empty: it was not set before.
            let _ = stack.account.set("*".to_owned());
        }
        Self {
            stack,
            values: BTreeMap::new(),
        }
    }

    /// The stack, with `*` for an account that is not known.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    fn arns_of<R>(
        self,
        name: &'static str,
        resources: impl IntoIterator<Item = R>,
        arn: impl Fn(&Stack, R) -> Arn,
    ) -> Self {
        let arns = resources
            .into_iter()
            .map(|one| arn(&self.stack, one).to_string());
        let arns = arns.collect();
        self.values(name, arns)
    }

    /// Adds the resources of a service in the stack's region, such as `("subnet", "ec2", ["subnet/*"])`.
    #[must_use]
    pub fn regional<R: Into<String>>(
        self,
        name: &'static str,
        service: &str,
        resources: impl IntoIterator<Item = R>,
    ) -> Self {
        self.arns_of(name, resources, |stack, one| {
            Arn::regional(stack, service, one)
        })
    }

    /// Adds the resources of a global service in the account, such as `("role", "iam", ["role/shop-task"])`.
    #[must_use]
    pub fn global<R: Into<String>>(
        self,
        name: &'static str,
        service: &str,
        resources: impl IntoIterator<Item = R>,
    ) -> Self {
        self.arns_of(name, resources, |stack, one| {
            Arn::global(stack, service, one)
        })
    }

    /// Adds resources whose ARNs name no account, such as a bucket or a hosted zone.
    #[must_use]
    pub fn without_account<R: Into<String>>(
        self,
        name: &'static str,
        service: &str,
        resources: impl IntoIterator<Item = R>,
    ) -> Self {
        self.arns_of(name, resources, |stack, one| {
            Arn::without_account(stack, service, one)
        })
    }

    /// Adds log groups by their names. IAM knows a group with and without `:*` at the end, by the operation.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html>
    #[must_use]
    pub fn log_groups(self, name: &'static str, groups: &[String]) -> Self {
        let all = groups
            .iter()
            .flat_map(|group| [format!("log-group:{group}"), format!("log-group:{group}:*")]);
        self.regional(name, "logs", all)
    }

    /// Adds secrets by their names, to which Secrets Manager adds six characters.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html>
    #[must_use]
    pub fn secrets(self, name: &'static str, secrets: &[String]) -> Self {
        let all = secrets.iter().map(|one| format!("secret:{one}-??????"));
        self.regional(name, "secretsmanager", all)
    }

    /// Adds a KMS key that the settings name: by its ARN, its id, or an alias. IAM knows keys alone: an alias stands for
    /// any key of the account. None without a setting, or for AWS's own key, which everybody may use.
    #[must_use]
    pub fn kms_key(self, name: &'static str, setting: Option<&str>) -> Self {
        let Some(key) = setting.filter(|key| !key.contains("alias/aws/")) else {
            return self.values(name, Vec::new());
        };
        let arn = match Arn::parse(key) {
            Some(arn) if arn.resource.starts_with("key/") => arn.to_string(),
            Some(arn) => Arn {
                resource: "key/*".to_owned(),
                ..arn
            }
            .to_string(),
            None if key.starts_with("alias/") => {
                Arn::regional(&self.stack, "kms", "key/*").to_string()
            }
            None => Arn::regional(&self.stack, "kms", format!("key/{key}")).to_string(),
        };
        self.values(name, vec![arn])
    }

    /// Adds ARNs, or values of a condition key.
    #[must_use]
    pub fn values(mut self, name: &'static str, values: Vec<String>) -> Self {
        self.values.entry(name).or_default().extend(values);
        self
    }

    /// Adds the ARNs of adopted resources: those in which a name of the stack, the first of a pair, is replaced by the one
    /// that the resource has.
    #[must_use]
    pub fn also_named(mut self, names: &[(String, String)]) -> Self {
        for values in self.values.values_mut() {
            let pairs = |arn: &String| -> Vec<String> {
                let named = names.iter();
                named
                    .filter_map(|(ours, theirs)| renamed(arn, ours, theirs))
                    .collect()
            };
            let more: Vec<String> = values.iter().flat_map(pairs).collect();
            for one in more {
                if !values.contains(&one) {
                    values.push(one);
                }
            }
        }
        self
    }

    /// The ARNs behind the names of a grant; none where the settings have no such resource.
    pub(super) fn arns(&self, names: &str) -> Vec<String> {
        if names == "*" {
            return vec!["*".to_owned()];
        }
        let names = names.split(' ').filter(|name| !name.is_empty());
        let known = names.filter_map(|name| {
            let arns = self.values.get(name);
            debug_assert!(arns.is_some(), "the slice gives no resources for `{name}`");
            arns
        });
        known.flatten().cloned().collect()
    }
}

/// The pattern with `theirs` in place of `ours`; none where it is not of a resource with that name. A pattern for all names
/// that begin alike becomes the ARN of this one.
fn renamed(pattern: &str, ours: &str, theirs: &str) -> Option<String> {
    let is_start = |at: usize| pattern[..at].ends_with([':', '/']);
    let is_end = |at: usize| at == pattern.len() || pattern[at..].starts_with(['*', '-', '/', ':']);
    let mut found = pattern.match_indices(ours).map(|(at, _)| at);
    if let Some(at) = found.find(|at| is_start(*at) && is_end(at + ours.len())) {
        return Some(format!(
            "{}{theirs}{}",
            &pattern[..at],
            &pattern[at + ours.len()..]
        ));
    }
    let start = pattern.strip_suffix('*')?;
    let mut places = start.match_indices([':', '/']).map(|(at, _)| at + 1);
    let place = places.find(|at| start.len() > *at && ours.starts_with(&start[*at..]))?;
    Some(format!("{}{theirs}", &start[..place]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_to_iam_by_their_ids() {
        let stack = Stack {
            region: "eu-west-1".into(),
            ..Stack::default()
        };
        let key = |setting: Option<&str>| {
            let all = Resources::of(&stack).kms_key("key", setting);
            all.arns("key").pop()
        };
        assert_eq!(key(None), None);
        assert_eq!(key(Some("alias/aws/rds")), None);
        let any = Some("arn:aws:kms:eu-west-1:*:key/*".to_owned());
        assert_eq!(key(Some("alias/shop")), any);
        let one = Some("arn:aws:kms:eu-west-1:*:key/12-34".to_owned());
        assert_eq!(key(Some("12-34")), one);
        let theirs = "arn:aws:kms:eu-west-1:123456789012:";
        assert_eq!(
            key(Some(&format!("{theirs}alias/shop"))),
            Some(format!("{theirs}key/*"))
        );
        let exact = format!("{theirs}key/12");
        assert_eq!(key(Some(&exact)), Some(exact));
    }

    #[test]
    fn an_adopted_resource_is_in_the_policy_by_its_own_name() {
        let arn = |tail: &str| format!("arn:aws:rds:us-east-1:123456789012:{tail}");
        for (pattern, ours, expected) in [
            ("db:shop-test-db", "shop-test-db", Some("db:legacy")),
            ("db:shop-test-db-r*", "shop-test-db", Some("db:legacy-r*")),
            (
                "secret:shop/test/db-??????",
                "shop/test/db",
                Some("secret:legacy-??????"),
            ),
            ("pg:shop-test-db*", "shop-test-db17", Some("pg:legacy")),
            ("db:shop-test-db2", "shop-test-db", None),
            ("db:other-shop-test-db", "shop-test-db", None),
            ("db:*", "shop-test-db", None),
        ] {
            let found = renamed(&arn(pattern), ours, "legacy");
            assert_eq!(found, expected.map(arn), "{pattern}");
        }
    }
}
