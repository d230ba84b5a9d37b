//! `cluster`: the ECS cluster, with Fargate's capacity providers and Container Insights.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html>

use crate::clients::Clients;
use crate::read::retag;
use aws_sdk_ecs::types::{
    CapacityProviderStrategyItem, Cluster as AwsCluster, ClusterField, ClusterSetting,
    ClusterSettingName, Tag,
};
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Kind, Readiness, Result,
    Retry, Tags, Wanted, attribute, sdk_tags, tags_from_sdk, touches,
};
use rd_iam::service_linked_role;
use serde::{Deserialize, Serialize};

/// The kind `cluster`; its id is the cluster's name.
pub struct Cluster;

impl Cluster {
    /// The ARN of the cluster.
    pub const ARN: Attribute<String> = attribute!(Live, arn);
}

/// The capacity providers that Fargate offers.
pub const PROVIDERS: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

/// The settings of the cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The cluster's name, which is its id.
    pub name: String,
    /// Whether Container Insights collects detailed metrics, which cost.
    pub container_insights: bool,
    /// The capacity providers that tasks may use.
    pub capacity_providers: Vec<String>,
    /// The capacity provider of tasks that name none.
    pub default_capacity_provider: String,
}

/// The cluster as ECS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The name of the cluster.
    pub name: String,
    /// The ARN of the cluster.
    pub arn: String,
    /// AWS's status: `ACTIVE`, `PROVISIONING`, …
    pub status: String,
    /// Whether Container Insights collects detailed metrics, which cost.
    pub container_insights: bool,
    /// The capacity providers that tasks may use.
    pub capacity_providers: Vec<String>,
    /// The capacity provider of tasks that name none.
    pub default_capacity_provider: Option<String>,
}

fn insights(on: bool) -> ClusterSetting {
    ClusterSetting::builder()
        .name(ClusterSettingName::ContainerInsights)
        .value(if on { "enabled" } else { "disabled" })
        .build()
}

fn strategy(provider: &str) -> Result<CapacityProviderStrategyItem> {
    CapacityProviderStrategyItem::builder()
        .capacity_provider(provider)
        .weight(1)
        .build()
        .map_err(|e| {
            Error::failed(format!("the capacity provider strategy is incomplete: {e}")).caused_by(e)
        })
}

fn live(cluster: &AwsCluster) -> Live {
    let insights = cluster
        .settings()
        .iter()
        .find(|setting| setting.name() == Some(&ClusterSettingName::ContainerInsights));
    Live {
        name: cluster.cluster_name().unwrap_or_default().to_owned(),
        arn: cluster.cluster_arn().unwrap_or_default().to_owned(),
        status: cluster.status().unwrap_or_default().to_owned(),
        // The value `enhanced` collects even more.
        container_insights: insights
            .and_then(|setting| setting.value())
            .is_some_and(|value| value != "disabled"),
        capacity_providers: cluster.capacity_providers().to_vec(),
        default_capacity_provider: cluster
            .default_capacity_provider_strategy()
            .first()
            .map(|item| item.capacity_provider().to_owned()),
    }
}

