//! Pure: the decision and the rules it follows.
