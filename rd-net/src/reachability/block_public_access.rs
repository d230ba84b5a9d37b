//! Checks VPC Block Public Access, with which an account drops traffic through internet gateways, whatever routes and
//! rules allow. AWS refuses nothing because of it.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>

use crate::reachability::live_network::LiveSubnet;
use rd_common::output::check_report::CheckStep;

/// Whether the account lets traffic with the internet pass: connections from it where `inbound`, otherwise to it. None
/// where the subnet's answer does not mention it, or it is off.
pub fn check(subnet: &LiveSubnet, inbound: bool) -> Option<CheckStep> {
    let mode = subnet.internet_gateway_block_mode.as_str();
    // Blocked inbound connections leave those through NAT gateways alone.
    let blocks = match mode {
        "" | "off" => return None,
        "block-ingress" => inbound,
        _ => true,
    };
    let step = format!("VPC Block Public Access of {}", subnet.id);
    let what = match blocks {
        true => format!(
            "{mode}: the account drops this traffic: add an exclusion for the VPC (VPC console, Settings)"
        ),
        false => format!("{mode}: lets outbound connections pass"),
    };
    Some(CheckStep::new(step, !blocks, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ingress_alone_leaves_outbound_connections() {
        let passes = |mode: &str, inbound: bool| {
            let subnet = LiveSubnet {
                id: "subnet-1".to_owned(),
                block: "10.0.0.0/24".parse().unwrap(),
                routes: Vec::new(),
                acl: Vec::new(),
                internet_gateway_block_mode: mode.to_owned(),
            };
            check(&subnet, inbound).map(|step| step.ok)
        };
        assert_eq!((passes("", true), passes("off", false)), (None, None));
        assert_eq!(passes("block-ingress", true), Some(false));
        assert_eq!(passes("block-ingress", false), Some(true));
        assert_eq!(passes("block-bidirectional", true), Some(false));
        assert_eq!(passes("block-bidirectional", false), Some(false));
    }
}
