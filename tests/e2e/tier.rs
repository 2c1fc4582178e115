//! How much a test is asked to do, and how it waits.

use std::time::Duration;

/// Whether the tests that take this tier are wanted: `VESTNIK_TEST_TIER` names the tiers.
pub(crate) fn is_wanted(tier: &str) -> bool {
    std::env::var("VESTNIK_TEST_TIER").unwrap_or_default().split(',').any(|one| one == tier)
}

/// Waits until something holds; fails the test where it does not within this time.
pub(crate) async fn until(what: &str, at_most: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let came = tokio::time::timeout(at_most, waiting).await;
    assert!(came.is_ok(), "it did not come about within {at_most:?}: {what}");
}
