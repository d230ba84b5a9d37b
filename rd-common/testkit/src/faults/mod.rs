//! A proxy in front of the local AWS API that makes what AWS makes on a bad day: answers that are lost, calls that are
//! refused, reads that lag behind writes, things that are slow to be ready. What it does is data that a test writes.

mod call;
mod lag;
mod proxy;
mod refusal;
mod rule;
mod slow;
mod walk;
mod wire;

pub use call::{Call, Protocol};
pub use lag::Lag;
pub use proxy::Proxy;
pub use rule::{Calls, Fault, Rule};
pub use slow::{STACK, Slow};
pub use walk::{Scenario, chosen, soak};
pub use wire::Wire;
