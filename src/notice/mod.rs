//! Pure: rendering, identity, check code, and the notice's state machine.

mod advance;
mod check_code;
mod explanation;
pub mod format;
mod render;
mod retry;
mod sent;
mod texts;
pub mod variables;

pub use advance::{Cascade, Change, Input, Joining, advance};
pub use check_code::{CheckCode, CheckKey, InvalidCheckCode};
pub use explanation::{Account, ChannelTold, Explanation, Fate, InInbox, Way};
pub use render::{Body, ItemText, PageOffer, Rendered, Renderer, StopScope};
pub use retry::wait_after;
pub use sent::Sent;
pub use texts::{ATTRIBUTES, GatewayText, RenderError, Texts, attribute, gateway_texts};
