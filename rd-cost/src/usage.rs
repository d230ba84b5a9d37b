//! `[cost.usage]`: how much of what is paid by usage a month has. Each key has three numbers that rd assumes for a small
//! service, or the one or three that the settings give it.

use crate::line::Range;
use rust_decimal::Decimal;
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A number, or `{ low = …, typical = …, high = … }`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount(pub Range);

/// Builds [`Usage`] and its presets: each key with its numbers, low, typical and high, in thousandths.
macro_rules! usage {
    ($($(#[$doc:meta])* $key:ident = $low:literal, $typical:literal, $high:literal;)*) => {
        /// `[cost.usage]`: what is assumed to be used in a month.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Usage {
            $($(#[$doc])* pub $key: Amount,)*
        }

        impl Default for Usage {
            fn default() -> Self {
                Self {
                    $($key: Amount(Range {
                        low: Decimal::new($low, 3),
                        typical: Decimal::new($typical, 3),
                        high: Decimal::new($high, 3),
                    }),)*
                }
            }
        }

        #[cfg(test)]
        impl Usage {
            /// Each key as it is written in `rd.toml`.
            pub const KEYS: &'static [&'static str] = &[$(concat!("cost.usage.", stringify!($key)),)*];

            /// Each amount, in the order of [`Usage::KEYS`].
            pub fn amounts(&self) -> Vec<Range> {
                vec![$(self.$key.0,)*]
            }
        }
    };
}

usage! {
    /// Data through the NAT gateways, in GB.
    nat_gb = 5_000, 50_000, 500_000;
    /// Data through the interface endpoints, in GB.
    endpoint_gb = 1_000, 10_000, 100_000;
    /// Data between the zones, in GB.
    zone_gb = 1_000, 20_000, 200_000;
    /// Data from the load balancer to the internet, in GB.
    egress_gb = 10_000, 50_000, 500_000;
    /// The load balancer's capacity units (LCU) in an average hour.
    lcu = 50, 250, 2_000;
    /// Logs of the tasks, in GB.
    log_gb = 1_000, 5_000, 50_000;
    /// Flow logs of the network, in GB.
    flow_log_gb = 500, 2_000, 20_000;
    /// Exported logs of the database, in GB.
    database_log_gb = 50, 200, 5_000;
    /// Logs of the cache, in GB.
    cache_log_gb = 10, 100, 1_000;
    /// Performance logs of Container Insights, in GB.
    container_insights_gb = 300, 600, 2_000;
    /// Storage that the database grows by, in GB; limited by `data.max_allocated_storage`.
    database_growth_gb = 0, 0, 10_000_000;
    /// All backups of the database, in GB; as much as its storage is free.
    database_backup_gb = 5_000, 20_000, 100_000;
    /// What Enhanced Monitoring logs of the database at an interval of 60 seconds, in GB.
    database_monitoring_gb = 200, 300, 500;
    /// One snapshot of the cache, in GB; one is free.
    cache_snapshot_gb = 10, 100, 500;
    /// Objects in S3 Standard, in GB, with noncurrent versions.
    store_standard_gb = 1_000, 20_000, 500_000;
    /// Objects in S3 Standard-IA, in GB.
    store_ia_gb = 0, 20_000, 500_000;
    /// Objects in S3 Glacier Instant Retrieval, in GB.
    store_glacier_ir_gb = 0, 50_000, 1_000_000;
    /// Uploads, copies and lists of objects, in thousands.
    store_put_thousands = 10_000, 100_000, 1_000_000;
    /// Reads of objects, in thousands.
    store_get_thousands = 10_000, 500_000, 5_000_000;
    /// Objects that lifecycle rules move, in thousands, to each class.
    store_transition_thousands = 0, 10_000, 100_000;
    /// Reads from the two cheaper storage classes, in GB each.
    store_retrieval_gb = 0, 1_000, 50_000;
    /// Images in the repository, in GB.
    image_gb = 500, 2_000, 10_000;
    /// Reads of the secrets, in thousands.
    secret_thousands = 100, 1_000, 10_000;
    /// Requests to customer managed KMS keys, in thousands.
    kms_thousands = 1_000, 50_000, 1_000_000;
    /// Mails of the alarms.
    alarm_mails = 0, 50_000, 500_000;
    /// Requests to the shared store of the states, in thousands.
    state_thousands = 100, 2_000, 20_000;
}

struct AmountVisitor;

impl AmountVisitor {
    fn number<E: Error>(text: &str) -> Result<Amount, E> {
        let number = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text));
        match number {
            Ok(number) if !number.is_sign_negative() => Ok(Amount(number.into())),
            _ => Err(E::custom("expected a number that is not negative")),
        }
    }
}

impl<'de> Visitor<'de> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or { low = …, typical = …, high = … }")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Amount, E> {
        Self::number(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Amount, E> {
        Self::number(&number.to_string())
    }

    // The shortest text of a float is what stands in the file.
    fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
        Self::number(&number.to_string())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Amount, A::Error> {
        let (mut low, mut typical, mut high) = (None, None, None);
        while let Some(name) = map.next_key::<String>()? {
            let place = match name.as_str() {
                "low" => &mut low,
                "typical" => &mut typical,
                "high" => &mut high,
                other => {
                    return Err(A::Error::unknown_field(other, &["low", "typical", "high"]));
                }
            };
            *place = Some(map.next_value::<Amount>()?.0.typical);
        }
        let (Some(low), Some(typical), Some(high)) = (low, typical, high) else {
            return Err(A::Error::custom("expected all of low, typical and high"));
        };
        if low > typical || typical > high {
            return Err(A::Error::custom(
                "expected low, typical and high in this order",
            ));
        }
        Ok(Amount(Range { low, typical, high }))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

/// A number as `settings` shows it: an integer where it is one, otherwise text.
struct Shown(Decimal);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.0.normalize();
        match i64::try_from(number) {
            Ok(whole) if number.is_integer() => serializer.serialize_i64(whole),
            _ => serializer.serialize_str(&number.to_string()),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_exact() {
            return Shown(self.0.typical).serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("low", &Shown(self.0.low))?;
        map.serialize_entry("typical", &Shown(self.0.typical))?;
        map.serialize_entry("high", &Shown(self.0.high))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_amount_is_a_number_or_three() {
        let amount = |value: serde_json::Value| serde_json::from_value::<Amount>(value);
        let text = |value| amount(value).unwrap_err().to_string();
        assert_eq!(amount(json!(7)).unwrap().0, Range::from(7));
        let tenth = amount(json!(0.1)).unwrap().0.typical;
        assert_eq!(tenth, Decimal::new(1, 1));
        let three = json!({"low": 1, "typical": 2.5, "high": 10});
        let range = amount(three).unwrap().0;
        assert_eq!((range.low, range.high), (1.into(), 10.into()));
        assert!(text(json!(-1)).contains("not negative"));
        assert!(text(json!({"low": 1, "typical": 3, "high": 2})).contains("in this order"));
        assert!(text(json!({"low": 1})).contains("all of"));
        assert!(text(json!("7")).contains("a number, or"));
    }

    #[test]
    fn every_preset_is_in_order() {
        for (key, range) in Usage::KEYS.iter().zip(Usage::default().amounts()) {
            assert!(
                range.low <= range.typical && range.typical <= range.high,
                "{key}"
            );
        }
    }
}
