//! `gitoma redact`: a filter.

use crate::support::{Place, feed, token};

#[test]
fn secrets_become_stars_and_the_rest_stays() {
    let place = Place::new();
    let token = token();
    let filter = |input: &[u8]| feed(place.command(&["redact"]), input).ends(0).out;
    for (input, expected) in [
        ("plain text\nand more".to_owned(), "plain text\nand more".to_owned()),
        (String::new(), String::new()),
        (format!("token: {token}\nnext line\n"), "token: ***\nnext line\n".to_owned()),
    ] {
        let redacted = filter(input.as_bytes());
        assert_eq!(redacted, expected);
        assert_eq!(filter(redacted.as_bytes()), redacted, "idempotent");
    }
    // No UTF-8 is no reason to let a secret pass.
    let mut bytes = b"\xff\xfe ".to_vec();
    bytes.extend_from_slice(token.as_bytes());
    let redacted = filter(&bytes);
    assert!(redacted.starts_with("\u{fffd}\u{fffd} ") && !redacted.contains(&token), "{redacted:?}");
}

#[test]
fn a_secret_is_found_wherever_a_reader_would_cut() {
    let place = Place::new();
    let token = token();
    let mut input = String::new();
    for padding in 0..64 {
        input.push_str(&"x".repeat(8_192 - padding));
        input.push_str(&format!("\n{token}\n"));
    }
    let redacted = feed(place.command(&["redact"]), input.as_bytes()).ends(0).out;
    assert_eq!(redacted.matches("\n***\n").count(), 64);
    assert!(!redacted.contains("ghp_"));
}

#[test]
fn what_has_no_end_is_replaced_and_no_more() {
    let place = Place::new();
    let token = token();
    let words = "some words on one line, ".repeat(100_000);
    let run = format!("ghp_{}", "a1B2c3".repeat(200_000));
    let input = format!("{words}\n{run}\n{words}{token}\n");
    let said = feed(place.command(&["redact"]), input.as_bytes()).ends(0);
    assert_eq!(said.out, format!("{words}\n***\n{words}***\n"));
    place.gitoma(&["redact", "file.txt"]).ends(2);
}

#[test]
fn a_policy_adds_to_what_is_replaced() {
    let place = Place::new();
    let policy = place.file(
        "own.yaml",
        "version: 1\nredact:\n  patterns: [{ id: acme, pattern: 'ACME-[0-9]{6}' }]\n  names: [db_conn]\n",
    );
    let input = format!("ticket ACME-123456\ndb_conn = plainword\nkey {}\n", token());
    let filter = |arguments: &[&str]| feed(place.command(arguments), input.as_bytes());
    let plain = filter(&["redact"]).ends(0).out;
    assert_eq!(plain, input.replace(&token(), "***"));
    assert_eq!(filter(&["redact", "--policy", &policy]).ends(0).out, "ticket ***\ndb_conn = ***\nkey ***\n");
    place.file("own.yaml", "version: 1\nredact: { patterns: [{ id: any, pattern: '.*' }] }\n");
    for missing in [&policy, "none.yaml"] {
        assert_eq!(filter(&["redact", "--policy", missing]).ends(2).out, "", "nothing passes");
    }
}

/// A file of an editor that writes UTF-16, and output with a control character within a secret.
#[test]
fn what_is_not_seen_hides_nothing() {
    let place = Place::new();
    let wide: Vec<u8> =
        format!("\u{feff}token = {}\r\n", token()).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let redacted = feed(place.command(&["redact"]), &wide).ends(0).out;
    assert!(redacted.replace('\0', "").ends_with("token = ***\r\n"), "{redacted:?}");
    let token = token();
    let (head, tail) = token.split_at(12);
    let redacted =
        feed(place.command(&["redact"]), format!("{head}\u{8}{tail} end\n").as_bytes()).ends(0).out;
    assert_eq!(redacted, "*** end\n");
}

/// What a configuration says is secret on this machine, whatever it looks like and however it is spelled.
#[test]
fn values_of_the_environment_do_not_come_out() {
    let place = Place::new();
    place.file("web/notes.txt", "the word is swordfish-and-chips, or c3dvcmRmaXNoLWFuZC1jaGlwcw==\n");
    let config = place.file("secret.yaml", "redact: { environment: [HOUSE_WORD] }\n");
    let call = |word: Option<&str>| {
        let arguments =
            ["call", "repo_read_file", "--arg", "path=notes.txt", "--repo", "web", "--state", "state"];
        let mut command = place.command(&[&arguments[..], &["--config", &config]].concat());
        command.envs(word.map(|word| ("HOUSE_WORD", word)));
        feed(command, b"")
    };
    let said = call(Some("swordfish-and-chips")).ends(0);
    assert_eq!(said.json()["content"], "the word is ***, or ***\n");
    for word in [None, Some(""), Some("short")] {
        let said = call(word).ends(2);
        assert!(said.err.contains("`redact.environment`") && !said.err.contains("short\n"), "{}", said.err);
    }
}
