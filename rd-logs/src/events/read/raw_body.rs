//! An answer as it comes, instead of what the SDK makes of it.

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

/// How long the next part of an answer may take.
const TIMEOUTS: Duration = Duration::from_secs(30);

/// Takes the body of a call's answer aside; the SDK gets an empty one. Errors are left to the SDK.
#[derive(Clone, Debug, Default)]
pub struct KeptBody {
    body: Arc<Mutex<Option<SdkBody>>>,
}

impl KeptBody {
    /// Reads it to its end; why not, where it breaks off.
    pub async fn bytes(&self) -> Result<Vec<u8>, String> {
        let body = self.body.lock().map_or(None, |mut body| body.take());
        let mut body = body.ok_or("there is none")?;
        let mut bytes = buffer();
        loop {
            let part = tokio::time::timeout(TIMEOUTS, body.frame()).await;
            match part.map_err(|_| "the rest of it does not come")? {
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
impl Intercept for KeptBody {
    fn name(&self) -> &'static str {
        "KeptBody"
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
