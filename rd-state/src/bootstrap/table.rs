//! The table of the locks: on demand, with the key that Terraform's tables have.

use super::patiently::patiently;
use super::{STORE_TAG, Step};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    PointInTimeRecoveryStatus, ScalarAttributeType, TableDescription, TableStatus, Tag,
};
use rd_common::aws::Explain;
use rd_common::{Error, Result};
use std::time::Duration;

/// The key of the table.
const LOCK_ID: &str = "LockID";
/// How long a table may take to become active.
const ACTIVE_WITHIN: Duration = Duration::from_secs(1800);
/// How long backups may take to become available after a table was created.
const BACKUPS_WITHIN: Duration = Duration::from_secs(1200);
/// The pause between two looks.
const LOOK: Duration = Duration::from_secs(2);

/// Creates the table where it is missing, and sets what differs. A table that rd has not created is used as it is, with
/// `use_existing`.
pub async fn ensure(dynamodb: &Client, name: &str, use_existing: bool) -> Result<Vec<Step>> {
    let find_or_create = async || match describe(dynamodb, name).await? {
        Some(table) => Ok((table, false)),
        None => Ok((create(dynamodb, name).await?, true)),
    };
    let (table, is_new) = patiently(find_or_create).await?;
    let mut steps = vec![Step {
        what: format!("table {name}: exists"),
        changed: is_new,
    }];
    check_key(&table, name)?;
    if !is_new && !is_ours(dynamodb, &table).await? {
        if !use_existing {
            return Err(
                Error::refused(format!("the table {name} exists, and rd has not created it"))
                    .hint("pass another one with --table, or use this one with --use-existing: it stays as it is"),
            );
        }
        steps.push(Step::kept(format!("table {name}: used as it is")));
        return Ok(steps);
    }
    wait_until_active(dynamodb, name).await?;
    let protected = patiently(async || protect(dynamodb, &table, name).await).await?;
    steps.push(Step {
        what: format!("table {name}: deletion protection"),
        changed: is_new || protected,
    });
    let recovery = patiently(async || recovery(dynamodb, name).await).await?;
    steps.push(Step {
        what: format!("table {name}: point-in-time recovery"),
        changed: recovery,
    });
    Ok(steps)
}

async fn describe(dynamodb: &Client, name: &str) -> Result<Option<TableDescription>> {
    let answer = dynamodb.describe_table().table_name(name).send().await;
    match answer.doing(&format!("look for the table {name}")) {
        Ok(answer) => Ok(answer.table),
        Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(None),
        Err(error) => Err(error),
    }
}

fn incomplete(error: impl std::fmt::Display) -> Error {
    Error::failed(format!("the request is incomplete: {error}"))
}

async fn create(dynamodb: &Client, name: &str) -> Result<TableDescription> {
    let key = KeySchemaElement::builder()
        .attribute_name(LOCK_ID)
        .key_type(KeyType::Hash)
        .build();
    // Only what is part of a key is listed.
    let attribute = AttributeDefinition::builder()
        .attribute_name(LOCK_ID)
        .attribute_type(ScalarAttributeType::S)
        .build();
    let mut call = dynamodb
        .create_table()
        .table_name(name)
        .key_schema(key.map_err(incomplete)?)
        .attribute_definitions(attribute.map_err(incomplete)?)
        .billing_mode(BillingMode::PayPerRequest)
        .deletion_protection_enabled(true);
    for (key, value) in [("ManagedBy", "rd"), STORE_TAG] {
        let tag = Tag::builder().key(key).value(value).build();
        call = call.tags(tag.map_err(incomplete)?);
    }
    let created = call.send().await.doing(&format!("create the table {name}"));
    let table = match created {
        Ok(answer) => answer.table_description,
        // By an earlier attempt, or by another run at the same time.
        Err(error) if error.is(&["ResourceInUseException"]) => describe(dynamodb, name).await?,
        Err(error) => return Err(error),
    };
    table.ok_or_else(|| {
        Error::failed(format!(
            "the table {name} was created, but AWS does not describe it"
        ))
        .hint("run the command again")
    })
}

