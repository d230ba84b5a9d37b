//! Reads that several kinds make at the same time, combined into as few calls as possible.

use crate::aws_errors::is_not_found;
use aws_sdk_acm::Client as Acm;
use aws_sdk_acm::types::CertificateDetail;
use aws_sdk_elasticloadbalancingv2::Client as Elb;
use rd_common::aws::Explain;
use rd_common::{Batch, Result, Tags, tags_from_sdk};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The number of resources whose tags one call can read.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>
const MAX_TAGS_PER_CALL: usize = 20;

/// Answers by ARN; resources that do not exist are left out.
type ByArn<T> = BTreeMap<String, T>;

/// The combined reads of one run.
pub struct Reads {
    tags: Rc<Batch<String, ByArn<Tags>>>,
    certificates: Rc<Batch<String, ByArn<CertificateDetail>>>,
}

impl Reads {
    /// Creates the reads with these clients.
    pub fn new(elb: &Elb, acm: &Acm) -> Self {
        let (elb, acm) = (elb.clone(), acm.clone());
        Self {
            tags: Batch::new(move |arns| {
                let elb = elb.clone();
                Box::pin(async move { read_tags(&elb, arns).await })
            }),
            certificates: Batch::new(move |arns| {
                let acm = acm.clone();
                Box::pin(async move { read_certificates(&acm, arns).await })
            }),
        }
    }

    /// Reads the tags of a resource of Elastic Load Balancing; none if it does not exist.
    pub async fn tags(&self, arn: &str) -> Result<Option<Tags>> {
        Ok(self.tags.ask(arn.to_owned()).await?.get(arn).cloned())
    }

    /// Reads a certificate; none if it does not exist.
    pub async fn certificate(&self, arn: &str) -> Result<Option<CertificateDetail>> {
        let all = self.certificates.ask(arn.to_owned()).await?;
        Ok(all.get(arn).cloned())
    }
}

async fn read_tags(elb: &Elb, arns: Vec<String>) -> Result<ByArn<Tags>> {
    let arns: BTreeSet<String> = arns.into_iter().collect();
    let arns: Vec<String> = arns.into_iter().collect();
    let mut all = ByArn::new();
    for some in arns.chunks(MAX_TAGS_PER_CALL) {
        match tags_of(elb, some.to_vec()).await {
            Ok(found) => all.extend(found),
            // A single ARN that does not exist fails the call for all, so each is read on its own.
            Err(error) if is_not_found(&error) => {
                for one in some {
                    match tags_of(elb, vec![one.clone()]).await {
                        Err(error) if is_not_found(&error) => {}
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
        let tags = tags_from_sdk!(one.tags());
        Some((one.resource_arn?, tags))
    });
    Ok(found.collect())
}

async fn read_certificates(acm: &Acm, arns: Vec<String>) -> Result<ByArn<CertificateDetail>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;

    #[tokio::test]
    async fn tags_are_told_by_arn_and_may_be_none() {
        let elb = recorded::elb(
            "DescribeTags",
            "<TagDescriptions><member><ResourceArn>arn:1</ResourceArn><Tags><member><Key>Project</Key>\
             <Value>shop</Value></member></Tags></member><member><ResourceArn>arn:2</ResourceArn><Tags/></member>\
             </TagDescriptions>",
        );
        let arns = vec!["arn:1".to_owned(), "arn:2".to_owned()];
        let tags = read_tags(&elb, arns).await.unwrap();
        assert_eq!(tags["arn:1"]["Project"], "shop");
        assert!(tags["arn:2"].is_empty());
    }
}
