//! The resources and outputs of the slice `store`: one bucket for the application's sessions.

use crate::bucket_contents;
use crate::clients::Clients;
use crate::config::Config;
use crate::kinds::bucket::{
    self, Bucket, cors, encryption, lifecycle, ownership, policy, public_access,
};
use crate::permissions;
use crate::scan;
use rd_common::arn::Arn;
use rd_common::aws::Aws;
use rd_common::outputs::store;
use rd_common::permissions::{Call, OF_EVERY_PROGRAM, Resources};
use rd_common::{
    Ctx, DeleteTarget, Document, Error, Kinds, Parts, Problem, Result, ScanRequest, Slice, Stack,
    TerraformResources,
};
use serde_json::Value;

/// The slice `store`, which `rd-store` owns.
pub struct Store;

/// Flags that only `rd-store destroy` has.
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

    const CALLS: &'static [&'static [Call]] =
        &[permissions::CALLS, rd_metric::CALLS, OF_EVERY_PROGRAM];

    fn resources(stack: &Stack, config: &Config) -> Resources {
        permissions::resources(stack, config)
    }

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn clients(aws: &Aws, _: &Stack, _: &Config) -> Clients {
        Clients::new(aws)
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new().with::<Bucket>()
    }

    async fn discover(
        _: Option<&Clients>,
        _: &Stack,
        _: &Config,
        _: &Document,
        _: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<()> {
        Ok(())
    }

    fn parts(stack: &Stack, config: &Config, (): &()) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let name = config.bucket_name(stack);
        let arn = Arn::without_account(stack, "s3", &name).to_string();
        let bucket = parts.add::<Bucket>(
            "sessions",
            bucket::Spec {
                name: name.clone(),
                public_access_block: public_access::BLOCK_ALL,
                ownership: ownership::BUCKET_OWNER_ENFORCED.to_owned(),
                encryption: encryption::desired(config.kms_key.as_deref()),
                versioning: config.versioning,
                policy: policy::desired(&arn, &config.policy_statements),
                lifecycle: lifecycle::desired(config),
                cors: cors::desired(config),
            },
        );
        parts.output(store::BUCKET_NAME, bucket.id());
        parts.output(store::BUCKET_ARN, arn);
        // Empty for S3's own keys, but never unknown: rd-ecs reads it before it lists its resources.
        parts.output(store::KMS_KEY, config.kms_key.clone().unwrap_or_default());
        parts.output(
            store::BUCKET_DOMAIN_NAME,
            format!("{name}.s3.{}.{}", stack.region, stack.dns_suffix()),
        );
        parts
    }

    async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
        scan::scan(ctx, request).await
    }

    async fn check_destroy(
        ctx: &Ctx<Clients>,
        targets: &[DeleteTarget],
        args: &DestroyArgs,
    ) -> Result<()> {
        for DeleteTarget { id: bucket, .. } in targets {
            if !args.delete_objects && !bucket_contents::is_empty(&ctx.clients.s3, bucket).await? {
                return Err(Error::refused(format!("the bucket {bucket} is not empty"))
                    .hint("rd-store usage shows its contents; rd-store destroy --delete-objects deletes them permanently"));
            }
        }
        Ok(())
    }

    async fn before_destroy(
        ctx: &Ctx<Clients>,
        targets: &[DeleteTarget],
        args: &DestroyArgs,
    ) -> Result<()> {
        if !args.delete_objects {
            return Ok(());
        }
        ctx.clients.allow_deleting_objects();
        for DeleteTarget { id: bucket, .. } in targets {
            bucket_contents::delete_all(ctx, bucket).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_kinds_are_in_the_schema() {
        rd_testkit::kinds::assert_listed(Store::NAME, Store::kinds().all().map(|(name, _)| name));
    }
}
