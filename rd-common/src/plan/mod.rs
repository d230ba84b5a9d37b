//! Plans: what AWS has (`refresh`), what to do with it (`planner`, `deletes`), and plans that were saved to a file.

mod cause;
pub mod checked_with_aws;
pub mod create_and_delete_order;
pub mod deleted_first;
pub mod deletes;
mod dependency_order;
pub mod doubles;
pub mod find_by_tags;
pub mod given;
mod ownership;
pub mod plan_records;
pub mod planned;
pub mod planner;
pub mod read_ahead;
pub mod refresh;
pub mod refreshed;
mod risks;
pub mod saved_plan;
mod tag_changes;
pub mod unknown_slices;
