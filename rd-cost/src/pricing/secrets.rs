//! The secrets of database and cache.
//! <https://aws.amazon.com/secrets-manager/pricing/>

use super::Sheet;
use crate::inventory::Resource;
use rust_decimal::Decimal;

/// A secret, and its reads.
pub(super) fn secret(sheet: &mut Sheet<'_>, secret: &Resource) {
    sheet.fixed(secret, "secret", "SecretsManager/secret-month", 1);
    let count = sheet.inventory.of_kind("secret").count();
    let reads = sheet.usage(|usage| usage.secret_thousands) * Decimal::ONE_THOUSAND;
    let reads = sheet.share(reads, count);
    let key = "cost.usage.secret_thousands";
    sheet.assumed(
        secret,
        "reads of the secret",
        "SecretsManager/api-request",
        key,
        reads,
    );
}
