//! Work on threads that borrows from the caller: [`Threads::each`] for several items, [`Threads::both`] for two tasks. The threads
//! share the runtime of the caller, whose own threads drive the connections meanwhile; a runtime with one thread cannot do
//! that, so there the work runs concurrently on the thread of the caller.

use futures_util::future::join_all;
use std::thread::{ScopedJoinHandle, scope};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// The threads on which work runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// The thread of the caller, which works on one item after another.
    InTurn,
    /// The thread of the caller, which can do other work concurrently.
    Caller,
    /// New ones; the thread of the caller is blocked meanwhile. On a runtime with one thread, this is the same as `Caller`.
    Own,
}

impl Threads {
    /// Works on each item and returns the results in the order of the items.
    pub(crate) async fn each<T: Send, R: Send>(self, items: Vec<T>, work: impl AsyncFn(T) -> R + Sync) -> Vec<R> {
        if self == Self::InTurn {
            let mut results = Vec::new();
            for item in items {
                results.push(work(item).await);
            }
            return results;
        }
        let Some(runtime) = self.runtime() else { return join_all(items.into_iter().map(|item| work(item))).await };
        let (runtime, work) = (&runtime, &work);
        block_in_place(|| {
            scope(|scope| {
                let threads: Vec<_> =
                    items.into_iter().map(|item| scope.spawn(move || runtime.block_on(work(item)))).collect();
                threads.into_iter().map(joined).collect()
            })
        })
    }

    /// Does two tasks: with threads of its own, the first on a new one and the second on that of the caller.
    pub(crate) async fn both<A: Send, B>(
        self,
        there: impl AsyncFnOnce() -> A + Send,
        here: impl AsyncFnOnce() -> B,
    ) -> (A, B) {
        let Some(runtime) = self.runtime() else { return tokio::join!(there(), here()) };
        let runtime = &runtime;
        block_in_place(|| {
            scope(|scope| {
                let thread = scope.spawn(move || runtime.block_on(there()));
                let here = runtime.block_on(here());
                (joined(thread), here)
            })
        })
    }

    /// Returns the runtime that drives the connections while threads are blocked; `None` if no thread may be.
    fn runtime(self) -> Option<Handle> {
        let runtime = Handle::current();
        (self == Self::Own && runtime.runtime_flavor() == RuntimeFlavor::MultiThread).then_some(runtime)
    }
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
