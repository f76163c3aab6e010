//! The allocator of the tests: it counts, and can look at what is given back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Watching;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static WATCHED: Cell<Option<&'static [u8]>> = const { Cell::new(None) };
    static SEEN: Cell<usize> = const { Cell::new(0) };
    /// Whether only what begins with the text counts.
    static HEADS: Cell<bool> = const { Cell::new(false) };
}

#[global_allocator]
static WATCHING: Watching = Watching;

// SAFETY: every call goes to the system's allocator unchanged, but that memory comes zeroed.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // Zeroed, so that there is something to look at in every byte when it comes back.
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if let Some(text) = WATCHED.get() {
            // SAFETY: the memory is the caller's until it is given back below.
            let bytes = unsafe { std::slice::from_raw_parts(pointer, layout.size()) };
            let seen = if HEADS.get() {
                bytes.starts_with(text)
            } else {
                bytes.windows(text.len()).any(|window| window == text)
            };
            SEEN.set(SEEN.get() + usize::from(seen));
        }
        // SAFETY: the pointer came from `System.alloc_zeroed` above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// How often this thread has allocated.
pub fn calls() -> usize {
    CALLS.get()
}

/// Looks from now on for this text in all that this thread gives back; `None` ends that. Returns
/// in how many pieces the one before was.
pub fn watch(text: Option<&'static str>) -> usize {
    HEADS.set(false);
    WATCHED.set(text.map(str::as_bytes));
    SEEN.replace(0)
}

/// The same for pieces that begin with this text: that tells a body of our own from the buffer of
/// an HTTP library, in which it lies behind the headers.
pub fn watch_heads(text: &'static str) {
    watch(Some(text));
    HEADS.set(true);
}
