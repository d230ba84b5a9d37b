//! What the settings do not say: the image that runs, which only a deployment changes, and the key of the bucket.

use crate::clients::Clients;
use crate::names::{CONTAINER, TASK_DEFINITION, api, cluster};
use rd_common::{Document, ExternalOutputs, Result, Stack};
use serde_json::Value;

/// A public image that runs until one of ours was deployed, for ARM64 and X86_64.
/// <https://gallery.ecr.aws/nginx/nginx>
pub const PLACEHOLDER: &str = "public.ecr.aws/nginx/nginx:stable-alpine";

/// The facts.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// The image that was deployed; none before the first deployment.
    pub image: Option<String>,
    /// The KMS key of the bucket, as rd-store names it; none for S3's own keys.
    pub bucket_key: Option<String>,
}

/// What must be known of the bucket before the parts list is made.
pub const REQUIRED_INPUTS: [(&str, &[&str]); 1] = [("store", &[BUCKET_KEY])];

/// The output with the bucket's key.
pub const BUCKET_KEY: &str = "kms_key";

impl Discovered {
    /// Notes what rd-store says.
    pub fn look(&mut self, others: &ExternalOutputs) {
        let key = others.value("store", BUCKET_KEY).and_then(Value::as_str);
        self.bucket_key = key.filter(|key| !key.is_empty()).map(str::to_owned);
    }
}

/// Finds them: of what the service runs; where there is none (yet, or any more), of the newest revision.
pub async fn find(
    clients: Option<&Clients>,
    stack: &Stack,
    state: &Document,
) -> Result<Discovered> {
    let image = match clients {
        Some(clients) => {
            let reads = &clients.reads;
            let service = reads.service_ahead(&cluster(stack), &api(stack)).await?;
            let runs = service.and_then(|service| service.task_definition);
            let name = runs.unwrap_or_else(|| api(stack));
            let there = reads.definition_ahead(&name).await?;
            there.and_then(|there| {
                let containers = there.definition.container_definitions();
                let ours = containers.iter().find(|one| one.name() == Some(CONTAINER));
                ours.and_then(|one| one.image()).map(str::to_owned)
            })
        }
        None => state
            .resources
            .get(TASK_DEFINITION)
            .and_then(|resource| resource.spec.get("image")?.as_str())
            .map(str::to_owned),
    };
    Ok(Discovered {
        image: image.filter(|image| image != PLACEHOLDER && !is_none(image)),
        bucket_key: None,
    })
}

/// The tag that stands in a task definition where there is no image yet: nothing is ever pushed with it.
pub const NO_IMAGE_TAG: &str = ":rd-none";

fn is_none(image: &str) -> bool {
    image.ends_with(NO_IMAGE_TAG)
}
