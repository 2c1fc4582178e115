//! Pure: rendering, identity, check code, and the notice's state machine.

mod check_code;
pub mod format;
mod render;
mod texts;
pub mod variables;

pub use check_code::{CheckCode, CheckKey, InvalidCheckCode};
pub use render::{Body, ItemText, Rendered, Renderer, StopScope};
pub use texts::{GATEWAY_TEXTS, GatewayText, RenderError, Texts, attribute};
