//! A proxy in front of the local AWS API that causes the faults of AWS: lost responses, refused calls, reads that lag
//! behind writes, and resources that take long to be ready. A test says which, as data.

mod call;
mod clock;
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
pub use walk::{LAGS, Scenario, chosen, soak};
pub use wire::Wire;
