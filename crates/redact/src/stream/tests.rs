//! A text in pieces leaves as it would leave whole, wherever it is cut.

use proptest::prelude::*;

use super::{MOST_HELD, RedactingStream, STEP};
use crate::Redactor;
use crate::known::{STANDARD, base64_within};
use crate::tests::Draw;

/// What leaves of a text that comes in these pieces.
fn streamed<'p>(redactor: &Redactor, pieces: impl IntoIterator<Item = &'p [u8]>) -> String {
    let mut stream = RedactingStream::new(redactor.clone());
    let mut clean = String::new();
    for piece in pieces {
        stream.push(piece, &mut clean);
        let held = stream.window.len() - stream.begin;
        assert!(held <= 2 * MOST_HELD + stream.step, "{held} bytes wait");
    }
    let _ = stream.finish(&mut clean);
    clean
}

/// Secrets in their contexts, one on each line or more, between lines of something else.
fn secrets(draw: &mut Draw) -> Vec<String> {
    let body = |draw: &mut Draw, lines: usize| {
        (0..=lines).map(|line| draw.base64(if line < lines { 64 } else { 20 })).collect::<Vec<_>>()
    };
    let armoured = body(draw, 25).join("\n");
    let quoted = body(draw, 25).join("\" +\n    \"");
    let escaped = body(draw, 25).join("\\n");
    let marked = body(draw, 12).join("\n+");
    let token = format!("ghp_{}", draw.alnum(36));
    let inside = format!("name: web\npassword: {}\n", draw.alnum(24)).repeat(6);
    let digits = String::from_utf8(base64_within(inside.as_bytes(), 0, STANDARD)).unwrap();
    let wrapped = digits.as_bytes().chunks(60).map(|line| str::from_utf8(line).unwrap()).collect::<Vec<_>>();
    let hex: String = token.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let unicode: String = token.chars().map(|sign| format!("\\u{:04x}", u32::from(sign))).collect();
    vec![
        token.clone(),
        format!("data: {digits}"),
        wrapped.join("\n"),
        format!("|\n    {}", wrapped.join("\n    ")),
        format!("x={hex} y={percent} z=\"{unicode}\""),
        token.chars().flat_map(|sign| [sign, '\u{200b}']).collect(),
        format!("{}\\\n    {}", token.get(..20).unwrap(), token.get(20..).unwrap()),
        format!("password = \"{}\"", draw.alnum(20)),
        format!("url: https://ci:{}@git.test/app", draw.alnum(14)),
        format!("Authorization: Bearer {}", draw.alnum(40)),
        format!("-----BEGIN RSA PRIVATE KEY-----\n{armoured}\n-----END RSA PRIVATE KEY-----"),
        format!("-----BEGIN PRIVATE KEY-----\n{armoured}"),
        format!("let key = \"-----BEGIN PRIVATE KEY-----\" +\n    \"{quoted}\";"),
        format!(
            "{{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n{escaped}\\n-----END PRIVATE KEY-----\"}}"
        ),
        format!("+-----BEGIN EC PRIVATE KEY-----\n+{marked}\n+-----END EC PRIVATE KEY-----"),
        format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", draw.alnum(300), draw.alnum(43)),
        format!("- name: API_TOKEN\n  value: {}", draw.alnum(32)),
        format!("machine git.test\nlogin ada\npassword {}", draw.alnum(18)),
    ]
}

