//! The checks of the storage: its type, size, IOPS and throughput.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html>

use super::Config;

/// The size in GiB from which on the IOPS and the throughput of gp3 can be chosen: RDS stripes it over four volumes.
const STRIPED_GIB: i32 = 400;
/// The largest size of the storage in GiB.
const MOST_GIB: i32 = 65_536;
/// The least size in GiB of `gp3` and `gp2`, and of `io1` and `io2`.
const LEAST_GIB: (i32, i32) = (20, 100);
/// The IOPS of striped `gp3`, and of `io1` and `io2`.
const IOPS: (std::ops::RangeInclusive<i32>, std::ops::RangeInclusive<i32>) =
    (12_000..=64_000, 1_000..=256_000);
/// The throughput of striped `gp3` in MiB a second.
const THROUGHPUT: std::ops::RangeInclusive<i32> = 500..=4_000;
/// The most IOPS for each GiB of `io1`, and of `io2`.
const IOPS_PER_GIB: (i32, i32) = (50, 1_000);

/// Adds the problems of the keys of the storage.
pub(super) fn check(config: &Config, add: &mut impl FnMut(&str, String, &str)) {
    let kind = config.storage_type.as_str();
    let (now, most) = (config.allocated_storage, config.max_allocated_storage);
    let least = match kind {
        "gp3" | "gp2" => LEAST_GIB.0,
        "io1" | "io2" => LEAST_GIB.1,
        other => {
            let allowed = "\"gp3\", \"io1\", \"io2\", or \"gp2\" for a database that has it";
            add(
                "storage_type",
                format!("`{other}` is not a type of storage"),
                allowed,
            );
            return;
        }
    };
    if !(least..=MOST_GIB).contains(&now) {
        add(
            "allocated_storage",
            format!("{now} GiB is not a size of {kind} storage"),
            &format!("{least} to {MOST_GIB}"),
        );
        return;
    }
    // AWS requires at least 10 % more than the allocated storage.
    if most != 0 && (most < now + now / 10 || most > MOST_GIB) {
        add(
            "max_allocated_storage",
            format!("a limit of {most} GiB leaves {now} GiB of storage no room to grow"),
            "0 (no growth), or at least 10 % more than allocated_storage, up to 65536",
        );
    }
    match kind {
        "gp3" => check_gp3(config, add),
        "gp2" => check_gp2(config, add),
        _ => check_provisioned(config, add),
    }
}

fn check_gp2(config: &Config, add: &mut impl FnMut(&str, String, &str)) {
    let set = [
        ("iops", config.iops),
        ("storage_throughput", config.storage_throughput),
    ];
    for (key, _) in set.iter().filter(|(_, value)| value.is_some()) {
        add(
            key,
            "the performance of gp2 storage follows from its size".to_owned(),
            "only with another storage_type",
        );
    }
}

fn check_gp3(config: &Config, add: &mut impl FnMut(&str, String, &str)) {
    let small = config.allocated_storage < STRIPED_GIB;
    let set = [
        ("iops", config.iops, IOPS.0),
        ("storage_throughput", config.storage_throughput, THROUGHPUT),
    ];
    for (key, value, range) in set {
        let Some(value) = value else { continue };
        if small {
            add(
                key,
                format!(
                    "gp3 storage of {} GiB has 3,000 IOPS and 125 MiB/s",
                    config.allocated_storage
                ),
                "not set, or allocated_storage of 400 or more",
            );
        } else if !range.contains(&value) {
            add(
                key,
                format!("gp3 storage cannot have {value}"),
                &format!("{} to {}", range.start(), range.end()),
            );
        }
    }
    if let (Some(iops), Some(throughput)) = (config.iops, config.storage_throughput)
        && THROUGHPUT.contains(&throughput)
        && throughput > iops / 4
    {
        add(
            "storage_throughput",
            format!("{iops} IOPS are too few for {throughput} MiB/s"),
            "at most a quarter of iops",
        );
    }
}

fn check_provisioned(config: &Config, add: &mut impl FnMut(&str, String, &str)) {
    let kind = config.storage_type.as_str();
    let per_gib = if kind == "io1" {
        IOPS_PER_GIB.0
    } else {
        IOPS_PER_GIB.1
    };
    let most = (*IOPS.1.end()).min(config.allocated_storage * per_gib);
    if !config
        .iops
        .is_some_and(|iops| (*IOPS.1.start()..=most).contains(&iops))
    {
        let given = config
            .iops
            .map_or("no IOPS".to_owned(), |iops| format!("{iops} IOPS"));
        add(
            "iops",
            format!(
                "{kind} storage of {} GiB cannot have {given}",
                config.allocated_storage
            ),
            &format!("{} to {most}", IOPS.1.start()),
        );
    }
    if config.storage_throughput.is_some() {
        add(
            "storage_throughput",
            format!("the throughput of {kind} storage follows from its IOPS"),
            "only with storage_type = \"gp3\"",
        );
    }
}
