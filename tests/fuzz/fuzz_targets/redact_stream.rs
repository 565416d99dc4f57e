//! A text in pieces to the redactor, with a token and a known value somewhere in it: neither leaves, wherever windows end, and what
//! leaves is not much longer than what came.
#![no_main]

use gitoma_redact::{RedactingStream, Redactor};
use libfuzzer_sys::fuzz_target;

const KNOWN: &str = "correct-horse-1";

fuzz_target!(|input: (Vec<u8>, u16, u8, u8)| {
    let (mut text, place, piece, repeats) = input;
    // long enough, now and then, that windows end within it
    text = text.repeat(usize::from(repeats) % 64 + 1);
    let body = ["a1B2c3D4", "e5F6g7H8i9J0k1L2", "m3N4o5P6q7R8"].concat();
    let planted = format!(" ghp_{body} {KNOWN} ");
    let place = usize::from(place) * text.len() / usize::from(u16::MAX);
    text.splice(place..place, planted.bytes());
    let redactor = Redactor::new().with_known_values([KNOWN]);
    let mut stream = RedactingStream::new(redactor.clone());
    let mut clean = String::new();
    for piece in text.chunks(usize::from(piece) * 97 + 1) {
        stream.push(piece, &mut clean);
    }
    let _ = stream.finish(&mut clean);
    assert!(!clean.contains(&body) && !clean.contains(KNOWN));
    assert!(clean.len() <= 3 * text.len() + 64);
});
