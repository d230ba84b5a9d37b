//! KMS keys: the setting may be an ARN, an id or an alias; an IAM policy needs an ARN.

use rd_common::Stack;

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
        let here = format!(
            "arn:{}:kms:{}:{}",
            stack.partition(),
            stack.region,
            stack.account()
        );
        let is_arn = text.starts_with("arn:");
        let (place, name) = match text.rsplit_once(':') {
            Some((place, name)) if is_arn => (place, name),
            _ => (here.as_str(), text),
        };
        if name.starts_with("alias/") {
            return Self {
                arn: format!("{place}:key/*"),
                alias: Some(name.to_owned()),
            };
        }
        Self {
            arn: match is_arn {
                true => text.to_owned(),
                false => format!("{here}:key/{text}"),
            },
            alias: None,
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