fn filler(draw: &mut Draw, lines: usize) -> String {
    let word = |draw: &mut Draw| {
        let length = 2 + draw.below(9);
        draw.text("abcdefghijklmnopqrstuvwxyz", length)
    };
    (0..lines).map(|_| (0..8).map(|_| word(draw)).collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn every_split_of_a_short_text_gives_the_same() {
    let redactor = Redactor::new();
    let mut draw = Draw(71);
    for secret in secrets(&mut draw) {
        let text = format!("{}{secret}\n{}", filler(&mut draw, 2), filler(&mut draw, 2));
        let whole = redactor.redact(&text).text.into_owned();
        assert_ne!(whole, text);
        for split in 0..=text.len() {
            let (before, after) = text.as_bytes().split_at(split);
            assert_eq!(streamed(&redactor, [before, after]), whole, "split at {split}");
        }
    }
}

/// The borders of windows come to lie everywhere in and around each secret.
#[test]
fn a_long_text_gives_the_same_wherever_a_window_ends() {
    let redactor = Redactor::new();
    let mut draw = Draw(72);
    for secret in secrets(&mut draw) {
        let after = filler(&mut draw, 1_200);
        for shift in (0..secret.len() + 200).step_by(secret.len() / 12 + 7) {
            // the first round is when this much has come
            let lead = super::AHEAD + STEP;
            for end in [lead, lead - super::AHEAD] {
                let before = filler(&mut draw, lead / 20);
                let text =
                    format!("{}\n{secret}\n{after}", before.get(..end + 100 - shift.min(end)).unwrap());
                let whole = redactor.redact(&text).text.into_owned();
                assert_eq!(streamed(&redactor, [text.as_bytes()]), whole, "shift {shift}");
                assert_eq!(streamed(&redactor, text.as_bytes().chunks(1_000)), whole, "shift {shift}");
            }
        }
    }
}

/// Dense text is searched in larger windows; what leaves of it is the same, and what follows it waits no longer than before.
#[test]
fn dense_text_waits_longer_and_leaves_the_same() {
    let redactor = Redactor::new();
    let mut draw = Draw(74);
    let dense: String = (0..6_000)
        .map(|line| {
            format!("SERVICE_{line}_TOKEN={}\nurl: https://ci:{}@git.test\n", draw.alnum(24), draw.alnum(12))
        })
        .collect();
    let text = dense + &filler(&mut draw, 4_000);
    let whole = redactor.redact(&text).text.into_owned();
    assert!(whole.matches("***").count() > 11_000);
    let mut stream = RedactingStream::new(redactor);
    let (mut clean, mut most, mut last) = (String::new(), 0, 0);
    for piece in text.as_bytes().chunks(1_024) {
        stream.push(piece, &mut clean);
        last = stream.window.len() - stream.begin;
        most = most.max(last);
    }
    let room = super::AHEAD + super::LINE + 1_024;
    assert!((2 * STEP..room + super::DENSE_STEP).contains(&most), "{most} bytes wait");
    assert!(last < room + STEP, "{last} bytes wait");
    let _ = stream.finish(&mut clean);
    assert_eq!(clean, whole);
}

/// What has begun and does not end is replaced rather than let through, and what follows it is seen again.
#[test]
fn what_is_held_too_long_is_replaced() {
    let redactor = Redactor::new();
    let mut draw = Draw(73);
    let body =
        |draw: &mut Draw, size: usize| (0..size / 65).map(|_| draw.base64(64) + "\n").collect::<String>();
    let key = body(&mut draw, 300_000);
    let token = draw.alnum(200_000);
    let literals = body(&mut draw, 100_000).replace('\n', "\" +\n    \"");
    let encoded = base64_within(filler(&mut draw, 1_500).as_bytes(), 0, STANDARD);
    let encoded: Vec<_> = encoded.chunks(76).map(|line| str::from_utf8(line).unwrap().to_owned()).collect();
    let after = format!("then\nghp_{}\nend\n", draw.alnum(36));
    for (secret, rest) in [
        (format!("-----BEGIN RSA PRIVATE KEY-----\n{key}"), "-----END RSA PRIVATE KEY-----\n"),
        (format!("-----BEGIN RSA PRIVATE KEY-----\n{key}"), "$ \n"),
        (format!("let key = \"-----BEGIN PRIVATE KEY-----\" +\n    \"{literals}"), "\";\n"),
        (format!("// \"-----BEGIN PRIVATE KEY-----\" +\n//   \"{}", literals.replace('\n', "\n//")), "\";\n"),
        (format!("token=\"ghp_{token}"), "\"\n"),
        (format!("password = {token}"), "\n"),
        (encoded.join("\n") + "\n", "$ \n"),
        (encoded.concat(), " \n"),
    ] {
        let text = format!("{}{secret}{rest}{after}", filler(&mut draw, 30));
        for size in [700, 16_384, usize::MAX] {
            let clean = streamed(&redactor, text.as_bytes().chunks(size.min(text.len())));
            // literals have a placeholder each, with what joins them
            let literals = secret.contains("\" +\n");
            assert!(clean.len() < if literals { 40_000 } else { 20_000 }, "{} bytes", clean.len());
            for (place, part) in secret.as_bytes().windows(16).enumerate().step_by(97).skip(6) {
                let part = std::str::from_utf8(part).unwrap();
                assert!(!clean.contains(part), "byte {place} of {:?}", secret.get(..20));
            }
            // one for what was held, one for the token that follows
            let most = if literals { secret.len() / 64 } else { 3 };
            assert!(clean.matches("***").count() <= most, "{:?}: {clean}", secret.get(..20));
            assert!(
                clean.ends_with("then\n***\nend\n"),
                "{:?} in pieces of {size}: {:?}",
                secret.get(..20),
                clean.get(clean.len().saturating_sub(300)..)
            );
        }
    }
}

/// A key cut into literals has a finding for each; the later ones are told by the first, wherever windows end.
#[test]
fn a_long_key_in_literals_goes_whole() {
    let redactor = Redactor::new();
    let mut draw = Draw(76);
    let body = (0..300).map(|_| format!("\" +\n    \"{}", draw.base64(64))).collect::<String>();
    let key =
        format!("let key = \"-----BEGIN PRIVATE KEY-----{body}\" +\n    \"-----END PRIVATE KEY-----\";\n");
    for lines in (0..1_200).step_by(150) {
        let text = format!("{}{key}{}", filler(&mut draw, lines), filler(&mut draw, 900));
        let whole = redactor.redact(&text).text.into_owned();
        for size in [1_000, 16_384, usize::MAX] {
            assert_eq!(streamed(&redactor, text.as_bytes().chunks(size.min(text.len()))), whole);
        }
    }
}

/// Long runs that hold no text are what they are: lists of hashes, images, a line of one letter.
#[test]
fn what_is_long_and_holds_nothing_leaves() {
    let redactor = Redactor::new();
    let mut draw = Draw(75);
    let hashes = (0..3_000).map(|_| draw.hex(40) + "\n").collect::<String>();
    let image = (0..1_500).map(|_| draw.base64(76) + "\n").collect::<String>();
    for text in [hashes, image.clone(), image.replace('\n', ""), "a".repeat(150_000), "=".repeat(150_000)] {
        for size in [700, 16_384, usize::MAX] {
            assert!(
                streamed(&redactor, text.as_bytes().chunks(size.min(text.len()))) == text,
                "{:?}",
                text.get(..40)
            );
        }
    }
}

#[test]
fn bytes_that_are_no_text_leave_as_one_sign_each() {
    let redactor = Redactor::new();
    let bytes = b"caf\xc3\xa9 \xff\xfe \xf0\x9f\x98\x80 \xe2\x82 x \xf0\x9f";
    let whole = String::from_utf8_lossy(bytes).into_owned();
    for split in 0..=bytes.len() {
        let (before, after) = bytes.split_at(split);
        assert_eq!(streamed(&redactor, [before, after]), whole, "split at {split}");
    }
    assert_eq!(streamed(&redactor, bytes.chunks(1)), whole);
}

#[test]
fn a_known_value_longer_than_a_window_is_held() {
    let mut draw = Draw(74);
    let value = filler(&mut draw, 400).replace('\n', " ");
    assert!(value.len() > MOST_HELD / 2);
    let redactor = Redactor::new().with_known_values([&value]);
    let text = format!("{}{value}{}", filler(&mut draw, 900), filler(&mut draw, 2_000));
    let whole = redactor.redact(&text).text.into_owned();
    assert!(whole.contains("***"));
    for size in [999, 16_384, usize::MAX] {
        assert_eq!(streamed_unbounded(&redactor, &text, size), whole);
    }
}

/// The same without the bound, which such a value moves.
fn streamed_unbounded(redactor: &Redactor, text: &str, size: usize) -> String {
    let mut stream = RedactingStream::new(redactor.clone());
    let mut clean = String::new();
    text.as_bytes().chunks(size.min(text.len())).for_each(|piece| stream.push(piece, &mut clean));
    let _ = stream.finish(&mut clean);
    clean
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_in_any_pieces(bytes in prop::collection::vec(any::<u8>(), 0..400), size in 1..50_usize) {
        let redactor = Redactor::new();
        let whole = redactor.redact(&String::from_utf8_lossy(&bytes)).text.into_owned();
        prop_assert_eq!(streamed(&redactor, bytes.chunks(size)), whole);
    }
}
