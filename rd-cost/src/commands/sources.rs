//! What an estimate is made of: settings, prices, and what the states have.

use crate::config::{Config, Preset};
use crate::estimate::Estimate;
use crate::inventory::Inventory;
use crate::prices::Prices;
use crate::pricing::Terms;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rd_common::Result;
use rd_common::context::Context;
use rd_common::settings::{Backend, StateSettings};
use rd_common::slices::SLICES;
use std::collections::BTreeSet;
use std::path::Path;

/// The settings and prices of one run.
pub struct Sources {
    prices: Prices,
    state_prices: Prices,
    state: StateSettings,
    config: Config,
    today: Date,
}

impl Sources {
    /// Those of the settings, with the flags `--usage` and `--prices`. Fails where the file of prices cannot be read.
    pub fn new(context: &Context, usage: Option<Preset>, prices: Option<&Path>) -> Result<Self> {
        let mut config: Config = context.settings.section("cost")?;
        config.preset = usage.unwrap_or(config.preset);
        let state = context.settings.stack.state.clone();
        let region = &context.stack.region;
        let mut sources = Self {
            prices: Prices::of_region(region),
            state_prices: match state.backend {
                Some(Backend::S3) => Prices::of_region(state.region.as_ref().unwrap_or(region)),
                _ => Prices::default(),
            },
            state,
            config,
            today: Timestamp::now().to_zoned(TimeZone::UTC).date(),
        };
        if let Some(path) = prices {
            sources.prices.override_with(path)?;
            sources.state_prices.override_with(path)?;
        }
        Ok(sources)
    }

    /// The terms of an estimate.
    pub fn terms(&self) -> Terms<'_> {
        Terms {
            prices: &self.prices,
            config: &self.config,
            state: &self.state,
            state_prices: &self.state_prices,
            today: self.today,
        }
    }

    /// The estimate of what the states have.
    pub async fn of_states(&self, context: &Context) -> Result<Estimate> {
        let mut inventory = Inventory::default();
        let mut slices = BTreeSet::new();
        for slice in SLICES {
            if let Some(state) = context.load_state(slice).await? {
                if !state.resources.is_empty() {
                    slices.insert(slice);
                }
                inventory.add_state(&state);
            }
        }
        Ok(Estimate::of_states(&inventory, &slices, self.terms()))
    }
}
