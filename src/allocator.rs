//! Memory, and how much of it a run may take.
//!
//! Every reader here has its own bounds, and a template its steps. What they let through can still multiply: a text that
//! is put together with itself thirty times. Such a run ends with a word and exit code 2, before the machine is out of
//! memory and whatever else runs on it with it.

#![expect(
    clippy::disallowed_methods,
    clippy::exit,
    reason = "where memory ends nothing can be returned"
)]

use std::alloc::{GlobalAlloc, Layout};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use mimalloc::MiMalloc;

/// Blocks from this size on are counted, in bytes: small ones come by the million, and only with steps that are counted.
const LARGE: usize = 1024 * 1024;
/// How much there may be in large blocks at a time, in bytes.
const LIMIT: usize = 2 * 1024 * 1024 * 1024;

static HELD: AtomicUsize = AtomicUsize::new(0);

/// The option of the allocator for how long memory that is free is kept before it is given back to the system, in
/// milliseconds. Source: `mi_option_purge_delay` in `mimalloc.h` of the version that `Cargo.toml` names.
const PURGE_DELAY: i32 = 15;

/// Lets free memory be kept: a run is over soon, and at its end all of it would be given back piece by piece. To be called
/// before there is another thread.
pub(crate) fn keep() {
    // SAFETY: options are numbers, and nothing else reads or writes them yet.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) }
}

/// The allocator of a run, which is short and allocates much: a quarter to a third off a large matrix, against the
/// allocator of glibc.
pub(crate) struct Bounded;

fn take(size: usize) {
    if size >= LARGE && HELD.fetch_add(size, Ordering::Relaxed) + size > LIMIT {
        let _ = std::io::stderr().write_all(
            b"error[out-of-memory]: this takes more than 2 GiB of memory\n  = help: look for a template or a file that multiplies a text\n",
        );
        std::process::exit(2);
    }
}

fn give(size: usize) {
    if size >= LARGE {
        HELD.fetch_sub(size, Ordering::Relaxed);
    }
}

// SAFETY: every call is handed on as it is.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        give(layout.size());
        unsafe { MiMalloc.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        take(size);
        give(layout.size());
        unsafe { MiMalloc.realloc(block, layout, size) }
    }
}
