//! What the programs share of Secrets Manager: a secret that holds a generated password or token with what one needs to
//! connect, made, kept right and rotated so that the generated value is in Secrets Manager and in the service that
//! checks it, and nowhere else: in no state, record, plan, log, error, argument or file.

pub mod check;
pub mod generate;
pub mod rotation;
pub mod secret;
pub mod value;
pub mod version;

pub use aws_sdk_secretsmanager::Client;

use rd_common::aws::Aws;
use rd_common::client;

/// The client twice: for calls that may be repeated, and for creates, which the engine repeats only after a look.
pub fn clients(aws: &Aws) -> [Client; 2] {
    [
        client!(aws_sdk_secretsmanager, aws.config),
        client!(aws_sdk_secretsmanager, aws.once),
    ]
}

/// What the clients of a slice must have for its secrets.
pub trait Secrets: 'static {
    /// Secrets Manager.
    fn secrets(&self) -> &Client;
    /// Secrets Manager, one attempt.
    fn secrets_once(&self) -> &Client;
}

/// What a slice's secret is made of.
pub trait Form: 'static {
    /// The member of the secret's JSON that was generated: `password`, `token`.
    const KEY: &'static str;

    /// The URL to connect with.
    fn url(fields: &value::Fields, generated: &generate::Generated) -> String;
}
