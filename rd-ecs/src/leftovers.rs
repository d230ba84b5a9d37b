//! Tasks that run beside the service: of `rd-ecs run`, or started by hand.

use crate::clients::Clients;
use rd_common::aws::Explain;
use rd_common::{Cx, Result};

/// Stops what runs in a cluster that is to go, so that the roles are there until it has stopped.
pub async fn stop_tasks(cx: &Cx<Clients>, cluster: &str) -> Result<()> {
    let mut next = None;
    loop {
        let call = cx.clients.ecs.list_tasks().cluster(cluster);
        let answer = match call
            .set_next_token(next)
            .send()
            .await
            .doing("list the tasks in the cluster")
        {
            Err(error) if error.is(&["ClusterNotFoundException"]) => return Ok(()),
            other => other?,
        };
        for task in answer.task_arns.unwrap_or_default() {
            let call = cx.clients.ecs.stop_task().cluster(cluster).task(&task);
            let call = call.reason("rd-ecs destroy").send();
            match call.await.doing("stop a task") {
                Err(error) if error.is(&["InvalidParameterException"]) => {}
                other => other.map(|_| ())?,
            }
        }
        next = answer.next_token;
        if next.is_none() {
            return Ok(());
        }
    }
}
