//! What the integration tests share.

pub mod doorway;
pub mod ledger;
pub mod operator;
pub mod recorder;
pub mod sandbox_lease;
pub mod stage;

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;

/// What a future gave, or why it panicked, without the statements of the tests' own: the store's secret stands in them.
pub async fn caught<T>(doing: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(doing).catch_unwind().await.map_err(|panic| panic_message(panic.as_ref()))
}

/// In whose words something panicked.
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("it panicked");
    text.split_once("help: the statement").map_or(text, |(before, _)| before).to_owned()
}
