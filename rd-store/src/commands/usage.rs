//! `rd-store usage`: counts the contents of the bucket, one page of S3's list at a time.

use crate::bucket_contents::{VersionPages, unfinished_uploads};
use crate::clients::Clients;
use crate::kinds::bucket::size::readable_size;
use rd_common::aws::Aws;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Error, Exit, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// The number of objects or versions, and their size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Count {
    objects: u64,
    bytes: u64,
}

impl Count {
    fn add(&mut self, bytes: Option<i64>) {
        self.objects += 1;
        self.bytes += u64::try_from(bytes.unwrap_or(0)).unwrap_or(0);
    }
}

/// The bucket's contents, as `--format json` prints them.
#[derive(Clone, Debug, Default, Serialize)]
struct Usage {
    bucket: String,
    /// Current versions by storage class.
    current: BTreeMap<String, Count>,
    /// Noncurrent versions by storage class.
    noncurrent: BTreeMap<String, Count>,
    delete_markers: u64,
    unfinished_uploads: u64,
}

/// Counts, and prints a table for people, one JSON object for programs.
pub async fn run(context: &Context) -> Result<Exit> {
    let state = context.load_state("store").await?;
    let bucket = state
        .as_ref()
        .and_then(|state| state.resources.get("store.bucket.sessions")?.id.clone());
    let bucket = bucket.ok_or_else(|| {
        Error::failed(format!(
            "the state of {} has no bucket",
            context.stack.name()
        ))
        .hint("run rd-store apply first, or check --environment")
    })?;
    let aws = Aws::connect(&context.access, &context.stack.region).await?;
    aws.check_credentials().await?;
    let s3 = Clients::new(&aws).s3;
    let mut usage = Usage {
        bucket: bucket.clone(),
        ..Usage::default()
    };
    let step = context.progress.step(&bucket, false);
    let mut pages = VersionPages::new(&s3, &bucket);
    let mut counted = 0;
    while let Some(page) = pages.next().await? {
        for version in page.versions() {
            let class = version
                .storage_class()
                .map_or("STANDARD", |class| class.as_str())
                .to_owned();
            let counts = if version.is_latest() == Some(true) {
                &mut usage.current
            } else {
                &mut usage.noncurrent
            };
            counts.entry(class).or_default().add(version.size());
        }
        usage.delete_markers += page.delete_markers().len() as u64;
        counted += page.versions().len();
        step.say(&format!("{counted} versions counted"));
    }
    usage.unfinished_uploads = unfinished_uploads(&s3, &bucket).await?.len() as u64;
    drop(step);
    if context.printer.is_json() {
        context.printer.text(&format!(
            "{}\n",
            serde_json::to_string(&usage).unwrap_or_default()
        ));
    } else {
        context.printer.text(&view(&usage));
    }
    Ok(Exit::Done)
}

fn view(usage: &Usage) -> String {
    let mut rows = Vec::new();
    for (versions, counts) in [
        ("current", &usage.current),
        ("noncurrent", &usage.noncurrent),
    ] {
        for (class, count) in counts {
            rows.push(vec![
                versions.to_owned(),
                class.clone(),
                count.objects.to_string(),
                readable_size(count.bytes as f64),
            ]);
        }
    }
    let mut text = format!("{}\n", usage.bucket);
    if rows.is_empty() {
        text.push_str("no objects\n");
    } else {
        text.push_str(&table(&["VERSIONS", "CLASS", "OBJECTS", "SIZE"], &rows));
    }
    text.push_str(&format!(
        "delete markers: {}, unfinished uploads: {}\n",
        usage.delete_markers, usage.unfinished_uploads
    ));
    text
}
