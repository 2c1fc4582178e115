//! What went wrong when citizens were called by phone, told as stories of what happens now.

mod stop_everywhere;
