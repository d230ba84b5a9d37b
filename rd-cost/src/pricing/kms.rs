//! Customer managed KMS keys that encrypt what the stack has. rd creates none, but they are paid for.
//! <https://aws.amazon.com/kms/pricing/>

use super::{STACK, Sheet, account};
use crate::inventory::Resource;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeSet;

/// One line for all keys, and one for their requests.
pub(super) fn keys(sheet: &mut Sheet<'_>) {
    let mut keys = BTreeSet::new();
    for resource in sheet.inventory.resources.values() {
        keys.extend(key_of(&resource.spec));
    }
    let Some(count) = i64::try_from(keys.len()).ok().filter(|count| *count > 0) else {
        return;
    };
    let stack = Resource::of_stack(STACK);
    sheet.fixed(
        &stack,
        "customer managed KMS keys",
        "KMS/customer-key-month",
        count,
    );
    sheet.note("not rd's own: each key is paid for once");
    let requests = sheet.usage(|usage| usage.kms_thousands) * Decimal::ONE_THOUSAND;
    let key = "cost.usage.kms_thousands";
    sheet.assumed(&stack, "KMS requests", account::KMS_REQUEST, key, requests);
}

/// The key of a spec, as its last part: an ARN and an id of the same key are one. AWS's own keys are free.
fn key_of(spec: &Value) -> Option<String> {
    let places = [&spec["kms_key"], &spec["encryption"]["kms_key"]];
    let key = places.into_iter().find_map(Value::as_str)?;
    let last = key
        .split_once(':')
        .map_or(key, |_| key.rsplit(':').next().unwrap_or(key));
    let last = last.strip_prefix("key/").unwrap_or(last);
    (!last.is_empty() && !last.starts_with("alias/aws/")).then(|| last.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_is_counted_once_whatever_form_it_has() {
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let arn = format!("arn:aws:kms:us-east-1:123456789012:key/{id}");
        assert_eq!(key_of(&json!({"kms_key": arn})), Some(id.to_owned()));
        assert_eq!(key_of(&json!({"kms_key": id})), Some(id.to_owned()));
        assert_eq!(
            key_of(&json!({"encryption": {"kms_key": "alias/a"}})),
            Some("alias/a".to_owned())
        );
        assert_eq!(key_of(&json!({"kms_key": "alias/aws/s3"})), None);
        assert_eq!(key_of(&json!({"kms_key": null})), None);
    }
}
