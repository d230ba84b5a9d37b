//! The bucket of the states: versioned, encrypted, closed to the public, and with a policy that refuses what would overwrite
//! or delete a state.

use super::patiently::patiently;
use super::{STORE_TAG, Step};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketLocationConstraint,
    BucketVersioningStatus, CreateBucketConfiguration, ExpirationStatus, LifecycleRule,
    LifecycleRuleFilter, NoncurrentVersionExpiration, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    Tag, Tagging, VersioningConfiguration,
};
use rd_common::aws::Explain;
use rd_common::settings::StateSettings;
use rd_common::{Error, Result};
use serde_json::{Value, json};

/// For how many days a version of a state is kept after a newer one was written.
const STATE_DAYS: i32 = 90;
/// How many versions of a state are kept, however old they are.
const STATE_VERSIONS: i32 = 50;
/// For how many days a version of a lock is kept.
const LOCK_DAYS: i32 = 1;
/// For how many days an unfinished upload is kept.
const UPLOAD_DAYS: i32 = 7;

/// The ids of the statements of the policy that are for a prefix.
const CONDITION: &str = "RdWritesHaveACondition";
const NO_DELETE: &str = "RdNothingIsDeleted";
/// The ids of the rules of the lifecycle that are for a prefix.
const STATES: &str = "rd-states";
const LOCKS: &str = "rd-locks";

/// What the bucket must be.
pub struct Bucket<'a> {
    /// Its name, unique in all of AWS.
    pub name: &'a str,
    /// The beginning of the keys of states and locks.
    pub prefix: &'a str,
    /// The region that it is created in.
    pub region: &'a str,
    /// The KMS key of its default encryption; S3's own keys where there is none.
    pub kms_key: Option<&'a str>,
    /// Whether a bucket that rd has not created may be used.
    pub use_existing: bool,
}

/// Creates the bucket where it is missing, and sets what differs.
pub async fn ensure(s3: &Client, bucket: &Bucket<'_>) -> Result<Vec<Step>> {
    let name = bucket.name;
    let is_new = patiently(async || create(s3, bucket).await).await?;
    let mut steps = vec![step(name, "exists", is_new)];
    if !is_new {
        refuse_foreign(s3, bucket).await?;
    }
    let changed = patiently(async || tags(s3, bucket).await).await?;
    steps.push(step(name, "tags", changed));
    let changed = patiently(async || block(s3, name).await).await?;
    steps.push(step(name, "public access blocked", changed));
    let changed = patiently(async || own(s3, name).await).await?;
    steps.push(step(name, "owner enforced", changed));
    let changed = patiently(async || versioning(s3, name).await).await?;
    steps.push(step(name, "versioning", changed));
    let changed = patiently(async || encryption(s3, bucket).await).await?;
    steps.push(step(name, "encryption", changed));
    let changed = patiently(async || policy(s3, bucket).await).await?;
    steps.push(step(name, "policy", changed));
    let changed = patiently(async || lifecycle(s3, bucket).await).await?;
    steps.push(step(name, "lifecycle", changed));
    Ok(steps)
}

fn step(name: &str, what: &str, changed: bool) -> Step {
    Step {
        what: format!("bucket {name}: {what}"),
        changed,
    }
}

/// The answer of S3, or none where it has no such configuration.
fn if_any<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error)
            if error.code.as_deref().is_some_and(|code| {
                code.starts_with("NoSuch") && code != "NoSuchBucket"
                    || code.ends_with("NotFoundError")
                    || code == "ServerSideEncryptionConfigurationNotFoundError"
            }) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn incomplete(error: impl std::fmt::Display) -> Error {
    Error::failed(format!("the request is incomplete: {error}"))
}

/// Creates the bucket. Returns whether it did not exist.
async fn create(s3: &Client, bucket: &Bucket<'_>) -> Result<bool> {
    let name = bucket.name;
    let found = s3.head_bucket().bucket(name).send().await;
    let status = match &found {
        Ok(_) => return Ok(false),
        Err(error) => error
            .raw_response()
            .map(|response| response.status().as_u16()),
    };
    match status {
        Some(404) => {}
        Some(403) => {
            return Err(Error::refused(format!(
                "the bucket {name} exists and belongs to another account, or these credentials may not use it"
            ))
            .hint("bucket names are unique in all of AWS: pass another one with --bucket, or check the profile"));
        }
        Some(301) => {
            return Err(Error::refused(format!(
                "the bucket {name} is in another region than {}",
                bucket.region
            ))
            .hint("pass its region with --state-region, or another name with --bucket"));
        }
        _ => {
            found.doing(&format!("look for the bucket {name}"))?;
        }
    }
    // us-east-1 is the region that must not be named.
    // <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
    let place = (bucket.region != "us-east-1").then(|| {
        CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(bucket.region))
            .build()
    });
    let created = s3
        .create_bucket()
        .bucket(name)
        .set_create_bucket_configuration(place)
        .send()
        .await;
    match created.doing(&format!("create the bucket {name}")) {
        // By an earlier attempt whose answer was lost.
        Err(error) if error.is(&["BucketAlreadyOwnedByYou"]) => Ok(false),
        created => created.map(|_| true),
    }
}

