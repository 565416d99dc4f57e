//! `gitoma install --url`: the token stays out of every file.

use serde_json::{Value, json};

use super::CLIENTS;
use crate::support::{Place, Said};

const URL: &str = "http://127.0.0.1:4310/mcp";

fn install(place: &Place, client: &str, more: &[&str]) -> Said {
    let mut arguments = vec!["install", "--client", client, "--url", URL];
    arguments.extend(more);
    let mut command = place.command(&arguments);
    command.env("GITOMA_TOKEN", crate::support::token()).output().unwrap().into()
}

#[test]
fn each_client_gets_its_own_reference_to_the_token_and_never_the_token() {
    let header = |reference: &str| json!({ "Authorization": format!("Bearer {reference}") });
    let expected: [(&str, Value); 4] = [
        ("claude-code", json!({ "type": "http", "url": URL, "headers": header("${GITOMA_TOKEN}") })),
        ("cursor", json!({ "url": URL, "headers": header("${env:GITOMA_TOKEN}") })),
        ("gemini", json!({ "type": "http", "url": URL, "headers": header("${GITOMA_TOKEN}") })),
        ("vscode", json!({ "type": "http", "url": URL, "headers": header("${input:gitoma-token}") })),
    ];
    for (client, expected) in expected {
        let place = Place::new();
        let said = install(&place, client, &[]).ends(0);
        let (_, file, _, servers) = CLIENTS.iter().find(|(name, ..)| *name == client).unwrap();
        let text = place.text(file);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value[servers]["gitoma"], expected, "{client}");
        assert!(!text.contains(&crate::support::token()) && !said.out.contains(&crate::support::token()));
        assert!(install(&place, client, &[]).ends(0).out.starts_with("unchanged: "), "{client}");
        if client == "vscode" {
            assert_eq!(value["inputs"][0]["password"], true, "nobody looks over the shoulder");
            assert!(said.out.contains("VS Code asks for the token"), "{}", said.out);
        } else {
            assert!(said.out.contains("set GITOMA_TOKEN where the client is started"), "{}", said.out);
        }
        place.gitoma(&["install", "--client", client, "--remove"]).ends(0);
        assert!(!place.text(file).contains("127.0.0.1"), "{client}");
    }
    let place = Place::new();
    install(&place, "codex", &["--token-env", "GITOMA_CI"]).ends(0);
    assert_eq!(
        place.text(".codex/config.toml"),
        format!("[mcp_servers.gitoma]\nurl = \"{URL}\"\nbearer_token_env_var = \"GITOMA_CI\"\n")
    );
}

#[test]
fn clients_that_cannot_keep_a_token_out_of_their_file_are_refused() {
    let place = Place::new();
    let before = place.files();
    for client in ["zed", "claude-desktop"] {
        let said = install(&place, client, &[]).ends(2);
        assert!(said.err.contains("leave --url out"), "{client}: {}", said.err);
    }
    assert_eq!(place.files(), before);
}

#[test]
fn addresses_that_would_give_the_token_away_are_refused() {
    let place = Place::new();
    let before = place.files();
    for (url, words) in [
        ("http://gateway.example.com/mcp", "in clear text"),
        ("http://10.0.0.1:4310/mcp", "in clear text"),
        ("http://127.0.0.1.example.com/mcp", "in clear text"),
        ("http://localhost.example.com/mcp", "in clear text"),
        ("http://me:secret@127.0.0.1/mcp", "must not hold a name"),
        ("https://x.example.com/mcp?token=abc", "must not hold a name"),
        ("https://x.example.com/${HOME}", "must be an address"),
        ("https://x.example.com/#a", "must be an address"),
        ("https://x.example.com/a b", "must be an address"),
        ("https://x.example.com/a\nb", "must be an address"),
        ("ftp://127.0.0.1/mcp", "must begin with https://"),
        ("127.0.0.1:4310", "must be an address"),
        ("/mcp", "must be an address"),
        ("", "must be an address"),
    ] {
        let said = place.gitoma(&["install", "--client", "cursor", "--url", url]).ends(2);
        assert!(said.err.contains(words), "{url:?}: {}", said.err);
        assert!(!said.err.contains("secret"), "{}", said.err);
    }
    for name in ["ghp_abc", "a b", "1A", "", "A=B", "$(id)"] {
        let said =
            place.gitoma(&["install", "--client", "cursor", "--url", URL, "--token-env", name]).ends(2);
        assert!(said.err.contains("must name a variable"), "{name:?}: {}", said.err);
    }
    let said = place.gitoma(&["install", "--client", "cursor", "--url", URL, "--repo", "web"]).ends(2);
    assert!(said.err.contains("cannot be used with"), "{}", said.err);
    for url in ["https://gateway.example.com/mcp", "http://localhost:4310/mcp", "http://[::1]:4310/mcp"] {
        place.gitoma(&["install", "--client", "cursor", "--url", url, "--print"]).ends(0);
    }
    assert_eq!(place.files(), before);
}

