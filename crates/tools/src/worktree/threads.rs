//! One piece of work for each of many files, shared among threads.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use gitoma_core::ToolError;

use crate::view::View;

/// The fewest files that a thread is worth starting for.
const A_THREAD: usize = 500;
/// The most threads of one call.
const MAX_THREADS: usize = 8;
/// How many neighbours one thread takes at once: they share directories and bases.
const RUN: usize = 128;

/// What the work makes of `items`, run by run in their order. Each thread begins with an engine of its own.
///
/// # Errors
/// The first that any thread met; the others stop soon after.
pub(super) fn runs<I, O, W>(
    view: &View<'_>,
    items: &[I],
    start: impl Fn(gix::Repository) -> W + Sync,
) -> Result<Vec<O>, ToolError>
where
    I: Sync,
    O: Send,
    W: FnMut(&[I]) -> Result<O, ToolError>,
{
    let next = AtomicUsize::new(0);
    let work = |engine: gix::Repository| {
        let (mut work, mut done) = (start(engine), Vec::new());
        loop {
            let first = next.fetch_add(RUN, Ordering::Relaxed);
            let Some(rest) = items.get(first..).filter(|rest| !rest.is_empty()) else { return Ok(done) };
            match work(rest.get(..RUN).unwrap_or(rest)) {
                Ok(made) => done.push((first, made)),
                Err(error) => {
                    next.store(items.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let helpers = processors.min(MAX_THREADS).min(items.len() / A_THREAD).saturating_sub(1);
    let mut done: Vec<(usize, O)> = std::thread::scope(|threads| {
        // A thread that cannot be started is one that does not help.
        let started: Vec<_> = (0..helpers)
            .filter_map(|_| {
                let (engine, work) = (view.engine().clone(), &work);
                let named = std::thread::Builder::new().name("gitoma-worktree".into());
                named.spawn_scoped(threads, move || work(engine)).ok()
            })
            .collect();
        let mut done = work(view.engine().clone());
        for helper in started {
            let more = helper.join().unwrap_or_else(|_| {
                Err(ToolError::unavailable("worktree", "a thread that made files panicked"))
            });
            done = done.and_then(|mut done| {
                done.extend(more?);
                Ok(done)
            });
        }
        done
    })?;
    done.sort_unstable_by_key(|(first, _)| *first);
    Ok(done.into_iter().map(|(_, made)| made).collect())
}