/// Refuses a bucket that rd has not created. One without tags and objects is one whose creation was interrupted.
async fn refuse_foreign(s3: &Client, bucket: &Bucket<'_>) -> Result<()> {
    let name = bucket.name;
    let tags = current_tags(s3, name).await?;
    let ours = tags.iter().any(|tag| (tag.key(), tag.value()) == STORE_TAG);
    if ours || bucket.use_existing {
        return Ok(());
    }
    let listed = s3.list_objects_v2().bucket(name).max_keys(1).send().await;
    let listed = listed.doing(&format!("list the bucket {name}"))?;
    if tags.is_empty() && listed.contents().is_empty() {
        return Ok(());
    }
    Err(
        Error::refused(format!("the bucket {name} exists, and rd has not created it"))
            .hint("pass another one with --bucket, or use this one with --use-existing: its other settings are kept"),
    )
}

async fn current_tags(s3: &Client, name: &str) -> Result<Vec<Tag>> {
    let answer = s3.get_bucket_tagging().bucket(name).send().await;
    let answer = if_any(answer.doing(&format!("read the tags of the bucket {name}")))?;
    Ok(answer.map_or(Vec::new(), |answer| answer.tag_set))
}

async fn tags(s3: &Client, bucket: &Bucket<'_>) -> Result<bool> {
    let name = bucket.name;
    let mut tags = current_tags(s3, name).await?;
    let before = tags.len();
    for (key, value) in [("ManagedBy", "rd"), STORE_TAG] {
        if !tags.iter().any(|tag| tag.key() == key) {
            let tag = Tag::builder().key(key).value(value).build();
            tags.push(tag.map_err(incomplete)?);
        }
    }
    if tags.len() == before {
        return Ok(false);
    }
    let tagging = Tagging::builder().set_tag_set(Some(tags)).build();
    let tagging = tagging.map_err(incomplete)?;
    let put = s3.put_bucket_tagging().bucket(name).tagging(tagging);
    put.send().await.doing(&format!("tag the bucket {name}"))?;
    Ok(true)
}

async fn block(s3: &Client, name: &str) -> Result<bool> {
    let wanted = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build();
    let answer = s3.get_public_access_block().bucket(name).send().await;
    let answer = if_any(answer.doing(&format!("read the public access block of {name}")))?;
    let now = answer.and_then(|answer| answer.public_access_block_configuration);
    if now.as_ref() == Some(&wanted) {
        return Ok(false);
    }
    let put = s3.put_public_access_block().bucket(name);
    let put = put.public_access_block_configuration(wanted);
    put.send()
        .await
        .doing(&format!("block public access to {name}"))?;
    Ok(true)
}

async fn own(s3: &Client, name: &str) -> Result<bool> {
    let answer = s3.get_bucket_ownership_controls().bucket(name).send().await;
    let answer = if_any(answer.doing(&format!("read the ownership of {name}")))?;
    let controls = answer.and_then(|answer| answer.ownership_controls);
    let rules = controls.map_or(Vec::new(), |controls| controls.rules);
    let enforced = |rule: &OwnershipControlsRule| {
        rule.object_ownership == ObjectOwnership::BucketOwnerEnforced
    };
    if rules.len() == 1 && rules.iter().all(enforced) {
        return Ok(false);
    }
    let rule = OwnershipControlsRule::builder()
        .object_ownership(ObjectOwnership::BucketOwnerEnforced)
        .build()
        .map_err(incomplete)?;
    let controls = OwnershipControls::builder().rules(rule).build();
    let put = s3.put_bucket_ownership_controls().bucket(name);
    let put = put.ownership_controls(controls.map_err(incomplete)?);
    put.send()
        .await
        .doing(&format!("set the ownership of {name}"))?;
    Ok(true)
}

