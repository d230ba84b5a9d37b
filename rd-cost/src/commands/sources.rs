//! What an estimate is made of: settings, prices, and what the states have.

use crate::clients::Clients;
use crate::config::{Config, Preset};
use crate::estimate::Estimate;
use crate::inventory::Inventory;
use crate::observed::{self, Numbers, Window};
use crate::owned::{OwnedResources, states};
use crate::prices::Prices;
use crate::pricing::Terms;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rd_common::Result;
use rd_common::context::Context;
use rd_common::settings::{Backend, StateSettings};
use std::collections::BTreeSet;
use std::path::Path;

/// How many days `--usage live` looks back.
const LIVE_DAYS: i64 = 14;

/// The settings and prices of one run.
#[derive(Clone)]
pub struct Sources {
    /// The prices of the stack's region.
    pub prices: Prices,
    state_prices: Prices,
    state: StateSettings,
    config: Config,
    today: Date,
    /// Where each usage is from, once CloudWatch was asked.
    measured: Option<observed::Sources>,
}

impl Sources {
    /// Those of the settings, with the flags `--usage` and `--prices`. Fails where the file of prices cannot be read.
    pub fn new(context: &Context, usage: Option<Preset>, prices: Option<&Path>) -> Result<Self> {
        let mut config: Config = context.settings.section("cost")?;
        config.preset = usage.unwrap_or(config.preset);
        let state = context.settings.stack.state.clone();
        let region = &context.stack.region;
        let folder = context.settings.folder();
        let mut sources = Self {
            prices: Prices::known(&folder, region)?,
            state_prices: match state.backend {
                Some(Backend::S3) => {
                    Prices::known(&folder, state.region.as_ref().unwrap_or(region))?
                }
                _ => Prices::default(),
            },
            state,
            config,
            today: Timestamp::now().to_zoned(TimeZone::UTC).date(),
            measured: None,
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
            sources: self.measured.as_ref(),
        }
    }

    /// Puts what CloudWatch has counted in the last days in the place of what is assumed.
    pub async fn measure(&mut self, context: &Context) -> Result<()> {
        let owned = OwnedResources::read(context).await?;
        let window = Window::before(Timestamp::now(), LIVE_DAYS);
        let wanted = observed::metrics(&owned);
        let numbers = match wanted.is_empty() {
            true => Numbers::default(),
            false => {
                let clients = Clients::new(context.connect().await?);
                observed::read(&clients.cloudwatch, &wanted, window).await?
            }
        };
        observed::print_cost(wanted.len(), &self.prices);
        let usage = &mut self.config.usage;
        self.measured = Some(observed::measure(usage, &owned, &numbers, window));
        Ok(())
    }

    /// The estimate of what the states have.
    pub async fn of_states(&self, context: &Context) -> Result<Estimate> {
        let mut inventory = Inventory::default();
        let mut slices = BTreeSet::new();
        for (slice, state) in states(context).await? {
            if !state.resources.is_empty() {
                slices.insert(slice);
            }
            inventory.add_state(&state);
        }
        Ok(Estimate::of_states(&inventory, &slices, self.terms()))
    }
}
