//! `revisions`: lists the revisions that a rollback can deploy, or compares two.

use super::images::short_digest;
use super::tasks::ago;
use crate::completion;
use crate::images::image_ref::repository_url;
use crate::kinds::repository::images as stored;
use crate::kinds::repository::revision_tags::revision_of;
use crate::kinds::task_definition::model::{Live, live};
use crate::kinds::task_definition::revisions::active;
use crate::names::revision;
use crate::service_context::ServiceContext;
use aws_sdk_ecr::types::ImageDetail;
use clap::Subcommand;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::output::style::{ERROR, OK, paint, width};
use rd_common::output::table::table_or_list;
use rd_common::{Error, Exit, Result};
use serde_json::{Map, Value, json};

/// The flags of `rd-ecs revisions`.
#[derive(clap::Args, Clone, Debug)]
pub struct RevisionsArgs {
    #[command(subcommand)]
    command: Option<RevisionsCommand>,
    /// The number of revisions to list, the newest first
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

#[derive(Subcommand, Clone, Debug)]
enum RevisionsCommand {
    /// Show the settings that differ between two revisions
    #[command(
        after_help = "{program} revisions diff 41 :: compare with the running revision\n\
        {program} revisions diff 41 42"
    )]
    Diff {
        /// The number of a revision
        #[arg(add = completion::revisions())]
        a: i32,
        /// The number of the other [default: the running revision]
        #[arg(add = completion::revisions())]
        b: Option<i32>,
    },
}

/// The most revisions that are read at the same time.
const MAX_PARALLEL_READS: usize = 8;

/// Prints the revisions or the comparison: text for people, one JSON document for programs.
pub async fn run(context: &Context, args: &RevisionsArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    let aws_service = service.read().await?;
    let running = aws_service.task_definition().unwrap_or_default().to_owned();
    if let Some(RevisionsCommand::Diff { a, b }) = args.command {
        let b = b.or(revision(&running)).unwrap_or_default();
        return diff(context, &service, a, b).await;
    }
    let mut arns = active(service.ctx(), &service.family).await?;
    arns.truncate(args.limit);
    if !arns.contains(&running) {
        arns.push(running.clone());
    }
    let service = &service;
    let names = &service.ctx().clients.names;
    let images = images(service).await;
    let all: Vec<Live> =
        stream::iter(arns)
            .map(|arn| async move {
                Ok::<_, Error>(live(&service.revision(&arn).await?.definition, names))
            })
            .buffered(MAX_PARALLEL_READS)
            .try_collect()
            .await?;
    let text = if context.printer.is_json() {
        let revisions: Vec<Value> = all
            .iter()
            .map(|one| {
                let (tags, digest) = tags_and_digest(&one.image, &images);
                json!({
                    "revision": one.revision, "arn": one.arn, "image": one.image, "live": one.arn == running,
                    "tags": tags, "digest": digest,
                    "registered_at": one.registered_at, "registered_by": one.registered_by,
                })
            })
            .collect();
        format!(
            "{}\n",
            json!({"family": service.family, "revisions": revisions})
        )
    } else {
        let now = service.ctx().clients.aws_clock.now();
        let rows = all
            .iter()
            .map(|one| row(one, one.arn == running, &images, now));
        shown(&rows.collect::<Vec<_>>(), width())
    };
    context.printer.text(&text);
    Ok(Exit::Done)
}

/// The images of the stack's repository.
#[derive(Default)]
struct Images {
    /// The address of the repository, to which `:<tag>` or `@<digest>` is added.
    repository: String,
    all: Vec<ImageDetail>,
}

/// Reads the images, for their tags. A list without tags is better than none.
async fn images(service: &ServiceContext) -> Images {
    let Ok(repository) = repository_url(service) else {
        return Images::default();
    };
    match stored::list(service.ctx(), &service.family).await {
        Ok(all) => Images { repository, all },
        Err(error) => {
            print_warning(
                &error.summary,
                "the revisions are shown without the tags of their images",
            );
            Images::default()
        }
    }
}

