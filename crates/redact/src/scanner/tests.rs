//! What a scan says of a file: places, fingerprints that stay, comments, and that windows change nothing.

use super::window::Size;
use super::{Baseline, BaselineError, FindingFingerprint, Scanner};
use crate::tests::Draw;
use crate::{Fingerprint, Redactor};

fn scanner() -> Scanner {
    Scanner::new(Redactor::new())
}

fn token(draw: &mut Draw) -> String {
    format!("ghp_{}", draw.alnum(36))
}

/// Line, column and rule of each finding.
fn places(text: &str) -> Vec<(u64, u64, &'static str)> {
    let found = scanner().scan(b"a.txt", text);
    found.findings.iter().map(|finding| (finding.start.line, finding.start.column, finding.rule)).collect()
}

fn fingerprints(path: &str, text: &str) -> Vec<FindingFingerprint> {
    scanner().scan(path.as_bytes(), text).findings.iter().map(|finding| finding.fingerprint).collect()
}

#[test]
fn places_are_those_an_editor_shows() {
    let mut draw = Draw(1);
    let (one, two) = (token(&mut draw), token(&mut draw));
    let text = format!("é plain\r\nkey é {one} and {two}\r\n\r\n{one}");
    assert_eq!(places(&text), [(2, 7, "github-token"), (2, 52, "github-token"), (4, 1, "github-token")]);
    let found = scanner().scan(b"a.txt", &text);
    for (finding, value) in found.findings.iter().zip([&one, &two, &one]) {
        let span = finding.span.start as usize..finding.span.end as usize;
        assert_eq!(text.get(span).unwrap(), value);
        assert_eq!(finding.end.line, finding.start.line);
        assert_eq!(finding.end.column - finding.start.column, value.chars().count() as u64);
    }
}

#[test]
fn bytes_that_are_no_text_keep_spans_true() {
    let token = token(&mut Draw(2));
    let mut bytes = b"\xff\xfecaf\xe9 \xe2\x82 ".to_vec();
    let start = bytes.len() as u64;
    bytes.extend_from_slice(token.as_bytes());
    bytes.extend_from_slice(b" \xe2\x82");
    for size in [1, 2, 3, 7, 1_000] {
        let scanner = scanner();
        let mut file = scanner.file(b"latin.txt");
        bytes.chunks(size).for_each(|piece| file.push(piece));
        let found = file.finish().findings;
        assert_eq!(found.len(), 1, "pieces of {size}");
        assert_eq!(found[0].span, start..start + token.len() as u64);
        assert_eq!((found[0].start.line, found[0].start.column), (1, 11));
    }
}

#[test]
fn a_fingerprint_stays_when_lines_move_and_says_nothing_of_the_value() {
    let mut draw = Draw(3);
    let (one, two) = (token(&mut draw), token(&mut draw));
    let before = fingerprints("a.txt", &format!("x = {one}\n"));
    let moved = fingerprints("a.txt", &format!("// new\r\n\r\n   x = {two}\r\n"));
    assert_eq!(before, moved, "neither place nor value nor indentation counts");
    let other = [
        fingerprints("b.txt", &format!("x = {one}\n")),
        fingerprints("a.txt", &format!("y = {one}\n")),
        fingerprints("a.txt", &format!("x = sk_live_{}\n", draw.alnum(24))),
    ];
    for other in other {
        assert_eq!(other.len(), 1);
        assert_ne!(before, other);
    }
    let twice = fingerprints("a.txt", &format!("x = {one}\nx = {two}\nx = {one}\n"));
    assert_eq!(twice[0], before[0]);
    assert!(twice[0] != twice[1] && twice[1] != twice[2], "each of its kind has its own");
    assert_eq!(FindingFingerprint::parse(&before[0].to_string()), Some(before[0]));
    assert_eq!(FindingFingerprint::parse(&before[0].to_string().to_uppercase()), None);
}

