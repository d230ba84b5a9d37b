//! The load balancer, its addresses, and the traffic to the internet.
//! <https://aws.amazon.com/elasticloadbalancing/pricing/>

use super::Sheet;
use crate::inventory::Resource;
use crate::line::Range;
use crate::money::HOURS;
use rust_decimal::Decimal;

/// The tiers of traffic to the internet: how many GB each has, and its price. AWS counts 1024 GB as a TB.
/// <https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer>
const TIERS: [(i64, &str, &str); 4] = [
    (
        10 * 1024,
        "traffic to the internet",
        "DataTransfer/internet-out-gb-next-10TB-after-100GB-free",
    ),
    (
        40 * 1024,
        "traffic to the internet, next 40 TB",
        "DataTransfer/internet-out-gb-next-40TB",
    ),
    (
        100 * 1024,
        "traffic to the internet, next 100 TB",
        "DataTransfer/internet-out-gb-next-100TB",
    ),
    (
        i64::MAX,
        "traffic to the internet, over 150 TB",
        "DataTransfer/internet-out-gb-over-150TB",
    ),
];

/// An application load balancer: its hours, one public address in each zone, its capacity units, and the traffic out.
pub(super) fn load_balancer(sheet: &mut Sheet<'_>, balancer: &Resource) {
    sheet.hourly(
        balancer,
        "load balancer",
        "ElasticLoadBalancing/alb-hour",
        1,
    );
    let item = "public IPv4 addresses";
    let zones = sheet.inventory.count(&balancer.spec["subnet_ids"]);
    match zones {
        Some(zones) => sheet.hourly(balancer, item, "VPC/public-ipv4-in-use-hour", zones),
        None => {
            let reason = "the number of its zones is not known: add rd-net to the pipe".to_owned();
            sheet.unknown(balancer, item, reason);
        }
    }
    let lcu = sheet.usage(|usage| usage.lcu) * HOURS;
    let price = "ElasticLoadBalancing/alb-lcu-hour";
    sheet.assumed(
        balancer,
        "capacity units (LCU)",
        price,
        "cost.usage.lcu",
        lcu,
    );
    let egress = sheet.usage(|usage| usage.egress_gb);
    let mut from = Decimal::ZERO;
    for (size, item, price) in TIERS {
        let size = Decimal::from(size);
        let part: Range = egress.beyond(from).up_to(size);
        sheet.assumed(balancer, item, price, "cost.usage.egress_gb", part);
        from += size;
    }
    if zones != Some(1) {
        zone_traffic(sheet, balancer);
    }
}

/// What crosses a border between zones: to the tasks, the database and the cache. AWS charges both sides of it.
fn zone_traffic(sheet: &mut Sheet<'_>, balancer: &Resource) {
    let traffic = sheet.usage(|usage| usage.zone_gb) * Decimal::TWO;
    let (price, key) = ("DataTransfer/between-zones-gb", "cost.usage.zone_gb");
    sheet.assumed(balancer, "traffic between zones", price, key, traffic);
}
