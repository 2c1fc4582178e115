//! How much a test is asked to do, and how it waits.

use std::time::Duration;

/// Whether the tests that take this tier are wanted: `VESTNIK_TEST_TIER` names the tiers.
pub(crate) fn is_wanted(tier: &str) -> bool {
    std::env::var("VESTNIK_TEST_TIER").unwrap_or_default().split(',').any(|one| one == tier)
}

/// How many notifications a fault is tried with: few, or many where the tier `faults` is wanted.
pub(crate) fn few_or_many(few: usize, many: usize) -> usize {
    if is_wanted("faults") { many } else { few }
}

/// Waits until something holds; fails the test where it does not within this time.
pub(crate) async fn until(what: &str, at_most: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        // Asking costs the gateway something too: what takes long is asked for less often.
        let mut pause = Duration::from_millis(25);
        while !holds().await {
            tokio::time::sleep(pause).await;
            pause = (pause * 5 / 4).min(Duration::from_millis(400));
        }
    };
    let came = tokio::time::timeout(at_most, waiting).await;
    assert!(came.is_ok(), "it did not come about within {at_most:?}: {what}");
}
