//! `gitoma install`: what it writes, and what it leaves alone.

mod address;
mod attacks;
mod refused;
mod together;

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Place, Said};

/// Client, its file in a home on Linux, its file in a project, and where the servers are in it.
const CLIENTS: &[(&str, &str, Option<&str>, &str)] = &[
    ("claude-code", ".claude.json", Some(".mcp.json"), "mcpServers"),
    ("claude-desktop", ".config/Claude/claude_desktop_config.json", None, "mcpServers"),
    ("codex", ".codex/config.toml", Some(".codex/config.toml"), "mcp_servers"),
    ("cursor", ".cursor/mcp.json", Some(".cursor/mcp.json"), "mcpServers"),
    ("vscode", ".config/Code/User/mcp.json", Some(".vscode/mcp.json"), "servers"),
    ("gemini", ".gemini/settings.json", Some(".gemini/settings.json"), "mcpServers"),
    ("zed", ".config/zed/settings.json", Some(".zed/settings.json"), "context_servers"),
];

/// `gitoma install` for a client, with a server that only tells its version, on the repository `web`.
fn install(place: &Place, client: &str, more: &[&str]) -> Said {
    let server = place.server("bin", "exit 3");
    let mut arguments = vec!["install", "--client", client, "--server", &server, "--repo", "web"];
    arguments.extend(more);
    place.gitoma(&arguments)
}

/// The entry `gitoma` of a file.
fn entry(client: &str, servers: &str, text: &str) -> Value {
    if client == "codex" {
        let document: toml_edit::DocumentMut = text.parse().unwrap();
        let entry = &document[servers]["gitoma"];
        let arguments = entry["args"].as_array().unwrap().iter().map(|text| text.as_str().unwrap());
        return json!({ "command": entry["command"].as_str().unwrap(), "args": arguments.collect::<Vec<_>>() });
    }
    let root = jsonc_parser::cst::CstRootNode::parse(text, &jsonc_parser::ParseOptions::default()).unwrap();
    let mut entry = root.to_serde_value().unwrap()[servers]["gitoma"].clone();
    let kind = entry.as_object_mut().unwrap().remove("type");
    assert!(kind.is_none_or(|kind| kind == "stdio"));
    entry
}

/// How many files are left over of writing others.
fn strays(place: &Place) -> usize {
    place.files().iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "tmp")).count()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn each_client_and_scope_has_a_file_that_is_written_updated_and_left() {
    for (client, user, project, servers) in CLIENTS {
        for (scope, file) in [("user", Some(*user)), ("project", *project)] {
            let Some(file) = file else { continue };
            let place = Place::new();
            let in_project = scope == "project";
            let root = if in_project { "web/" } else { "" };
            let file = format!("{root}{file}");
            let run = |more: &[&str]| {
                let web = place.path("web");
                let mut all = vec!["--scope", scope];
                if in_project {
                    all.extend(["--project", web.to_str().unwrap()]);
                }
                all.extend(more);
                install(&place, client, &all).ends(0)
            };
            let said = run(&[]);
            assert!(
                said.out.starts_with("written: ") && said.out.contains(&file),
                "{client} {scope}: {}",
                said.out
            );
            assert!(
                said.out.contains("next: restart ") && said.out.contains("guards nothing"),
                "{}",
                said.out
            );
            let trusts = *client == "gemini" || (in_project && ["codex", "zed"].contains(client));
            assert_eq!(said.out.contains(" trust the "), trusts, "{client} {scope}: {}", said.out);
            let web = place.path("web");
            let server = place.path("bin/gitoma-mcp");
            let expected = json!({ "command": server, "args": ["--repo", format!("{}=web", web.display())] });
            let first = place.text(&file);
            assert_eq!(entry(client, servers, &first), expected, "{client} {scope}");
            assert!(first.ends_with('\n'), "{client} {scope}");
            let path = place.path(&file);
            let ordinary = mode(&place.path("web/src/main.rs"));
            assert_eq!(mode(&path), if in_project { ordinary } else { 0o600 }, "{client} {scope}");
            let backup = format!("{file}.gitoma-backup");
            assert!(!place.path(&backup).exists());

            let before = std::fs::metadata(&path).unwrap();
            assert!(run(&[]).out.starts_with("unchanged: "), "{client} {scope}");
            let after = std::fs::metadata(&path).unwrap();
            let stamp = |found: &std::fs::Metadata| {
                (found.ino(), found.mtime(), found.mtime_nsec(), found.ctime_nsec())
            };
            assert_eq!(stamp(&before), stamp(&after), "{client} {scope}: not touched");

            place.mode(&file, 0o640);
            let said = run(&["--write-mode", "on", "--principal", "agent", "--state", "elsewhere"]);
            assert!(said.out.starts_with("updated: "), "{client} {scope}: {}", said.out);
            let arguments = &entry(client, servers, &place.text(&file))["args"];
            let state = place.path("elsewhere");
            let repository = format!("{}=web", web.display());
            assert_eq!(
                *arguments,
                json!(["--repo", repository, "--state", state, "--write-mode", "on", "--principal", "agent"])
            );
            assert_eq!(place.text(&backup), first, "{client} {scope}: what it was lies beside it");
            assert_eq!((mode(&path), mode(&place.path(&backup))), (0o640, 0o640), "{client} {scope}");

            let said = place.gitoma(&[
                "install",
                "--client",
                client,
                "--scope",
                scope,
                "--remove",
                if in_project { "--project" } else { "--name" },
                if in_project { web.to_str().unwrap() } else { "gitoma" },
            ]);
            assert!(said.ends(0).out.starts_with("removed: "), "{client} {scope}");
            assert!(!place.text(&file).contains("gitoma-mcp"), "{client} {scope}: {}", place.text(&file));
            let strays = strays(&place);
            assert_eq!(strays, 0, "{client} {scope}");
        }
    }
}

