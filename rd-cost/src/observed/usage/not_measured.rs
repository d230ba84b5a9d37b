//! Usage that CloudWatch has no number for: it stays assumed.

/// The keys that CloudWatch has no number for, and why.
pub(super) const NOT_MEASURED: [(&str, &str); 9] = [
    (
        "cost.usage.zone_gb",
        "CloudWatch has no number for traffic between zones",
    ),
    (
        "cost.usage.database_growth_gb",
        "CloudWatch has no number for storage to come",
    ),
    (
        "cost.usage.database_backup_gb",
        "RDS reports no size of its backups",
    ),
    (
        "cost.usage.database_monitoring_gb",
        "all databases of the account log to one group",
    ),
    (
        "cost.usage.cache_snapshot_gb",
        "ElastiCache reports no size of its snapshots",
    ),
    (
        "cost.usage.store_transition_thousands",
        "CloudWatch has no number for moves between storage classes",
    ),
    (
        "cost.usage.store_retrieval_gb",
        "CloudWatch has no number for reads by storage class",
    ),
    (
        "cost.usage.image_gb",
        "CloudWatch has no number for the size of images",
    ),
    (
        "cost.usage.secret_thousands",
        "CloudWatch counts reads of all secrets of the account together",
    ),
];

/// The same for what belongs to the whole stack.
pub(super) const NOT_MEASURED_OF_STACK: [(&str, &str); 2] = [
    (
        "cost.usage.kms_thousands",
        "CloudWatch counts no requests to a key",
    ),
    (
        "cost.usage.state_thousands",
        "CloudWatch counts no requests to the store of the states",
    ),
];
