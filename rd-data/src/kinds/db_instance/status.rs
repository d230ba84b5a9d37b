//! What the statuses of an instance mean.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>

use super::model::Live;
use rd_common::Readiness;

/// The statuses of an instance that RDS could not create or restore.
pub const FAILED: [&str; 3] = ["failed", "restore-error", "insufficient-capacity"];

/// Whether the instance can be used, by its status.
pub fn readiness(live: &Live) -> Readiness {
    match live.status.as_str() {
        "available"
        | "storage-optimization"
        | "storage-initialization"
        | "storage-config-upgrade" => Readiness::Ready,
        "deleting" | "delete-precheck" => Readiness::Leaving(live.status.clone()),
        status if FAILED.contains(&status) => Readiness::Failed(match &live.failure {
            Some(cause) => format!("{status}: {cause}"),
            None => status.to_owned(),
        }),
        // A raise that RDS has accepted is on its way.
        "storage-full" if live.pending.contains_key("allocated_storage") => {
            Readiness::Pending("storage-full, the storage is being raised".to_owned())
        }
        "storage-full" => Readiness::Impaired(
            live.status.clone(),
            "raise allocated_storage (and max_allocated_storage) in [data] and apply",
        ),
        "incompatible-parameters" => Readiness::Impaired(
            live.status.clone(),
            "PostgreSQL does not start with these parameters: undo the last change in [data.parameters], apply, then run \
             rd-data reboot",
        ),
        "stopped" | "stopping" => Readiness::Impaired(
            live.status.clone(),
            "it was stopped outside of rd: start it in the RDS console; AWS starts it after seven days",
        ),
        status if status.starts_with("incompatible-") || status.starts_with("inaccessible-") => {
            Readiness::Impaired(
                live.status.clone(),
                "see the instance's events in the RDS console for the reason; rd-data restore can restore its data into \
                 a new instance",
            )
        }
        other => Readiness::Pending(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::db_instance::model::live;
    use aws_sdk_rds::types::DbInstance as Instance;

    #[test]
    fn statuses_are_told_apart() {
        let ready = |status: &str| {
            let instance = Instance::builder().db_instance_status(status).build();
            readiness(&live(&instance))
        };
        for usable in [
            "available",
            "storage-optimization",
            "storage-initialization",
        ] {
            assert_eq!(ready(usable), Readiness::Ready, "{usable}");
        }
        for busy in [
            "backing-up",
            "configuring-enhanced-monitoring",
            "configuring-iam-database-auth",
            "configuring-log-exports",
            "creating",
            "maintenance",
            "modifying",
            "moving-to-vpc",
            "rebooting",
            "renaming",
            "resetting-master-credentials",
            "starting",
            "upgrading",
        ] {
            assert_eq!(ready(busy), Readiness::Pending(busy.to_owned()));
        }
        for leaving in ["deleting", "delete-precheck"] {
            assert_eq!(ready(leaving), Readiness::Leaving(leaving.to_owned()));
        }
        for kept in [
            "storage-full",
            "stopped",
            "incompatible-parameters",
            "incompatible-restore",
        ] {
            assert!(matches!(ready(kept), Readiness::Impaired(..)), "{kept}");
        }
        for failed in ["failed", "restore-error"] {
            assert_eq!(ready(failed), Readiness::Failed(failed.to_owned()));
        }
    }
}
