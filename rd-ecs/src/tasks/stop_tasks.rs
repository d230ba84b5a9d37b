//! Stops the tasks of a cluster that do not belong to the service: of `rd-ecs run`, or started manually.

use crate::clients::Clients;
use crate::tasks::{self, TaskScope};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};

/// Stops every running task of a cluster that is about to be deleted. Without it they would keep running after their roles
/// are gone, and could not stop.
pub async fn stop_tasks(ctx: &Ctx<Clients>, cluster: &str) -> Result<()> {
    let running = match tasks::ids(ctx, cluster, TaskScope::Cluster, false).await {
        Err(error) if error.is(&["ClusterNotFoundException"]) => return Ok(()),
        other => other?,
    };
    for task in running {
        let call = ctx.clients.ecs.stop_task().cluster(cluster).task(&task);
        let call = call.reason("rd-ecs destroy");
        let stop = async || call.clone().send().await.doing("stop a task");
        match ctx.retrying(stop).await {
            // It has stopped, or the cluster is gone, and the list is of a moment before.
            Err(error) if error.is(&["InvalidParameterException", "ClusterNotFoundException"]) => {}
            other => other.map(|_| ())?,
        }
    }
    Ok(())
}
