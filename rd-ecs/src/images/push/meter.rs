//! How far it is: bytes of bytes, and how fast.

use rd_common::resource::progress::Step;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often it is told.
const OFTEN: Duration = Duration::from_millis(200);

/// Counts the bytes of one blob, wherever they are counted.
#[derive(Clone, Debug, Default)]
pub struct Count(Arc<AtomicU64>);

impl Count {
    /// Some more.
    pub fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So many, whatever they were.
    pub fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// How many.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The sum of several counts.
pub struct Meter {
    step: Step,
    what: &'static str,
    total: u64,
    start: Instant,
    counts: Vec<Count>,
}

impl Meter {
    /// A meter for `parts` blobs of `total` bytes; `what` is what is done, as in "pushing".
    pub fn new(step: Step, what: &'static str, parts: usize, total: u64) -> Self {
        Self {
            step,
            what,
            total,
            start: Instant::now(),
            counts: (0..parts).map(|_| Count::default()).collect(),
        }
    }

    /// The count of one blob.
    pub fn count(&self, part: usize) -> Count {
        self.counts.get(part).cloned().unwrap_or_default()
    }

    /// How many bytes there were.
    pub fn done(&self) -> u64 {
        self.counts.iter().map(Count::get).sum()
    }

    /// Tells how far it is until `work` is done.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::time::sleep(OFTEN) => self.step.say(&self.text()),
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

/// Bytes for people, in powers of ten as registries show them: `12.3 MB`.
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
    fn sizes_are_short() {
        assert_eq!(size_text(999), "999 B");
        assert_eq!(size_text(1000), "1.0 kB");
        assert_eq!(size_text(12_345_678), "12.3 MB");
        assert_eq!(size_text(999_960), "1.0 MB");
    }
}
