//! Reading replication groups in the forms that AWS's answers have had over the years.

use super::ReplicationGroup;
use super::diff::diff;
use super::model::{Live, Spec, live};
use crate::recorded::elasticache;
use rd_common::{Kind, Readiness, Tags};
use serde_json::json;

/// What is read of these answers: the group, and the nodes of the account.
async fn read(group: &str, clusters: &str, tags: Option<&Tags>) -> Live {
    let groups = elasticache(
        "DescribeReplicationGroups",
        &format!(
            "<ReplicationGroups><ReplicationGroup>{group}</ReplicationGroup></ReplicationGroups>"
        ),
    );
    let groups = groups.describe_replication_groups().send().await.unwrap();
    let nodes = elasticache(
        "DescribeCacheClusters",
        &format!("<CacheClusters>{clusters}</CacheClusters>"),
    );
    let nodes = nodes.describe_cache_clusters().send().await.unwrap();
    live(
        &groups.replication_groups()[0],
        nodes.cache_clusters(),
        tags,
    )
}

/// A node as DescribeCacheClusters has it since 2023; `extra` is what differs.
fn cluster(id: &str, status: &str, extra: &str) -> String {
    format!(
        "<CacheCluster><CacheClusterId>{id}</CacheClusterId>\
         <ClientDownloadLandingPage>https://console.aws.amazon.com/elasticache/home#client-download:\
         </ClientDownloadLandingPage><CacheNodeType>cache.m5.large</CacheNodeType><Engine>redis</Engine>\
         <EngineVersion>7.0.7</EngineVersion><CacheClusterStatus>{status}</CacheClusterStatus>\
         <NumCacheNodes>1</NumCacheNodes><PreferredAvailabilityZone>us-east-1b</PreferredAvailabilityZone>\
         <CacheClusterCreateTime>2023-08-25T22:06:38.192Z</CacheClusterCreateTime>\
         <PreferredMaintenanceWindow>TUE:06:00-TUE:07:00</PreferredMaintenanceWindow>\
         <CacheSecurityGroups/><CacheParameterGroup><CacheParameterGroupName>default.redis7</CacheParameterGroupName>\
         <ParameterApplyStatus>in-sync</ParameterApplyStatus><CacheNodeIdsToReboot/></CacheParameterGroup>\
         <CacheSubnetGroupName>shop-test-redis</CacheSubnetGroupName>\
         <AutoMinorVersionUpgrade>false</AutoMinorVersionUpgrade>\
         <ReplicationGroupId>shop-test-redis</ReplicationGroupId><SnapshotRetentionLimit>0</SnapshotRetentionLimit>\
         <SnapshotWindow>09:30-10:30</SnapshotWindow>{extra}</CacheCluster>"
    )
}

/// The flags and what else answers have had since 2017.
const FLAGS: &str = "<AuthTokenEnabled>true</AuthTokenEnabled><TransitEncryptionEnabled>true</TransitEncryptionEnabled>\
    <AtRestEncryptionEnabled>true</AtRestEncryptionEnabled>";

fn member(id: &str) -> String {
    format!(
        "<NodeGroupMember><CacheClusterId>{id}</CacheClusterId><CacheNodeId>0001</CacheNodeId><ReadEndpoint>\
         <Address>{id}.shop-test-redis.tgeny2.use1.cache.amazonaws.com</Address><Port>6379</Port></ReadEndpoint>\
         <PreferredAvailabilityZone>us-east-1b</PreferredAvailabilityZone><CurrentRole>primary</CurrentRole>\
         </NodeGroupMember>"
    )
}

/// A group with a node; `extra` is what its answers have had since a certain year.
fn group(status: &str, extra: &str) -> String {
    format!(
        "<ReplicationGroupId>shop-test-redis</ReplicationGroupId><Description> </Description>\
         <Status>{status}</Status><MemberClusters><ClusterId>shop-test-redis-001</ClusterId></MemberClusters>\
         <NodeGroups><NodeGroup><NodeGroupId>0001</NodeGroupId><Status>available</Status><PrimaryEndpoint>\
         <Address>master.shop-test-redis.tgeny2.use1.cache.amazonaws.com</Address><Port>6379</Port></PrimaryEndpoint>\
         <ReaderEndpoint><Address>replica.shop-test-redis.tgeny2.use1.cache.amazonaws.com</Address><Port>6379</Port>\
         </ReaderEndpoint><NodeGroupMembers>{}</NodeGroupMembers></NodeGroup></NodeGroups>\
         <SnapshotRetentionLimit>0</SnapshotRetentionLimit><SnapshotWindow>09:30-10:30</SnapshotWindow>{extra}",
        member("shop-test-redis-001")
    )
}

