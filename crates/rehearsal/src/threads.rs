//! Work on threads of its own that borrows from the caller: [`each`] for several items, [`both`] for two tasks. The threads
//! share the runtime of the caller, whose own threads drive the connections meanwhile; a runtime with one thread cannot do
//! that, so there the work runs concurrently on the thread of the caller.

use futures_util::future::join_all;
use std::thread::{ScopedJoinHandle, scope};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Works on each item and returns the results in the order of the items.
pub(crate) async fn each<T: Send, R: Send>(items: Vec<T>, work: impl AsyncFn(T) -> R + Sync) -> Vec<R> {
    let Some(runtime) = with_threads() else { return join_all(items.into_iter().map(|item| work(item))).await };
    let (runtime, work) = (&runtime, &work);
    block_in_place(|| {
        scope(|scope| {
            let threads: Vec<_> =
                items.into_iter().map(|item| scope.spawn(move || runtime.block_on(work(item)))).collect();
            threads.into_iter().map(joined).collect()
        })
    })
}

/// Does one task on a new thread and another one on this thread.
pub(crate) async fn both<A: Send, B>(there: impl AsyncFnOnce() -> A + Send, here: impl AsyncFnOnce() -> B) -> (A, B) {
    let Some(runtime) = with_threads() else { return tokio::join!(there(), here()) };
    let runtime = &runtime;
    block_in_place(|| {
        scope(|scope| {
            let thread = scope.spawn(move || runtime.block_on(there()));
            let here = runtime.block_on(here());
            (joined(thread), here)
        })
    })
}

/// Returns the runtime if it has several threads.
fn with_threads() -> Option<Handle> {
    let runtime = Handle::current();
    (runtime.runtime_flavor() == RuntimeFlavor::MultiThread).then_some(runtime)
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
