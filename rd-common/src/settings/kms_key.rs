//! KMS keys in settings, in each form that AWS accepts.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>

use crate::arn::Arn;
use crate::settings::problem::Problem;

/// The problem of the setting `key` if `value` is set and is no KMS key.
pub fn problem(key: &str, value: Option<&str>) -> Option<Problem> {
    let wrong = value.filter(|value| !is_kms_key(value))?;
    Some(Problem::new(
        key,
        format!("`{wrong}` is not a KMS key"),
        "an ARN (arn:aws:kms:…), a key id, or alias/NAME",
    ))
}

/// What is left of a key's ARN without region and account: the key id, or the alias with `alias/`. Both spellings of a key
/// give the same name.
pub fn name(key: &str) -> &str {
    let resource = if key.starts_with("arn:") {
        key.splitn(6, ':').nth(5).unwrap_or(key)
    } else {
        key
    };
    resource.strip_prefix("key/").unwrap_or(resource)
}

/// Whether the text can be an ARN of a key or an alias, a key id, or an alias.
fn is_kms_key(text: &str) -> bool {
    let is_id = text.len() >= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_alias = |text: &str| {
        text.strip_prefix("alias/")
            .is_some_and(|name| !name.is_empty())
    };
    let is_key = |text: &str| text.strip_prefix("key/").is_some_and(|id| !id.is_empty());
    let is_arn = Arn::parse(text).is_some_and(|arn| {
        arn.service == "kms" && (is_key(&arn.resource) || is_alias(&arn.resource))
    });
    is_id || is_alias(text) || is_arn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_same_name_by_id_and_by_arn() {
        for (key, wanted) in [
            ("alias/shop", "alias/shop"),
            (
                "arn:aws:kms:eu-west-1:123456789012:alias/shop",
                "alias/shop",
            ),
            ("arn:aws:kms:eu-west-1:123456789012:key/12ab", "12ab"),
            ("12ab", "12ab"),
        ] {
            assert_eq!(name(key), wanted);
        }
    }

    #[test]
    fn keys_and_aliases_are_accepted_by_name_and_by_arn() {
        for key in [
            "alias/shop",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "mrk-1234abcd12ab34cd56ef1234567890ab",
            "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws-cn:kms:cn-north-1:123456789012:alias/shop",
        ] {
            assert_eq!(problem("kms_key", Some(key)), None, "{key}");
        }
        for wrong in [
            "",
            "shop",
            "alias/",
            "arn:aws:kms:eu-west-1:123456789012:key/",
            "arn:aws:s3:::shop",
        ] {
            assert!(problem("kms_key", Some(wrong)).is_some(), "{wrong}");
        }
        assert_eq!(problem("kms_key", None), None);
    }
}
