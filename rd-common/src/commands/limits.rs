//! The flags that limit a run that changes resources.

use std::time::Duration;

/// The flags of `apply` and `destroy` that limit the run.
#[derive(clap::Args, Clone, Debug)]
pub struct Limits {
    /// Maximum number of changes in flight
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100), value_name = "N")]
    pub parallelism: u16,
    /// How long to wait for another run's lock, such as 90s or 10m
    #[arg(long, default_value = "0s", value_parser = duration, value_name = "TIME")]
    pub lock_timeout: Duration,
}

/// Parses a duration such as `90s`, `10m` or `1h30m`. Fails with a text for clap.
pub fn duration(text: &str) -> std::result::Result<Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|_| "not a duration like 90s, 10m or 1h30m".to_owned())?;
    Duration::try_from(span).map_err(|_| "a duration cannot be negative".to_owned())
}
