//! The flags with which commands select a time range and a time zone.

use crate::time::parse::time_range;
use crate::time::zone::time_zone;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rd_common::Result;

/// The flag `--tz`, which all commands with times share.
#[derive(clap::Args, Clone, Debug)]
pub struct ZoneArgs {
    /// Time zone in which times are read and shown: Europe/Berlin, UTC, +02:00 [default: the machine's]
    #[arg(long, value_name = "ZONE", env = "RD_TZ", allow_hyphen_values = true)]
    tz: Option<String>,
}

impl ZoneArgs {
    /// The zone; fails where there is none of that name.
    pub fn zone(&self) -> Result<TimeZone> {
        time_zone(self.tz.as_deref())
    }

    /// The range of `--since` and `--until`, which are read in the zone, in milliseconds since 1970.
    pub fn range(
        &self,
        since: &str,
        until: Option<&str>,
        now: Timestamp,
    ) -> Result<(i64, Option<i64>)> {
        time_range(since, until, now, &self.zone()?)
    }
}
