//! A project's file may have come with a clone: it makes `gitoma doctor` wait for nothing, read nothing without end and write nowhere.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{cursor, doctor, failures, said};
use crate::server::real;
use crate::support::{Place, Said};

fn fifo(path: &Path) {
    let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600));
    rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, 0).unwrap();
}

/// A configuration of the project for Cursor.
fn project(place: &Place, entries: &Value) {
    place.folder("web/.cursor");
    place.file("web/.cursor/mcp.json", &json!({ "mcpServers": entries }).to_string());
}

/// Runs the doctor to its end, or fails: what hangs is not waited for.
fn within(place: &Place, arguments: &[&str], limit: Duration) -> Said {
    let mut command = place.command(&[&["doctor", "--project", "web", "--json"], arguments].concat());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let deadline = Instant::now() + limit;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it hangs: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap().into()
}

#[test]
fn pipes_and_devices_that_a_project_names_are_neither_waited_for_nor_read() {
    let place = Place::new();
    fifo(&place.path("web/fifo"));
    let (fifo, evil) = (place.path("web/fifo"), place.server("web/evil", "exit 1"));
    let web = format!("{}=web", place.path("web").display());
    for server in [real().to_str().unwrap(), evil.as_str()] {
        for flag in ["--policy", "--config"] {
            for named in ["./fifo", fifo.to_str().unwrap(), "/dev/zero"] {
                let arguments = ["--repo", &web, flag, named];
                project(&place, &json!({ "gitoma": { "command": server, "args": arguments } }));
                let report = within(&place, &["--patience", "2"], Duration::from_secs(60)).json();
                let told = said(&report, "cursor (project)");
                assert!(!told.is_empty(), "{server} {flag} {named}: {report}");
                let is_foreign = server == evil || flag == "--config";
                let expected = if is_foreign { "it was not started" } else { "its settings do not load" };
                assert!(told[0].1.contains(expected), "{server} {flag} {named}: {told:?}");
                assert!(!is_foreign || told.len() == 1, "nothing else of it is looked at: {told:?}");
            }
        }
    }
}

/// The gateway makes its state directory with tokens in it: no project says where.
#[test]
fn a_project_chooses_no_place_for_state_or_configuration() {
    let place = Place::new();
    let (server, elsewhere) = (real(), place.path("newdir/x/y"));
    let web = format!("{}=web", place.path("web").display());
    let configuration = place.file("other.yaml", &format!("state: {}\n", elsewhere.display()));
    for (more, variables) in [
        (&["--state", elsewhere.to_str().unwrap()][..], json!({})),
        (&["--state", "../newdir/x/y"], json!({})),
        (&["--config", &configuration], json!({})),
        (&[], json!({ "GITOMA_STATE": elsewhere })),
        (&[], json!({ "GITOMA_CONFIG": configuration })),
    ] {
        let arguments = [&["--repo", web.as_str()], more].concat();
        let entry = json!({ "command": server, "args": arguments, "env": variables });
        project(&place, &json!({ "gitoma": entry }));
        let report = doctor(&place, &["--json", "--client", "cursor"]).ends(0).json();
        let told = said(&report, "cursor (project)");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].0 == "warning" && told[0].1.contains("it was not started"), "{told:?}");
        assert!(!place.path("newdir").exists(), "{more:?} {variables}");
    }
    let entry = json!({ "command": server, "args": ["--repo", web, "--listen", "127.0.0.1:0"] });
    project(&place, &json!({ "gitoma": entry }));
    let report = doctor(&place, &["--json", "--client", "cursor"]).ends(1).json();
    assert!(failures(&report)[0].contains("arguments that it does not know"), "{report}");
    // The usual place is the user's, and so is one that an entry of their own, or this shell, names.
    project(&place, &json!({ "gitoma": { "command": server, "args": ["--repo", web] } }));
    doctor(&place, &["--json", "--client", "cursor"]).ends(0);
    assert!(place.path(".local/state/gitoma/runtime_token").exists());
    let named =
        json!({ "gitoma": { "command": server, "args": ["--repo", web, "--state", place.path("state")] } });
    project(&place, &named);
    let mut command = place.command(&["doctor", "--project", "web", "--json"]);
    let report =
        Said::from(command.env("GITOMA_STATE", place.path("state")).output().unwrap()).ends(0).json();
    assert!(
        said(&report, "cursor (project)").iter().any(|(_, text)| text.starts_with("session ")),
        "{report}"
    );
    cursor(&place, server.to_str().unwrap(), &json!({}));
    let report = doctor(&place, &["--json"]).ends(0).json();
    assert!(
        said(&report, "cursor (project)").iter().any(|(_, text)| text.starts_with("session ")),
        "{report}"
    );
}

