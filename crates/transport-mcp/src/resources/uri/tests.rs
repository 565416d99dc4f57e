use proptest::prelude::*;
use serde_json::json;

use super::*;

fn call(text: &str) -> Option<(&'static str, Value)> {
    ResourceUri::parse(text).map(|uri| uri.call()).map(|(tool, arguments)| (tool, Value::Object(arguments)))
}

#[test]
fn a_file_and_a_folder_are_told_apart_by_the_slash_at_the_end() {
    for (text, tool, arguments) in [
        ("repo://demo/", LIST_FOLDER, json!({"repo": "demo"})),
        ("repo://acme%2Fweb/", LIST_FOLDER, json!({"repo": "acme/web"})),
        ("repo://acme%2Fweb/src/main.rs", READ_FILE, json!({"repo": "acme/web", "path": "src/main.rs"})),
        ("repo://demo/src/", LIST_FOLDER, json!({"repo": "demo", "path": "src"})),
        ("repo://demo/?ref=main", LIST_FOLDER, json!({"repo": "demo", "ref": "main"})),
        (
            "repo://demo/a?ref=agent%2Ffix~2",
            READ_FILE,
            json!({"repo": "demo", "path": "a", "ref": "agent/fix~2"}),
        ),
        ("repo://demo/a?ref=agent/fix", READ_FILE, json!({"repo": "demo", "path": "a", "ref": "agent/fix"})),
        ("repo://demo/a%20b%23c+d.txt", READ_FILE, json!({"repo": "demo", "path": "a b#c+d.txt"})),
        ("repo://demo/%C3%A9", READ_FILE, json!({"repo": "demo", "path": "é"})),
        ("repo://demo/[id]/%5Bid%5D", READ_FILE, json!({"repo": "demo", "path": "[id]/[id]"})),
        ("repo://demo/a&b", READ_FILE, json!({"repo": "demo", "path": "a&b"})),
    ] {
        assert_eq!(call(text), Some((tool, arguments)), "{text}");
    }
}

#[test]
fn what_a_path_must_not_be_is_left_to_who_judges_paths() {
    for (text, path) in [
        ("repo://demo/../x", "../x"),
        ("repo://demo/%2E%2e/x", "../x"),
        ("repo://demo/a/..", "a/.."),
        ("repo://demo/%252e%252e/x", "%2e%2e/x"),
        ("repo://demo/a%00b", "a\0b"),
        ("repo://demo/a%5Cb", "a\\b"),
        ("repo://demo/a%0Ab", "a\nb"),
        ("repo://demo/C:", "C:"),
    ] {
        assert_eq!(call(text), Some((READ_FILE, json!({"repo": "demo", "path": path}))), "{text}");
    }
}

#[test]
fn any_other_spelling_is_no_address() {
    let long = format!("repo://demo/{}", "a".repeat(MAX_BYTES));
    for text in [
        "",
        "repo:",
        "repo://",
        "repo:///",
        "repo://demo",
        "repo://demo?ref=main",
        "REPO://demo/a",
        "Repo://demo/a",
        "repo:/demo/a",
        "file:///etc/passwd",
        "http://demo/a",
        " repo://demo/a",
        "repo://demo/a ",
        "repo://user@demo/a",
        "repo://demo:80/a",
        "repo://[::1]/a",
        "repo://acme%2fweb/a",
        "repo://%64emo/a",
        "repo://demo%00/a",
        "repo://d\u{e9}mo/a",
        "repo://demo/a#b",
        "repo://demo/a?ref=b#c",
        "repo://demo/a?",
        "repo://demo/a?reff=main",
        "repo://demo/a?REF=main",
        "repo://demo/a?ref=main&ref=x",
        "repo://demo/a?start_line=1",
        "repo://demo//a",
        "repo://demo/a//b",
        "repo://demo/a//",
        "repo://demo//",
        "repo://demo/./a",
        "repo://demo/a/.",
        "repo://demo/a/./",
        "repo://demo/%2E/a",
        "repo://demo/a%2Fb",
        "repo://demo/a%2fb",
        "repo://demo/%2Fetc/passwd",
        "repo://demo/a%",
        "repo://demo/a%2",
        "repo://demo/a%zz",
        "repo://demo/a%ff",
        "repo://demo/a%ED%A0%80",
        "repo://demo/a b",
        "repo://demo/a\0",
        "repo://demo/a\nb",
        "repo://demo/\u{202e}a",
        "repo://demo/\u{e9}",
        "repo://demo/a\\b",
        "repo://demo/{+path}",
        "repo://demo/a|b",
        &long,
    ] {
        assert_eq!(ResourceUri::parse(text), None, "{text:?}");
    }
}

#[test]
fn an_answer_has_no_secret_in_its_address() {
    let uri = ResourceUri::parse("repo://demo/notes/a%20key?ref=key").unwrap();
    let uri = uri.cleaned(|part| part.replace("key", "***"));
    assert_eq!(uri.to_string(), "repo://demo/notes/a%20***?ref=%2A%2A%2A");
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        alias in "[a-z]{1,4}(/[a-zA-Z0-9._-]{1,4})?",
        path in proptest::collection::vec("[^/\u{0}]{2,6}", 0..4),
        is_folder: bool,
        reference in proptest::option::of(".{0,8}"),
    ) {
        let is_folder = is_folder || path.is_empty();
        let uri = ResourceUri { alias, path: path.join("/"), is_folder, reference };
        prop_assert_eq!(ResourceUri::parse(&uri.to_string()), Some(uri));
    }

    #[test]
    fn an_alias_has_one_spelling(text in "[a-z%2Ff./_-]{1,12}") {
        if let Some(alias) = alias(&text) {
            prop_assert_eq!(utf8_percent_encode(&alias, COMPONENT).to_string(), text.replace('/', "%2F"));
        }
    }
}
