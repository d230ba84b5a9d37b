//! What only AWS or rd-store knows: the image that the service runs, which only a deployment changes, and the KMS key of
//! the bucket.

use crate::clients::Clients;
use crate::names::{CONTAINER, TASK_DEFINITION, api, cluster};
use rd_common::outputs::{SliceInputs, store};
use rd_common::{Document, ExternalOutputs, Result, Stack};

/// The public image that runs until the first deployment; it has ARM64 and X86_64 variants.
/// <https://gallery.ecr.aws/nginx/nginx>
pub const PLACEHOLDER: &str = "public.ecr.aws/nginx/nginx:stable-alpine";

/// The image that runs, and the bucket's key.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// The image that was last deployed; none before the first deployment.
    pub image: Option<String>,
    /// The KMS key of the bucket, from rd-store's output; none where S3 uses a key of its own.
    pub bucket_key: Option<String>,
}

/// The output of rd-store that the policy of the task role depends on.
pub const REQUIRED_INPUTS: [SliceInputs; 1] = [store::inputs(&[store::KMS_KEY.untyped()])];

impl Discovered {
    /// Takes the bucket's key from rd-store's outputs.
    pub fn use_outputs(&mut self, others: &ExternalOutputs) {
        let key = others.value(&store::KMS_KEY);
        self.bucket_key = key.filter(|key| !key.is_empty());
    }
}

/// Reads the image of the revision that the service runs; without a service, the image of the newest revision. Offline
/// (`clients` is none) it comes from the state.
pub async fn find(
    clients: Option<&Clients>,
    stack: &Stack,
    state: &Document,
) -> Result<Discovered> {
    let image = match clients {
        Some(clients) => {
            let reads = &clients.reads;
            let service = reads.service_ahead(&cluster(stack), &api(stack)).await?;
            let running = service.and_then(|service| service.task_definition);
            let name = running.unwrap_or_else(|| api(stack));
            let described = reads.definition_ahead(&name).await?;
            described.and_then(|described| {
                let containers = described.definition.container_definitions();
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
        image: image.filter(|image| image != PLACEHOLDER && !is_no_image(image)),
        bucket_key: None,
    })
}

/// The tag of the image in a task definition before the first image; rd-ecs push refuses it.
pub const NO_IMAGE_TAG: &str = ":rd-none";

fn is_no_image(image: &str) -> bool {
    image.ends_with(NO_IMAGE_TAG)
}
