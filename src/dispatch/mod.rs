//! Lanes: from due work to a provider's answer.
