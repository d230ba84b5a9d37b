//! `certificate_validation`: waits until a certificate is issued. It creates nothing; a resource that refers to it is
//! created once the certificate is issued.
//! <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>

use super::certificate::model::{failure_reason, live};
use crate::clients::Clients;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, Readiness, Result,
    Timeouts, Wanted, attribute,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The kind `certificate_validation`: that a certificate is issued.
pub struct CertificateValidation;

impl CertificateValidation {
    /// The ARN of the certificate, known once it is issued.
    pub const CERTIFICATE_ARN: Attribute<String> = attribute!(Live, certificate_arn);
}

/// The certificate to wait for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The ARN of the certificate.
    pub certificate_arn: Input,
}

/// How far ACM is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The ARN of the certificate, which is the id.
    pub certificate_arn: String,
    /// The status of the certificate, such as `ISSUED`.
    pub status: String,
    /// The reason of a failure, such as `CAA_ERROR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl Kind for CertificateValidation {
    const NAME: &'static str = "certificate_validation";
    const RETAINED: bool = true;
    // With the validation records in Route 53 it takes minutes, rarely half an hour.
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::from_millis(200),
        pause: Duration::from_secs(5),
        limit: Duration::from_secs(75 * 60),
    };
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let arn = one
                .id
                .clone()
                .or_else(|| one.spec.as_ref()?.certificate_arn.known().cloned());
            let Some(arn) = arn else { continue };
            let Some(detail) = ctx.clients.reads.certificate(&arn).await? else {
                continue;
            };
            let certificate = live(&detail);
            found.push(Found {
                address: one.address.clone(),
                id: arn.clone(),
                live: Live {
                    certificate_arn: arn,
                    status: certificate.status,
                    failure: certificate.failure,
                },
                tags: None,
            });
        }
        Ok(found)
    }

    async fn create(_: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        Ok(request.spec.certificate_arn.text().to_owned())
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(_: &Ctx<Clients>, _: &str) -> Result<Deletion> {
        Ok(Deletion::Accepted)
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed(
                "certificate_arn",
                &live.certificate_arn,
                &spec.certificate_arn,
            )
            .finish()
    }

    fn ready(live: &Live) -> Readiness {
        match failure_reason(&live.status, live.failure.as_ref()) {
            // Not failed but impaired: the certificate is what a plan replaces, and this with it.
            Some(reason) => Readiness::Impaired(
                reason,
                "fix the cause; the next apply requests another certificate",
            ),
            None if live.status == "ISSUED" => Readiness::Ready,
            None => Readiness::Pending(live.status.clone()),
        }
    }
}
