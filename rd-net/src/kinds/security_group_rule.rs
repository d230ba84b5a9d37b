//! `security_group_rule`: allows TCP traffic on one port between a group and one peer.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html>

use crate::clients::Clients;
use crate::describe::Query;
use crate::ec2::change_errors::ExplainChange;
use crate::ec2::incomplete_answer;
use crate::ec2::{find, tags, unmanaged_rules};
use aws_sdk_ec2::types::{
    IpPermission, IpRange, PrefixListId, ResourceType, SecurityGroupRule as Rule,
    SecurityGroupRuleDescription, UserIdGroupPair,
};
use rd_common::stack::ADDRESS_TAG;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, Result, Retry, Tags, Wanted,
    tags_from_sdk,
};
use serde::{Deserialize, Serialize};

/// The kind `security_group_rule`, of which only the description and the tags can change.
pub struct SecurityGroupRule;

/// The desired rule, with one peer: a block, a group or a prefix list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the group that has the rule.
    pub group_id: Input,
    /// Whether the rule allows outbound traffic rather than inbound.
    pub egress: bool,
    /// The TCP port that the rule allows.
    pub port: u16,
    /// The peer as a CIDR block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
    /// The peer as the id of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_group_id: Option<Input>,
    /// The peer as the id of a prefix list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_list_id: Option<String>,
    /// The description that AWS shows.
    pub description: String,
}

/// The rule as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The id of the group that has the rule.
    pub group_id: String,
    /// Whether the rule allows outbound traffic rather than inbound.
    pub egress: bool,
    /// The protocol, such as `tcp`; `-1` for all.
    pub protocol: String,
    /// The first allowed port; -1 for all.
    pub from_port: i32,
    /// The last allowed port; -1 for all.
    pub to_port: i32,
    /// The peer as a CIDR block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
    /// The peer as the id of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_group_id: Option<String>,
    /// The peer as the id of a prefix list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_list_id: Option<String>,
    /// The description that AWS shows.
    pub description: String,
}

fn live(rule: &Rule) -> Live {
    Live {
        group_id: rule.group_id().unwrap_or_default().to_owned(),
        egress: rule.is_egress().unwrap_or(false),
        protocol: rule.ip_protocol().unwrap_or_default().to_owned(),
        from_port: rule.from_port().unwrap_or(-1),
        to_port: rule.to_port().unwrap_or(-1),
        cidr: rule.cidr_ipv4().map(str::to_owned),
        peer_group_id: rule
            .referenced_group_info()
            .and_then(|group| group.group_id().map(str::to_owned)),
        prefix_list_id: rule.prefix_list_id().map(str::to_owned),
        description: rule.description().unwrap_or_default().to_owned(),
    }
}

/// Whether AWS has the desired rule under another id; a group has each rule at most once.
fn is_same_rule(spec: &Spec, live: &Live) -> bool {
    live.group_id == spec.group_id.text()
        && live.egress == spec.egress
        && live.protocol == "tcp"
        && live.from_port == i32::from(spec.port)
        && live.to_port == i32::from(spec.port)
        && live.cidr == spec.cidr
        && live.prefix_list_id == spec.prefix_list_id
        && live.peer_group_id.as_deref() == spec.peer_group_id.as_ref().map(Input::text)
}

fn permission(spec: &Spec) -> IpPermission {
    let port = i32::from(spec.port);
    let mut permission = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(port)
        .to_port(port);
    if let Some(cidr) = &spec.cidr {
        permission = permission.ip_ranges(
            IpRange::builder()
                .cidr_ip(cidr)
                .description(&spec.description)
                .build(),
        );
    }
    if let Some(group) = &spec.peer_group_id {
        let pair = UserIdGroupPair::builder()
            .group_id(group.text())
            .description(&spec.description);
        permission = permission.user_id_group_pairs(pair.build());
    }
    if let Some(list) = &spec.prefix_list_id {
        let list = PrefixListId::builder()
            .prefix_list_id(list)
            .description(&spec.description);
        permission = permission.prefix_list_ids(list.build());
    }
    permission.build()
}

