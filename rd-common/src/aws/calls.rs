//! What happens with every call to AWS: it is counted and logged at `-v`; its response tells AWS's time; a change gets one attempt, which is not sent
//! once a lock of this run is lost, and waits while that is not certain; and its response knows the service and the operation that it came from. A debug build
//! refuses a call that the program's table of permissions does not have.

use crate::aws::change_guard::{ChangeGuard, LockLost, Standing, is_change};
use crate::aws::clock::AwsClock;
use crate::aws::guarded_client::Needs;
use crate::permissions::Permissions;
use aws_config::retry::RetryConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The service that a response came from, by its name in the SDK. An extension of the response.
#[derive(Clone, Debug)]
pub(super) struct Service(pub(super) String);

/// The operation that a response is the answer to, and what the program knows of its permissions. An extension of the
/// response.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    name: String,
    permissions: Permissions,
}

impl Operation {
    /// What the operation needs, for a call that was refused with AWS's `message`.
    pub(super) fn needed(&self, service: &str, message: &str) -> Option<String> {
        self.permissions.hint(service, &self.name, message)
    }
}

#[derive(Clone, Debug)]
pub(super) struct EveryCall {
    count: Arc<AtomicU64>,
    clock: AwsClock,
    guard: ChangeGuard,
    permissions: Permissions,
}

impl EveryCall {
    pub(super) fn new(guard: ChangeGuard, permissions: Permissions) -> Self {
        Self {
            count: Arc::default(),
            clock: AwsClock::default(),
            guard,
            permissions,
        }
    }

    #[cfg(test)]
    pub(super) fn guard(&self) -> &ChangeGuard {
        &self.guard
    }

    pub(super) fn clock(&self) -> AwsClock {
        self.clock.clone()
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

/// Whether the call in progress may change something. One without a name does.
fn changes(bag: &ConfigBag) -> bool {
    bag.load::<Metadata>()
        .is_none_or(|operation| is_change(operation.name()))
}

#[dyn_dispatch_hint]
impl Intercept for EveryCall {
    fn name(&self) -> &'static str {
        "EveryCall"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _runtime: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = bag.load::<Metadata>() {
            debug_assert!(
                self.permissions.allows(call.service(), call.name()),
                "{} {} is not in the table of the calls of this command (permissions.rs)",
                call.service(),
                call.name()
            );
        }
        if changes(bag) {
            bag.interceptor_state().store_put(RetryConfig::disabled());
        }
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _runtime: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if changes(bag) {
            let needs = Needs(self.guard.clone());
            context.request_mut().add_extension(needs);
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _runtime: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if changes(bag) && self.guard.standing() == Standing::Lost {
            return Err(LockLost.into());
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _runtime: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(operation) = bag.load::<Metadata>() {
            let service = Service(operation.service().to_owned());
            let operation = Operation {
                name: operation.name().to_owned(),
                permissions: self.permissions.clone(),
            };
            let response = context.response_mut();
            response.add_extension(service);
            response.add_extension(operation);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _runtime: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.clock.update(date);
        }
        if let Some(operation) = bag.load::<Metadata>() {
            let status = context.response().status().as_u16();
            tracing::debug!(target: "rd::aws", "{} {} {status}", operation.service(), operation.name());
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _runtime: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().is_none()
            && let Some(operation) = bag.load::<Metadata>()
        {
            tracing::debug!(target: "rd::aws", "{} {} no response", operation.service(), operation.name());
        }
        Ok(())
    }
}
