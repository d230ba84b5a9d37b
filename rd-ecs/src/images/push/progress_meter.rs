//! The progress of a push: bytes done, bytes in total, and bytes per second.

use rd_common::resource::progress::Step;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The time between two updates.
const UPDATE_INTERVAL: Duration = Duration::from_millis(200);

/// A shared counter for the bytes of one blob.
#[derive(Clone, Debug, Default)]
pub struct Count(Arc<AtomicU64>);

impl Count {
    /// Adds bytes to the count.
    pub fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Sets the count to this number of bytes.
    pub fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// The number of bytes so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Shows the progress of several blobs together.
pub struct Meter {
    step: Step,
    what: &'static str,
    total: u64,
    start: Instant,
    counts: Vec<Count>,
}

impl Meter {
    /// A meter for `parts` blobs of `total` bytes; `what` names the work, such as "pushing".
    pub fn new(step: Step, what: &'static str, parts: usize, total: u64) -> Self {
        Self {
            step,
            what,
            total,
            start: Instant::now(),
            counts: (0..parts).map(|_| Count::default()).collect(),
        }
    }

    /// The counter of one blob, by its number.
    pub fn count(&self, part: usize) -> Count {
        self.counts.get(part).cloned().unwrap_or_default()
    }

    /// The number of bytes so far, of all blobs.
    pub fn done(&self) -> u64 {
        self.counts.iter().map(Count::get).sum()
    }

    /// Shows the progress until `work` is done.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::time::sleep(UPDATE_INTERVAL) => self.step.say(&self.text()),
            }
        }
    }

    fn text(&self) -> String {
        let done = self.done();
        let seconds = self.start.elapsed().as_secs_f64().max(0.001);
        format!(
            "{} {} of {}, {}/s",
            self.what,
            size_text(done),
            size_text(self.total),
            size_text((done as f64 / seconds) as u64)
        )
    }
}

/// A number of bytes for people, in powers of ten as registries show them: `12.3 MB`.
pub fn size_text(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 999.95 && unit + 1 < units.len() {
        size /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{size:.1} {}", units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::size_text;

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(size_text(999), "999 B");
        assert_eq!(size_text(1000), "1.0 kB");
        assert_eq!(size_text(12_345_678), "12.3 MB");
        assert_eq!(size_text(999_960), "1.0 MB");
    }
}
