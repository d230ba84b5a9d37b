//! The HTTP client of all calls: a change is sent only when it is certain that the run holds its locks. After a pause of the
//! process, as by Ctrl-Z or in a paused virtual machine, that takes a moment, for which the change waits.

use crate::aws::change_guard::{ChangeGuard, LockLost, is_held_for_certain};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;

/// The locks that must be held when a request is sent. An extension of the request of a change.
#[derive(Clone, Debug)]
pub(super) struct Needs(pub(super) ChangeGuard);

/// Requests that have [`Needs`] wait for them, and are not sent where a lock is lost.
pub(super) fn guarded(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(GuardedClient(client))
}

#[derive(Debug)]
struct GuardedClient(SharedHttpClient);

impl HttpClient for GuardedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(GuardedConnector(
            self.0.http_connector(settings, components),
        ))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.0, components, bag)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.0, components, bag)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[derive(Clone, Debug)]
struct GuardedConnector(SharedHttpConnector);

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(Needs(guard)) = request.extension().cloned() else {
            return self.0.call(request);
        };
        let connector = self.0.clone();
        HttpConnectorFuture::new(async move {
            if !is_held_for_certain(|| guard.standing()).await {
                return Err(ConnectorError::other(LockLost.into(), None));
            }
            connector.call(request).await
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::aws::Aws;
    use crate::aws::change_guard::{LockWatch, Standing};
    use crate::aws::errors::Explain;
    use crate::error::Retry;
    use crate::exit::Exit;
    use aws_smithy_runtime_api::client::http::{
        HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    /// Access to an AWS that answers every request with 200 and nothing, and the number of requests.
    fn aws() -> (Aws, Arc<AtomicUsize>) {
        #[derive(Clone, Debug)]
        struct Counting(Arc<AtomicUsize>);
        impl super::HttpConnector for Counting {
            fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
                self.0.fetch_add(1, Ordering::Relaxed);
                let answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::empty());
                HttpConnectorFuture::ready(Ok(answer))
            }
        }
        let sent = Arc::<AtomicUsize>::default();
        let connector = SharedHttpConnector::new(Counting(sent.clone()));
        (
            Aws::through(http_client_fn(move |_, _| connector.clone())),
            sent,
        )
    }

    /// A lock that is asked again and again, and what it answers, the last one for ever.
    fn lock(answers: &[Standing]) -> LockWatch {
        let answers = Mutex::new(answers.to_vec());
        Arc::new(move || {
            let mut answers = answers.lock().unwrap();
            match answers.len() {
                1 => answers[0],
                _ => answers.remove(0),
            }
        })
    }

    fn s3(aws: &Aws) -> aws_sdk_s3::Client {
        crate::client!(aws_sdk_s3, aws.config)
    }

    #[tokio::test]
    async fn a_change_waits_for_a_lock_that_is_not_confirmed_and_a_read_does_not() {
        use Standing::{Held, Unconfirmed};
        let (aws, sent) = aws();
        let waits = lock(&[Unconfirmed, Unconfirmed, Unconfirmed, Held]);
        let required = aws.guard().require(waits);
        let put = s3(&aws).put_object().bucket("b").key("k").send();
        put.await.unwrap();
        assert_eq!(sent.load(Ordering::Relaxed), 1);
        drop(required);
        let _never = aws.guard().require(lock(&[Unconfirmed]));
        let head = s3(&aws).head_object().bucket("b").key("k").send();
        head.await.unwrap();
        assert_eq!(sent.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_change_is_not_sent_without_the_lock() {
        use Standing::{Lost, Unconfirmed};
        for answers in [&[Unconfirmed, Unconfirmed, Lost][..], &[Lost]] {
            let (aws, sent) = aws();
            let _required = aws.guard().require(lock(answers));
            let put = s3(&aws).put_object().bucket("b").key("k").send();
            let error = put.await.doing("write it").unwrap_err();
            assert_eq!((error.exit, error.retry), (Exit::Locked, Retry::Never));
            assert_eq!(sent.load(Ordering::Relaxed), 0);
        }
    }
}
