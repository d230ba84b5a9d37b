//! The store: one bucket with its settings.

use crate::clients::Clients;
use crate::config::Config;
use crate::contents;
use crate::kinds::bucket::{self, Bucket};
use crate::settings::{cors, encryption, lifecycle, ownership, policy, public_access};
use rd_common::aws::Aws;
use rd_common::{Ctx, DeleteTarget, Document, Error, Kinds, Parts, Problem, Result, Slice, Stack};

/// The slice.
pub struct Store;

/// Flags that only this destroy has.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DestroyArgs {
    /// Delete every object and every version in the bucket first
    #[arg(long)]
    delete_objects: bool,
}

impl Slice for Store {
    const NAME: &'static str = "store";
    type Config = Config;
    type Clients = Clients;
    type Discovered = ();
    type DestroyArgs = DestroyArgs;

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn clients(aws: &Aws) -> Clients {
        Clients::new(aws)
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new().with::<Bucket>()
    }

    async fn discover(_: Option<&Clients>, _: &Stack, _: &Config, _: &Document) -> Result<()> {
        Ok(())
    }

    fn parts(stack: &Stack, config: &Config, (): &()) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let name = config.bucket_name(stack);
        let arn = format!("arn:{}:s3:::{name}", stack.partition());
        let bucket = parts.add::<Bucket>(
            "sessions",
            bucket::Spec {
                name: name.clone(),
                public_access_block: public_access::ALL,
                ownership: ownership::ENFORCED.to_owned(),
                encryption: encryption::wanted(config.kms_key.as_deref()),
                versioning: config.versioning,
                policy: policy::wanted(&arn),
                lifecycle: lifecycle::wanted(config),
                cors: cors::wanted(config),
            },
        );
        parts.output("bucket_name", bucket.id());
        parts.output("bucket_arn", arn);
        // Always there, so that who looks at it waits for no more than the start of a run: empty for S3's own keys.
        parts.output("kms_key", config.kms_key.clone().unwrap_or_default());
        parts.output(
            "bucket_domain_name",
            format!("{name}.s3.{}.{}", stack.region, stack.dns_suffix()),
        );
        parts
    }

    async fn check_destroy(
        ctx: &Ctx<Clients>,
        targets: &[DeleteTarget],
        args: &DestroyArgs,
    ) -> Result<()> {
        for DeleteTarget { id: bucket, .. } in targets {
            if !args.delete_objects && contents::has_any(&ctx.clients.s3, bucket).await? {
                return Err(Error::refused(format!("the bucket {bucket} is not empty"))
                    .hint("rd-store usage shows what is in it; destroy --delete-objects deletes all of it, for good"));
            }
        }
        Ok(())
    }

    async fn before_destroy(
        ctx: &Ctx<Clients>,
        targets: &[DeleteTarget],
        args: &DestroyArgs,
    ) -> Result<()> {
        for DeleteTarget { id: bucket, .. } in targets.iter().filter(|_| args.delete_objects) {
            contents::delete_all(ctx, bucket).await?;
        }
        Ok(())
    }
}
