//! Secrets in Secrets Manager with a generated password or token: the kinds `secret` and `secret_version`, rotation,
//! and the check that the members of a secret are consistent.
//!
//! The generated value is in Secrets Manager and in the service that checks it, and nowhere else: in no state, record,
//! plan, log, error, argument or file.

pub mod check;
pub mod description;
pub mod form;
pub mod generate;
pub mod permissions;
pub mod rotation;
pub mod scan;
pub mod secret;
pub mod value;
pub mod version;

pub use aws_sdk_secretsmanager::Client;

use rd_common::aws::Aws;
use rd_common::client;

/// Creates the client of Secrets Manager with the credentials and region of `aws`.
pub fn client(aws: &Aws) -> Client {
    client!(aws_sdk_secretsmanager, aws.config)
}

/// Access to Secrets Manager; the clients of a slice with secrets implement it.
pub trait Secrets: 'static {
    /// The client of Secrets Manager.
    fn secrets(&self) -> &Client;
    /// The reads of descriptions that are in flight.
    fn descriptions(&self) -> &description::Descriptions;
    /// The member of an adopted secret's JSON that has the password or token, as the setting [`SecretForm::SETTING`] says;
    /// none where it has the name of rd.
    fn member(&self) -> Option<&str>;
}

/// The form of a slice's secret: which member is generated, and how the URL is built.
pub trait SecretForm: 'static {
    /// The member of the secret's JSON that is generated: `password` or `token`.
    const KEY: &'static str;
    /// The setting that names this member of an adopted secret, such as `data.secret_member`.
    const SETTING: &'static str;

    /// The URL with which clients connect, with the generated value in it.
    fn url(fields: &value::Fields, generated: &generate::Generated) -> String;
}
