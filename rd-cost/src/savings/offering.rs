//! An offering of a reservation, of RDS or of ElastiCache: what is paid at once, and what is paid for each hour.

use aws_sdk_elasticache::types::ReservedCacheNodesOffering;
use aws_sdk_rds::types::ReservedDbInstancesOffering;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

const YEAR_SECONDS: i32 = 31_536_000;

/// An offering, of either service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offering {
    /// The id to buy it by.
    pub id: String,
    /// The years of its term.
    pub years: i64,
    /// How it is paid for, such as `No Upfront`.
    pub words: String,
    /// What is paid at the start, in US dollars.
    pub upfront: Decimal,
    /// What is paid for each hour of the term, in US dollars.
    pub hourly: Decimal,
}

/// What both services tell of an offering.
struct Told<'a> {
    id: Option<&'a str>,
    duration: Option<i32>,
    words: Option<&'a str>,
    fixed: Option<f64>,
    usage: Option<f64>,
}

impl Offering {
    /// An offering of RDS for a class; none for one of another class, which AWS finds, too, where the words of the request are
    /// a part of its own, and none in another currency.
    pub fn of_database(
        one: &ReservedDbInstancesOffering,
        class: &str,
        multi_az: bool,
    ) -> Option<Self> {
        let fits = one.db_instance_class() == Some(class)
            && one.multi_az() == Some(multi_az)
            && one.product_description() == Some("postgresql")
            && one.currency_code().is_none_or(|currency| currency == "USD");
        let charges = one.recurring_charges().iter().map(|charge| {
            (
                charge.recurring_charge_amount(),
                charge.recurring_charge_frequency(),
            )
        });
        let told = Told {
            id: one.reserved_db_instances_offering_id(),
            duration: one.duration(),
            words: one.offering_type(),
            fixed: one.fixed_price(),
            usage: one.usage_price(),
        };
        Self::of(&told, charges).filter(|_| fits)
    }

    /// An offering of ElastiCache for a node type and an engine; none for others.
    pub fn of_cache(one: &ReservedCacheNodesOffering, node: &str, engine: &str) -> Option<Self> {
        let fits = one.cache_node_type() == Some(node) && one.product_description() == Some(engine);
        let charges = one.recurring_charges().iter().map(|charge| {
            (
                charge.recurring_charge_amount(),
                charge.recurring_charge_frequency(),
            )
        });
        let told = Told {
            id: one.reserved_cache_nodes_offering_id(),
            duration: one.duration(),
            words: one.offering_type(),
            fixed: one.fixed_price(),
            usage: one.usage_price(),
        };
        Self::of(&told, charges).filter(|_| fits)
    }

    /// None for what is not for whole years, or is charged otherwise than by the hour.
    fn of<'a>(
        told: &Told<'_>,
        charges: impl Iterator<Item = (Option<f64>, Option<&'a str>)>,
    ) -> Option<Self> {
        let seconds = told.duration?;
        let years = i64::from(seconds / YEAR_SECONDS);
        (years > 0 && seconds % YEAR_SECONDS == 0).then_some(())?;
        let mut hourly = exact(told.usage.unwrap_or_default())?;
        for (amount, frequency) in charges {
            (frequency == Some("Hourly")).then_some(())?;
            hourly += exact(amount?)?;
        }
        Some(Self {
            id: told.id?.to_owned(),
            years,
            words: told.words?.to_owned(),
            upfront: exact(told.fixed?)?,
            hourly,
        })
    }
}