const OF_2023: &str = "<GlobalReplicationGroupInfo/><PendingModifiedValues/>\
    <AutomaticFailover>disabled</AutomaticFailover><MultiAZ>disabled</MultiAZ><ClusterEnabled>false</ClusterEnabled>\
    <CacheNodeType>cache.m5.large</CacheNodeType><LogDeliveryConfigurations/>\
    <ReplicationGroupCreateTime>2023-08-25T21:59:09.247Z</ReplicationGroupCreateTime><DataTiering>disabled</DataTiering>\
    <AutoMinorVersionUpgrade>false</AutoMinorVersionUpgrade><NetworkType>ipv4</NetworkType><IpDiscovery>ipv4</IpDiscovery>\
    <TransitEncryptionMode>required</TransitEncryptionMode><ClusterMode>disabled</ClusterMode>";

/// A spec that the group of 2023 satisfies.
fn spec() -> Spec {
    serde_json::from_value(json!({
        "id": "shop-test-redis", "description": " ", "engine": "redis", "engine_version": "7.0",
        "node_type": "cache.m5.large", "nodes": 1, "secret_arn": "arn", "secret_generation": "1",
        "subnet_group": "shop-test-redis", "security_group_ids": ["sg-1"], "parameter_group": "default.redis7",
        "kms_key": null, "snapshot_retention_days": 0, "snapshot_window": "05:00-06:00",
        "maintenance_window": "tue:06:00-tue:07:00", "auto_minor_version_upgrade": false,
        "apply_immediately": true, "final_snapshot": true
    }))
    .unwrap()
}

#[tokio::test]
async fn a_group_of_today() {
    let groups = "<SecurityGroups><member><SecurityGroupId>sg-1</SecurityGroupId><Status>active</Status></member>\
        </SecurityGroups>";
    let clusters = [
        cluster("shop-test-redis-001", "available", &format!("{groups}{FLAGS}")),
        // Nodes of other groups, and clusters without one, are in the same answer.
        cluster("other-001", "creating", "").replace(">shop-test-redis<", ">other<"),
        "<CacheCluster><CacheClusterId>memcached</CacheClusterId><Engine>memcached</Engine></CacheCluster>".to_owned(),
    ];
    let tags = Tags::from([
        ("rd:final-snapshot".to_owned(), "true".to_owned()),
        ("rd:secret-generation".to_owned(), "1".to_owned()),
    ]);
    let extra = format!("{OF_2023}{FLAGS}");
    let live = read(&group("available", &extra), &clusters.concat(), Some(&tags)).await;
    assert_eq!(live.nodes.len(), 1);
    assert_eq!(live.node_ids["node_1_id"], "shop-test-redis-001");
    assert_eq!(
        live.host.as_deref(),
        Some("master.shop-test-redis.tgeny2.use1.cache.amazonaws.com")
    );
    assert_eq!(live.port, Some(6379));
    assert_eq!(
        live.maintenance_window.as_deref(),
        Some("tue:06:00-tue:07:00")
    );
    assert_eq!(
        (live.engine.as_deref(), live.engine_version.as_deref()),
        (Some("redis"), Some("7.0.7"))
    );
    assert_eq!(
        (live.automatic_failover, live.multi_az),
        (Some(false), Some(false))
    );
    assert_eq!(diff(&spec(), &live, None), []);
    assert_eq!(ReplicationGroup::ready(&live), Readiness::Ready);
}

#[tokio::test]
async fn what_an_answer_leaves_out_is_no_difference() {
    // 2016: no flags, no node type, no MultiAZ; 2023: a node without security groups.
    let node = cluster("shop-test-redis-001", "available", "");
    let extra = "<PendingModifiedValues/><AutomaticFailover>disabled</AutomaticFailover>";
    let live = read(&group("available", extra), &node, None).await;
    assert_eq!(
        (live.auth_token, live.multi_az, live.transit_encryption),
        (None, None, None)
    );
    assert_eq!(live.security_group_ids, None);
    assert_eq!(diff(&spec(), &live, Some(&spec())), []);
    // In the cluster mode there is no primary endpoint, and the group's ids are not those of its nodes.
    assert!(live.tags_told || live.final_snapshot.is_none());
}

