//! Work that whoever waits for it cannot stop by going away, and that most often has nothing to wait for.

use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll, Waker};

use futures_util::future::BoxFuture;
use tokio_util::task::TaskTracker;

/// It panicked, or its runtime has ended.
#[derive(Debug)]
pub(super) struct Lost;

/// Does `work` to its end, also where the returned future is dropped after it was first polled. What can be done without waiting is done in
/// that first poll, which nobody can interrupt; only what is left then gets a task of its own. A task for each call is two wake-ups more
/// between the request and its answer, which on idle cores is longer than a small call takes.
///
/// # Errors
/// [`Lost`].
pub(super) async fn detached<T: Send + 'static>(
    tasks: &TaskTracker,
    mut work: BoxFuture<'static, T>,
) -> Result<T, Lost> {
    let counted = tasks.token();
    // Nobody need be woken by it: a task polls first what it is given.
    let begun = std::panic::catch_unwind(AssertUnwindSafe(|| {
        work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }));
    match begun {
        Ok(Poll::Ready(done)) => Ok(done),
        Ok(Poll::Pending) => {
            let task = tasks.spawn(work);
            drop(counted);
            task.await.map_err(|_lost| Lost)
        }
        Err(_panic) => Err(Lost),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::FutureExt as _;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn what_need_not_wait_gets_no_task() {
        let tasks = TaskTracker::new();
        let done = detached(&tasks, async { tokio::task::try_id() }.boxed()).now_or_never().unwrap();
        assert_eq!(done.unwrap(), tokio::task::try_id());
        assert!(tasks.is_empty());
    }

    #[tokio::test]
    async fn what_has_begun_ends_though_nobody_waits() {
        let (tasks, go_on, steps) =
            (TaskTracker::new(), Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
        let (told, counted) = (Arc::clone(&go_on), Arc::clone(&steps));
        let mut waiting = Box::pin(detached(
            &tasks,
            async move {
                counted.fetch_add(1, Ordering::Relaxed);
                told.notified().await;
                counted.fetch_add(1, Ordering::Relaxed);
            }
            .boxed(),
        ));
        assert!((&mut waiting).now_or_never().is_none());
        assert_eq!((steps.load(Ordering::Relaxed), tasks.len()), (1, 1));
        drop(waiting);
        go_on.notify_one();
        tasks.close();
        tasks.wait().await;
        assert_eq!(steps.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_panic_is_a_loss_wherever_it_happens() {
        let tasks = TaskTracker::new();
        let at_once: Result<(), Lost> = detached(&tasks, async { panic!("at once") }.boxed()).await;
        let later: Result<(), Lost> = detached(
            &tasks,
            async {
                tokio::task::yield_now().await;
                panic!("later");
            }
            .boxed(),
        )
        .await;
        assert!(at_once.is_err() && later.is_err());
        assert!(tasks.is_empty());
    }
}