fn check_key(table: &TableDescription, name: &str) -> Result<()> {
    let keys = table.key_schema();
    let is_text = table.attribute_definitions().iter().any(|one| {
        one.attribute_name() == LOCK_ID && *one.attribute_type() == ScalarAttributeType::S
    });
    if keys.len() == 1 && keys[0].attribute_name() == LOCK_ID && is_text {
        return Ok(());
    }
    Err(Error::refused(format!(
        "the table {name} has another key than the text `{LOCK_ID}` alone"
    ))
    .hint("pass another table with --table; one that was made for Terraform's locks has this key"))
}

async fn is_ours(dynamodb: &Client, table: &TableDescription) -> Result<bool> {
    let arn = table.table_arn().unwrap_or_default();
    let mut next = None;
    loop {
        let call = dynamodb.list_tags_of_resource().resource_arn(arn);
        let answer = call.set_next_token(next).send().await;
        let answer = answer.doing("read the tags of the table")?;
        let mut tags = answer.tags().iter();
        if tags.any(|tag| (tag.key(), tag.value()) == STORE_TAG) {
            return Ok(true);
        }
        next = answer.next_token().map(str::to_owned);
        if next.is_none() {
            return Ok(false);
        }
    }
}

/// Waits until the table is active, two times in a row: it can go back once.
async fn wait_until_active(dynamodb: &Client, name: &str) -> Result<()> {
    let start = std::time::Instant::now();
    let mut active = 0;
    while active < 2 {
        let table = describe(dynamodb, name).await?;
        let status = table.and_then(|table| table.table_status);
        active = if status == Some(TableStatus::Active) {
            active + 1
        } else {
            0
        };
        if start.elapsed() > ACTIVE_WITHIN {
            return Err(
                Error::failed(format!("the table {name} is still not active"))
                    .hint("look at it in the AWS console, then run the command again"),
            );
        }
        if active < 2 {
            rd_common::resource::wait::Clock::from_env()
                .sleep(LOOK)
                .await;
        }
    }
    Ok(())
}

async fn protect(dynamodb: &Client, table: &TableDescription, name: &str) -> Result<bool> {
    if table.deletion_protection_enabled() == Some(true) {
        return Ok(false);
    }
    let update = dynamodb.update_table().table_name(name);
    let update = update.deletion_protection_enabled(true).send().await;
    update.doing(&format!("protect the table {name} from deletion"))?;
    Ok(true)
}

async fn recovery(dynamodb: &Client, name: &str) -> Result<bool> {
    if has_recovery(dynamodb, name).await? {
        return Ok(false);
    }
    let enabled = PointInTimeRecoverySpecification::builder()
        .point_in_time_recovery_enabled(true)
        .build()
        .map_err(incomplete)?;
    let start = std::time::Instant::now();
    loop {
        let update = dynamodb
            .update_continuous_backups()
            .table_name(name)
            .point_in_time_recovery_specification(enabled.clone());
        let updated = update.send().await;
        match updated.doing(&format!(
            "turn point-in-time recovery of the table {name} on"
        )) {
            Ok(_) => break,
            // "Backups are being enabled for the table": for a while after it was created.
            Err(error)
                if error.is(&["ContinuousBackupsUnavailableException"])
                    && start.elapsed() < BACKUPS_WITHIN => {}
            Err(error) => return Err(error),
        }
        rd_common::resource::wait::Clock::from_env()
            .sleep(LOOK)
            .await;
    }
    while !has_recovery(dynamodb, name).await? {
        if start.elapsed() > BACKUPS_WITHIN {
            return Err(Error::failed(format!(
                "point-in-time recovery of the table {name} is still not on"
            ))
            .hint("run the command again"));
        }
        rd_common::resource::wait::Clock::from_env()
            .sleep(LOOK)
            .await;
    }
    Ok(true)
}

async fn has_recovery(dynamodb: &Client, name: &str) -> Result<bool> {
    let answer = dynamodb
        .describe_continuous_backups()
        .table_name(name)
        .send()
        .await;
    let answer = answer.doing(&format!("read the backups of the table {name}"))?;
    let recovery = answer.continuous_backups_description.and_then(|backups| {
        let recovery = backups.point_in_time_recovery_description?;
        recovery.point_in_time_recovery_status
    });
    Ok(recovery == Some(PointInTimeRecoveryStatus::Enabled))
}
