//! What the settings leave to AWS: the availability zones, and the services of the VPC endpoints.

use crate::availability_zones::{self, Zones};
use crate::clients::Clients;
use crate::config::Config;
use crate::endpoint_services::{self, EndpointServices};
use rd_common::{Document, Result, Stack};
use serde_json::Value;

/// What the list of resources depends on beyond the settings.
#[derive(Clone, Debug)]
pub struct Discovered {
    /// The zones of the stack, with the blocks of their subnets.
    pub zones: Zones,
    /// The services that have a VPC endpoint.
    pub services: EndpointServices,
}

/// Finds it in the state, otherwise at AWS; see [`rd_common::Slice::discover`].
pub async fn discover(
    clients: Option<&Clients>,
    stack: &Stack,
    config: &Config,
    state: &Document,
    seen: &dyn Fn(&str) -> Option<Value>,
) -> Result<Discovered> {
    let zones = availability_zones::choose(clients, stack, config, state, seen).await?;
    let services = endpoint_services::choose(clients, stack, config, &zones.all, state).await?;
    Ok(Discovered { zones, services })
}