#[tokio::test]
async fn a_group_that_is_being_deleted_has_no_nodes() {
    let deleting = format!(
        "<ReplicationGroupId>shop-test-redis</ReplicationGroupId><Description> </Description><Status>deleting</Status>\
         <GlobalReplicationGroupInfo/><PendingModifiedValues/><AutomaticFailover>enabled</AutomaticFailover>\
         <MultiAZ>enabled</MultiAZ><SnapshotRetentionLimit>1</SnapshotRetentionLimit>\
         <SnapshotWindow>10:00-11:00</SnapshotWindow>{FLAGS}<LogDeliveryConfigurations/>"
    );
    let live = read(&deleting, "", None).await;
    assert_eq!(
        (live.host.as_deref(), live.port, live.nodes.len()),
        (None, None, 0)
    );
    assert_eq!(
        ReplicationGroup::ready(&live),
        Readiness::Leaving("deleting".to_owned())
    );
}

#[tokio::test]
async fn failover_and_pending_changes_are_read_as_words() {
    for (word, expected) in [
        ("enabled", Some(true)),
        ("enabling", Some(true)),
        ("disabled", Some(false)),
        ("disabling", Some(false)),
        ("unheard-of", None),
    ] {
        let extra = format!("<AutomaticFailover>{word}</AutomaticFailover>");
        let live = read(&group("modifying", &extra), "", None).await;
        assert_eq!(live.automatic_failover, expected, "{word}");
        assert_eq!(
            ReplicationGroup::ready(&live),
            Readiness::Pending("modifying".to_owned())
        );
    }
    let extra = "<PendingModifiedValues><AutomaticFailoverStatus>enabled</AutomaticFailoverStatus>\
        <AuthTokenStatus>ROTATING</AuthTokenStatus></PendingModifiedValues>";
    let pending = "<PendingModifiedValues><CacheNodeType>cache.m7g.large</CacheNodeType>\
        <EngineVersion>7.1.0</EngineVersion></PendingModifiedValues>";
    let node = cluster("shop-test-redis-001", "available", pending);
    let live = read(&group("available", extra), &node, None).await;
    let expected = json!({
        "automatic_failover": true, "auth_token": "ROTATING", "node_type": "cache.m7g.large", "engine_version": "7.1.0"
    });
    assert_eq!(json!(live.pending), expected);
}

#[tokio::test]
async fn a_log_is_delivered_unless_it_failed() {
    let delivery = |log: &str, status: &str| {
        format!(
            "<LogDeliveryConfiguration><LogType>{log}</LogType><DestinationType>cloudwatch-logs</DestinationType>\
             <DestinationDetails><CloudWatchLogsDetails><LogGroup>group-of-{log}</LogGroup></CloudWatchLogsDetails>\
             </DestinationDetails><LogFormat>json</LogFormat><Status>{status}</Status><Message>why</Message>\
             </LogDeliveryConfiguration>"
        )
    };
    let all = [
        delivery("slow-log", "enabling"),
        delivery("engine-log", "error"),
    ]
    .concat();
    let extra = format!("<LogDeliveryConfigurations>{all}</LogDeliveryConfigurations>");
    let live = read(&group("available", &extra), "", None).await;
    assert_eq!(json!(live.logs), json!({"slow-log": "group-of-slow-log"}));
    assert_eq!(json!(live.log_errors), json!({"engine-log": "why"}));
}

#[tokio::test]
async fn an_available_group_waits_for_its_nodes() {
    for status in [
        "creating",
        "deleting",
        "modifying",
        "snapshotting",
        "rebooting cluster nodes",
    ] {
        let node = cluster("shop-test-redis-001", status, "");
        let live = read(&group("available", OF_2023), &node, None).await;
        let expected = format!("shop-test-redis-001 is {status}");
        assert_eq!(ReplicationGroup::ready(&live), Readiness::Pending(expected));
    }
    for status in ["incompatible-network", "restore-failed"] {
        let node = cluster("shop-test-redis-001", status, "");
        let live = read(&group("modifying", OF_2023), &node, None).await;
        assert!(
            matches!(ReplicationGroup::ready(&live), Readiness::Impaired(..)),
            "{status}"
        );
    }
}
