use serde_json::json;

use super::*;
use crate::gitoma::client::door::Door;

fn program() -> Door {
    Door::Program {
        command: "/opt/gitoma/gitoma-mcp".to_owned(),
        arguments: vec!["--repo".to_owned(), "/src/web=web".to_owned()],
    }
}

fn with(client: Client, text: &str, door: &Door) -> Result<Option<String>, Fault> {
    let document = Document::read(client, text.as_bytes())?;
    let fields = client.fields(door, document.entry("gitoma")?).unwrap();
    document.with("gitoma", &fields)
}

#[test]
fn comments_order_and_layout_of_everything_else_stay() {
    let before = "// mine\n{\n\t\"theme\": \"dark\", // never light\n\t\"context_servers\": {\n\t\t/* other */ \"other\": {\"command\": \"x\"},\n\t},\n\t\"tab\":   4,\n}\n";
    let after = with(Client::Zed, before, &program()).unwrap().unwrap();
    assert_eq!(
        after,
        "// mine\n{\n\t\"theme\": \"dark\", // never light\n\t\"context_servers\": {\n\t\t/* other */ \"other\": {\"command\": \"x\"},\n\t\t\"gitoma\": {\n\t\t\t\"command\": \"/opt/gitoma/gitoma-mcp\",\n\t\t\t\"args\": [\"--repo\", \"/src/web=web\"],\n\t\t},\n\t},\n\t\"tab\":   4,\n}\n"
    );
    assert_eq!(with(Client::Zed, &after, &program()), Ok(None), "a second time there is nothing to do");
    let document = Document::read(Client::Zed, after.as_bytes()).unwrap();
    assert_eq!(document.without("gitoma").unwrap().unwrap(), before);
}

#[test]
fn toml_keeps_comments_and_order() {
    let before = "# mine\nmodel = \"o9\"  # best\n\n[mcp_servers.other]\ncommand = \"x\"\n\n[profiles.a]\nz = 1\na = 2\n";
    let after = with(Client::Codex, before, &program()).unwrap().unwrap();
    assert!(
        after.starts_with("# mine\nmodel = \"o9\"  # best\n\n[mcp_servers.other]\ncommand = \"x\"\n"),
        "{after}"
    );
    assert!(after.contains("\n[profiles.a]\nz = 1\na = 2\n"), "{after}");
    assert!(
        after.contains("\n[mcp_servers.gitoma]\ncommand = \"/opt/gitoma/gitoma-mcp\"\nargs = [\"--repo\", \"/src/web=web\"]\n"),
        "{after}"
    );
    assert_eq!(with(Client::Codex, &after, &program()), Ok(None));
    let document = Document::read(Client::Codex, after.as_bytes()).unwrap();
    assert_eq!(document.without("gitoma").unwrap().unwrap(), before);
}

#[test]
fn an_entry_keeps_what_is_the_users() {
    let address =
        Door::Address { url: "http://127.0.0.1:4310/mcp".to_owned(), variable: "GITOMA_TOKEN".to_owned() };
    let before = r#"{"mcpServers": {"gitoma": {"command": "/old/gitoma-mcp", "args": [], "timeout": 5, "env": {"A": "b"}}}}"#;
    let after = with(Client::Gemini, before, &program()).unwrap().unwrap();
    let value: Value = serde_json::from_str(&after).unwrap();
    assert_eq!(
        value["mcpServers"]["gitoma"],
        json!({"command": "/opt/gitoma/gitoma-mcp", "args": ["--repo", "/src/web=web"], "timeout": 5, "env": {"A": "b"}})
    );
    let after = with(Client::Gemini, &after, &address).unwrap().unwrap();
    let value: Value = serde_json::from_str(&after).unwrap();
    assert_eq!(
        value["mcpServers"]["gitoma"],
        json!({"timeout": 5, "type": "http", "url": "http://127.0.0.1:4310/mcp", "headers": {"Authorization": "Bearer ${GITOMA_TOKEN}"}})
    );
    let headers = r#"{"mcpServers":{"gitoma":{"url":"http://127.0.0.1:1/","headers":{"authorization":"Bearer x","Gitoma-Restrict":"read-only"}}}}"#;
    let after = with(Client::Cursor, headers, &address).unwrap().unwrap();
    let value: Value = serde_json::from_str(&after).unwrap();
    assert_eq!(
        value["mcpServers"]["gitoma"]["headers"],
        json!({"Gitoma-Restrict": "read-only", "Authorization": "Bearer ${env:GITOMA_TOKEN}"})
    );
}

