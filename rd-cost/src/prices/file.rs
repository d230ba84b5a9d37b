//! A file with prices: one JSON object a line, as `rd-cost prices --format json` prints them.

use crate::line::Price;
use rd_common::{Error, Result};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// One line of the file: a price in a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The region, or `global` for a price that no region changes.
    pub region: String,
    /// The item, such as `VPC/nat-gateway-hour`.
    pub item: String,
    /// The unit, such as `hour`.
    pub unit: String,
    /// US dollars for a unit, as text.
    pub usd: String,
    /// The day of the price.
    pub date: String,
    /// Where the price comes from.
    pub origin: String,
}

impl Row {
    /// The item and its price. The text of the price was checked by [`read`].
    pub fn into_price(self) -> (String, Price) {
        let price = Price {
            usd: Decimal::from_str(&self.usd).unwrap_or_default(),
            unit: self.unit,
            date: self.date,
            origin: self.origin,
        };
        (self.item, price)
    }
}

/// The prices in a file. Fails at the first line that is not a price.
pub fn read(path: &Path) -> Result<Vec<Row>> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Error::usage(format!("cannot read the prices in {}: {e}", path.display()))
            .hint("check the path that --prices names")
    })?;
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let rows = lines.map(|(index, line)| {
        parse(line).map_err(|what| {
            let place = format!("{}, line {}", path.display(), index + 1);
            Error::usage(format!("{place}: {what}"))
                .hint("each line is a price, as `rd-cost prices --format json` prints them")
        })
    });
    rows.collect()
}

/// Where `rd-cost prices refresh` keeps the prices of a region, in the folder of `rd.toml`.
pub fn cache_file(folder: &Path, region: &str) -> PathBuf {
    let costs = folder.join(".rd").join("costs");
    costs.join(format!("prices.{region}.jsonl"))
}

/// Writes prices to a file, in the place of what it has.
pub fn write(path: &Path, rows: &[Row]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut text = String::new();
        for row in rows {
            text.push_str(&serde_json::to_string(row)?);
            text.push('\n');
        }
        let part = path.with_extension("jsonl.part");
        std::fs::write(&part, text)?;
        std::fs::rename(&part, path)
    };
    write().map_err(|e| {
        Error::failed(format!("cannot write {}: {e}", path.display()))
            .hint("check the permissions of the folder")
    })
}

fn parse(line: &str) -> std::result::Result<Row, String> {
    let row: Row = serde_json::from_str(line).map_err(|e| e.to_string())?;
    match Decimal::from_str(&row.usd) {
        Ok(usd) if !usd.is_sign_negative() => Ok(row),
        _ => Err(format!("`usd`: {:?} is not an amount", row.usd)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_price_is_named() {
        let row = |usd: &str| {
            format!(
                r#"{{"region":"eu-south-2","item":"a/b","unit":"hour","usd":"{usd}","date":"2026-01-01","origin":"me"}}"#
            )
        };
        assert_eq!(
            parse(&row("0.1")).unwrap().into_price().1.usd,
            Decimal::new(1, 1)
        );
        assert!(parse(&row("x")).unwrap_err().contains("is not an amount"));
        assert!(parse(&row("-1")).unwrap_err().contains("is not an amount"));
        assert!(parse("{}").unwrap_err().contains("missing field"));
    }
}
