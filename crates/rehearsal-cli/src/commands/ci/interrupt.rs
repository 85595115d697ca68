//! Ends a rehearsal on Ctrl-C and SIGTERM with what was found until then. [`unless_interrupted`] is the entry point.

use rehearsal::Exit;
use std::thread::scope;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::block_in_place;

/// Does the work on a thread of its own and returns its result. On Ctrl-C or SIGTERM, calls `interrupted` and exits: a
/// proof cannot be stopped midway, and its throwaway databases are removed by the next rehearsal.
pub(super) fn unless_interrupted<T: Send>(work: impl AsyncFnOnce() -> T + Send, interrupted: impl FnOnce()) -> T {
    let runtime = Handle::current();
    let runtime = &runtime;
    block_in_place(|| {
        scope(|scope| {
            let (ended, end) = oneshot::channel::<()>();
            let thread = scope.spawn(move || {
                let done = runtime.block_on(work());
                drop(ended);
                done
            });
            // The channel is closed when the work has ended, or when its thread panics.
            let is_interrupted = runtime.block_on(async {
                tokio::select! {
                    () = signal() => true,
                    _ = end => false,
                }
            });
            if is_interrupted {
                interrupted();
                std::process::exit(Exit::Incomplete as i32);
            }
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}

/// Waits for Ctrl-C or SIGTERM; forever if neither can be handled.
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        caught = interrupt => if caught.is_err() { std::future::pending().await },
        _ = terminate.recv() => {}
    }
}
