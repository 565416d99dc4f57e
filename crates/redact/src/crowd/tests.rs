use serde_json::Value;

use crate::tests::Draw;
use crate::{PLACEHOLDER, RedactingStream, Redactor};

/// Settings with a secret each, of 20 bytes.
fn settings(draw: &mut Draw, count: usize, end: &str) -> String {
    (0..count).map(|_| format!("password='{}'{end}", draw.alnum(8))).collect()
}

fn redact(text: &str) -> String {
    Redactor::new().redact(text).text.into_owned()
}

fn streamed(text: &str, size: usize) -> String {
    let (mut stream, mut clean) = (RedactingStream::new(Redactor::new()), String::new());
    for piece in text.as_bytes().chunks(size) {
        stream.push(piece, &mut clean);
    }
    let _ = stream.finish(&mut clean);
    clean
}

#[test]
fn of_a_crowd_the_line_ends_stay_and_nothing_else() {
    let mut draw = Draw(4);
    let apart = redact(&settings(&mut draw, 127, "\n"));
    assert_eq!(apart, "password='***'\n".repeat(127));
    let crowd = redact(&format!("first\n{}last\n", settings(&mut draw, 128, "\r\n")));
    let lines = "***\r\n".repeat(127);
    assert_eq!(crowd, format!("first\npassword='{lines}***'\r\nlast\n"));
    let line = redact(&format!("first {} last\n", settings(&mut draw, 400, " ")));
    assert_eq!(line, "first password='***'  last\n");
    assert_eq!(redact(&crowd), crowd);
}

#[test]
fn far_from_each_other_many_are_no_crowd() {
    let mut draw = Draw(5);
    let line: String = (0..600).map(|_| format!("password='{}' ", draw.alnum(38))).collect();
    assert_eq!(redact(&line), "password='***' ".repeat(600));
    let lines: String = (0..600).map(|_| format!("password='{}'\n", draw.alnum(16))).collect();
    assert_eq!(redact(&lines), "password='***'\n".repeat(600));
    let commented = |draw: &mut Draw| {
        format!("{}# a word or two about it, for who comes later\n", settings(draw, 1, " "))
    };
    let text: String = (0..1_000).map(|_| commented(&mut draw)).collect();
    let clean = redact(&text);
    assert_eq!(clean.matches("password='***' # a word").count(), 1_000);
}

#[test]
fn a_search_lists_each_of_a_crowd() {
    let text = settings(&mut Draw(6), 300, "\n");
    assert_eq!(Redactor::new().find(&text).len(), 300);
}

#[test]
fn json_with_a_crowd_stays_json() {
    let mut draw = Draw(7);
    let entries: Vec<String> =
        (0..400).map(|_| format!("{{\"token\":\"{}\",\"n\":1}}", draw.alnum(20))).collect();
    let text = format!("{{\"before\":\"kept\",\"all\":[{}],\"after\":[true,\"kept\"]}}", entries.join(","));
    let clean = redact(&text);
    let value: Value = serde_json::from_str(&clean).unwrap();
    assert_eq!((&value["before"], &value["after"][1]), (&Value::from("kept"), &Value::from("kept")));
    assert_eq!(value["all"].as_array().unwrap().len(), 400);
    assert!(!entries.iter().any(|entry| clean.contains(entry.get(10..30).unwrap())));
    assert_eq!(redact(&clean), clean);
}

#[test]
fn a_crowd_in_pieces_leaves_as_it_would_leave_whole() {
    let mut draw = Draw(8);
    for end in ["\n", " ", ", "] {
        for count in [128, 200, 1_000, 9_000] {
            let words = "nothing that anybody would hide\n".repeat(draw.below(900));
            let text = format!("{words}{}\n{words}", settings(&mut draw, count, end));
            let whole = redact(&text);
            for size in [700, 4_096, 50_000, 300_000] {
                assert!(streamed(&text, size) == whole, "{count} that end with {end:?}, in pieces of {size}");
            }
            assert!(whole.contains(PLACEHOLDER));
        }
    }
}

#[test]
fn what_stands_between_two_crowds_stays() {
    let mut draw = Draw(9);
    let words = "nothing that anybody would hide\n".repeat(3_000);
    let crowd = settings(&mut draw, 128, "\n");
    let clean = redact(&format!("{crowd}{words}{}", settings(&mut draw, 128, "\n")));
    assert!(clean.contains(&words));
}

#[test]
fn what_may_not_be_shown_at_all_is_noticed_in_a_crowd() {
    let mut draw = Draw(10);
    let token = format!("ghp_{}", draw.alnum(36));
    let text = format!("{}{token} {}", settings(&mut draw, 100, " "), settings(&mut draw, 100, " "));
    let blocked =
        Redactor::new().redact(&token).findings.iter().map(|found| found.rule.to_owned()).next().unwrap();
    let (redactor, watch) = Redactor::new().with_blocked([blocked.as_str()]).watched().unwrap();
    assert_eq!(redactor.redact(&text).text.matches(PLACEHOLDER).count(), 1, "one crowd");
    assert_eq!(watch.seen().map(ToString::to_string), Some(blocked));
}

/// What a stream keeps of a crowd that it holds back may begin within a secret, which nothing in the rest tells.
#[test]
fn no_secret_leaves_at_the_seam_of_a_crowd_that_is_held() {
    for phase in 0..48 {
        let mut draw = Draw(11);
        let mut secrets = Vec::new();
        let mut text = "-".repeat(phase);
        while text.len() < 80_000 {
            // as far apart as a crowd allows, and one that is farther just where the tail begins
            let at_tail = (57_296..57_344).contains(&(text.len() + "password='".len()));
            let filler = if at_tail { 59 } else { 12 };
            let secret = draw.alnum(24);
            text.push_str(&format!("password='{secret}' {}", "-".repeat(filler)));
            secrets.push(secret);
        }
        let clean = streamed(&text, 65_536);
        let left = secrets.iter().find(|secret| clean.contains(secret.get(8..).unwrap_or_default()));
        assert_eq!(left, None, "phase {phase}");
    }
}
