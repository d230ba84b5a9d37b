//! KMS keys: the setting may be an ARN, an id or an alias; an IAM policy needs an ARN.

use rd_common::Stack;
use rd_common::arn::Arn;

/// A KMS key as an IAM policy refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key's ARN. For an alias it is the ARN of every key in the alias's account and region, because a policy cannot
    /// name a key by its alias.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html>
    pub arn: String,
    /// The alias, such as `alias/name`, which the policy then checks in a condition.
    pub alias: Option<String>,
}

impl Key {
    /// Parses an ARN, a key id, or `alias/name`.
    pub fn parse(text: &str, stack: &Stack) -> Self {
        let mut arn = Arn::parse(text).unwrap_or_else(|| {
            let resource = match text.starts_with("alias/") {
                true => text.to_owned(),
                false => format!("key/{text}"),
            };
            Arn::regional(stack, "kms", resource)
        });
        let is_alias = arn.resource.starts_with("alias/");
        let alias = is_alias.then(|| std::mem::replace(&mut arn.resource, "key/*".to_owned()));
        Self {
            arn: arn.to_string(),
            alias,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_an_arn_an_id_or_an_alias() {
        let stack = Stack {
            region: "eu-west-1".to_owned(),
            ..Stack::default()
        };
        let _ = stack.account.set("123456789012".to_owned());
        let key = |text: &str| {
            let key = Key::parse(text, &stack);
            (key.arn, key.alias)
        };
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/1b2c";
        assert_eq!(key(arn), (arn.to_owned(), None));
        assert_eq!(key("1b2c"), (arn.to_owned(), None));
        let other = "arn:aws:kms:us-east-1:111122223333";
        let alias = Some("alias/shop".to_owned());
        let all = "arn:aws:kms:eu-west-1:123456789012:key/*";
        assert_eq!(key("alias/shop"), (all.to_owned(), alias.clone()));
        assert_eq!(
            key(&format!("{other}:alias/shop")),
            (format!("{other}:key/*"), alias)
        );
    }
}
