//! What only AWS or rd-store knows: the image that the service runs, which only a deployment changes, and the KMS key of
//! the bucket.

use crate::clients::Clients;
use crate::kinds::service::model as service;
use crate::kinds::task_definition::model as task_definition;
use crate::names::{NO_IMAGE_TAG, PLACEHOLDER, SERVICE, TASK_DEFINITION};
use rd_common::outputs::{SliceInputs, store};
use rd_common::{Document, ExternalOutputs, Result};
use serde_json::Value;

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

/// The image of the revision that the service runs; without a service, the image of the newest revision. It was seen
/// already where AWS still has both as they are in the state. Offline (`clients` is none) it comes from the state.
pub async fn find(
    clients: Option<&Clients>,
    state: &Document,
    seen: &dyn Fn(&str) -> Option<Value>,
) -> Result<Discovered> {
    let image = match (clients, seen_image(seen)) {
        (Some(_), Some(image)) => Some(image),
        (Some(clients), None) => read_image(clients).await?,
        (None, _) => state
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

/// The image in the revision that was seen, if the service that was seen runs that revision.
fn seen_image(seen: &dyn Fn(&str) -> Option<Value>) -> Option<String> {
    let service: service::Live = serde_json::from_value(seen(SERVICE)?).ok()?;
    let revision: task_definition::Live = serde_json::from_value(seen(TASK_DEFINITION)?).ok()?;
    (service.task_definition == revision.arn).then_some(revision.image)
}

async fn read_image(clients: &Clients) -> Result<Option<String>> {
    let names = &clients.names;
    let service = clients
        .reads
        .service(&names.cluster, &names.service)
        .await?;
    let running = service.and_then(|service| service.task_definition);
    let name = running.unwrap_or_else(|| names.family.clone());
    let described = clients.reads.definition(&name).await?;
    Ok(described.and_then(|described| {
        let ours = names.application(described.definition.container_definitions());
        ours.and_then(|one| one.image()).map(str::to_owned)
    }))
}

fn is_no_image(image: &str) -> bool {
    image.ends_with(NO_IMAGE_TAG)
}
