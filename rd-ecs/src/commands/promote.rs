//! `promote`: brings the image that another environment runs to the repository of this one: the same digest, after a check of
//! its platform and of its scan.

use super::push::{PushedImage, check_architecture, check_tags, print_result};
use crate::images::list::{self, ListedImage};
use crate::images::pull;
use crate::images::push::{self, Sent};
use crate::images::registry::{Access, Repository};
use crate::kinds;
use crate::kinds::repository::revision_tags::revision_of;
use crate::names::{CLUSTER, REPOSITORY, SERVICE, last};
use crate::slice::Ecs;
use crate::verify::image_of;
use aws_sdk_ecs::types::DeploymentRolloutState;
use rd_common::commands::slice_context::SliceContext;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::flags::GlobalFlags;
use rd_common::output::printer::print_warning;
use rd_common::state::document::Document;
use rd_common::{Error, Exit, Result, Slice};
use std::time::Instant;

/// The flags of `rd-ecs promote`.
#[derive(clap::Args, Clone, Debug)]
pub struct PromoteArgs {
    /// The environment to promote from, such as staging
    #[arg(long, value_name = "ENVIRONMENT")]
    from: String,
    /// An image of that environment's repository, by its digest, instead of the one that its service runs
    #[arg(long, value_name = "DIGEST", conflicts_with = "tag_there")]
    digest: Option<String>,
    /// An image of that environment's repository, by its tag
    #[arg(long = "from-tag", value_name = "TAG")]
    tag_there: Option<String>,
    /// The AWS profile of that environment's account, where it is another one
    #[arg(long, value_name = "PROFILE", add = completion::profiles())]
    from_profile: Option<String>,
    /// The region of that environment, where it is another one [default: that of its state]
    #[arg(long, value_name = "REGION")]
    from_region: Option<String>,
    /// The tag here, instead of those that the image has there; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Promote an image whose scan has findings of this severity or above, too
    #[arg(long)]
    allow_findings: bool,
    /// The severity from which findings of the scan stop a promotion
    #[arg(long, value_enum, default_value_t = Severity::Critical, value_name = "SEVERITY")]
    fail_on: Severity,
}

/// A severity of a finding, in the words of ECR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
enum Severity {
    Critical,
    High,
    Medium,
    Low,
}

impl Severity {
    fn of(word: &str) -> Option<Self> {
        match word {
            "CRITICAL" => Some(Self::Critical),
            "HIGH" => Some(Self::High),
            "MEDIUM" => Some(Self::Medium),
            "LOW" => Some(Self::Low),
            _ => None,
        }
    }
}

/// The other environment: its service, and the access to its account.
struct Origin {
    slice: SliceContext<Ecs>,
    repository: Repository,
    cluster: String,
    service: String,
}

/// Copies the image where it is missing, and prints its reference here, as `push` does.
pub async fn run(context: &Context, args: &PromoteArgs) -> Result<Exit> {
    let start = Instant::now();
    for tag in &args.tags {
        push::check_tag(tag)?;
    }
    let slice = SliceContext::<Ecs>::open(context).await?;
    let ctx = &slice.ctx;
    let origin = origin(context, args).await?;
    let there = &origin.slice.ctx;
    let repository = Repository::of(&slice)?;
    let found = find(&origin, args).await?;
    check_architecture(&found.architectures, &slice.config.architecture, false)?;
    check_scan(&found, args)?;
    let tags = tags(&found, args);
    let existing = push::existing(ctx, &repository, &found.digest, &tags).await?;
    if slice.config.immutable_tags {
        check_tags(&existing, &found.digest)?;
    }
    let stored = pull::manifests(there, &origin.repository, &found.digest).await?;
    let (content, sent) = if existing.has_image {
        (stored.without_layers(), Sent::default())
    } else {
        let access = Access::request(&ctx.clients.ecr, None).await?;
        let source = Access::request(&there.clients.ecr, None).await?;
        let (from, to) = ((&source, &origin.repository), (&access, &repository));
        let (archive, content) = stored.with_layers(ctx, from, to).await?;
        let sent = push::send_layers(ctx, &access, &repository, &archive, &content).await?;
        (content, sent)
    };
    push::put_manifests(ctx, &repository, &content, &tags, &existing).await?;
    let pushed = PushedImage {
        repository: &repository,
        digest: &found.digest,
        architectures: &found.architectures,
        tags: &tags,
        sent: &sent,
        seconds: start.elapsed().as_secs_f64(),
    };
    print_result(context, &pushed);
    Ok(Exit::Done)
}