impl Kind for Cluster {
    const NAME: &'static str = "cluster";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let named: Vec<(&Wanted<Spec>, String)> = wanted
            .iter()
            .filter_map(|one| Some((one, one.id_or(|spec| &spec.name)?)))
            .collect();
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let mut names: Vec<String> = named.iter().map(|(_, name)| name.clone()).collect();
        names.dedup();
        let call = ctx
            .clients
            .ecs
            .describe_clusters()
            .set_clusters(Some(names));
        let call = call
            .include(ClusterField::Settings)
            .include(ClusterField::Tags);
        let answer = call.send().await.doing("read the cluster")?;
        // A deleted cluster stays readable for a while.
        let existing = |name: &str| {
            let mut all = answer.clusters().iter();
            all.find(|one| one.cluster_name() == Some(name) && one.status() != Some("INACTIVE"))
        };
        let found = named.into_iter().filter_map(|(one, name)| {
            let cluster = existing(&name)?;
            Some(Found {
                address: one.address.clone(),
                id: name,
                live: live(cluster),
                tags: Some(tags_from_sdk!(cluster.tags())),
            })
        });
        Ok(found.collect())
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        service_linked_role::ensure(&ctx.clients.iam, service_linked_role::ECS).await?;
        ctx.clients
            .ecs
            .create_cluster()
            .cluster_name(&spec.name)
            .settings(insights(spec.container_insights))
            .set_capacity_providers(Some(spec.capacity_providers.clone()))
            .default_capacity_provider_strategy(strategy(&spec.default_capacity_provider)?)
            .set_tags(Some(sdk_tags!(Tag, request.tags)))
            .send()
            .await
            .doing("create the cluster")
            .map_err(|error| service_linked_role::explained(service_linked_role::ECS, error))?;
        Ok(spec.name.clone())
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let ecs = &ctx.clients.ecs;
        if touches(changes, "container_insights") {
            let call = ecs.update_cluster_settings().cluster(id);
            let call = call.settings(insights(spec.container_insights)).send();
            call.await.doing("change the cluster's metrics")?;
        }
        if touches(changes, "capacity_providers") || touches(changes, "default_capacity_provider") {
            let call = ecs
                .put_cluster_capacity_providers()
                .cluster(id)
                .set_capacity_providers(Some(spec.capacity_providers.clone()))
                .default_capacity_provider_strategy(strategy(&spec.default_capacity_provider)?);
            call.send().await.doing("change the cluster's capacity")?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.ecs.delete_cluster().cluster(id);
        let answer = call.send().await.doing("delete the cluster");
        Deletion::of(answer, &["ClusterNotFoundException"])
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let call = ctx.clients.ecs.describe_clusters().clusters(id);
        let answer = call.send().await.doing("read the cluster")?;
        let arn = answer.clusters().first().and_then(|one| one.cluster_arn());
        let Some(arn) = arn else {
            return Err(
                Error::failed(format!("the cluster {id} is not visible yet")).retry(Retry::Later),
            );
        };
        retag(&ctx.clients.ecs, arn, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("name", &live.name, &spec.name)
            .field(
                "container_insights",
                live.container_insights,
                spec.container_insights,
            )
            .set(
                "capacity_providers",
                &live.capacity_providers,
                &spec.capacity_providers,
            )
            .field(
                "default_capacity_provider",
                &live.default_capacity_provider,
                &spec.default_capacity_provider,
            )
            .finish()
    }

    fn ready(live: &Live) -> Readiness {
        match live.status.as_str() {
            "ACTIVE" => Readiness::Ready,
            "FAILED" => Readiness::Failed("AWS could not create its capacity".to_owned()),
            "DEPROVISIONING" => Readiness::Leaving("deprovisioning".to_owned()),
            status => Readiness::Pending(status.to_lowercase()),
        }
    }

    /// The tasks that still run in it: started manually, or by an interrupted run.
    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        let call = ctx.clients.ecs.list_tasks().cluster(id);
        let tasks = call.into_paginator().items().send().try_collect().await;
        let tasks = match tasks.doing("list the tasks in the cluster") {
            Err(error) if error.is(&["ClusterNotFoundException"]) => return Ok(None),
            other => other?,
        };
        Ok((!tasks.is_empty()).then(|| format!("the tasks {}", tasks.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};
    use serde_json::{Value, json};

    async fn read(cluster: &Value) -> Live {
        let body = json!({"clusters": [cluster], "failures": []}).to_string();
        let client = aws_sdk_ecs::Client::new(&sdk_config(answering(&body)));
        let answer = client.describe_clusters().send().await.unwrap();
        live(&answer.clusters()[0])
    }

    #[tokio::test]
    async fn clusters_as_aws_describes_them() {
        let mut cluster = json!({
            "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/shop-test-cluster",
            "clusterName": "shop-test-cluster",
            "configuration": {}, "status": "ACTIVE", "registeredContainerInstancesCount": 0,
            "runningTasksCount": 1, "pendingTasksCount": 0, "activeServicesCount": 1, "statistics": [],
            "tags": [{"key": "Env", "value": "Dev"}],
            "settings": [{"name": "containerInsights", "value": "enabled"}],
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"], "defaultCapacityProviderStrategy": [],
            "serviceConnectDefaults": {"namespace": "arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-1"},
        });
        let whole = read(&cluster).await;
        assert_eq!(
            (whole.name.as_str(), whole.status.as_str()),
            ("shop-test-cluster", "ACTIVE")
        );
        assert!(whole.container_insights);
        assert_eq!(whole.capacity_providers, PROVIDERS);
        assert_eq!(whole.default_capacity_provider, None);
        for (value, on) in [("enhanced", true), ("disabled", false)] {
            cluster["settings"][0]["value"] = json!(value);
            assert_eq!(read(&cluster).await.container_insights, on, "{value}");
        }
        // Answers have no settings unless they are asked for, and had no providers before 2019.
        for member in [
            "settings",
            "capacityProviders",
            "defaultCapacityProviderStrategy",
        ] {
            cluster.as_object_mut().unwrap().remove(member);
        }
        let old = read(&cluster).await;
        assert!(!old.container_insights && old.capacity_providers.is_empty());
    }

    #[test]
    fn only_an_active_cluster_is_ready() {
        let state = |status: &str| {
            Cluster::ready(&Live {
                name: "c".to_owned(),
                arn: "arn".to_owned(),
                status: status.to_owned(),
                container_insights: false,
                capacity_providers: Vec::new(),
                default_capacity_provider: None,
            })
        };
        assert_eq!(state("ACTIVE"), Readiness::Ready);
        assert!(matches!(state("PROVISIONING"), Readiness::Pending(_)));
    }
}
