//! A counting allocator: what a load leaves on the heap, what it held at most, and how often a decision allocates. It
//! counts only while it is asked to, so that timings pay one load of a flag for it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

static COUNTING: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator with a counter before it.
pub struct Counting;

// SAFETY: every call goes to `System` unchanged, which upholds the contract; the counters touch no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller's promise on `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller's promise on `layout` is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size, layout.size());
        // SAFETY: the caller's promise on `pointer`, `layout` and `size` is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, layout.size());
        // SAFETY: the caller's promise on `pointer` and `layout` is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn note(gained: usize, lost: usize) {
    if !COUNTING.load(Relaxed) {
        return;
    }
    if gained > 0 {
        ALLOCATIONS.fetch_add(1, Relaxed);
    }
    let change = gained.cast_signed() - lost.cast_signed();
    let live = LIVE.fetch_add(change, Relaxed) + change;
    PEAK.fetch_max(live, Relaxed);
}

/// What some work did to the heap, in bytes as they were asked for (without the allocator's own overhead).
#[derive(Clone, Copy, Default)]
pub struct Heap {
    /// What is still there afterwards.
    pub live: usize,
    /// The most that was there at once.
    pub peak: usize,
    /// How many times memory was asked for, growing included.
    pub allocations: usize,
}

/// Runs `work` and counts what all threads ask for meanwhile.
pub fn count<T>(work: impl FnOnce() -> T) -> (T, Heap) {
    LIVE.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    ALLOCATIONS.store(0, Relaxed);
    COUNTING.store(true, Relaxed);
    let result = work();
    COUNTING.store(false, Relaxed);
    let heap = Heap {
        live: LIVE.load(Relaxed).max(0).unsigned_abs(),
        peak: PEAK.load(Relaxed).max(0).unsigned_abs(),
        allocations: ALLOCATIONS.load(Relaxed),
    };
    (result, heap)
}