/// What was written is known again: it is moved to another address, turned into a program and taken out without `--force`.
#[test]
fn an_entry_of_ours_with_an_address_is_ours() {
    const OTHER: &str = "https://gateway.example.com/mcp";
    for (client, file, _, servers) in CLIENTS {
        if ["zed", "claude-desktop"].contains(client) {
            continue;
        }
        for (name, variable) in [("gitoma", "GITOMA_TOKEN"), ("gitoma", "CI_TOKEN"), ("mine", "GITOMA_CI")] {
            let place = Place::new();
            let own = ["--name", name, "--token-env", variable];
            install(&place, client, &own).ends(0);
            let first = place.text(file);
            let moved = ["install", "--client", client, "--url", OTHER];
            place.gitoma(&[&moved[..], &own].concat()).ends(0);
            assert!(place.text(file).contains(OTHER) && !place.text(file).contains(URL), "{client}");
            let server = place.server("bin", "exit 3");
            let program =
                ["install", "--client", client, "--repo", "web", "--server", &server, "--name", name];
            place.gitoma(&program).ends(0);
            let text = place.text(file);
            assert!(
                text.contains(&server) && !text.contains(OTHER) && !text.contains("oken"),
                "{client}: {text}"
            );
            place.file(file, &first);
            place.gitoma(&["install", "--client", client, "--remove", "--name", name]).ends(0);
            assert!(
                !place.text(file).contains("127.0.0.1") && !place.text(file).contains("oken"),
                "{client}"
            );
        }
        // A server of somebody else that takes its token in the same way, and one of our name that has it in the file.
        for (name, token) in [("forge", "FORGE_TOKEN"), ("gitoma", "")] {
            let place = Place::new();
            place.folder(std::path::Path::new(file).parent().unwrap().to_str().unwrap());
            let header =
                if token.is_empty() { "Bearer x".to_owned() } else { format!("Bearer ${{{token}}}") };
            let text = if *client == "codex" && !token.is_empty() {
                format!("[{servers}.{name}]\nurl = \"{OTHER}\"\nbearer_token_env_var = \"{token}\"\n")
            } else if *client == "codex" {
                format!(
                    "[{servers}.{name}]\nurl = \"{OTHER}\"\nhttp_headers = {{ Authorization = \"{header}\" }}\n"
                )
            } else {
                let entry = json!({ "url": OTHER, "headers": { "Authorization": header } });
                json!({ *servers: { name: entry } }).to_string()
            };
            place.file(file, &text);
            for more in [&["--remove"][..], &["--url", URL]] {
                let arguments = [&["install", "--client", client, "--name", name], more].concat();
                assert!(place.gitoma(&arguments).ends(2).err.contains("not Gitoma's"), "{client} {name}");
            }
            assert_eq!(place.text(file), text, "{client}");
        }
    }
}

/// Codex refuses its whole configuration where the fields of a program and of an address stand together, and sends every header that it has.
#[test]
fn codex_keeps_no_header_that_does_not_belong() {
    let place = Place::new();
    place.folder(".codex");
    let headers = "http_headers = { Authorization = \"Bearer x\", X-Team = \"a\" }\n\
                   env_http_headers = { authorization = \"OTHER\" }\nbearer_token = \"y\"\noauth_resource = \"z\"\n";
    let before = format!("[mcp_servers.gitoma]\nurl = \"{URL}\"\ntool_timeout_sec = 5\n{headers}");
    place.file(".codex/config.toml", &before);
    let server = place.server("bin", "exit 3");
    let program = ["install", "--client", "codex", "--force", "--server", &server, "--repo", "web"];
    place.gitoma(&program).ends(0);
    let text = place.text(".codex/config.toml");
    for stray in ["http_headers", "url", "bearer", "oauth"] {
        assert!(!text.contains(stray), "{stray}: {text}");
    }
    assert!(text.contains("tool_timeout_sec = 5"), "{text}");
    for table in [
        before.clone(),
        before.replace("http_headers = { Authorization = \"Bearer x\", X-Team = \"a\" }\n", "")
            + "[mcp_servers.gitoma.http_headers]\nAUTHORIZATION = \"Bearer x\"\nX-Team = \"a\"\n",
    ] {
        place.file(".codex/config.toml", &table);
        install(&place, "codex", &[]).ends(0);
        let text = place.text(".codex/config.toml");
        assert!(
            !text.contains("Bearer") && !text.contains("OTHER") && !text.contains("bearer_token ="),
            "{text}"
        );
        let document: toml_edit::DocumentMut = text.parse().unwrap();
        let entry = &document["mcp_servers"]["gitoma"];
        assert_eq!(entry["http_headers"]["X-Team"].as_str(), Some("a"), "{text}");
        assert!(entry.get("env_http_headers").is_none(), "{text}");
        assert_eq!(entry["bearer_token_env_var"].as_str(), Some("GITOMA_TOKEN"), "{text}");
    }
}
