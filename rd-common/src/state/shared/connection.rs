//! The connection of the shared store to AWS. It is made when it is first needed, so that a program that does not use the
//! store does not pay for it.

use super::place::Place;
use crate::aws::{Access, Aws};
use crate::error::Result;
use crate::settings::StateSettings;
use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use std::time::Duration;

/// How the store is connected to.
pub(super) struct Connector {
    access: Access,
    role_arn: Option<String>,
    region: String,
}

impl Connector {
    /// With the profile, region and role of `[state]`, otherwise those of the program. The store's own calls need no
    /// lock: they take it, and their conditions protect the rest.
    pub(super) fn new(settings: &StateSettings, access: &Access) -> Self {
        let region = settings.region.clone().unwrap_or_default();
        let access = match &settings.profile {
            Some(profile) if Some(profile) != access.profile.as_ref() => Access {
                profile: Some(profile.clone()),
                region: Some(region.clone()),
                ..Access::default()
            },
            _ => Access {
                profile: access.profile.clone(),
                region: Some(region.clone()),
                credentials: access.credentials.clone(),
                ..Access::default()
            },
        };
        Self {
            access,
            role_arn: settings.role_arn.clone(),
            region,
        }
    }

    /// Access to AWS as the store has it. Only resolving the credentials may need a call.
    pub(super) async fn access(&self) -> Result<Aws> {
        let mut aws = Aws::connect(&self.access, &self.region).await?;
        aws.check_credentials().await?;
        if let Some(role) = &self.role_arn {
            let provider = AssumeRoleProvider::builder(role)
                .configure(&aws.config)
                .session_name("rd-state")
                .build()
                .await;
            let provider = SharedCredentialsProvider::new(provider);
            let builder = aws.config.to_builder();
            aws.config = builder.credentials_provider(provider).build();
        }
        Ok(aws)
    }

    /// Connects. The time limits are shorter than elsewhere: a lock has to be renewed in time.
    pub(super) async fn connect(&self) -> Result<Connection> {
        let mut aws = self.access().await?;
        let quick = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(4))
            .read_timeout(Duration::from_secs(10))
            .operation_attempt_timeout(Duration::from_secs(12))
            .build();
        aws.config = aws.config.to_builder().timeout_config(quick).build();
        Ok(Connection {
            own: aws.with_own_connections(),
            config: aws.config.clone(),
            interceptor: Some(aws.interceptor()),
        })
    }
}

/// The configurations of the store's clients.
#[derive(Clone)]
pub(super) struct Connection {
    /// For calls in the program's runtime.
    pub(super) config: SdkConfig,
    /// The same with connections of its own, for the thread that renews a lock.
    pub(super) own: SdkConfig,
    /// What happens with every call; none in tests.
    pub(super) interceptor: Option<SharedInterceptor>,
}

/// The clients of the store.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) dynamodb: aws_sdk_dynamodb::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) place: Place,
}

impl Connection {
    /// Clients for calls in the program's runtime.
    pub(super) fn clients(&self, place: &Place) -> Clients {
        self.clients_of(&self.config, place)
    }

    /// Clients for a thread with a runtime of its own.
    pub(super) fn own_clients(&self, place: &Place) -> Clients {
        self.clients_of(&self.own, place)
    }

    fn clients_of(&self, config: &SdkConfig, place: &Place) -> Clients {
        // With a custom endpoint, bucket names may not resolve as host names.
        let path_style = config.endpoint_url().is_some();
        let mut s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style);
        let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(config);
        let mut sts = aws_sdk_sts::config::Builder::from(config);
        if let Some(interceptor) = &self.interceptor {
            s3 = s3.interceptor(interceptor.clone());
            dynamodb = dynamodb.interceptor(interceptor.clone());
            sts = sts.interceptor(interceptor.clone());
        }
        Clients {
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            place: place.clone(),
        }
    }
}