/// The tags of an image, without those that rd has given it for its revisions, and its digest; as far as they are known.
fn tags_and_digest(image: &str, images: &Images) -> (Vec<String>, Option<String>) {
    let own = image.strip_prefix(&images.repository);
    let is = |detail: &&ImageDetail| {
        let tag = own.and_then(|rest| rest.strip_prefix(':'));
        let digest = own.and_then(|rest| rest.strip_prefix('@'));
        (digest.is_some() && detail.image_digest() == digest)
            || tag.is_some_and(|tag| detail.image_tags().iter().any(|one| one == tag))
    };
    let stored = images.all.iter().find(is);
    let tags = stored.map_or(&[][..], ImageDetail::image_tags);
    let tags = tags.iter().filter(|tag| revision_of(tag).is_none());
    let named = image.split_once('@').map(|(_, digest)| digest);
    let digest = stored.and_then(ImageDetail::image_digest).or(named);
    (tags.cloned().collect(), digest.map(str::to_owned))
}

/// An image as people know it: its tags; without one, or in another repository, its reference without the digest.
fn named(image: &str, tags: &[String], images: &Images) -> String {
    let reference = image.split('@').next().unwrap_or(image);
    match tags {
        [] if reference == images.repository => "(no tag)".to_owned(),
        [] => reference.to_owned(),
        tags => tags.join(" "),
    }
}

/// The revisions in a table; where it does not fit into `width` columns, in a list.
fn shown(rows: &[Vec<String>], width: usize) -> String {
    let heading = ["REVISION", "", "IMAGE", "DIGEST", "AGE", "BY"];
    table_or_list(&heading, rows, width)
}

fn row(one: &Live, is_live: bool, images: &Images, now: Timestamp) -> Vec<String> {
    let (tags, digest) = tags_and_digest(&one.image, images);
    let at = one.registered_at.as_deref().and_then(|at| at.parse().ok());
    let by = one.registered_by.as_deref().unwrap_or("-");
    vec![
        one.revision.to_string(),
        if is_live { "live" } else { "" }.to_owned(),
        named(&one.image, &tags, images),
        digest
            .as_deref()
            .map_or_else(|| "-".to_owned(), short_digest),
        at.map_or_else(|| "-".to_owned(), |at| ago(at, now)),
        // `arn:aws:sts::1:assumed-role/deployer/ci` becomes `deployer/ci`, and `arn:aws:iam::1:root` becomes `root`.
        by.split_once('/')
            .map_or_else(|| by.rsplit(':').next().unwrap_or(by), |(_, name)| name)
            .to_owned(),
    ]
}

