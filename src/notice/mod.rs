//! Pure: rendering, identity, check code, and the notice's state machine.
