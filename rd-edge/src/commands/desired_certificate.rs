//! Reading the certificate that the settings ask for.

use crate::addresses::certificate_address;
use crate::kinds::certificate::model::{Live, Spec, live};
use crate::slice::Edge;
use rd_common::Result;
use rd_common::commands::slice_context::SliceContext;

/// Reads the certificate for the names of the settings from ACM; none if rd has not requested it.
pub async fn read_desired_certificate(edge: &SliceContext<Edge>) -> Result<Option<Live>> {
    let hosts = edge.config.hosts(&edge.ctx.stack);
    let desired = Spec::new(&hosts, &edge.config.key_algorithm);
    let Ok((_, arn)) = edge.resource(&certificate_address(&edge.state, &desired)) else {
        return Ok(None);
    };
    let detail = edge.ctx.clients.reads.certificate(arn).await?;
    Ok(detail.as_ref().map(live))
}