#[test]
fn vscode_asks_for_the_token_and_forgets_the_question_with_the_entry() {
    let address =
        Door::Address { url: "http://127.0.0.1:4310/mcp".to_owned(), variable: "GITOMA_TOKEN".to_owned() };
    let before = "{\n  \"inputs\": [\n    {\"id\": \"other\", \"type\": \"promptString\"}, // other\n  ],\n  \"servers\": {}\n}\n";
    let after = with(Client::VsCode, before, &address).unwrap().unwrap();
    let value = value(Format::JsonWithComments, &after).unwrap();
    assert_eq!(value["inputs"][1]["id"], INPUT_ID);
    assert_eq!(value["servers"]["gitoma"]["headers"]["Authorization"], "Bearer ${input:gitoma-token}");
    assert!(after.contains("// other"), "{after}");
    let document = Document::read(Client::VsCode, after.as_bytes()).unwrap();
    let removed = document.without("gitoma").unwrap().unwrap();
    assert!(
        !removed.contains(INPUT_ID) && removed.contains("\"other\"") && removed.contains("// other"),
        "{removed}"
    );
}

const INPUT_ID: &str = "gitoma-token";

#[test]
fn what_the_client_cannot_read_is_not_touched() {
    for (client, text, expected) in [
        (Client::ClaudeCode, "{\n  \"a\": 1,\n}", Fault::Unreadable(3)),
        (Client::ClaudeCode, "{ // no\n}", Fault::Unreadable(1)),
        (Client::ClaudeCode, "{\n\"a\": ", Fault::Unreadable(2)),
        (Client::ClaudeCode, "null", Fault::Shape),
        (Client::ClaudeCode, "[]", Fault::Shape),
        (Client::ClaudeCode, r#"{"mcpServers": []}"#, Fault::Shape),
        (Client::ClaudeCode, r#"{"mcpServers": {"gitoma": 1}}"#, Fault::Shape),
        (Client::ClaudeCode, r#"{"mcpServers": {}, "mcpServers": {}}"#, Fault::Doubled),
        (Client::ClaudeCode, r#"{"mcpServers": {"gitoma": {}, "gitoma": {}}}"#, Fault::Doubled),
        (Client::ClaudeCode, r#"{"mcpServers": {}, "mcp\u0053ervers": {}}"#, Fault::Doubled),
        (Client::Zed, "{'a': 1}", Fault::Unreadable(1)),
        (Client::Zed, "{a: 1}", Fault::Unreadable(1)),
        (Client::Codex, "a = 1\nb = ", Fault::Unreadable(2)),
        (Client::Codex, "a = 1\na = 2\n", Fault::Unreadable(2)),
        (Client::Codex, "mcp_servers = 1", Fault::Shape),
        (Client::Codex, "[[mcp_servers]]\na = 1\n", Fault::Shape),
    ] {
        assert_eq!(with(client, text, &program()), Err(expected), "{client:?} {text}");
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(with(Client::Zed, &deep, &program()), Err(Fault::Unreadable(_))));
    let deep = format!("a = {}", "[".repeat(100_000));
    assert!(matches!(with(Client::Codex, &deep, &program()), Err(Fault::Unreadable(_))));
    assert_eq!(Document::read(Client::Zed, b"{\"a\": \"\xff\"}").unwrap_err(), Fault::NotText);
}

#[test]
fn names_that_would_break_a_text_come_back_as_they_were() {
    let hostile = "/srv/a\"b\\c\nd\r\te\u{7f}\u{0}\u{202e}\u{2028} $(touch pwned) `id` ''' \"\"\" # ; é =x";
    let door =
        Door::Program { command: hostile.to_owned(), arguments: vec![hostile.to_owned(), String::new()] };
    for client in Client::ALL {
        for text in ["", "{}", "{ }\n", "# toml\n"] {
            let is_toml = client.format() == Format::Toml;
            if is_toml == text.contains('{') || (!is_toml && text.contains('#')) {
                continue;
            }
            let after = with(client, text, &door).unwrap().unwrap();
            let document = Document::read(client, after.as_bytes()).unwrap();
            let entry = document.entry("gitoma").unwrap().unwrap();
            assert_eq!(entry["command"], hostile, "{client:?}");
            assert_eq!(entry["args"], json!([hostile, ""]), "{client:?}");
            assert_eq!(with(client, &after, &door), Ok(None), "{client:?}");
        }
    }
}

#[test]
fn marks_and_line_ends_stay() {
    let after = with(Client::Cursor, "\u{feff}{\r\n  \"a\": 1\r\n}\r\n", &program()).unwrap().unwrap();
    assert!(after.starts_with("\u{feff}{\r\n  \"a\": 1,\r\n  \"mcpServers\": {\r\n"), "{after:?}");
    assert!(!after.replace("\r\n", "").contains('\n'), "{after:?}");
    let after = with(Client::Codex, "a = 1\r\n[mcp_servers]\r\nx = { command = \"y\" }\r\n", &program())
        .unwrap()
        .unwrap();
    assert!(after.contains("a = 1\r\n[mcp_servers]\r\nx = { command = \"y\" }\r\n"), "{after:?}");
    assert_eq!(
        with(Client::Codex, "a = 1\r\nb = 2\n", &program()),
        Err(Fault::Unfaithful),
        "which one is meant?"
    );
    let inline = with(Client::Codex, "mcp_servers = { x = { command = \"y\" } } # here\n", &program())
        .unwrap()
        .unwrap();
    assert!(
        inline.starts_with("mcp_servers = { x = { command = \"y\" }") && inline.ends_with("# here\n"),
        "{inline}"
    );
}

#[test]
fn a_file_of_comments_keeps_them_at_its_head() {
    for before in ["# mine\n# and more\n", "\n# mine\n\n# and more\n\n", "# mine", "\u{feff}# mine\r\n"] {
        let after = with(Client::Codex, before, &program()).unwrap().unwrap();
        assert!(after.starts_with(before.trim_end()), "{after:?}");
        assert_eq!(with(Client::Codex, &after, &program()), Ok(None));
        let document = Document::read(Client::Codex, after.as_bytes()).unwrap();
        let removed = document.without("gitoma").unwrap().unwrap();
        assert_eq!(removed.trim_end(), before.trim_end(), "{after:?}");
    }
    let marked = with(Client::Codex, "\u{feff}a = 1\n", &program()).unwrap().unwrap();
    assert!(marked.starts_with("\u{feff}a = 1\n\n[mcp_servers.gitoma]\n"), "{marked:?}");
    assert_eq!(with(Client::Codex, &marked, &program()), Ok(None));
}

/// What would be laid out anew for minutes is refused, and what is crowded elsewhere is not.
#[test]
fn a_crowded_object_is_not_laid_out_anew() {
    let many: Vec<_> = (0..10_000).map(|number| format!("\"s{number}\":{{}}")).collect();
    let one_line = many.join(",");
    let blank = "\n".repeat(10_000);
    for text in [
        format!("{{\"servers\":{{{one_line}}}}}"),
        format!("{{{one_line}}}"),
        format!("{{\"servers\":{{{blank}\"x\":{{}}}}}}"),
        format!("{{\"servers\":{{\"gitoma\":{{\"command\":\"gitoma-mcp\",{one_line}}}}}}}"),
    ] {
        assert_eq!(with(Client::VsCode, &text, &program()), Err(Fault::Crowded), "{}", text.len());
    }
    let inputs = ["{\"id\":\"gitoma-token\"}"; 10_000].join(",");
    let text = format!("{{\"servers\":{{\"gitoma\":{{\"url\":\"x\"}}}},\"inputs\":[{inputs}]}}");
    assert_eq!(with(Client::VsCode, &text, &program()), Err(Fault::Crowded));
    let document = Document::read(Client::VsCode, text.as_bytes()).unwrap();
    assert_eq!(document.without("gitoma"), Err(Fault::Crowded));
    let elsewhere = format!("{{\n  \"more\": {{{one_line}}}\n}}\n");
    let after = with(Client::VsCode, &elsewhere, &program()).unwrap().unwrap();
    assert!(after.starts_with(elsewhere.trim_end_matches("\n}\n")));
}
