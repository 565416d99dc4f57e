//! Puts what was found in the parts of a chain together, in their order, up to the first fault.
//! Decides whether a bad end is a torn tail or a changed one.

use std::{io, ops::RangeInclusive};

use jiff::Timestamp;

use super::{
    VerifyError,
    attested::Halt,
    depth::Depth,
    evidence::Evidence,
    fault::FaultClass,
    links::Place,
    part::{Content, Part},
    progress::{Progress, Wrong},
    report::{ChainReport, Fault, Pruned, Verdict, Warning},
    source::{Segment, Stretch, is_held},
    walk::{Bad, Span, walk},
};
use crate::{
    digest::Digest,
    folder::{self, ChainFolder},
};

/// A chain, as far as its parts have been joined.
#[derive(Debug)]
pub(super) struct Joiner<'folder> {
    folder: &'folder ChainFolder,
    progress: Progress<'folder>,
    report: ChainReport,
    /// Lines of the present segment that were taken.
    lines: u64,
    /// Hash of the segment before the present one.
    previous: Option<Digest>,
}

impl<'folder> Joiner<'folder> {
    pub(super) fn new(
        folder: &'folder ChainFolder,
        depth: Depth,
        evidence: &'folder Evidence<'folder>,
    ) -> Self {
        let report = ChainReport::new(folder.chain_id);
        let progress = Progress::new(folder.chain_id, depth, evidence);
        Self { folder, progress, report, lines: 0, previous: None }
    }

    /// Begins with a segment; `false` if nothing of it is to be taken.
    pub(super) fn begin(&mut self, segment: &Segment) -> bool {
        let (first_seq, next) = (segment.extent.first_seq, self.progress.links.next_seq);
        let name = folder::segment_name(first_seq);
        self.lines = 0;
        if next != first_seq {
            let class = if first_seq > next { FaultClass::SegmentMissing } else { FaultClass::SegmentName };
            self.blame(&name, 0, 0, (class, folder::segment_name(next)));
            return false;
        }
        self.report.live = segment.live;
        if segment.extent.length > 0 {
            return true;
        }
        let expected = "a segment with at least one line".to_owned();
        match (self.begun(segment), self.report.live) {
            (true, true) => {}
            (true, false) => self.tear(&name, 0, 0, expected),
            _ if first_seq == 0 => self.blame(&name, 0, 0, (FaultClass::Genesis, expected)),
            _ => self.blame(&name, 0, 0, (FaultClass::SegmentMissing, expected)),
        }
        false
    }

    /// Whether a rotation had begun the segment: it comes as far as the empty file before its first line.
    fn begun(&self, segment: &Segment) -> bool {
        segment.last && self.progress.links.announced() == Some(segment.extent.first_seq)
    }

    /// Takes the next part of a stretch; `false` if a fault ends the chain.
    ///
    /// # Errors
    /// The file's, and [`VerifyError::Changed`].
    pub(super) fn part(&mut self, stretch: &Stretch, part: &Part) -> Result<bool, VerifyError> {
        let extent = &stretch.segment.extent;
        let place =
            Place { opens_segment: self.lines == 0, segment: extent.first_seq, previous: self.previous };
        if self.progress.join(part, place) {
            self.took(part.lines, part.to - part.from);
            return Ok(true);
        }
        match self.walk(stretch, part.from, part.to)? {
            false => Ok(false),
            true if !matches!(part.content, Content::Doubtful) => Ok(true),
            // what was wrong a moment ago is gone: a process that has begun meanwhile has mended the tail
            true if stretch.segment.last && is_held(self.folder)? => {
                self.report.live = true;
                Ok(false)
            }
            true => Err(VerifyError::Changed { file: folder::segment_name(extent.first_seq) }),
        }
    }

    /// Takes the lines that begin at `from` and before `to` one by one; `false` if a fault ends the chain.
    ///
    /// # Errors
    /// The file's.
    pub(super) fn walk(&mut self, stretch: &Stretch, from: u64, to: u64) -> Result<bool, VerifyError> {
        let begun = self.begun(&stretch.segment);
        let span = Span { from, to, before: self.lines, previous: self.previous };
        let walk = walk(&stretch.segment.extent, span, &mut self.progress)
            .map_err(|error| self.unreadable(stretch, error))?;
        self.took(walk.lines, walk.bytes);
        if let Some(halt) = walk.halt {
            self.halt(halt)?;
            return Ok(false);
        }
        let Some(bad) = walk.bad else { return Ok(true) };
        self.bad(stretch, bad, begun)?;
        Ok(false)
    }

    const fn took(&mut self, lines: u64, bytes: u64) {
        self.lines += lines;
        self.report.entries += lines;
        self.report.bytes += bytes;
    }

    /// Ends a segment whose whole file has the hash `hash`, where it is known.
    pub(super) const fn end(&mut self, hash: Option<Digest>) {
        self.previous = hash;
    }

    fn bad(&mut self, stretch: &Stretch, bad: Bad, begun: bool) -> Result<(), VerifyError> {
        let Segment { extent, last, .. } = &*stretch.segment;
        let name = folder::segment_name(extent.first_seq);
        if !(*last && bad.unframed && (begun || self.progress.links.next_seq > extent.first_seq)) {
            self.blame(&name, bad.line, bad.offset, bad.wrong);
            return Ok(());
        }
        // a process that has begun meanwhile may have been caught in the middle of a line
        let length = extent.file.metadata().map_err(|error| self.unreadable(stretch, error))?.len();
        if length != extent.length || is_held(self.folder)? {
            self.report.live = true;
            return Ok(());
        }
        self.report.torn_bytes = extent.length - bad.offset;
        self.tear(&name, bad.line, bad.offset, "a whole line, or the end".to_owned());
        Ok(())
    }

