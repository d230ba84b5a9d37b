//! The scale of every wait, which tests make shorter.

/// The scale in `RD_WAIT_SCALE`, which must be above 0 and at most 1: with 0.02, minutes take seconds. The default is 1.
pub(crate) fn from_env() -> f64 {
    std::env::var("RD_WAIT_SCALE")
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
        .filter(|scale| scale.is_finite() && *scale > 0.0 && *scale <= 1.0)
        .unwrap_or(1.0)
}