async fn versioning(s3: &Client, name: &str) -> Result<bool> {
    let answer = s3.get_bucket_versioning().bucket(name).send().await;
    let answer = answer.doing(&format!("read the versioning of {name}"))?;
    if answer.status() == Some(&BucketVersioningStatus::Enabled) {
        return Ok(false);
    }
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let put = s3.put_bucket_versioning().bucket(name);
    let put = put.versioning_configuration(enabled.build());
    put.send()
        .await
        .doing(&format!("turn versioning of {name} on"))?;
    Ok(true)
}

async fn encryption(s3: &Client, bucket: &Bucket<'_>) -> Result<bool> {
    let name = bucket.name;
    let answer = s3.get_bucket_encryption().bucket(name).send().await;
    let answer = if_any(answer.doing(&format!("read the encryption of {name}")))?;
    let configuration = answer.and_then(|answer| answer.server_side_encryption_configuration);
    let rule = configuration.and_then(|configuration| configuration.rules.into_iter().next());
    let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default);
    let now = default.as_ref();
    let right = match bucket.kms_key {
        Some(key) => now.and_then(|now| now.kms_master_key_id()) == Some(key),
        // A bucket that has a key of its own keeps it.
        None => now.is_some(),
    };
    if right {
        return Ok(false);
    }
    let algorithm = match bucket.kms_key {
        Some(_) => ServerSideEncryption::AwsKms,
        None => ServerSideEncryption::Aes256,
    };
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(algorithm)
        .set_kms_master_key_id(bucket.kms_key.map(str::to_owned))
        .build()
        .map_err(incomplete)?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(bucket.kms_key.is_some())
        .build();
    let configuration = ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build();
    let put = s3.put_bucket_encryption().bucket(name);
    let put = put.server_side_encryption_configuration(configuration.map_err(incomplete)?);
    put.send().await.doing(&format!("encrypt {name}"))?;
    Ok(true)
}

/// What the ids of statements and rules for a prefix end with, so that several prefixes can share a bucket: nothing for the
/// default one, otherwise letters and digits, which are all that the id of a statement may have.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html>
fn suffix(prefix: &str) -> String {
    if prefix == StateSettings::default().prefix {
        return String::new();
    }
    let escaped = |byte: u8| match byte {
        b'X' => "X58".to_owned(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("X{byte:02x}"),
    };
    format!("X{}", prefix.bytes().map(escaped).collect::<String>())
}

/// The statements of the policy that rd owns, by their ids. Writes of states and locks must have a condition, so that
/// nobody overwrites one unseen, and nothing is deleted: the lifecycle removes old versions.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html>
pub fn statements(partition: &str, name: &str, prefix: &str) -> Vec<Value> {
    let bucket = format!("arn:{partition}:s3:::{name}");
    let objects = format!("{bucket}/{prefix}/*");
    let suffix = suffix(prefix);
    vec![
        json!({
            "Sid": "RdTlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, format!("{bucket}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }),
        json!({
            "Sid": format!("{CONDITION}{suffix}"),
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": objects,
            "Condition": {"Null": {"s3:if-match": "true", "s3:if-none-match": "true"}},
        }),
        json!({
            "Sid": format!("{NO_DELETE}{suffix}"),
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
            "Resource": objects,
        }),
    ]
}

async fn policy(s3: &Client, bucket: &Bucket<'_>) -> Result<bool> {
    let name = bucket.name;
    let answer = s3.get_bucket_policy().bucket(name).send().await;
    let answer = if_any(answer.doing(&format!("read the policy of {name}")))?;
    let text = answer.and_then(|answer| answer.policy);
    let mut document: Value = text
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_else(|| json!({"Version": "2012-10-17", "Statement": []}));
    let ours = statements(partition(bucket.region), name, bucket.prefix);
    let mut all: Vec<Value> = match document["Statement"].take() {
        Value::Array(all) => all,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    let before = all.clone();
    for statement in &mut all {
        rename_statement(statement);
    }
    let is_ours = |one: &Value| ours.iter().any(|our| our["Sid"] == one["Sid"]);
    let mut kept: Vec<Value> = all.iter().filter(|one| is_ours(one)).cloned().collect();
    kept.sort_by_key(|one| ours.iter().position(|our| our["Sid"] == one["Sid"]));
    if kept == ours && all == before {
        return Ok(false);
    }
    all.retain(|one| !is_ours(one));
    all.extend(ours);
    document["Statement"] = Value::Array(all);
    let put = s3
        .put_bucket_policy()
        .bucket(name)
        .policy(document.to_string());
    put.send()
        .await
        .doing(&format!("set the policy of {name}"))?;
    Ok(true)
}

/// Gives a statement of an earlier version, which had the same ids for all prefixes, the id for its prefix.
fn rename_statement(statement: &mut Value) {
    let id = statement["Sid"].as_str().unwrap_or_default();
    let objects = statement["Resource"].as_str().unwrap_or_default();
    let prefix = objects
        .split_once('/')
        .and_then(|(_, below)| below.strip_suffix("/*"));
    if let Some(prefix) = prefix
        && [CONDITION, NO_DELETE].contains(&id)
    {
        statement["Sid"] = json!(format!("{id}{}", suffix(prefix)));
    }
}

/// The partition of a region, as in ARNs.
fn partition(region: &str) -> &'static str {
    match region.split('-').take(2).collect::<Vec<&str>>()[..] {
        ["cn", ..] => "aws-cn",
        ["us", "gov"] => "aws-us-gov",
        _ => "aws",
    }
}

fn rules(prefix: &str) -> Result<Vec<LifecycleRule>> {
    let rule = |id: &str, prefix: &str| {
        LifecycleRule::builder()
            .id(id)
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
    };
    let expire = |days, newest: Option<i32>| {
        NoncurrentVersionExpiration::builder()
            .noncurrent_days(days)
            .set_newer_noncurrent_versions(newest)
            .build()
    };
    let uploads = AbortIncompleteMultipartUpload::builder().days_after_initiation(UPLOAD_DAYS);
    let suffix = suffix(prefix);
    let all = [
        rule(&format!("{STATES}{suffix}"), &format!("{prefix}/state/"))
            .noncurrent_version_expiration(expire(STATE_DAYS, Some(STATE_VERSIONS))),
        rule(&format!("{LOCKS}{suffix}"), &format!("{prefix}/lock/"))
            .noncurrent_version_expiration(expire(LOCK_DAYS, None)),
        rule("rd-uploads", "").abort_incomplete_multipart_upload(uploads.build()),
    ];
    all.into_iter()
        .map(|rule| rule.build().map_err(incomplete))
        .collect()
}

/// What of a rule is compared: S3 fills in and leaves out empty members.
#[derive(PartialEq)]
struct Facts<'a> {
    id: Option<&'a str>,
    status: &'a str,
    prefix: Option<&'a str>,
    noncurrent_days: Option<i32>,
    newer_versions: Option<i32>,
    upload_days: Option<i32>,
}

