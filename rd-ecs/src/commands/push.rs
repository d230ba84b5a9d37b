//! `push`: an image from a file to the stack's repository, without a docker daemon.

use crate::images::push::{self, Archive, Content, Sent, size_text};
use crate::images::registry::{Access, Repository};
use crate::slice::Ecs;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::printer::{print_info, print_warning};
use rd_common::{Error, Exit, Result};
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// Flags of `push`.
#[derive(clap::Args, Clone, Debug)]
pub struct PushArgs {
    /// What docker save, docker buildx (type=oci or type=docker), podman, kaniko or skopeo wrote; `-` for a file on stdin
    archive: PathBuf,
    /// The tag, instead of those in the archive; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Push an image that the service's tasks cannot run, too
    #[arg(long)]
    any_architecture: bool,
}

/// Runs it. The last thing on stdout is the image's name with its digest; in a pipe, one JSON document that has it.
pub async fn run(context: &Context, args: &PushArgs) -> Result<Exit> {
    let start = Instant::now();
    for tag in &args.tags {
        push::check_tag(tag)?;
    }
    let archive = Archive::open(&args.archive)?;
    let slice_context = SliceContext::<Ecs>::open(context).await?;
    let repository = Repository::of(&slice_context)?;
    let ctx = &slice_context.ctx;
    let content = tokio::select! {
        biased;
        () = ctx.cancel.cancelled() => return Err(Error::interrupted()),
        content = push::read(&archive, &ctx.progress) => content?,
    };
    if let Some(note) = &content.note {
        print_warning(
            note,
            "for the others, build for all platforms: docker buildx build --platform … --output type=oci,dest=FILE",
        );
    }
    check_architecture(
        &content,
        &slice_context.config.architecture,
        args.any_architecture,
    )?;
    let tags = tags(&content, args)?;
    let standing = push::standing(ctx, &repository, content.digest(), &tags).await?;
    if slice_context.config.immutable_tags {
        for (tag, digest) in &standing.tags {
            if digest != content.digest() {
                return Err(push::taken(tag, Some(digest)));
            }
        }
    }
    let sent = if standing.is_there {
        Sent {
            skipped: content.blobs.iter().filter(|blob| blob.is_layer).count(),
            ..Sent::default()
        }
    } else {
        let access = Access::ask(&ctx.clients.ecr, None).await?;
        push::send(ctx, &access, &repository, &archive, &content).await?
    };
    push::publish(ctx, &repository, &content, &tags, &standing).await?;
    tell(
        context,
        &repository,
        &content,
        &tags,
        &sent,
        start.elapsed().as_secs_f64(),
    );
    Ok(Exit::Done)
}

fn tags(content: &Content, args: &PushArgs) -> Result<Vec<String>> {
    let mut tags = match args.tags.as_slice() {
        [] => content.tags.clone(),
        given => given.to_vec(),
    };
    tags.sort();
    tags.dedup();
    if tags.is_empty() {
        return Err(Error::usage(
            "the archive names no tag, and an image without one is deleted after some days",
        )
        .hint("give one: --tag v42"));
    }
    for tag in &tags {
        push::check_tag(tag)?;
    }
    Ok(tags)
}

fn check_architecture(content: &Content, wanted: &str, any: bool) -> Result<()> {
    let has = &content.architectures;
    if any || has.is_empty() || has.iter().any(|one| one == wanted) {
        return Ok(());
    }
    let platform = if wanted == "ARM64" {
        "linux/arm64"
    } else {
        "linux/amd64"
    };
    Err(Error::refused(format!(
        "the image is for {}, and tasks run on {wanted}",
        has.join(" and ")
    ))
    .hint(format!(
        "build it with --platform {platform}, or set architecture in [ecs] and apply; --any-architecture pushes it as it is"
    )))
}

fn tell(
    context: &Context,
    repository: &Repository,
    content: &Content,
    tags: &[String],
    sent: &Sent,
    seconds: f64,
) {
    let image = repository.at(content.digest());
    let seconds = (seconds * 1000.0).round() / 1000.0;
    if context.printer.is_json() {
        let document = json!({
            "image": image,
            "repository": repository.url,
            "digest": content.digest(),
            "tags": tags,
            "architectures": content.architectures,
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
        0 => "every layer was there".to_owned(),
        pushed => format!(
            "{pushed} {} pushed ({}), {} there already",
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
