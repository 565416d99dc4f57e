//! What `gitoma install` refuses, with every file as it was.

use super::{CLIENTS, install};
use crate::server::VERSION;
use crate::support::Place;

#[test]
fn an_entry_of_somebody_else_is_theirs() {
    for (client, file, _, servers) in CLIENTS {
        let place = Place::new();
        place.folder(std::path::Path::new(file).parent().unwrap().to_str().unwrap());
        let foreign = if *client == "codex" {
            format!("[{servers}.gitoma]\ncommand = \"/usr/bin/other\"\n")
        } else {
            format!("{{\"{servers}\": {{\"gitoma\": {{\"command\": \"/usr/bin/other\"}}}}}}")
        };
        place.file(file, &foreign);
        for more in [&[][..], &["--print"][..]] {
            let said = install(&place, client, more);
            if more.is_empty() {
                assert!(said.ends(2).err.contains("not Gitoma's"), "{client}");
            } else {
                said.ends(0);
            }
            assert_eq!(place.text(file), foreign, "{client}");
        }
        assert!(
            place.gitoma(&["install", "--client", client, "--remove"]).ends(2).err.contains("not Gitoma's")
        );
        assert_eq!(place.text(file), foreign, "{client}");
        install(&place, client, &["--name", "gitoma-too"]).ends(0);
        assert!(place.text(file).contains("/usr/bin/other"), "{client}: two names, two servers");
        install(&place, client, &["--force"]).ends(0);
        assert!(!place.text(file).contains("/usr/bin/other"), "{client}");
    }
}

#[test]
fn a_broken_file_is_left_and_so_are_all_others_of_the_run() {
    for (client, file, _, servers) in CLIENTS {
        for (text, words) in [
            (
                if *client == "codex" { "a = [\n" } else { "{\n\"a\": [\n" }.to_owned(),
                "cannot be read at line",
            ),
            (
                if *client == "codex" { format!("{servers} = 4\n") } else { format!("{{\"{servers}\": 4}}") },
                "something else",
            ),
            (if *client == "codex" { "a = \"\u{0}\"\n" } else { "[]" }.to_owned(), ""),
        ] {
            let place = Place::new();
            place.folder(std::path::Path::new(file).parent().unwrap().to_str().unwrap());
            place.file(file, &text);
            let other = if *client == "cursor" { "zed" } else { "cursor" };
            let said = install(&place, client, &["--client", other]).ends(2);
            assert!(said.err.contains(words) && said.err.contains(client), "{client}: {}", said.err);
            assert_eq!(place.text(file), text, "{client}");
            let other = if *client == "cursor" { ".config/zed/settings.json" } else { ".cursor/mcp.json" };
            assert!(!place.path(other).exists(), "{client}: nothing was written before all were looked at");
            assert!(!place.path(&format!("{file}.gitoma-backup")).exists());
        }
    }
}

#[test]
fn large_files_are_changed_up_to_a_limit() {
    let place = Place::new();
    let text = |bytes: usize| format!("{{\n  \"history\": \"{}\"\n}}\n", "x".repeat(bytes));
    place.file(".claude.json", &text(5 * 1024 * 1024));
    let said = install(&place, "claude-code", &[]).ends(2);
    assert!(said.err.contains("larger than 4194304 bytes"), "{}", said.err);
    assert_eq!(place.text(".claude.json"), text(5 * 1024 * 1024));
    place.file(".claude.json", &text(3 * 1024 * 1024));
    install(&place, "claude-code", &[]).ends(0);
    assert!(place.text(".claude.json").starts_with(text(3 * 1024 * 1024).trim_end_matches("\n}\n")));
}

#[test]
fn a_server_that_is_not_ours_to_trust_is_not_written() {
    let place = Place::new();
    let good = place.server("good", "exit 3");
    let before = place.files();
    let run = |server: &str| {
        place.gitoma(&["install", "--client", "cursor", "--server", server, "--repo", "web"]).ends(2).err
    };
    assert!(run("/nonexistent/gitoma-mcp").contains("is not there"));
    assert!(run("/usr/bin/env").contains("called gitoma-mcp"));
    assert!(run("web").contains("called gitoma-mcp"));
    assert_eq!(place.files(), before);
    for (name, script, words) in [
        ("old", "echo gitoma-mcp 0.0.9", "another version"),
        ("later", &format!("echo gitoma-mcp {VERSION}1"), "another version"),
        ("mute", "exit 0", "does not tell its version"),
        ("other", "echo hello", "does not tell its version"),
        ("failing", &format!("echo gitoma-mcp {VERSION}; exit 1"), "does not tell its version"),
    ] {
        assert!(run(&place.script(name, script)).contains(words), "{name}");
    }
    place.mode("good/gitoma-mcp", 0o757);
    assert!(run(&good).contains("chmod o-w"));
    place.mode("good/gitoma-mcp", 0o644);
    assert!(run(&good).contains("no program that you may run"));
    place.folder("folder/gitoma-mcp");
    assert!(run(place.path("folder/gitoma-mcp").to_str().unwrap()).contains("no program"));
    assert!(!place.path(".cursor").exists());
}

#[test]
fn settings_that_do_not_hold_are_not_written() {
    let place = Place::new();
    place.server("bin", "exit 3");
    place.file("broken.yaml", "version: 1\nglobal: 4\n");
    place.folder("empty");
    let before = place.files();
    for (more, words) in [
        (&["--repo", "nowhere"][..], "cannot be found"),
        (&["--repo", "empty"], "git"),
        (&["--repo", "web=web"], "another repository has the same alias"),
        (&["--policy", "broken.yaml"], "does not load"),
        (&["--policy", "missing.yaml"], "cannot be read"),
        (&["--config", "missing.yaml"], "cannot be read"),
        (&["--write-mode", "maybe"], "write"),
        (&["--principal", "a b"], "--principal must be"),
        (&["--name", "a b"], "--name must be"),
        (&["--name", "a.b"], "--name must be"),
        (&["--name", ""], "--name must be"),
        (&["--project", "web"], "--project goes with"),
        (&["--client", "emacs"], "invalid value"),
        (&["--scope", "world"], "invalid value"),
    ] {
        let said = install(&place, "cursor", more).ends(2);
        assert!(said.err.contains(words), "{more:?}: {}", said.err);
    }
    let many: Vec<&str> = ["--client", "cursor"].repeat(16);
    assert!(install(&place, "cursor", &many).ends(2).err.contains("16 times at most"));
    let server = place.path("bin/gitoma-mcp");
    let said = place.gitoma(&["install", "--client", "cursor", "--server", server.to_str().unwrap()]).ends(2);
    assert!(said.err.contains("name the repositories"), "{}", said.err);
    let web = place.path("web");
    let said = install(&place, "claude-desktop", &["--scope", "project", "--project", web.to_str().unwrap()])
        .ends(2);
    assert!(said.err.contains("its scopes are: user"), "{}", said.err);
    assert_eq!(place.files(), before);
}