impl Kind for SecurityGroupRule {
    const NAME: &'static str = "security_group_rule";
    const WHILE_GONE: Option<&'static str> = Some("traffic that no other rule allows is dropped");
    const IS_PART: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        // By group, as the kind `security_group` reads them, so that the number of rules does not matter.
        let groups = wanted
            .iter()
            .filter_map(|one| Some(one.spec.as_ref()?.group_id.text().to_owned()));
        let mut query = Query::by("group-id", groups);
        let any = wanted.iter().any(Wanted::is_any);
        if any {
            query.or_all(find::owned(ctx));
        }
        let all = ctx.clients.describe.security_group_rules.ask(query).await?;
        let mut found: Vec<Found<Live>> = Vec::new();
        if any {
            let id = Rule::security_group_rule_id;
            found = find::found(ctx, &[Wanted::<Spec>::any()], &all, id, Rule::tags, live);
        }
        for one in wanted.iter().filter(|one| !one.is_any()) {
            for rule in all.iter() {
                let Some(id) = rule.security_group_rule_id() else {
                    continue;
                };
                let (described, tags) = (live(rule), tags_from_sdk!(rule.tags()));
                let matches = match &one.id {
                    Some(known) => known == id,
                    None => {
                        let tagged = tags.get(ADDRESS_TAG) == Some(&one.address)
                            && ctx.stack.owns(ctx.slice, &tags);
                        tagged
                            || one
                                .spec
                                .as_ref()
                                .is_some_and(|spec| is_same_rule(spec, &described))
                    }
                };
                if matches && !found.iter().any(|f| f.id == id && f.address == one.address) {
                    found.push(Found {
                        address: one.address.clone(),
                        id: id.to_owned(),
                        live: described,
                        tags: Some(tags),
                    });
                }
            }
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let tags = tags::specification(ResourceType::SecurityGroupRule, request.tags);
        let group = spec.group_id.text();
        let created = if spec.egress {
            let call = ctx
                .clients
                .ec2
                .authorize_security_group_egress()
                .group_id(group);
            let answer = call
                .ip_permissions(permission(spec))
                .tag_specifications(tags)
                .send()
                .await;
            answer
                .changing("authorize the outbound rule")
                .map(|answer| answer.security_group_rules)
        } else {
            let call = ctx
                .clients
                .ec2
                .authorize_security_group_ingress()
                .group_id(group);
            let answer = call
                .ip_permissions(permission(spec))
                .tag_specifications(tags)
                .send()
                .await;
            answer
                .changing("authorize the inbound rule")
                .map(|answer| answer.security_group_rules)
        };
        match created {
            // Created manually, or by an earlier attempt whose answer was lost: read it.
            Err(error) if error.is(&["InvalidPermission.Duplicate"]) => {
                Err(error.retry(Retry::Unknown))
            }
            Err(error) => Err(error),
            Ok(rules) => rules
                .unwrap_or_default()
                .into_iter()
                .find_map(|rule| rule.security_group_rule_id)
                .ok_or_else(|| incomplete_answer("rule id")),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let description = SecurityGroupRuleDescription::builder()
            .security_group_rule_id(id)
            .description(&spec.description)
            .build();
        let ec2 = &ctx.clients.ec2;
        if live.egress {
            let call = ec2
                .update_security_group_rule_descriptions_egress()
                .group_id(&live.group_id);
            let call = call.security_group_rule_descriptions(description);
            call.send()
                .await
                .changing("change the rule's description")
                .map(|_| ())
        } else {
            let call = ec2
                .update_security_group_rule_descriptions_ingress()
                .group_id(&live.group_id);
            let call = call.security_group_rule_descriptions(description);
            call.send()
                .await
                .changing("change the rule's description")
                .map(|_| ())
        }
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let query = Query::by("security-group-rule-id", [id.to_owned()]);
        let all = ctx.clients.describe.security_group_rules.ask(query).await?;
        let Some(rule) = all
            .iter()
            .find(|rule| rule.security_group_rule_id() == Some(id))
        else {
            return Ok(Deletion::NotFound);
        };
        let rule_to_revoke = unmanaged_rules::UnmanagedRule {
            id: id.to_owned(),
            egress: rule.is_egress().unwrap_or(false),
            summary: String::new(),
        };
        unmanaged_rules::revoke(ctx, rule.group_id().unwrap_or_default(), &[rule_to_revoke]).await
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        let port = i32::from(spec.port);
        diff.fixed("group_id", &live.group_id, &spec.group_id)
            .fixed("egress", live.egress, spec.egress)
            .fixed("protocol", &live.protocol, "tcp");
        if live.from_port == live.to_port {
            diff.fixed("port", live.from_port, port);
        } else {
            diff.fixed("port", format!("{}-{}", live.from_port, live.to_port), port);
        }
        diff.fixed("cidr", &live.cidr, &spec.cidr)
            .fixed("peer_group_id", &live.peer_group_id, &spec.peer_group_id)
            .fixed("prefix_list_id", &live.prefix_list_id, &spec.prefix_list_id)
            .field("description", &live.description, &spec.description);
        diff.finish()
    }
}
