//! The hosted zone of the DNS records. Queries of alias records for a load balancer are free, and those of a record that
//! validates a certificate are few.
//! <https://aws.amazon.com/route53/pricing/>

use super::Sheet;
use crate::inventory::Resource;

/// A DNS record. Its zone is paid for once, with the first record in it.
pub(super) fn record(sheet: &mut Sheet<'_>, record: &Resource) {
    let zone = &record.spec["zone_id"];
    let mut records = sheet.inventory.of_kind("dns_record");
    let first = records.find(|one| one.spec["zone_id"] == *zone);
    if first.is_some_and(|first| first.address == record.address) {
        sheet.fixed(
            record,
            "hosted zone",
            "Route53/hosted-zone-month-first-25",
            1,
        );
        sheet.note("not rd's own: stacks that use the same zone pay once for it");
    }
}
