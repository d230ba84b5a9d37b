//! Amazon Resource Names: written and parsed in one place.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use crate::stack::Stack;
use std::fmt;

/// The parts of an ARN: `arn:partition:service:region:account:resource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arn {
    /// `aws`, `aws-cn`, `aws-eusc` or `aws-us-gov`.
    pub partition: String,
    /// The service's namespace, such as `ecs`.
    pub service: String,
    /// The region; empty for global services, and for S3 buckets.
    pub region: String,
    /// The account's id; empty for S3 buckets and AWS's own managed policies.
    pub account: String,
    /// The rest, in the form that the service defines: `cluster/shop`, `db:shop`, `log-group:/ecs/shop:*`.
    pub resource: String,
}

impl Arn {
    /// The ARN of a resource in the stack's region and account.
    pub fn regional(stack: &Stack, service: &str, resource: impl Into<String>) -> Self {
        Self {
            region: stack.region.clone(),
            ..Self::global(stack, service, resource)
        }
    }

    /// The ARN of a resource of a global service, such as IAM, in the stack's account.
    pub fn global(stack: &Stack, service: &str, resource: impl Into<String>) -> Self {
        Self {
            partition: stack.partition().to_owned(),
            service: service.to_owned(),
            region: String::new(),
            account: stack.account().to_owned(),
            resource: resource.into(),
        }
    }

    /// The ARN of a resource whose ARN names no account, such as a bucket.
    pub fn without_account(stack: &Stack, service: &str, resource: impl Into<String>) -> Self {
        Self {
            account: String::new(),
            ..Self::global(stack, service, resource)
        }
    }

    /// Parses an ARN; none where the text is not an ARN.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let mut part = || parts.next().map(str::to_owned);
        Some(Self {
            partition: part()?,
            service: part()?,
            region: part()?,
            account: part()?,
            resource: part().filter(|resource| !resource.is_empty())?,
        })
    }

    /// Splits off the parts that follow the first `count` parts of the resource, such as a member that follows
    /// `secret:<name>`.
    pub fn split_after(mut self, count: usize) -> (Self, Vec<String>) {
        let mut parts: Vec<String> = self.resource.split(':').map(str::to_owned).collect();
        let rest = parts.split_off(count.min(parts.len()));
        self.resource = parts.join(":");
        (self, rest)
    }

    /// The last part of the resource, after its last `/` or `:`: usually its name or id.
    pub fn name(&self) -> &str {
        last_part(&self.resource)
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The text after the last `/` or `:`: the name or id at the end of an ARN. A text without either is returned whole.
pub fn last_part(text: &str) -> &str {
    text.rsplit(['/', ':']).next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_survives_reading_and_writing() {
        for text in [
            "arn:aws:ecs:us-east-1:123456789012:task/shop/0123456789abcdef",
            "arn:aws:s3:::shop-test-sessions",
            "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/ecs/shop:*",
            "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
        ] {
            assert_eq!(Arn::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "arn:aws:ecs", "arn:aws:ecs:us-east-1:1:", "i-0123"] {
            assert_eq!(Arn::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_name_is_at_the_end() {
        let arn = Arn::parse("arn:aws:rds:us-east-1:123456789012:db:shop").unwrap();
        assert_eq!((arn.name(), arn.service.as_str()), ("shop", "rds"));
        assert_eq!(last_part("shop"), "shop");
    }

    #[test]
    fn what_follows_a_resource_is_split_off() {
        let secret = "arn:aws:secretsmanager:us-east-1:1:secret:mail-AbCdEf";
        let split = |text: &str| {
            let (arn, rest) = Arn::parse(text).unwrap().split_after(2);
            (arn.to_string(), rest.join("|"))
        };
        assert_eq!(split(secret), (secret.to_owned(), String::new()));
        let version = format!("{secret}:key::v1");
        assert_eq!(split(&version), (secret.to_owned(), "key||v1".to_owned()));
    }

    #[test]
    fn an_arn_of_the_stack_has_its_partition_region_and_account() {
        let stack = Stack {
            region: "cn-north-1".to_owned(),
            ..Stack::default()
        };
        let _ = stack.account.set("123456789012".to_owned());
        let arns = [
            Arn::regional(&stack, "sns", "alarms"),
            Arn::global(&stack, "cloudwatch", "dashboard/overview"),
            Arn::without_account(&stack, "s3", "shop"),
        ];
        assert_eq!(
            arns.map(|arn| arn.to_string()),
            [
                "arn:aws-cn:sns:cn-north-1:123456789012:alarms",
                "arn:aws-cn:cloudwatch::123456789012:dashboard/overview",
                "arn:aws-cn:s3:::shop",
            ]
        );
    }
}
