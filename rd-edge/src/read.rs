//! Reads that several kinds need, each made once for everybody who asks at the same time.

use crate::elb::is_gone;
use aws_sdk_acm::Client as Acm;
use aws_sdk_acm::types::CertificateDetail;
use aws_sdk_elasticloadbalancingv2::Client as Elb;
use rd_common::aws::Explain;
use rd_common::{Batch, Result, Tags};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How many resources one call tells the tags of.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>
const TAGS_OF: usize = 20;

/// The answers by ARN; what is not there is left out.
type ByArn<T> = BTreeMap<String, T>;

/// The reads.
pub struct Reads {
    tags: Rc<Batch<String, ByArn<Tags>>>,
    certificates: Rc<Batch<String, ByArn<CertificateDetail>>>,
    /// Certificates that were read before anybody asked.
    ahead: RefCell<ByArn<CertificateDetail>>,
}

impl Reads {
    /// Reads with these clients.
    pub fn new(elb: &Elb, acm: &Acm) -> Self {
        let (elb, acm) = (elb.clone(), acm.clone());
        Self {
            tags: Batch::new(move |arns| {
                let elb = elb.clone();
                Box::pin(async move { tags(&elb, arns).await })
            }),
            certificates: Batch::new(move |arns| {
                let acm = acm.clone();
                Box::pin(async move { certificates(&acm, arns).await })
            }),
            ahead: RefCell::default(),
        }
    }

    /// The tags of something of Elastic Load Balancing; none where it is gone.
    pub async fn tags(&self, arn: &str) -> Result<Option<Tags>> {
        Ok(self.tags.ask(arn.to_owned()).await?.get(arn).cloned())
    }

    /// Reads a certificate, whose answer is also for the next who asks.
    pub async fn certificate_ahead(&self, arn: &str) -> Result<Option<CertificateDetail>> {
        let detail = self.certificate(arn).await?;
        let kept = detail.clone().map(|detail| (arn.to_owned(), detail));
        self.ahead.borrow_mut().extend(kept);
        Ok(detail)
    }

    /// A certificate; none where it is gone.
    pub async fn certificate(&self, arn: &str) -> Result<Option<CertificateDetail>> {
        if let Some(detail) = self.ahead.borrow_mut().remove(arn) {
            return Ok(Some(detail));
        }
        let all = self.certificates.ask(arn.to_owned()).await?;
        Ok(all.get(arn).cloned())
    }
}

async fn tags(elb: &Elb, arns: Vec<String>) -> Result<ByArn<Tags>> {
    let arns: BTreeSet<String> = arns.into_iter().collect();
    let arns: Vec<String> = arns.into_iter().collect();
    let mut all = ByArn::new();
    for some in arns.chunks(TAGS_OF) {
        match tags_of(elb, some.to_vec()).await {
            Ok(found) => all.extend(found),
            // One that is gone fails the call for all.
            Err(error) if is_gone(&error) => {
                for one in some {
                    match tags_of(elb, vec![one.clone()]).await {
                        Err(error) if is_gone(&error) => {}
                        found => all.extend(found?),
                    }
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

async fn tags_of(elb: &Elb, arns: Vec<String>) -> Result<ByArn<Tags>> {
    let call = elb.describe_tags().set_resource_arns(Some(arns));
    let answer = call.send().await.doing("read the tags")?;
    let described = answer.tag_descriptions.unwrap_or_default();
    let found = described.into_iter().filter_map(|one| {
        let tags = one.tags.unwrap_or_default().into_iter();
        let tags = tags
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect();
        Some((one.resource_arn?, tags))
    });
    Ok(found.collect())
}

async fn certificates(acm: &Acm, arns: Vec<String>) -> Result<ByArn<CertificateDetail>> {
    let arns: BTreeSet<String> = arns.into_iter().collect();
    let mut all = ByArn::new();
    for arn in arns {
        let call = acm.describe_certificate().certificate_arn(&arn);
        match call.send().await.doing("read the certificate") {
            Err(error) if error.is(&["ResourceNotFoundException"]) => {}
            other => {
                if let Some(certificate) = other?.certificate {
                    all.insert(arn, certificate);
                }
            }
        }
    }
    Ok(all)
}