async fn diff(context: &Context, service: &ServiceContext, a: i32, b: i32) -> Result<Exit> {
    let fields = async |number: i32| -> Result<Map<String, Value>> {
        let name = format!("{}:{number}", service.family);
        let one = live(
            &service.revision(&name).await?.definition,
            &service.ctx().clients.names,
        );
        match json!(one) {
            Value::Object(members) => Ok(members),
            _ => Ok(Map::new()),
        }
    };
    let (before, after) = (fields(a).await?, fields(b).await?);
    // Different in any two revisions.
    let own = [
        "arn",
        "revision",
        "registered_at",
        "registered_by",
        "active",
    ];
    let changes: Vec<(&String, &Value, &Value)> = before
        .iter()
        .filter(|(key, _)| !own.contains(&key.as_str()))
        .filter_map(|(key, old)| Some((key, old, after.get(key)?)))
        .filter(|(_, old, new)| old != new)
        .collect();
    let text = if context.printer.is_json() {
        let fields: Vec<Value> = changes
            .iter()
            .map(|(key, old, new)| json!({"path": key, "before": old, "after": new}))
            .collect();
        format!("{}\n", json!({"a": a, "b": b, "fields": fields}))
    } else if changes.is_empty() {
        format!("{a} and {b} do not differ\n")
    } else {
        let lines = changes.iter().map(|(key, old, new)| {
            format!(
                "{key}\n  {}\n  {}\n",
                paint(ERROR, format!("- {}", plain(old))),
                paint(OK, format!("+ {}", plain(new)))
            )
        });
        lines.collect()
    };
    context.printer.text(&text);
    Ok(Exit::Done)
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A revision that somebody registered.
    fn revision(number: i32, image: &str, at: &str, by: &str) -> Live {
        let live = json!({
            "arn": format!("arn:aws:ecs:us-east-1:123456789012:task-definition/shop-test-api:{number}"),
            "family": "shop-test-api", "revision": number, "active": true, "registered_at": at, "registered_by": by,
            "cpu": "256", "memory": "512", "architecture": "ARM64", "execution_role_arn": "", "task_role_arn": "",
            "image": image, "command": [], "entry_point": [], "port": 3000, "environment": {}, "secrets": {},
            "log": serde_json::to_value(crate::kinds::task_definition::model::Log::default()).unwrap(),
            "health_check": null, "stop_timeout": 30, "read_only": false, "init": false, "others": [],
        });
        serde_json::from_value(live).unwrap()
    }

    #[test]
    fn the_revisions_are_shown_at_every_width() {
        let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
        let detail = |digit: &str, tag: &str| {
            let detail = ImageDetail::builder().image_digest(digest(digit));
            detail.image_tags(tag).build()
        };
        let repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop-test-api";
        let images = Images {
            repository: repository.to_owned(),
            all: vec![detail("a", "2026.11.27-hotfix"), detail("b", "2026.11.26")],
        };
        let now = "2026-11-28T06:00:00Z".parse().unwrap();
        let by = "arn:aws:sts::123456789012:assumed-role/deployer/github-actions-4711";
        let root = "arn:aws:iam::123456789012:root";
        let all = [
            revision(
                43,
                &format!("{repository}@{}", digest("a")),
                "2026-11-28T05:48:00Z",
                by,
            ),
            revision(
                42,
                &format!("{repository}@{}", digest("b")),
                "2026-11-27T06:00:00Z",
                by,
            ),
            revision(
                1,
                "public.ecr.aws/nginx/nginx:stable-alpine",
                "2026-01-02T06:00:00Z",
                root,
            ),
        ];
        let rows = all
            .iter()
            .map(|one| row(one, one.revision == 43, &images, now));
        let rows: Vec<Vec<String>> = rows.collect();
        for (width, expected) in [(60, AT_60), (80, AT_80), (120, AT_120)] {
            let text = shown(&rows, width);
            assert_eq!(text, expected, "{width}:\n{text}");
            assert!(
                text.lines().all(|line| line.chars().count() <= width),
                "{text}"
            );
        }
    }

    const AT_60: &str = "\
revision 43 · live · image 2026.11.27-hotfix · digest
  aaaaaaaaaaaa · age 12m · by deployer/github-actions-4711
revision 42 · image 2026.11.26 · digest bbbbbbbbbbbb · age
  1d · by deployer/github-actions-4711
revision 1 · image
  public.ecr.aws/nginx/nginx:stable-alpine · digest - · age
  330d · by root
";
    const AT_80: &str = "\
revision 43 · live · image 2026.11.27-hotfix · digest aaaaaaaaaaaa · age 12m ·
  by deployer/github-actions-4711
revision 42 · image 2026.11.26 · digest bbbbbbbbbbbb · age 1d · by
  deployer/github-actions-4711
revision 1 · image public.ecr.aws/nginx/nginx:stable-alpine · digest - · age
  330d · by root
";
    const AT_120: &str = "\
REVISION        IMAGE                                     DIGEST        AGE   BY
43        live  2026.11.27-hotfix                         aaaaaaaaaaaa  12m   deployer/github-actions-4711
42              2026.11.26                                bbbbbbbbbbbb  1d    deployer/github-actions-4711
1               public.ecr.aws/nginx/nginx:stable-alpine  -             330d  root
";

    #[test]
    fn an_image_is_shown_by_its_tags_and_a_short_digest() {
        let digest = "sha256:0123456789abcdef0123";
        let detail = ImageDetail::builder().image_digest(digest);
        let detail = detail
            .image_tags("rd-7")
            .image_tags("v1.2")
            .image_tags("abc");
        let images = Images {
            repository: "host/api".to_owned(),
            all: vec![detail.build()],
        };
        for (image, shown, short) in [
            (
                "host/api@sha256:0123456789abcdef0123",
                "v1.2 abc",
                "0123456789ab",
            ),
            ("host/api:v1.2", "v1.2 abc", "0123456789ab"),
            ("host/api@sha256:ffff", "(no tag)", "ffff"),
            ("host/api:gone", "host/api:gone", "-"),
            (
                "public.ecr.aws/nginx:1@sha256:eeee",
                "public.ecr.aws/nginx:1",
                "eeee",
            ),
        ] {
            let (tags, digest) = tags_and_digest(image, &images);
            assert_eq!(named(image, &tags, &images), shown, "{image}");
            let digest = digest
                .as_deref()
                .map_or_else(|| "-".to_owned(), short_digest);
            assert_eq!(digest, short, "{image}");
        }
    }
}
