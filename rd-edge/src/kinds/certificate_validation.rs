//! `certificate_validation`: a certificate's being issued. It makes nothing; who refers to it waits for that.
//! <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>

use super::certificate::{given_up, live};
use crate::clients::Clients;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Found, Input, Kind, Readiness, Result, Timeouts, Wanted,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The kind.
pub struct CertificateValidation;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The certificate.
    pub certificate_arn: Input,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The certificate, which is the id.
    pub certificate_arn: String,
    /// AWS's word.
    pub status: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl Kind for CertificateValidation {
    const NAME: &'static str = "certificate_validation";
    const RETAINED: bool = true;
    // With the records in Route 53 it takes minutes, seldom half an hour.
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

    async fn delete(_: &Ctx<Clients>, _: &str) -> Result<()> {
        Ok(())
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
        match given_up(&live.status, live.failure.as_ref()) {
            // The certificate is what is replaced; another one of these comes with it.
            Some(reason) => Readiness::Impaired(
                reason,
                "mend the cause; the next apply requests another one",
            ),
            None if live.status == "ISSUED" => Readiness::Ready,
            None => Readiness::Pending(live.status.clone()),
        }
    }
}
