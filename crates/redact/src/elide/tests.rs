use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::elide;
use crate::Redactor;
use crate::known::{STANDARD, base64_within};
use crate::tests::Draw;

/// Bytes as an image has them, and their base64.
fn image(draw: &mut Draw, size: usize) -> (Vec<u8>, String) {
    let bytes: Vec<u8> = (0..size).map(|_| u8::try_from(draw.below(256)).unwrap()).collect();
    // groups of three, so that nothing is left over
    let digits = base64_within(&bytes, 0, STANDARD);
    (bytes, String::from_utf8(digits).unwrap())
}

fn marker(bytes: &[u8]) -> String {
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("[base64 payload of {} bytes elided, sha256:{digest}]", bytes.len())
}

#[test]
fn a_payload_becomes_its_digest_and_the_rest_stays() {
    let mut draw = Draw(81);
    let (bytes, digits) = image(&mut draw, 6_000);
    let marker = marker(&bytes);
    let wrapped = |width: usize, feed: &str| {
        let lines: Vec<_> =
            digits.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
        lines.join(feed)
    };
    for payload in [
        digits.clone(),
        format!("{digits}=="),
        digits.replace('+', "-").replace('/', "_"),
        wrapped(76, "\n"),
        wrapped(64, "\r\n"),
        wrapped(76, "\n    "),
        wrapped(76, "\\n"),
    ] {
        for (before, after) in [
            ("", ""),
            ("<img src=\"data:image/png;base64,", "\">\n<p>text</p>"),
            ("{\"image/png\": \"", "\"}"),
            ("a\n\n", "\n\nb"),
        ] {
            let text = format!("{before}{payload}{after}");
            let elided = elide(&text);
            assert_eq!((elided.text, elided.payloads), (format!("{before}{marker}{after}").into(), 1));
        }
    }
    let text = format!("{digits} and {digits}\n");
    assert_eq!(elide(&text).text, format!("{marker} and {marker}\n"));
}

/// The letter of an escape is a digit too, and belongs to its backslash.
#[test]
fn a_payload_behind_an_escape_leaves_it_whole() {
    let mut draw = Draw(84);
    let (bytes, digits) = image(&mut draw, 6_000);
    let marker = marker(&bytes);
    for before in ["\n", "\r\n", "a\t", "\u{1}", "\u{7f}\0", "\\", "\\\n", "\"", "end\\\\", "é\r"] {
        let text = format!("{before}{digits}\nend");
        let json = serde_json::to_string(&text).unwrap();
        let elided = elide(&json);
        let read: String =
            serde_json::from_str(&elided.text).unwrap_or_else(|error| panic!("{before:?}: {error}"));
        assert_eq!((read, elided.payloads), (format!("{before}{marker}\nend"), 1), "{before:?}");
    }
    let slashed = elide(&format!("\\/{digits}")).text.into_owned();
    assert_eq!(slashed, format!("\\/{marker}"));
}

#[test]
fn what_is_read_stays() {
    let mut draw = Draw(82);
    let (_, short) = image(&mut draw, 3_000);
    let hashes: String = (0..400).map(|_| draw.hex(40) + "\n").collect();
    let words: String = (0..2_000).map(|_| draw.alnum(12) + " ").collect();
    for text in [
        short,
        hashes,
        words,
        "a".repeat(20_000),
        "abc123".repeat(2_000),
        "====".repeat(3_000),
        "x + y / z\n".repeat(2_000),
        "🙂".repeat(5_000),
    ] {
        assert!(matches!(elide(&text).text, Cow::Borrowed(_)), "{:?}", text.get(..60));
    }
}

#[test]
fn a_marker_is_left_alone() {
    let (bytes, _) = image(&mut Draw(83), 6_000);
    let marker = marker(&bytes);
    assert_eq!(elide(&marker).payloads, 0);
    assert_eq!(Redactor::new().redact(&format!("\"secret\": \"{marker}\"")).findings.len(), 0);
}