/// The other environment, from its settings and its state. It may be in another account, with the profile of `--from-profile`,
/// and in another region, which its state has. Fails where it is this one, or where the credentials are of another account.
async fn origin(context: &Context, args: &PromoteArgs) -> Result<Origin> {
    let environment = &args.from;
    if *environment == context.stack.environment {
        return Err(
            Error::usage(format!("{environment} is the environment to promote to"))
                .hint("--from names the environment that has the image, -e the one that gets it"),
        );
    }
    let flags = |region: &str| GlobalFlags {
        environment: Some(environment.clone()),
        // Whether it is known is told by its state, below.
        new_environment: true,
        profile: args.from_profile.clone().or(context.flags.profile.clone()),
        region: Some(region.to_owned()),
        json_into: None,
        ..context.flags.clone()
    };
    let at = async |region: &str| {
        Context::of_slice::<Ecs>(context.program, "promote", flags(region)).await
    };
    let region = args.from_region.as_ref();
    let mut there = at(region.unwrap_or(&context.stack.region)).await?;
    let name = there.stack.name();
    let state = there.load_state(Ecs::NAME).await?;
    let Some(state) = state.filter(|state| !state.resources.is_empty()) else {
        let known = there.store.environments(&there.stack.project).await?;
        return Err(
            Error::failed(format!("rd-ecs was never applied for {name}"))
                .hint(format!("environments with a state: {}", known.join(", "))),
        );
    };
    let elsewhere = !state.region.is_empty() && state.region != there.stack.region;
    if region.is_none() && elsewhere {
        there = at(&state.region).await?;
    }
    let slice = SliceContext::<Ecs>::open(&there).await?;
    let (theirs, ours) = (&slice.state.account, slice.ctx.stack.account());
    if theirs != ours {
        return Err(Error::refused(format!(
            "{name} is in account {theirs}, but the credentials are of {ours}"
        ))
        .hint("--from-profile names a profile of its account, --profile that of the account to promote to"));
    }
    let (repository, id) = resource(&slice.state, REPOSITORY)?;
    let url = kinds::repository::Repository::URL.stored(repository);
    let url = url.ok_or_else(|| missing(&slice.state, REPOSITORY))?;
    Ok(Origin {
        repository: Repository {
            name: id.to_owned(),
            url,
        },
        cluster: resource(&slice.state, CLUSTER)?.1.to_owned(),
        service: last(resource(&slice.state, SERVICE)?.1).to_owned(),
        slice,
    })
}

fn resource<'a>(
    state: &'a Document,
    address: &str,
) -> Result<(&'a rd_common::state::document::Resource, &'a str)> {
    let resource = state.resources.get(address);
    resource
        .and_then(|resource| Some((resource, resource.id.as_deref()?)))
        .ok_or_else(|| missing(state, address))
}

fn missing(state: &Document, address: &str) -> Error {
    Error::failed(format!("{} has no {address}", state.stack))
        .hint(format!("run rd-ecs apply -e {}", state.environment))
}

/// The image to promote, as its repository lists it.
async fn find(origin: &Origin, args: &PromoteArgs) -> Result<ListedImage> {
    let ctx = &origin.slice.ctx;
    let (digest, tag) = match (&args.digest, &args.tag_there) {
        (Some(digest), _) => (Some(digest.clone()), None),
        (None, Some(tag)) => (None, Some(tag.as_str())),
        (None, None) => (Some(running(origin).await?), None),
    };
    let found = list::one(ctx, &origin.repository, digest.as_deref(), tag).await?;
    found.ok_or_else(|| {
        let what = digest.as_deref().or(tag).unwrap_or_default();
        Error::failed(format!("{} has no image {what}", origin.repository.name))
            .hint(format!("rd-ecs images -e {} lists its images", args.from))
    })
}