#[test]
fn of_a_thousand_gateways_a_few_are_looked_at() {
    let place = Place::new();
    let entry = json!({ "command": place.path("gone/gitoma-mcp") });
    let many: serde_json::Map<_, _> =
        (0..1_000).map(|number| (format!("g{number}"), entry.clone())).collect();
    project(&place, &Value::Object(many));
    let report = doctor(&place, &["--json"]).ends(1).json();
    let told = said(&report, "cursor (project");
    assert!(told.len() == 17 && told[0].1.contains("more than 16 gateways"), "{told:?}");
}

/// In the home, the files of a project are those of the user.
#[test]
fn the_home_is_no_project() {
    let place = Place::new();
    cursor(&place, real().to_str().unwrap(), &json!({ "env": { "EDITOR": "vi" } }));
    let report = place.gitoma(&["doctor", "--json"]).ends(0).json();
    assert!(said(&report, "cursor (project)").is_empty() && !said(&report, "cursor (user)").is_empty());
    // Nor is what a variable of the client makes the same file.
    place.folder("web/.codex");
    let web = format!("{}=web", place.path("web").display());
    place.file(
        "web/.codex/config.toml",
        &format!("[mcp_servers.gitoma]\ncommand = {:?}\nargs = [\"--repo\", {web:?}]\nenv = {{ EDITOR = \"vi\" }}\n", real()),
    );
    let mut command = place.command(&["doctor", "--project", "web", "--json", "--client", "codex"]);
    let said_of = Said::from(command.env("CODEX_HOME", place.path("web/.codex")).output().unwrap()).ends(0);
    assert!(said(&said_of.json(), "codex (project)").is_empty(), "{}", said_of.out);
    let report = doctor(&place, &["--json", "--client", "codex"]).ends(1).json();
    assert!(failures(&report)[0].contains("variables that are not Gitoma's"), "{report}");
}

/// `claude mcp add` writes there unless told otherwise.
#[test]
fn what_claude_code_keeps_for_the_project_is_found() {
    let place = Place::new();
    let web = format!("{}=web", place.path("web").display());
    let entry =
        json!({ "type": "stdio", "command": real(), "args": ["--repo", web], "env": { "EDITOR": "vi" } });
    let projects = |path: &Path| json!({ "projects": { path.to_str().unwrap(): { "mcpServers": { "gitoma": entry } } } });
    place.file(".claude.json", &projects(&place.path("web")).to_string());
    for project in ["web", "web/src"] {
        let arguments = ["doctor", "--json", "--client", "claude-code", "--project", project];
        let report = place.gitoma(&arguments).ends(0).json();
        let told = said(&report, "claude-code (local)");
        assert!(told.iter().any(|(_, text)| text.starts_with("session 2026-07-28: gitoma ")), "{told:?}");
    }
    place.file(".claude.json", &projects(&place.path("other")).to_string());
    let report = doctor(&place, &["--json", "--client", "claude-code"]).ends(1).json();
    assert!(failures(&report)[0].contains("has no gateway"), "another project's is not this one's: {report}");
    place.file(
        ".claude.json",
        &json!({ "projects": { place.path("web").to_str().unwrap(): { "mcpServers": 4 } } }).to_string(),
    );
    let report = doctor(&place, &["--json"]).ends(1).json();
    assert!(failures(&report)[0].contains("something else where the servers"), "{report}");
}

#[test]
fn a_repository_that_is_gone_is_told_by_its_alias() {
    let place = Place::new();
    let (gone, state) = (format!("{}=acme/gone", place.path("gone").display()), place.path("state"));
    let arguments = json!({ "args": ["--repo", gone, "--state", state] });
    cursor(&place, real().to_str().unwrap(), &arguments);
    let report = doctor(&place, &["--json"]).ends(1).json();
    let failed = failures(&report);
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(
        failed[0].contains("acme/gone, whose folder is not there") && failed[0].contains("--repo"),
        "{failed:?}"
    );
}
