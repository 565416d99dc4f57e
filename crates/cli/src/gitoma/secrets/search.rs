//! The search itself: every core takes the next text, and what they found is put in order afterwards, so that the same texts
//! give the same answer. Of each text one window is held at a time.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use gitoma_redact::{FileFindings, Scanner};
use gitoma_tools::{Content, Corpus, CorpusText, Reader, Unread};

use crate::failure::Failure;

/// What a text came to.
#[derive(Debug)]
pub(super) enum Outcome {
    Searched { bytes: u64, found: FileFindings },
    Binary,
    Gone,
    Unread(Unread),
}

/// Searches all texts; the outcomes stand in their order.
pub(super) fn search(corpus: &Corpus, scanner: &Scanner) -> Result<Vec<Outcome>, Failure> {
    let texts = corpus.texts();
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(texts.len()).max(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let reader = corpus.reader();
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(text) = texts.get(index) else { return done };
            done.push((index, one(&reader, scanner, text)));
        }
    };
    let done: thread::Result<Vec<_>> = thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let Ok(done) = done else {
        return Err(Failure::Runtime(std::io::Error::other("a thread of the search ended early")));
    };
    let mut outcomes: Vec<_> = done.into_iter().flatten().collect();
    outcomes.sort_by_key(|(index, _)| *index);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

fn one(reader: &Reader<'_>, scanner: &Scanner, text: &CorpusText) -> Outcome {
    let mut file = scanner.file(&text.path);
    let bytes = match reader.read(text, |piece| file.push(piece)) {
        Ok(Content::Text(bytes)) => bytes,
        Ok(Content::Binary) => return Outcome::Binary,
        Ok(_) => return Outcome::Gone,
        Err(unread) => return Outcome::Unread(unread),
    };
    let mut found = file.finish();
    if !found.findings.is_empty() {
        match reader.added(text) {
            Ok(added) => {
                found.findings.retain(|finding| added.holds(finding.start.line..=finding.end.line));
            }
            Err(unread) => return Outcome::Unread(unread),
        }
    }
    Outcome::Searched { bytes, found }
}