#[test]
fn neither_debug_nor_a_baseline_holds_a_value() {
    let mut draw = Draw(4);
    let value = token(&mut draw);
    let text = format!("key {value}\n");
    let scanner = scanner();
    let mut file = scanner.file(b"a.txt");
    file.push(text.as_bytes());
    let found = scanner.scan(b"a.txt", &text);
    let mut baseline = Baseline::default();
    baseline.add("a.txt", 1, found.findings[0].rule, found.findings[0].fingerprint);
    let said =
        format!("{found:?} {baseline:?} {} {:?}", baseline.to_json(), scanner.value_fingerprints(&text));
    assert!(said.contains("github-token"));
    assert!(!said.contains(&value) && !said.contains(value.get(4..20).unwrap()));
    assert!(!format!("{file:?}").contains(value.get(4..20).unwrap()), "what waits does not show");
}

#[test]
fn comments_allow_their_line_and_the_next_one() {
    let token = token(&mut Draw(5));
    let allowed = |text: &str| {
        let found = scanner().scan(b"a", text);
        assert_eq!(found.findings.len() as u64 + found.allowed, 1, "{text:?}");
        let strict = scanner().without_inline().scan(b"a", text);
        assert_eq!((strict.findings.len(), strict.allowed), (1, 0));
        found.allowed == 1
    };
    for text in [
        format!("k = {token} # gitoma:allow-secret\n"),
        format!("k = {token} // a test key; gitoma:allow-secret: expired\n"),
        format!("# gitoma:allow-secret\nk = {token}\n"),
        format!("  <!-- gitoma:allow-secret: expired -->\r\n{token}\r\n"),
        format!("-- gitoma:allow-secret\n{token}"),
    ] {
        assert!(allowed(&text), "{text:?}");
    }
    for text in [
        format!("# gitoma:allow-secrets\n{token}\n"),
        format!("# xgitoma:allow-secret\n{token}\n"),
        format!("other = 1 # gitoma:allow-secret\n{token}\n"),
        format!("# gitoma:allow-secret\n\n{token}\n"),
        format!("{token}\n# gitoma:allow-secret\n"),
    ] {
        assert!(!allowed(&text), "{text:?}");
    }
    // within the secret itself it is no comment
    let phrase = format!("{} gitoma:allow-secret", Draw(11).alnum(24));
    assert!(!allowed(&format!("db_password = \"{phrase}\"\n")));
}

#[test]
fn a_key_is_allowed_by_the_line_that_opens_it() {
    let mut draw = Draw(6);
    let body: Vec<String> = (0..4).map(|_| draw.base64(64)).collect();
    let key = |mark: &str, before: &str| {
        let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
        format!("{before}{begin}{mark}\n{}\n{end}\n", body.join("\n"))
    };
    let found = scanner().scan(b"a", &key("", ""));
    assert_eq!((found.findings.len(), found.allowed), (1, 0));
    assert_eq!((found.findings[0].start.line, found.findings[0].end.line), (2, 5));
    let found = scanner().scan(b"a", &key("", "# gitoma:allow-secret\n"));
    assert_eq!((found.findings.len(), found.allowed), (0, 1));
}

/// Many windows, with secrets around every edge, and on a line without end.
#[test]
fn windows_change_nothing() {
    let mut draw = Draw(7);
    for separator in ["\n", " "] {
        let mut text = String::new();
        let mut expected = Vec::new();
        while text.len() < 300_000 {
            text.push_str(&format!("some words {}", "that say nothing. ".repeat(draw.below(200))));
            text.push_str(separator);
            expected.push(text.len() as u64);
            text.push_str(&token(&mut draw));
            text.push_str(separator);
        }
        let scanner = scanner();
        let mut file = scanner.in_windows(b"large", Size { new: 70_000, ahead: 20_000 });
        file.push(text.as_bytes());
        let found = file.finish();
        let starts: Vec<u64> = found.findings.iter().map(|finding| finding.span.start).collect();
        assert_eq!(starts, expected);
        for finding in &found.findings {
            let before = text.get(..finding.span.start as usize).unwrap();
            let line = before.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1;
            let column = before.len() - before.rfind('\n').map_or(0, |feed| feed + 1) + 1;
            assert_eq!((finding.start.line, finding.start.column), (line, column as u64));
        }
        let mut seen: Vec<_> = found.findings.iter().map(|finding| finding.fingerprint).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), expected.len(), "each is told from the others");
    }
}

