//! Takes the body of a response away from the SDK, which would deserialize it.

use crate::events::body::buffer;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::BodyExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The longest wait for the next part of a body.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// An interceptor for one call that keeps the body of a successful response and leaves the SDK an empty object. Bodies
/// of errors stay with the SDK, which explains them.
#[derive(Clone, Debug, Default)]
pub struct RawBody {
    body: Arc<Mutex<Option<SdkBody>>>,
}

impl RawBody {
    /// Reads the whole body. Fails with the reason if it is incomplete.
    pub async fn bytes(&self) -> Result<Vec<u8>, String> {
        let body = self.body.lock().map_or(None, |mut body| body.take());
        let mut body = body.ok_or("the response has no body")?;
        let mut bytes = buffer();
        loop {
            let part = tokio::time::timeout(READ_TIMEOUT, body.frame()).await;
            match part.map_err(|_| "timed out after 30s")? {
                None => return Ok(bytes),
                Some(Err(error)) => return Err(error.to_string()),
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        bytes.extend_from_slice(data);
                    }
                }
            }
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for RawBody {
    fn name(&self) -> &'static str {
        "RawBody"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _runtime: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().status().is_success()
            && let Ok(mut kept) = self.body.lock()
        {
            let body = context.response_mut().body_mut();
            *kept = Some(std::mem::replace(body, SdkBody::from("{}")));
        }
        Ok(())
    }
}
