//! Lines that follow each other, looked at by themselves: that they are whole and sound, and fit to each other.
//! Whether they fit to those before is seen when the parts are joined in order; in doubt somebody goes through them again.

use super::{
    attested::{SPEAKING, speaks},
    depth::Depth,
    intents::PartIntents,
    links::{Links, Place},
    runs::{Run, Runs},
};
use crate::{
    digest::Digest,
    line::{facts::Facts, sealed::Sealed},
};

/// Lines that follow each other.
#[derive(Debug)]
pub(super) struct Part {
    /// Where the first one begins.
    pub(super) from: u64,
    /// Where the next one would begin.
    pub(super) to: u64,
    pub(super) lines: u64,
    pub(super) content: Content,
    /// The same lines as parts of the tree, if somebody wants to know its root.
    pub(super) runs: Vec<Run>,
}

/// What they amount to.
#[derive(Debug)]
pub(super) enum Content {
    /// Somewhere in them something seems to be wrong.
    Doubtful,
    /// One of them speaks of keys or of the front, so that somebody goes through them one by one.
    Speaking,
    /// Good entries that fit to each other.
    Entries {
        first: Facts,
        /// What holds behind the last one, as if nothing were before the first.
        after: Links,
        intents: PartIntents,
    },
    /// Lines with right hashes that are linked to each other.
    Hashes {
        /// The first entry of the segment, if it is among them.
        first: Option<Facts>,
        /// What the first line says is before it.
        previous: Option<Digest>,
        /// The hash of the last line but one.
        before_last: Digest,
        last: Digest,
        /// The last entry of the segment, if it is among them and not the first.
        last_entry: Option<Facts>,
    },
}

impl Part {
    /// Lines from `from` on, of which somebody has to say what is wrong.
    pub(super) const fn doubtful(from: u64, to: u64) -> Self {
        Self { from, to, lines: 0, content: Content::Doubtful, runs: Vec::new() }
    }

    /// Bytes that it takes up.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>()
            + self.runs.iter().map(Run::size).sum::<usize>()
            + match &self.content {
                Content::Entries { intents, .. } => intents.size(),
                Content::Doubtful | Content::Speaking | Content::Hashes { .. } => 0,
            }
    }
}

/// A part in the making.
#[derive(Debug)]
pub(super) struct PartBuilder<'wanted> {
    part: Part,
    runs: Option<Runs<'wanted>>,
    speaks: bool,
    place: Place,
    depth: Depth,
    /// Read anew for each line.
    facts: Facts,
}

impl<'wanted> PartBuilder<'wanted> {
    /// Before the line that begins at `from` in the segment with that `first_seq`; `wanted` are the sizes of the chain at
    /// which somebody wants to know the tree's root.
    pub(super) fn new(from: u64, segment: u64, depth: Depth, wanted: Option<&'wanted [u64]>) -> Self {
        let place = Place { opens_segment: false, segment, previous: None };
        let part = Part::doubtful(from, from);
        let runs = wanted.map(Runs::new);
        Self { part, runs, speaks: false, place, depth, facts: Facts::blank() }
    }

    /// Takes the next line, whose hash is `hash` and which takes up `bytes` with its LF; `ends_segment` if none follows it.
    /// `false` if something seems to be wrong; the part is then of no further use.
    pub(super) fn take(&mut self, line: &Sealed<'_>, hash: Digest, bytes: usize, ends_segment: bool) -> bool {
        let good = line.is_by(&hash)
            && match self.depth {
                Depth::Entries => self.entry(line, hash),
                Depth::Hashes => self.hash(line, hash, ends_segment),
            };
        self.part.lines += 1;
        self.part.to += bytes as u64;
        good
    }

    fn entry(&mut self, line: &Sealed<'_>, hash: Digest) -> bool {
        if line.facts(hash, &mut self.facts).is_err() {
            return false;
        }
        let entry = &self.facts;
        self.speaks |= speaks(entry.kind);
        if let Some(runs) = &mut self.runs
            && !runs.take(entry.seq, hash, || Some(entry.moment))
        {
            return false;
        }
        if let Content::Entries { after, intents, .. } = &mut self.part.content {
            return after.take(entry, self.place).is_ok() && intents.take(entry);
        }
        let mut intents = PartIntents::default();
        let sound = intents.take(entry);
        self.part.content = Content::Entries { first: *entry, after: Links::behind(entry), intents };
        sound
    }

    fn hash(&mut self, line: &Sealed<'_>, hash: Digest, ends_segment: bool) -> bool {
        let first = self.part.from == 0 && self.part.lines == 0;
        let mut entry = None;
        if first || ends_segment {
            if line.facts(hash, &mut self.facts).is_err() {
                return false;
            }
            entry = Some(self.facts);
        }
        if let Some(runs) = &mut self.runs {
            // Nothing else of the line is looked at. That is enough: the number must be the one that the count of lines gives,
            // which holds between the first and the last entry of the segment; and a line that hides from here what it says
            // about keys does not make another key sign.
            let Some(glance) = line.glance() else { return false };
            self.speaks |= glance.is(&SPEAKING);
            if !runs.take(glance.seq, hash, || glance.moment()) {
                return false;
            }
        }
        if let Content::Hashes { before_last, last, last_entry, .. } = &mut self.part.content {
            let follows = line.follows(last);
            (*before_last, *last, *last_entry) = (*last, hash, entry);
            return follows;
        }
        let (first, last_entry) = if first { (entry, None) } else { (None, entry) };
        let previous = line.previous();
        let before_last = previous.unwrap_or(Digest::ZERO);
        self.part.content = Content::Hashes { first, previous, before_last, last: hash, last_entry };
        previous.is_some()
    }

    /// The part, if any line is in it.
    pub(super) fn finish(self) -> Option<Part> {
        let Self { mut part, runs, speaks, .. } = self;
        if speaks {
            part.content = Content::Speaking;
        } else {
            part.runs = runs.map(Runs::finish).unwrap_or_default();
        }
        (part.lines > 0).then_some(part)
    }
}