/// The digest of the image that the service of the other environment runs. Fails while a deployment is in progress there: what
/// it deploys has not proved itself.
async fn running(origin: &Origin) -> Result<String> {
    let environment = &origin.slice.ctx.stack.environment;
    let reads = &origin.slice.ctx.clients.reads;
    let service = reads.service(&origin.cluster, &origin.service).await?;
    let service = service.ok_or_else(|| {
        Error::failed(format!("{} has no service", environment))
            .hint(format!("run rd-ecs apply -e {}", environment))
    })?;
    let under_way = |one: &aws_sdk_ecs::types::Deployment| {
        one.status() != Some("PRIMARY")
            || one.rollout_state() != Some(&DeploymentRolloutState::Completed)
    };
    if service.deployments().iter().any(under_way) {
        return Err(Error::refused(format!(
            "a deployment in {} is in progress, or has failed: what it runs has not proved itself",
            environment
        ))
        .hint(format!(
            "wait for it: rd-ecs wait -e {}; or name an image with --digest or --from-tag",
            environment
        )));
    }
    let revision = service.task_definition().unwrap_or_default();
    let revision = reads.definition(revision).await?;
    let image = revision
        .as_ref()
        .map(|one| image_of(&origin.slice.ctx.clients.names, &one.definition));
    let image = image.unwrap_or_default();
    let digest = image
        .strip_prefix(&origin.repository.url)
        .and_then(|rest| rest.strip_prefix('@'));
    digest.map(str::to_owned).ok_or_else(|| {
        Error::refused(format!(
            "{} runs {image}, which is not an image of its repository by its digest",
            environment
        ))
        .hint("deploy one there with rd-ecs deploy, or name one with --digest or --from-tag")
    })
}

/// Fails where the scan has found something as severe as `--fail-on`. An image without a scan is only warned of.
fn check_scan(image: &ListedImage, args: &PromoteArgs) -> Result<()> {
    let Some(scan) = &image.scan else {
        print_warning(
            "the image was not scanned",
            "scan_on_push = true in [ecs] scans images of the repository that they are pushed to",
        );
        return Ok(());
    };
    let severe = scan.findings.iter().filter(|(severity, count)| {
        **count > 0 && Severity::of(severity).is_some_and(|one| one <= args.fail_on)
    });
    let severe: Vec<String> = severe
        .map(|(severity, count)| format!("{count} {}", severity.to_lowercase()))
        .collect();
    if severe.is_empty() {
        if !["COMPLETE", "ACTIVE"].contains(&scan.status.as_str()) {
            let status = scan.status.to_lowercase().replace('_', " ");
            print_warning(
                &format!("the scan of the image has no result: {status}"),
                "rd-ecs images shows the scan of each image",
            );
        }
        return Ok(());
    }
    let summary = format!("the scan of the image has findings: {}", severe.join(", "));
    if args.allow_findings {
        print_warning(&summary, "--allow-findings promotes it anyway");
        return Ok(());
    }
    Err(Error::refused(summary)
        .hint("build it again on a base without them, or pass --allow-findings; --fail-on sets the severity"))
}

/// The tags here: those that were passed, otherwise those there but rd's own; one after the environment where it has none.
fn tags(image: &ListedImage, args: &PromoteArgs) -> Vec<String> {
    if !args.tags.is_empty() {
        return args.tags.clone();
    }
    let tags = image.tags.iter().filter(|tag| revision_of(tag).is_none());
    let tags: Vec<String> = tags.cloned().collect();
    if !tags.is_empty() {
        return tags;
    }
    let digest = image
        .digest
        .strip_prefix("sha256:")
        .unwrap_or(&image.digest);
    let short: String = digest.chars().take(12).collect();
    vec![format!("{}-{short}", args.from)]
}
