//! The prices: a list that is part of the program, and a file of the user that overrides it. An item is named after the
//! AWS service and what is paid for, such as `VPC/nat-gateway-hour`.

mod file;
mod list;

pub use file::{Row, cache_file, write};
pub use list::unit;

use crate::line::Price;
use rd_common::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// The prices of one region.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    /// The region whose prices these are.
    pub region: String,
    by_item: BTreeMap<String, Price>,
}

impl Prices {
    /// The list prices of `region`, and those that no region changes. Another region's price never stands in for a
    /// missing one.
    pub fn of_region(region: &str) -> Self {
        Self {
            region: region.to_owned(),
            by_item: list::of_region(region),
        }
    }

    /// The list prices of `region`, with those that `rd-cost prices refresh` has brought to the checkout in `folder`. Fails
    /// where these cannot be read.
    pub fn known(folder: &Path, region: &str) -> Result<Self> {
        let mut prices = Self::of_region(region);
        let cache = cache_file(folder, region);
        if cache.exists() {
            // A later version of rd may have a newer price.
            let is_newer = |prices: &Self, item: &str, date: &str| {
                prices.get(item).is_none_or(|listed| *listed.date <= *date)
            };
            prices.take_from(&cache, is_newer)?;
        }
        Ok(prices)
    }

    /// Puts the prices of the file for this region in the place of those of the list. Fails where the file cannot be
    /// read.
    pub fn override_with(&mut self, path: &Path) -> Result<()> {
        self.take_from(path, |_, _, _| true)
    }

    /// The same of those that are wanted, by item and date.
    fn take_from(
        &mut self,
        path: &Path,
        is_wanted: impl Fn(&Self, &str, &str) -> bool,
    ) -> Result<()> {
        for row in file::read(path)? {
            let is_here = row.region == self.region || row.region == list::GLOBAL;
            if is_here && is_wanted(self, &row.item, &row.date) {
                let (item, price) = row.into_price();
                self.by_item.insert(item, price);
            }
        }
        Ok(())
    }

    /// The price of an item; none where it is not known.
    pub fn get(&self, item: &str) -> Option<&Price> {
        self.by_item.get(item)
    }

    /// Every item with its price, sorted by item.
    pub fn all(&self) -> impl Iterator<Item = (&String, &Price)> {
        self.by_item.iter()
    }
}
