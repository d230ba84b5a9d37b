//! `images`: lists the images of the repository, their scan findings, and which one is live.

use super::tasks::ago;
use crate::images::list::{self, ListedImage};
use crate::images::push::size_text;
use crate::images::registry::Repository;
use crate::slice::Ecs;
use jiff::Timestamp;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Exit, Result};
use serde_json::json;

/// The flags of `rd-ecs images`.
#[derive(clap::Args, Clone, Debug)]
pub struct ImagesArgs {
    /// The number of images to list, the newest first
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

/// ECR's severities of findings, the worst first.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFinding.html>
const SEVERITIES: [&str; 6] = [
    "CRITICAL",
    "HIGH",
    "MEDIUM",
    "LOW",
    "INFORMATIONAL",
    "UNDEFINED",
];

/// How many characters of a digest the table shows.
const SHORT_DIGEST: usize = 12;

/// Prints the images: a table for people, one JSON document for programs. The service need not exist yet.
pub async fn run(context: &Context, args: &ImagesArgs) -> Result<Exit> {
    let slice = SliceContext::<Ecs>::open(context).await?;
    let repository = Repository::of(&slice)?;
    let mut listed = list::list(&slice.ctx, &repository, args.limit).await?;
    list::mark_used(&slice.ctx, &repository, &mut listed).await?;
    let text = if context.printer.is_json() {
        format!(
            "{}\n",
            json!({"repository": repository.url, "images": listed})
        )
    } else if listed.is_empty() {
        "no images: push one with rd-ecs push\n".to_owned()
    } else {
        let now = slice.ctx.clients.aws_clock.now();
        let rows: Vec<Vec<String>> = listed.iter().map(|one| row(one, now)).collect();
        table(
            &[
                "TAGS",
                "DIGEST",
                "SIZE",
                "PUSHED",
                "FOR",
                "FINDINGS",
                "REVISIONS",
            ],
            &rows,
        )
    };
    context.printer.text(&text);
    Ok(Exit::Done)
}

fn row(one: &ListedImage, now: Timestamp) -> Vec<String> {
    let or_none = |texts: &[String]| match texts {
        [] => "-".to_owned(),
        texts => texts.join(" "),
    };
    let mut used: Vec<String> = one.revisions.iter().map(i32::to_string).collect();
    if one.live {
        used.insert(0, "live".to_owned());
    }
    vec![
        or_none(&one.tags),
        short_digest(&one.digest),
        one.size.map_or_else(|| "-".to_owned(), size_text),
        one.pushed_at
            .map_or_else(|| "-".to_owned(), |at| ago(at, now)),
        or_none(&one.architectures),
        findings(one),
        or_none(&used),
    ]
}

/// The first characters of a digest, enough to tell it from others.
pub(super) fn short_digest(digest: &str) -> String {
    let digest = digest.strip_prefix("sha256:").unwrap_or(digest);
    digest.chars().take(SHORT_DIGEST).collect()
}

fn findings(one: &ListedImage) -> String {
    let Some(scan) = &one.scan else {
        return "not scanned".to_owned();
    };
    // Enhanced scanning has severities of Amazon Inspector, such as `UNTRIAGED`.
    let others = scan.findings.keys().map(String::as_str);
    let others = others.filter(|severity| !SEVERITIES.contains(severity));
    let counts: Vec<String> = SEVERITIES
        .into_iter()
        .chain(others)
        .filter_map(|severity| Some((severity, scan.findings.get(severity)?)))
        .filter(|(_, count)| **count > 0)
        .map(|(severity, count)| format!("{count} {}", severity.to_lowercase()))
        .collect();
    match (counts.as_slice(), scan.status.as_str()) {
        ([], "COMPLETE" | "ACTIVE") => "none".to_owned(),
        ([], status) => status.to_lowercase().replace('_', " "),
        (counts, _) => counts.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::list::Scan;

    fn scanned(status: &str, counts: &[(&str, i32)]) -> String {
        findings(&ListedImage {
            scan: Some(Scan {
                status: status.to_owned(),
                findings: counts
                    .iter()
                    .map(|(severity, count)| ((*severity).to_owned(), *count))
                    .collect(),
            }),
            ..ListedImage::default()
        })
    }

    #[test]
    fn the_worst_severity_comes_first() {
        assert_eq!(findings(&ListedImage::default()), "not scanned");
        assert_eq!(scanned("COMPLETE", &[]), "none");
        assert_eq!(scanned("UNSUPPORTED_IMAGE", &[]), "unsupported image");
        assert_eq!(
            scanned("COMPLETE", &[("LOW", 3), ("HIGH", 1), ("MEDIUM", 0)]),
            "1 high, 3 low"
        );
        // Enhanced scanning.
        assert_eq!(scanned("ACTIVE", &[]), "none");
        assert_eq!(
            scanned("ACTIVE", &[("UNTRIAGED", 2), ("HIGH", 1)]),
            "1 high, 2 untriaged"
        );
        assert_eq!(
            scanned("SCAN_ELIGIBILITY_EXPIRED", &[]),
            "scan eligibility expired"
        );
    }
}