#[test]
fn comments_and_order_stay_for_real() {
    let place = Place::new();
    place.folder("web/.vscode");
    let before = "{\n    // ours\n    \"servers\": {\n        \"db\": { \"command\": \"db\" }, // keep\n    },\n    \"inputs\": [],\n}\n";
    place.file("web/.vscode/mcp.json", before);
    let web = place.path("web");
    install(&place, "vscode", &["--scope", "project", "--project", web.to_str().unwrap()]).ends(0);
    let after = place.text("web/.vscode/mcp.json");
    assert!(
        after.starts_with(
            "{\n    // ours\n    \"servers\": {\n        \"db\": { \"command\": \"db\" }, // keep\n"
        ),
        "{after}"
    );
    assert!(after.ends_with("    },\n    \"inputs\": [],\n}\n"), "{after}");
    assert_eq!(place.text("web/.vscode/mcp.json.gitoma-backup"), before);

    place.folder(".codex");
    let before = "# my settings\nmodel = \"o9\" # the best\n\n[mcp_servers.db] # keep\ncommand = 'db'\n\n[tui]\ntheme = \"x\"\n";
    place.file(".codex/config.toml", before);
    install(&place, "codex", &[]).ends(0);
    let after = place.text(".codex/config.toml");
    assert!(
        after.starts_with(
            "# my settings\nmodel = \"o9\" # the best\n\n[mcp_servers.db] # keep\ncommand = 'db'\n"
        ),
        "{after}"
    );
    assert!(after.contains("\n[tui]\ntheme = \"x\"\n"), "{after}");
}

#[test]
fn clients_that_keep_their_files_elsewhere_are_followed_there() {
    for (client, variable, folder, file) in [
        ("claude-code", "CLAUDE_CONFIG_DIR", "moved", "moved/.claude.json"),
        ("codex", "CODEX_HOME", "moved", "moved/config.toml"),
        ("gemini", "GEMINI_CLI_HOME", "moved", "moved/.gemini/settings.json"),
        ("zed", "XDG_CONFIG_HOME", "moved", "moved/zed/settings.json"),
        ("vscode", "XDG_CONFIG_HOME", "moved", "moved/Code/User/mcp.json"),
        ("claude-desktop", "XDG_CONFIG_HOME", "moved", "moved/Claude/claude_desktop_config.json"),
    ] {
        let place = Place::new();
        place.folder(folder);
        let server = place.server("bin", "exit 3");
        let mut command =
            place.command(&["install", "--client", client, "--server", &server, "--repo", "web"]);
        let said = Said::from(command.env(variable, place.path(folder)).output().unwrap()).ends(0);
        assert!(place.path(file).exists(), "{client}: {}", said.out);
        let mut command =
            place.command(&["install", "--client", client, "--server", &server, "--repo", "web"]);
        let said = Said::from(command.env(variable, "moved").output().unwrap());
        if variable == "XDG_CONFIG_HOME" {
            assert_eq!(said.code, 0, "a relative path does not count there: {}", said.err);
        } else {
            assert!(said.ends(2).err.contains(&format!("{variable} must be an absolute path")));
        }
    }
}

/// What the shell says of the gateway's own files counts, since the client may not pass it on.
#[test]
fn files_that_the_environment_names_are_written_down() {
    let place = Place::new();
    let server = place.server("bin", "exit 3");
    let policy = place.file("strict.yaml", "version: 1\n");
    let mut command = place.command(&["install", "--client", "cursor", "--server", &server]);
    command.env("GITOMA_REPOS", "web=acme/web").env("GITOMA_POLICY", "strict.yaml");
    command.env("XDG_STATE_HOME", place.path("states"));
    Said::from(command.output().unwrap()).ends(0);
    let written = entry("cursor", "mcpServers", &place.text(".cursor/mcp.json"));
    let repository = format!("{}=acme/web", place.path("web").display());
    let state = place.path("states/gitoma");
    assert_eq!(written["args"], json!(["--repo", repository, "--policy", policy, "--state", state]));
}

#[test]
fn all_means_those_that_are_set_up_here() {
    let place = Place::new();
    let said = install(&place, "all", &[]).ends(2);
    assert!(said.err.contains("none of the clients is set up here"), "{}", said.err);
    place.folder(".codex");
    place.folder(".config/zed");
    let said = install(&place, "all", &["--client", "zed"]).ends(0);
    let lines: Vec<_> = said.out.lines().filter(|line| line.starts_with("written: ")).collect();
    assert_eq!(lines.len(), 2, "{}", said.out);
    assert!(place.path(".codex/config.toml").exists() && place.path(".config/zed/settings.json").exists());
    assert!(!place.path(".cursor").exists() && !place.path(".claude.json").exists());
}

#[test]
fn printing_writes_nothing_and_can_be_copied() {
    let place = Place::new();
    place.server("bin", "exit 3");
    let before = place.files();
    for (client, file, _, servers) in CLIENTS {
        let said = install(&place, client, &["--print"]).ends(0);
        let (first, rest) = said.out.split_once('\n').unwrap();
        assert!(first.contains(client) && first.ends_with(file), "{first}");
        assert_eq!(entry(client, servers, rest)["command"], json!(place.path("bin/gitoma-mcp")), "{client}");
    }
    assert_eq!(place.files(), before);
}

#[test]
fn what_is_not_there_need_not_be_removed() {
    let place = Place::new();
    let before = place.files();
    let said = place.gitoma(&["install", "--client", "codex", "--remove"]).ends(0);
    assert!(said.out.starts_with("not there: "), "{}", said.out);
    assert_eq!(place.files(), before);
}