#[test]
fn a_secret_longer_than_what_is_looked_ahead_is_whole() {
    let mut draw = Draw(12);
    for before in [5_000, 60_000, 90_000, 105_000, 125_000] {
        let value = draw.alnum(30_000);
        let text = format!("{}db_password = \"{value}\" {}", "a ".repeat(before / 2), "b ".repeat(60_000));
        let scanner = scanner();
        let mut file = scanner.in_windows(b"long", Size { new: 70_000, ahead: 20_000 });
        file.push(text.as_bytes());
        let found = file.finish();
        assert_eq!(found.findings.len(), 1, "{before} bytes before it");
        assert_eq!(found.findings[0].span.end - found.findings[0].span.start, 30_000);
    }
}

#[test]
fn findings_of_a_file_are_bounded() {
    let token = token(&mut Draw(8));
    let found = scanner().scan(b"a", &format!("{token}\n").repeat(12_000));
    assert_eq!((found.findings.len(), found.omitted), (10_000, 2_000));
}

#[test]
fn a_baseline_is_read_as_it_was_written_and_nothing_else_is() {
    let mut draw = Draw(9);
    let text = format!("{0}\nk {0}\n", token(&mut draw));
    let found = scanner().scan(b"b/a", &text);
    let mut baseline = Baseline::default();
    for finding in found.findings.iter().rev() {
        baseline.add("b/a", finding.start.line, finding.rule, finding.fingerprint);
    }
    let json = baseline.to_json();
    let read = Baseline::parse(&json).unwrap();
    assert_eq!((read.to_json(), read.len()), (json.clone(), 2));
    assert!(found.findings.iter().all(|finding| read.holds(&finding.fingerprint)));
    let first = json.find("\"line\": 1").unwrap();
    assert!(first < json.find("\"line\": 2").unwrap(), "sorted by place: {json}");

    let refused = |text: &str| Baseline::parse(text).unwrap_err();
    assert!(matches!(refused(""), BaselineError::Shape { line: 1, .. }));
    assert!(matches!(refused(&json.replace("\"rule\"", "\"value\"")), BaselineError::Shape { .. }));
    assert!(matches!(refused(&json.replacen('{', "{\"more\": 1,", 1)), BaselineError::Shape { .. }));
    assert_eq!(refused(&json.replace("\"version\": 1", "\"version\": 2")), BaselineError::Version);
    let broken = json.replacen(&found.findings[0].fingerprint.to_string(), "secret-of-somebody", 1);
    assert_eq!(refused(&broken), BaselineError::Fingerprint { entry: 1 });
    assert!(!refused(&broken).to_string().contains("somebody"));
}

/// What a policy allows by these fingerprints shows, whatever found it.
#[test]
fn value_fingerprints_suffice_or_say_that_they_do_not() {
    let mut draw = Draw(10);
    let token = token(&mut draw);
    for text in [
        format!("api_token = {token}\n"),
        format!("db_password: \"{}\"\n", draw.alnum(16)),
        format!("url: https://ci:{}@git.test/app\n", draw.alnum(16)),
    ] {
        let values = scanner().value_fingerprints(&text);
        assert_eq!(values.len(), 1, "{text}");
        assert!(values[0].suffice, "{text}");
        let redactor = Redactor::new().with_allowances(values[0].fingerprints.iter().copied());
        assert_eq!(redactor.find(&text), []);
    }
    let values = scanner().value_fingerprints(&token);
    assert_eq!(values[0].fingerprints, [Fingerprint::of(&token)]);
    let told = Scanner::new(Redactor::new().with_known_values(["correct-horse-battery"]));
    let values = told.value_fingerprints("it is correct-horse-battery");
    assert!(!values[0].suffice, "what is known to be secret never shows");
}
