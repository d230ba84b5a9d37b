//! The secret with the database's password: that of rd, or that of RDS, which an adopted instance can have.

use crate::kinds::db_instance::model::Live;
use crate::slice::{Data, INSTANCE, SECRET, SECRET_VERSION};
use rd_common::commands::slice_context::SliceContext;
use rd_common::{Error, Result};
use rd_secret::form::Form;
use rd_secret::version::stored_form;
use serde::Deserialize;

/// Where the password is.
pub struct StoredSecret {
    /// The ARN of the secret.
    pub arn: String,
    /// The form of its value.
    pub form: Form,
    /// Whether RDS has created it, and rotates the password.
    pub is_managed: bool,
}

impl StoredSecret {
    /// The secret that the state has. Fails where it has none.
    pub fn of(data: &SliceContext<Data>) -> Result<Self> {
        if let Some(arn) = instance(data).and_then(|live| live.managed_secret) {
            return Ok(Self {
                arn,
                form: Form::Json,
                is_managed: true,
            });
        }
        let (_, arn) = data.resource(SECRET)?;
        Ok(Self {
            arn: arn.to_owned(),
            form: stored_form(&data.state, SECRET_VERSION),
            is_managed: false,
        })
    }

    /// Refuses `what`, such as `rotate`, where RDS manages the password.
    pub fn refuse_managed(&self, what: &str) -> Result<()> {
        if !self.is_managed {
            return Ok(());
        }
        Err(Error::refused(format!(
            "RDS manages the password of this database, and rd-data {what} cannot set it"
        ))
        .hint(format!(
            "nothing was changed; for a new password: aws secretsmanager rotate-secret --secret-id {}; to restore: aws rds \
             restore-db-instance-to-point-in-time with --manage-master-user-password",
            self.arn
        )))
    }
}

/// The instance as the state has it; none where it was not adopted.
pub fn instance(data: &SliceContext<Data>) -> Option<Live> {
    let (resource, _) = data.resource(INSTANCE).ok()?;
    resource.adopted.as_ref()?;
    Live::deserialize(&resource.attributes).ok()
}
