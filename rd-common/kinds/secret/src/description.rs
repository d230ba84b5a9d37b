//! What `DescribeSecret` tells of a secret. The secret and its value are read at the same time, and both want it: one call
//! serves both.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>

use crate::Secrets;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, Shared};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The code for a secret that does not exist.
pub const NOT_FOUND: &str = "ResourceNotFoundException";

type Answer = Shared<LocalBoxFuture<'static, Result<Rc<DescribeSecretOutput>>>>;

/// The calls of `DescribeSecret` that are in flight, by the name or ARN of the secret.
#[derive(Default)]
pub struct Descriptions(RefCell<BTreeMap<String, Answer>>);

/// Describes a secret. Whoever asks while a call for the same secret is in flight gets the answer of that call.
pub async fn describe<C: Secrets>(ctx: &Ctx<C>, secret: &str) -> Result<Rc<DescribeSecretOutput>> {
    let in_flight = &ctx.clients.descriptions().0;
    let call = ctx.clients.secrets().describe_secret().secret_id(secret);
    let answer = in_flight
        .borrow_mut()
        .entry(secret.to_owned())
        .or_insert_with(|| {
            let read = async move { call.send().await.doing("read the secret").map(Rc::new) };
            read.boxed_local().shared()
        })
        .clone();
    let described = answer.clone().await;
    let mut in_flight = in_flight.borrow_mut();
    // A later read must be a call again; one that is in flight by now stays.
    if in_flight
        .get(secret)
        .is_some_and(|current| current.ptr_eq(&answer))
    {
        in_flight.remove(secret);
    }
    described
}

/// The id of the version that has the label `stage`.
pub fn version_with<'a>(secret: &'a DescribeSecretOutput, stage: &str) -> Option<&'a String> {
    let mut versions = secret.version_ids_to_stages()?.iter();
    let (id, _) = versions.find(|(_, stages)| stages.iter().any(|one| one == stage))?;
    Some(id)
}
