//! Tests of drift: a manual change must be shown by plan and status, and undone by apply.

use crate::world::World;
use serde_json::Value;

/// A manual change, and where the drift must be shown.
pub struct Drift {
    /// The address of the changed resource.
    pub address: &'static str,
    /// The field that the plan must show as drift.
    pub path: &'static str,
    /// Makes the change outside of the programs.
    pub change: fn(&World),
}

/// Makes one change after the other. After each, the plan and the status must show it as drift, and an apply must undo
/// it.
pub fn each_is_put_back(world: &World, program: &str, table: &[Drift]) {
    for one in table {
        let place = format!("{} {}", one.address, one.path);
        (one.change)(world);
        let plan = world.rd(program).args("plan").ok();
        assert_eq!(
            plan.actions(),
            [format!("update {}", one.address)],
            "{place}: the plan"
        );
        let causes = fields(&plan.of_type("change"), one.address);
        assert!(
            causes.contains(&(one.path.to_owned(), "drift".to_owned())),
            "{place}: the plan has {causes:?}"
        );
        let status = world.rd(program).args("status").ok();
        let shown = fields(&status.of_type("status"), one.address);
        assert!(
            shown.iter().any(|(path, _)| path == one.path),
            "{place}: the status has {shown:?}"
        );
        world.rd(program).args("apply -y").ok();
        let after = world.rd(program).args("plan").ok();
        assert_eq!(after.actions(), [""; 0], "{place}: after the apply");
    }
}

fn fields(records: &[Value], address: &str) -> Vec<(String, String)> {
    let record = records.iter().find(|record| record["address"] == address);
    let fields = record.and_then(|record| record["fields"].as_array().cloned());
    fields
        .unwrap_or_default()
        .iter()
        .map(|field| {
            let text = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
            (text("path"), text("cause"))
        })
        .collect()
}
