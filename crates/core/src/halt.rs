//! The kill switch: while any of its parts is set, no call runs and none is decided. The parts are independent: a file that somebody puts
//! beside the state, a signal, and the word of an administrator. Files are looked at by every call, so that the next one is refused; what
//! cannot be looked at counts as set.

mod keeping;
mod marks;

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use keeping::HaltError;
use marks::Folders;
pub use marks::HaltMarks;

/// A part of the kill switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HaltSource {
    /// The file of the operator.
    File,
    /// A signal; its part ends with the process.
    Signal,
    /// An administrator, through a door. It outlives the process where there is a state directory.
    Admin,
}

impl HaltSource {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::File, Self::Signal, Self::Admin];

    /// The part's name in replies, metrics and audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Signal => "signal",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::File => 1,
            Self::Signal => 2,
            Self::Admin => 4,
        }
    }
}

/// What no file says: an administrator's part that could not be kept in one.
const UNKEPT: u8 = 8;
/// The parts that files say.
const KEPT: u8 = HaltSource::File.bit() | HaltSource::Admin.bit();

/// The state of the kill switch.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct HaltStatus {
    /// Whether every call is refused.
    pub halted: bool,
    /// The parts that are set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<HaltSource>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Why, as far as somebody said it; redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A part that was set or cleared.
#[derive(Debug, Clone)]
struct Change {
    source: HaltSource,
    set: bool,
    /// Who did it, where that is known.
    who: Option<Arc<str>>,
    reason: Option<String>,
}

/// What is known of a part that is set.
#[derive(Debug, Clone)]
struct Part {
    source: HaltSource,
    at: Timestamp,
    reason: Option<String>,
}

#[derive(Debug, Default)]
struct Known {
    parts: Vec<Part>,
    /// What is not on the record yet.
    changes: Vec<Change>,
}

/// A look at the files.
#[derive(Debug)]
struct Glance {
    folders: Folders,
    bits: u8,
}

/// The kill switch of a gateway.
#[derive(Debug)]
pub(crate) struct Halt {
    marks: Option<HaltMarks>,
    /// What the files said when they were looked at last, if that can be told from their folders.
    glance: ArcSwapOption<Glance>,
    /// The parts as they were seen last.
    bits: AtomicU8,
    known: Mutex<Known>,
    /// Cancelled when the first part is set: what runs then and can be stopped is.
    stop: ArcSwap<CancellationToken>,
    /// Told when there is something for the record.
    changed: Notify,
}

impl Halt {
    pub(crate) fn new(marks: Option<HaltMarks>) -> Self {
        let halt = Self {
            marks,
            glance: ArcSwapOption::empty(),
            bits: AtomicU8::new(0),
            known: Mutex::default(),
            stop: ArcSwap::default(),
            changed: Notify::new(),
        };
        halt.is_set();
        halt
    }

    /// Whether any part was set when somebody looked last.
    pub(crate) fn was_set(&self) -> bool {
        self.bits.load(Ordering::Acquire) != 0
    }

    /// What the files say. Where their folders are as they were, so are they: one look at a folder is enough then.
    fn look(&self) -> u8 {
        let Some(marks) = &self.marks else { return 0 };
        // Before the files: what changes after this leaves another time on the folder.
        let folders = marks.folders();
        let last = self.glance.load();
        if let (Some(folders), Some(last)) = (&folders, &*last)
            && *folders == last.folders
        {
            return last.bits;
        }
        let bits = marks.look();
        let resting = folders.filter(Folders::are_resting);
        self.glance.store(resting.map(|folders| Arc::new(Glance { folders, bits })));
        bits
    }

    /// Whether any part is set. It looks at the files, which takes a microsecond or a few.
    pub(crate) fn is_set(&self) -> bool {
        let found = self.look();
        let known = self.bits.load(Ordering::Acquire);
        if found != known & KEPT {
            match self.known.try_lock() {
                Ok(mut inner) => self.settle(&mut inner, None),
                Err(TryLockError::Poisoned(inner)) => self.settle(&mut inner.into_inner(), None),
                // Somebody is setting or clearing a part.
                Err(TryLockError::WouldBlock) => {}
            }
        }
        // What was found counts, whatever others make of it meanwhile.
        found | (self.bits.load(Ordering::Acquire) & !KEPT) != 0
    }

    /// What ends when the kill switch is set.
    pub(crate) fn stop(&self) -> Arc<CancellationToken> {
        self.stop.load_full()
    }

    /// The parts that are set.
    fn parts(&self) -> Vec<Part> {
        self.is_set();
        self.known.lock().unwrap_or_else(PoisonError::into_inner).parts.clone()
    }

    /// Takes up what the files say by now. `who` is who changed them, if that was done here.
    fn settle(&self, known: &mut Known, who: Option<&Arc<str>>) {
        let found = self.marks.as_ref().map_or(0, HaltMarks::look);
        let rest = self.bits.load(Ordering::Acquire) & !KEPT;
        self.apply(known, found | rest, who, |source| {
            let mark = self.marks.as_ref().and_then(|marks| marks.reason(source));
            mark.filter(|reason| !reason.is_empty())
        });
    }

    /// Makes `bits` the parts that are set, and notes what is new about that.
    fn apply(
        &self,
        known: &mut Known,
        bits: u8,
        who: Option<&Arc<str>>,
        reason: impl Fn(HaltSource) -> Option<String>,
    ) {
        let before = self.bits.swap(bits, Ordering::AcqRel);
        match (before, bits) {
            (0, 0) => {}
            (0, _) => self.stop.load().cancel(),
            (_, 0) => self.stop.store(Arc::default()),
            _ => {}
        }
        for source in HaltSource::ALL {
            let mask = if source == HaltSource::Admin { source.bit() | UNKEPT } else { source.bit() };
            let (was, set) = (before & mask != 0, bits & mask != 0);
            if was == set {
                continue;
            }
            let reason = if set { reason(source) } else { None };
            known.parts.retain(|part| part.source != source);
            if set {
                known.parts.push(Part { source, at: Timestamp::now(), reason: reason.clone() });
            }
            known.changes.push(Change { source, set, who: who.cloned(), reason });
            self.changed.notify_one();
        }
    }
}
