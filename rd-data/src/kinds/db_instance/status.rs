//! What the statuses of an instance mean.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>

use super::model::Live;
use rd_common::Readiness;

/// Whether the instance can be used, by its status.
pub fn readiness(live: &Live) -> Readiness {
    match live.status.as_str() {
        "available"
        | "storage-optimization"
        | "storage-initialization"
        | "storage-config-upgrade" => Readiness::Ready,
        "deleting" | "delete-precheck" => Readiness::Leaving(live.status.clone()),
        "failed" | "restore-error" | "insufficient-capacity" => {
            Readiness::Failed(live.status.clone())
        }
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