/// A price as AWS tells it, without what a float adds.
fn exact(number: f64) -> Option<Decimal> {
    Some(Decimal::from_f64(number)?.round_dp(6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};

    fn charge(amount: &str, frequency: &str) -> String {
        format!(
            "<RecurringCharge><RecurringChargeAmount>{amount}</RecurringChargeAmount>\
             <RecurringChargeFrequency>{frequency}</RecurringChargeFrequency></RecurringCharge>"
        )
    }

    fn told(all: &[Offering]) -> Vec<(&str, i64, String, String)> {
        all.iter()
            .map(|one| {
                (
                    one.id.as_str(),
                    one.years,
                    one.upfront.normalize().to_string(),
                    one.hourly.normalize().to_string(),
                )
            })
            .collect()
    }

    #[tokio::test]
    async fn an_offering_is_read_with_all_of_its_charges() {
        let offering = |id: &str, class: &str, duration: &str, charges: &str, more: &str| {
            format!(
                "<ReservedDBInstancesOffering><ReservedDBInstancesOfferingId>{id}</ReservedDBInstancesOfferingId>\
                 <DBInstanceClass>{class}</DBInstanceClass><Duration>{duration}</Duration><FixedPrice>163.0</FixedPrice>\
                 <UsagePrice>0.001</UsagePrice><ProductDescription>postgresql</ProductDescription>\
                 <OfferingType>Partial Upfront</OfferingType><MultiAZ>false</MultiAZ>\
                 <RecurringCharges>{charges}</RecurringCharges>{more}</ReservedDBInstancesOffering>"
            )
        };
        let (year, hourly) = ("31536000", charge("0.033", "Hourly"));
        let usd = "<CurrencyCode>USD</CurrencyCode>";
        let euros = "<CurrencyCode>EUR</CurrencyCode>";
        let class = "db.t4g.medium";
        let all = [
            offering("one", class, year, &hourly, usd),
            offering("three", class, "94608000", "", ""),
            offering("wide", "db.t4g.medium.x", year, &hourly, usd),
            offering("daily", class, year, &charge("1.0", "Daily"), usd),
            offering("odd", class, "31536001", &hourly, usd),
            offering("euros", class, year, &hourly, euros),
        ];
        let body = format!(
            "<DescribeReservedDBInstancesOfferingsResponse><DescribeReservedDBInstancesOfferingsResult>\
             <ReservedDBInstancesOfferings>{}</ReservedDBInstancesOfferings>\
             </DescribeReservedDBInstancesOfferingsResult></DescribeReservedDBInstancesOfferingsResponse>",
            all.concat()
        );
        let client = aws_sdk_rds::Client::new(&sdk_config(answering(&body)));
        let answer = client.describe_reserved_db_instances_offerings().send();
        let answer = answer.await.unwrap();
        let offered = answer.reserved_db_instances_offerings().iter();
        let offered: Vec<Offering> = offered
            .filter_map(|one| Offering::of_database(one, class, false))
            .collect();
        let text = |text: &str| text.to_owned();
        assert_eq!(
            told(&offered),
            [
                ("one", 1, text("163"), text("0.034")),
                ("three", 3, text("163"), text("0.001")),
            ]
        );
    }

    #[tokio::test]
    async fn an_offering_of_the_cache_is_for_one_engine() {
        let offering = |id: &str, engine: &str| {
            format!(
                "<ReservedCacheNodesOffering><ReservedCacheNodesOfferingId>{id}</ReservedCacheNodesOfferingId>\
                 <CacheNodeType>cache.t4g.micro</CacheNodeType><Duration>31536000</Duration><FixedPrice>0.0</FixedPrice>\
                 <UsagePrice>0.0</UsagePrice><ProductDescription>{engine}</ProductDescription>\
                 <OfferingType>No Upfront</OfferingType><RecurringCharges>{}</RecurringCharges></ReservedCacheNodesOffering>",
                charge("0.0104", "Hourly")
            )
        };
        let body = format!(
            "<DescribeReservedCacheNodesOfferingsResponse><DescribeReservedCacheNodesOfferingsResult>\
             <ReservedCacheNodesOfferings>{}{}</ReservedCacheNodesOfferings>\
             </DescribeReservedCacheNodesOfferingsResult></DescribeReservedCacheNodesOfferingsResponse>",
            offering("memcached", "memcached"),
            offering("redis", "redis")
        );
        let client = aws_sdk_elasticache::Client::new(&sdk_config(answering(&body)));
        let answer = client.describe_reserved_cache_nodes_offerings().send();
        let answer = answer.await.unwrap();
        let offered = answer.reserved_cache_nodes_offerings().iter();
        let offered: Vec<Offering> = offered
            .filter_map(|one| Offering::of_cache(one, "cache.t4g.micro", "redis"))
            .collect();
        let hourly = "0.0104".to_owned();
        assert_eq!(told(&offered), [("redis", 1, "0".to_owned(), hourly)]);
    }
}