fn facts(rule: &LifecycleRule) -> Facts<'_> {
    let expire = rule.noncurrent_version_expiration();
    let uploads = rule.abort_incomplete_multipart_upload();
    Facts {
        id: rule.id(),
        status: rule.status().as_str(),
        prefix: rule
            .filter()
            .and_then(|filter| filter.prefix())
            .filter(|prefix| !prefix.is_empty()),
        noncurrent_days: expire.and_then(NoncurrentVersionExpiration::noncurrent_days),
        newer_versions: expire.and_then(NoncurrentVersionExpiration::newer_noncurrent_versions),
        upload_days: uploads.and_then(AbortIncompleteMultipartUpload::days_after_initiation),
    }
}

/// Gives a rule of an earlier version, which had the same ids for all prefixes, the id for its prefix.
fn rename_rule(rule: &mut LifecycleRule) {
    let below = match rule.id() {
        Some(STATES) => "/state/",
        Some(LOCKS) => "/lock/",
        _ => return,
    };
    let prefix = facts(rule)
        .prefix
        .and_then(|prefix| prefix.strip_suffix(below));
    if let Some(end) = prefix.map(suffix) {
        rule.id = rule.id.take().map(|id| id + &end);
    }
}

async fn lifecycle(s3: &Client, bucket: &Bucket<'_>) -> Result<bool> {
    let name = bucket.name;
    let answer = s3
        .get_bucket_lifecycle_configuration()
        .bucket(name)
        .send()
        .await;
    let answer = if_any(answer.doing(&format!("read the lifecycle of {name}")))?;
    let mut now = answer.and_then(|answer| answer.rules).unwrap_or_default();
    let before = now.clone();
    now.iter_mut().for_each(rename_rule);
    let ours = rules(bucket.prefix)?;
    let has = |our: &LifecycleRule| now.iter().any(|one| facts(one) == facts(our));
    if ours.iter().all(has) && now == before {
        return Ok(false);
    }
    now.retain(|one| !ours.iter().any(|our| our.id() == one.id()));
    now.extend(ours);
    let configuration = BucketLifecycleConfiguration::builder()
        .set_rules(Some(now))
        .build();
    let put = s3.put_bucket_lifecycle_configuration().bucket(name);
    let put = put.lifecycle_configuration(configuration.map_err(incomplete)?);
    put.send()
        .await
        .doing(&format!("set the lifecycle of {name}"))?;
    Ok(true)
}