    pub(super) fn unreadable(&self, stretch: &Stretch, source: io::Error) -> VerifyError {
        VerifyError::Segment { file: folder::segment_name(stretch.segment.extent.first_seq), source }
    }

    /// Looks at what speaks of nothing or of what was removed, before the first line; `false` if a fault ends the chain here.
    ///
    /// # Errors
    /// What cannot be read, or is no anchor.
    pub(super) fn set_out(&mut self) -> Result<bool, VerifyError> {
        match self.progress.arrive() {
            Ok(()) => Ok(true),
            Err(halt) => self.halt(halt).map(|()| false),
        }
    }

    /// Looks at what speaks of more than was there, behind the last line.
    ///
    /// # Errors
    /// As [`set_out`](Self::set_out).
    pub(super) fn arrived(&mut self) -> Result<(), VerifyError> {
        if self.report.verdict == Verdict::Tampered {
            return Ok(());
        }
        let Progress { attested, evidence, links, .. } = &self.progress;
        if let Err(halt) = attested.end(links.chain, evidence) {
            return self.halt(halt);
        }
        if let Some(front) = evidence.front.as_ref().filter(|_| !attested.covered) {
            let expected = format!("a checkpoint that covers the prune at seq {}", front.seq);
            self.blame("", 0, 0, (FaultClass::BadPrune, expected));
        }
        Ok(())
    }

    fn halt(&mut self, halt: Halt) -> Result<(), VerifyError> {
        match halt {
            Halt::Failed(error) => Err(error),
            Halt::Fault { file, seq, wrong } => {
                self.blame(&file, 0, 0, wrong);
                if let Some(fault) = &mut self.report.fault {
                    fault.seq = seq;
                }
                Ok(())
            }
        }
    }

    pub(super) fn blame(&mut self, file: &str, line: u64, offset: u64, (class, expected): Wrong) {
        self.report.verdict = Verdict::Tampered;
        self.report.fault = Some(Fault {
            chain: self.progress.links.chain,
            file: file.to_owned(),
            line,
            offset,
            seq: Some(self.progress.links.next_seq),
            class,
            expected,
        });
    }

    /// Blames a crash: the next start mends what is wrong.
    fn tear(&mut self, file: &str, line: u64, offset: u64, expected: String) {
        self.blame(file, line, offset, (FaultClass::TornTail, expected));
        self.report.verdict = Verdict::Torn;
    }

    /// Looks for the segment that the last entry announces: a crash leaves it out only for as long as nobody starts.
    ///
    /// # Errors
    /// [`VerifyError::Lock`].
    pub(super) fn announced(&mut self) -> Result<(), VerifyError> {
        let Some(next) = self.progress.links.announced().filter(|_| self.report.fault.is_none()) else {
            return Ok(());
        };
        // a process that rotates, or has begun meanwhile
        if self.report.live || is_held(self.folder)? || self.folder.segment(next).symlink_metadata().is_ok() {
            self.report.live = true;
            return Ok(());
        }
        self.tear("", 0, 0, folder::segment_name(next));
        Ok(())
    }

    /// What it all amounts to; `unexpected` files do not belong into the folder. Where keys are given, entries that were made
    /// outside of `recent` must be anchored, also those of a chain that somebody is writing.
    pub(super) fn finish(self, unexpected: u64, recent: &RangeInclusive<Timestamp>) -> ChainReport {
        let Self { progress: Progress { links, intents, attested, evidence, .. }, mut report, .. } = self;
        if let Some(front) = &evidence.front {
            report.verdict = report.verdict.graver(Verdict::Pruned);
            report.pruned = front.first_seq.checked_sub(1).map(|through_seq| Pruned { through_seq });
        }
        report.checkpoints = evidence.tracked.then(|| attested.checkpoints());
        if !evidence.given.is_empty() {
            let first = evidence.front.as_ref().map_or(0, |front| front.first_seq);
            let open = links.next_seq.saturating_sub(attested.anchored_size.max(first));
            let young =
                report.live && attested.beyond.flatten().is_some_and(|moment| recent.contains(&moment));
            if open > 0 && !young {
                report.verdict = report.verdict.graver(Verdict::NotAnchored);
            }
            report.unanchored = Some(open);
        }
        let beneath = evidence.beneath();
        if beneath > 0 {
            report.warnings.push(Warning::AnchorsBeneath { count: beneath });
        }
        report.warnings.extend(attested.adopted.map(|seq| Warning::Adopted { seq }));
        report.anchored = attested.anchored;
        report.chain = links.chain;
        (report.dangling, report.dangling_seqs) = intents.dangling();
        report.recoveries = links.recoveries;
        report.last_seq = links.next_seq.checked_sub(1);
        report.head = report.last_seq.map(|_| links.head);
        report.warnings.extend(links.warnings());
        if unexpected > 0 {
            report.warnings.push(Warning::UnexpectedFiles { count: unexpected });
        }
        report
    }
}
