//! What the stack's bucket keeps that nobody reads: noncurrent versions that no rule deletes, and uploads that never ended.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html>

use super::finding::{Candidate, Finding, counted};
use super::look::Look;
use crate::money::plain;
use crate::observed::gigabytes;
use aws_sdk_s3::types::EncodingType;
use percent_encoding::percent_decode_str;
use rd_common::Result;
use rd_common::aws::Explain;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// From how many days on a noncurrent version or an upload is old: longer than rd's own rules keep them.
const OLD: i64 = 45;
/// How many versions are read at most, which are ten pages.
const MOST_VERSIONS: usize = 10_000;

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let mut all = Vec::new();
    for bucket in look.owned.of_kind("bucket") {
        let found = [
            versions(look, &bucket.id).await?,
            uploads(look, &bucket.id).await?,
        ];
        let found = found.into_iter().flatten();
        all.extend(found.map(|one| Candidate::known(one.at(Some(bucket.address.clone())))));
    }
    Ok(all)
}

/// A key of a list that was asked for with `encoding-type=url`: plain lists cannot hold all keys. Spaces are `+`.
fn decoded(key: &str) -> String {
    let key = key.replace('+', " ");
    percent_decode_str(&key).decode_utf8_lossy().into_owned()
}

async fn versions(look: &Look<'_>, bucket: &str) -> Result<Option<Finding>> {
    let (mut read, mut count) = (0, 0);
    let mut bytes: BTreeMap<String, Decimal> = BTreeMap::new();
    let (mut key, mut version) = (None, None);
    let cut = loop {
        let call = look.clients.s3.list_object_versions().bucket(bucket);
        let call = call
            .encoding_type(EncodingType::Url)
            .set_expected_bucket_owner(look.owned.account.clone())
            .set_key_marker(key)
            .set_version_id_marker(version);
        let page = call.send().await.doing("list the versions in the bucket")?;
        read += page.versions().len();
        for one in page.versions() {
            if one.is_latest() != Some(true) && look.is_older(one.last_modified(), OLD) {
                count += 1;
                let class = one
                    .storage_class()
                    .map_or("STANDARD", |class| class.as_str());
                *bytes.entry(class.to_owned()).or_default() +=
                    Decimal::from(one.size().unwrap_or_default());
            }
        }
        if page.is_truncated() != Some(true) {
            break false;
        }
        if read >= MOST_VERSIONS {
            break true;
        }
        key = page.next_key_marker().map(decoded);
        version = page.next_version_id_marker().map(str::to_owned);
    };
    if count == 0 {
        return Ok(None);
    }
    let gb = gigabytes(bytes.values().sum());
    let of = if cut {
        format!(" among the first {read}")
    } else {
        String::new()
    };
    let why = format!(
        "{} older than {OLD} days{of}, {} GB",
        counted(count, "noncurrent version"),
        plain(gb.round_dp(3))
    );
    let usd = bytes
        .iter()
        .map(|(class, bytes)| look.priced(storage_price(class)?, gigabytes(*bytes)));
    let usd = usd.sum::<Option<Decimal>>();
    let command = "rd-store apply --set store.noncurrent_days=30".to_owned();
    Ok(Some(Finding::wasted(bucket, usd, why, command)))
}

/// The price of a GB of a storage class; none for one that rd moves nothing to.
fn storage_price(class: &str) -> Option<&'static str> {
    match class {
        "STANDARD" => Some("S3/standard-gb-month-first-50TB"),
        "STANDARD_IA" => Some("S3/standard-ia-gb-month"),
        "GLACIER_IR" => Some("S3/glacier-ir-gb-month"),
        _ => None,
    }
}

async fn uploads(look: &Look<'_>, bucket: &str) -> Result<Option<Finding>> {
    let mut count = 0;
    let (mut key, mut id) = (None, None);
    loop {
        let call = look.clients.s3.list_multipart_uploads().bucket(bucket);
        let call = call
            .encoding_type(EncodingType::Url)
            .set_expected_bucket_owner(look.owned.account.clone())
            .set_key_marker(key)
            .set_upload_id_marker(id);
        let page = call.send().await.doing("list the unfinished uploads")?;
        let old = page
            .uploads()
            .iter()
            .filter(|one| look.is_older(one.initiated(), OLD));
        count += old.count();
        if page.is_truncated() != Some(true) {
            break;
        }
        key = page.next_key_marker().map(decoded);
        id = page.next_upload_id_marker().map(str::to_owned);
    }
    if count == 0 {
        return Ok(None);
    }
    // Their size needs a call for each.
    let why = format!(
        "{} not ended for {OLD} days; the size is not known",
        counted(count, "upload")
    );
    let command = "rd-store apply --set store.multipart_days=7".to_owned();
    Ok(Some(Finding::wasted(bucket, None, why, command)))
}
