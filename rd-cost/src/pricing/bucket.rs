//! The bucket: objects by storage class, and requests.
//! <https://aws.amazon.com/s3/pricing/>

use super::Sheet;
use crate::inventory::Resource;
use crate::line::Range;
use rust_decimal::Decimal;

/// The bucket. A storage class that no lifecycle rule moves objects to has none.
pub(super) fn bucket(sheet: &mut Sheet<'_>, bucket: &Resource) {
    let thousands = |range: Range| range * Decimal::ONE_THOUSAND;
    let gb = sheet.usage(|usage| usage.store_standard_gb);
    let price = "S3/standard-gb-month-first-50TB";
    sheet.assumed(
        bucket,
        "objects in Standard",
        price,
        "cost.usage.store_standard_gb",
        gb,
    );
    let puts = thousands(sheet.usage(|usage| usage.store_put_thousands));
    let (price, key) = (
        "S3/standard-put-copy-post-list-request",
        "cost.usage.store_put_thousands",
    );
    sheet.assumed(bucket, "uploads and lists", price, key, puts);
    let gets = thousands(sheet.usage(|usage| usage.store_get_thousands));
    let (price, key) = ("S3/standard-get-request", "cost.usage.store_get_thousands");
    sheet.assumed(bucket, "reads", price, key, gets);
    let moved = thousands(sheet.usage(|usage| usage.store_transition_thousands));
    let read = sheet.usage(|usage| usage.store_retrieval_gb);
    let classes = [
        (
            "STANDARD_IA",
            [
                "objects in Standard-IA",
                "moves to Standard-IA",
                "reads from Standard-IA",
            ],
            [
                "S3/standard-ia-gb-month",
                "S3/lifecycle-transition-to-ia-request",
                "S3/ia-retrieval-gb",
            ],
            (
                "cost.usage.store_ia_gb",
                sheet.usage(|usage| usage.store_ia_gb),
            ),
        ),
        (
            "GLACIER_IR",
            [
                "objects in Glacier IR",
                "moves to Glacier IR",
                "reads from Glacier IR",
            ],
            [
                "S3/glacier-ir-gb-month",
                "S3/lifecycle-transition-to-glacier-ir-request",
                "S3/glacier-ir-retrieval-gb",
            ],
            (
                "cost.usage.store_glacier_ir_gb",
                sheet.usage(|usage| usage.store_glacier_ir_gb),
            ),
        ),
    ];
    for (class, items, prices, (key, gb)) in classes {
        if !has_class(bucket, class) {
            continue;
        }
        sheet.assumed(bucket, items[0], prices[0], key, gb);
        let key = "cost.usage.store_transition_thousands";
        sheet.assumed(bucket, items[1], prices[1], key, moved);
        let key = "cost.usage.store_retrieval_gb";
        sheet.assumed(bucket, items[2], prices[2], key, read);
    }
}

/// Whether a lifecycle rule moves objects to the storage class.
fn has_class(bucket: &Resource, class: &str) -> bool {
    let rules = bucket.spec["lifecycle"].as_array().into_iter().flatten();
    let moves = rules
        .filter_map(|rule| rule["transitions"].as_array())
        .flatten();
    moves.into_iter().any(|one| one[1] == class)
}
