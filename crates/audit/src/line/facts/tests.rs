use std::{collections::BTreeSet, fs};

use tempfile::tempdir;

use super::Facts;
use crate::{
    digest::Digest,
    folder,
    line::{FORMAT, HASH_KEY, SUFFIX_BYTES, entry::Entry, read},
    specimen,
    verify::fault::FaultClass,
};

/// Ends a body with its right hash.
pub(crate) fn sealed(body: &[u8]) -> Vec<u8> {
    let mut line = body.to_vec();
    line.extend_from_slice(format!("{HASH_KEY}{}\"}}", Digest::of(body)).as_bytes());
    line
}

fn of(entry: &Entry) -> Facts {
    Facts {
        chain_id: entry.chain_id,
        seq: entry.seq,
        moment: entry.moment,
        kind: entry.kind,
        call_id: entry.call_id,
        ref_seq: entry.ref_seq,
        uncovered: entry.uncovered,
        known_format: entry.format.as_deref() == Some(FORMAT),
        first_seq: entry.first_seq,
        prev_segment_sha256: entry.prev_segment_sha256,
        next_segment: entry.next_segment.as_deref().and_then(folder::first_seq),
        prev_hash: entry.prev_hash,
        entry_hash: entry.entry_hash,
    }
}

/// What a body with its right hash gives, whichever way it is read.
fn given(body: &[u8]) -> Result<Facts, FaultClass> {
    let line = sealed(body);
    let facts = read::check(&line);
    assert_eq!(facts, read::read(&line).as_ref().map(of).map_err(|class| *class), "{}", body.escape_ascii());
    facts
}

/// Bytes that mean something in a line, and some that never may stand there.
const BYTES: &[u8] = b"\"\\,:{}[]0179.-eafgAZuT \0\t\r\x1f\x7f\x80\xa8\xc2\xe2\xef\xff";

/// Who only verifies sees what a reader sees: every changed byte of every line of a log, hashed anew.
#[test]
fn a_line_is_checked_as_it_is_read() {
    let state = tempdir().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test's own log")]
    let [document, second] =
        [specimen::document(&state.path().join("1")), specimen::rotated(&state.path().join("2"))[1].clone()]
            .map(|segment| fs::read_to_string(segment).unwrap());
    // a genesis, a refusal with all lists, and the begin of a segment
    let lines =
        [0, 5].map(|line| document.lines().nth(line).unwrap()).into_iter().chain(second.lines().take(1));
    let mut seen = BTreeSet::new();
    for line in lines {
        let body = &line.as_bytes()[..line.len() - SUFFIX_BYTES];
        given(body).unwrap();
        for place in 0..body.len() {
            let (before, after) = body.split_at(place);
            for byte in BYTES {
                let _ = given(&[before, &[*byte], &after[1..]].concat())
                    .map_err(|class| seen.insert(class.as_str()));
            }
            let _ = given(&[before, &after[1..]].concat());
            let _ = given(&[before, b"\"", after].concat());
        }
    }
    let telling = "carriage_return nul_byte invalid_utf8 unsupported_version malformed unknown_key bad_type bad_number bad_string bad_value";
    for class in telling.split(' ') {
        assert!(seen.contains(class), "{class}");
    }
}
