//! `push`: pushes an image from a file to the stack's repository, without a docker daemon.

use crate::images::push::{self, Existing, ImageContent, Sent, TarArchive, size_text};
use crate::images::registry::{Access, Repository};
use crate::slice::Ecs;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::printer::{print_info, print_warning};
use rd_common::{Error, Exit, Result};
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// The flags of `rd-ecs push`.
#[derive(clap::Args, Clone, Debug)]
pub struct PushArgs {
    /// The archive from docker save, docker buildx (type=oci or docker), podman, kaniko or skopeo; `-` is a file on stdin
    archive: PathBuf,
    /// The tag, instead of those in the archive; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// The image of an archive with several, by its name, tag or digest
    #[arg(long, value_name = "NAME")]
    select: Option<String>,
    /// Push the image even if the service's tasks cannot run it
    #[arg(long)]
    any_architecture: bool,
}

/// Pushes the image. stdout gets the image's reference with its digest; in a pipe, one JSON document that contains it.
pub async fn run(context: &Context, args: &PushArgs) -> Result<Exit> {
    let start = Instant::now();
    for tag in &args.tags {
        push::check_tag(tag)?;
    }
    let archive = TarArchive::open(&args.archive)?;
    let slice = SliceContext::<Ecs>::open(context).await?;
    let repository = Repository::of(&slice)?;
    let ctx = &slice.ctx;
    let content = tokio::select! {
        biased;
        () = ctx.cancel.cancelled() => return Err(Error::interrupted()),
        content = push::read_image(&archive, args.select.as_deref(), &ctx.progress) => content?,
    };
    for note in &content.notes {
        print_warning(&note.summary, &note.hint);
    }
    check_architecture(
        &content.architectures,
        &slice.config.architecture,
        args.any_architecture,
    )?;
    let tags = tags(&content, args)?;
    let existing = push::existing(ctx, &repository, content.digest(), &tags).await?;
    if slice.config.immutable_tags {
        check_tags(&existing, content.digest())?;
    }
    let sent = if existing.has_image {
        Sent {
            skipped: content.blobs.iter().filter(|blob| blob.is_layer).count(),
            ..Sent::default()
        }
    } else {
        let access = Access::request(&ctx.clients.ecr, None).await?;
        push::send_layers(ctx, &access, &repository, &archive, &content).await?
    };
    push::put_manifests(ctx, &repository, &content, &tags, &existing).await?;
    let pushed = PushedImage {
        repository: &repository,
        digest: content.digest(),
        architectures: &content.architectures,
        tags: &tags,
        sent: &sent,
        seconds: start.elapsed().as_secs_f64(),
    };
    print_result(context, &pushed);
    Ok(Exit::Done)
}

fn tags(content: &ImageContent, args: &PushArgs) -> Result<Vec<String>> {
    let mut tags = match args.tags.as_slice() {
        [] => content.tags.clone(),
        from_flags => from_flags.to_vec(),
    };
    tags.sort();
    tags.dedup();
    if tags.is_empty() {
        return Err(Error::usage(
            "the archive names no tag, and ECR deletes untagged images after some days",
        )
        .hint("pass a tag: --tag v42"));
    }
    for tag in &tags {
        push::check_tag(tag)?;
    }
    Ok(tags)
}

/// Fails where a tag belongs to another image, in a repository whose tags are immutable.
pub(super) fn check_tags(existing: &Existing, digest: &str) -> Result<()> {
    match existing.tags.iter().find(|(_, other)| *other != digest) {
        Some((tag, other)) => Err(push::tag_taken(tag, Some(other))),
        None => Ok(()),
    }
}

/// Fails where the tasks cannot run an image for these architectures, unless `any` allows it.
pub(super) fn check_architecture(has: &[String], wanted: &str, any: bool) -> Result<()> {
    if any || has.is_empty() || has.iter().any(|one| one == wanted) {
        return Ok(());
    }
    let platform = if wanted == "ARM64" {
        "linux/arm64"
    } else {
        "linux/amd64"
    };
    Err(Error::refused(format!(
        "the image is for {}, but the tasks run on {wanted}",
        has.join(" and ")
    ))
    .hint(format!(
        "build it with --platform {platform}, or set architecture in [ecs] and run rd-ecs apply; --any-architecture pushes it anyway"
    )))
}

/// An image that the repository has now.
pub(super) struct PushedImage<'a> {
    pub(super) repository: &'a Repository,
    pub(super) digest: &'a str,
    pub(super) architectures: &'a [String],
    pub(super) tags: &'a [String],
    pub(super) sent: &'a Sent,
    pub(super) seconds: f64,
}

/// Prints the reference of the image with its digest to stdout; in a pipe, one JSON document that contains it.
pub(super) fn print_result(context: &Context, pushed: &PushedImage<'_>) {
    let PushedImage {
        repository,
        digest,
        architectures,
        tags,
        sent,
        seconds,
    } = *pushed;
    let image = repository.at(digest);
    let seconds = (seconds * 1000.0).round() / 1000.0;
    if context.printer.is_json() {
        let document = json!({
            "image": image,
            "repository": repository.url,
            "digest": digest,
            "tags": tags,
            "architectures": architectures,
            "layers": {"pushed": sent.pushed, "skipped": sent.skipped},
            "resumed": sent.resumed,
            "restarted": sent.restarted,
            "bytes": sent.bytes,
            "seconds": seconds,
        });
        context.printer.text(&format!("{document}\n"));
        return;
    }
    let what = match sent.pushed {
        0 => "no layers to push".to_owned(),
        pushed => format!(
            "{pushed} {} pushed ({}), {} already there",
            if pushed == 1 { "layer" } else { "layers" },
            size_text(sent.bytes),
            sent.skipped
        ),
    };
    print_info(&format!(
        "{what}; tagged {}; {seconds:.1} s",
        tags.join(", ")
    ));
    context.printer.text(&format!("{image}\n"));
}
