//! The region in front of a usage type.

/// A usage type without the region in front of it: `EUC1-`, `EU-`, `eu-central-1-`.
pub fn without_region(usage_type: &str) -> &str {
    if let Some((region, rest)) = usage_type.split_once('-')
        && is_short_name(region)
    {
        return rest;
    }
    let mut parts = usage_type.splitn(4, '-');
    let (Some(area), Some(side), Some(number), Some(rest)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return usage_type;
    };
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    match is_word(area) && is_word(side) && is_number {
        true => rest,
        false => usage_type,
    }
}

/// What stands in front of a usage type without being a region.
const SERVICES: [&str; 3] = ["AWS", "DNS", "KMS"];

/// Whether this is AWS's short name of a region, such as `EUC1`, `EU` or `USW2`, or `Global`.
fn is_short_name(text: &str) -> bool {
    let letters = text.trim_end_matches(|char: char| char.is_ascii_digit());
    let is_upper = letters.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_name = (2..=4).contains(&letters.len()) && is_upper && text.len() - letters.len() <= 1;
    text == "Global" || is_name && !SERVICES.contains(&text)
}
