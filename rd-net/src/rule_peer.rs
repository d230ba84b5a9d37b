//! The other end of a security-group rule in the settings: a CIDR block, a prefix list, or a group.

use ipnet::Ipv4Net;

/// The other end of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer<'a> {
    /// An IPv4 block, in CIDR notation.
    Cidr(&'a str),
    /// The id of a prefix list, such as that of CloudFront.
    PrefixList(&'a str),
    /// The id of a group outside of the stack.
    Group(&'a str),
    /// The name of a group of the stack, such as `api`.
    OwnGroup(&'a str),
}

/// What a peer can be, for errors.
pub const ALLOWED: &str = "an IPv4 block such as 203.0.113.0/24, the id of a prefix list (pl-…) or of a security group \
                           (sg-…), or alb, api, db, redis or endpoints";

impl<'a> Peer<'a> {
    /// Reads a peer of the settings; none if it is not one. `own` are the names of the stack's groups.
    pub fn parse(text: &'a str, own: &[&str]) -> Option<Self> {
        let is_id = |prefix: &str| {
            text.strip_prefix(prefix)
                .is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        if own.contains(&text) {
            return Some(Peer::OwnGroup(text));
        }
        if is_id("pl-") {
            return Some(Peer::PrefixList(text));
        }
        if is_id("sg-") {
            return Some(Peer::Group(text));
        }
        let block = text.parse::<Ipv4Net>().ok()?;
        // AWS would store the block without its address bits, and every plan would show a difference.
        (block.trunc() == block && text == block.to_string()).then_some(Peer::Cidr(text))
    }
}

/// The peer as a part of a resource's name in its address, such as `203-0-113-0-24`.
pub fn address_name(peer: &str) -> String {
    peer.replace(['.', '/'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_peer_is_read() {
        let own = ["api", "db"];
        for (text, peer) in [
            ("203.0.113.0/24", Some(Peer::Cidr("203.0.113.0/24"))),
            ("pl-3b927c52", Some(Peer::PrefixList("pl-3b927c52"))),
            ("sg-0abc1234", Some(Peer::Group("sg-0abc1234"))),
            ("api", Some(Peer::OwnGroup("api"))),
            ("203.0.113.1/24", None),
            ("203.0.113.1", None),
            ("pl-", None),
            ("web", None),
        ] {
            assert_eq!(Peer::parse(text, &own), peer, "{text}");
        }
        assert_eq!(address_name("203.0.113.0/24"), "203-0-113-0-24");
    }
}
