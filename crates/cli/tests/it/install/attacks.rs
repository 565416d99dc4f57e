//! Attacks on `gitoma install`: links, other users, races and names, each of which must change nothing.

use std::os::unix::fs::{MetadataExt as _, symlink};

use serde_json::Value;

use super::{CLIENTS, entry, install};
use crate::support::{Place, Said};

const VICTIM: &str = "{\"victim\": true}\n";

/// A project from somewhere else, whose configuration file or folder is a link to something of the user's.
#[test]
fn links_in_a_project_are_not_followed() {
    for (client, _, project, _) in CLIENTS {
        let Some(project) = project else { continue };
        let (folder, _) = project.rsplit_once('/').unwrap_or(("", project));
        let attacks: &[&dyn Fn(&Place)] = &[
            &|place| {
                place.folder(&format!("web/{folder}"));
                symlink(place.path("victim"), place.path(&format!("web/{project}"))).unwrap();
            },
            &|place| {
                // A link that leads nowhere yet.
                place.folder(&format!("web/{folder}"));
                symlink(place.path("new-victim"), place.path(&format!("web/{project}"))).unwrap();
            },
            &|place| {
                if !folder.is_empty() {
                    symlink(place.path("folder"), place.path(&format!("web/{folder}"))).unwrap();
                }
            },
            &|place| {
                place.folder(&format!("web/{folder}"));
                place.file(&format!("web/{project}"), "");
                let backup = format!("web/{project}.gitoma-backup");
                symlink(place.path("victim"), place.path(&backup)).unwrap();
            },
        ];
        for (number, attack) in attacks.iter().enumerate() {
            if number == 2 && folder.is_empty() {
                continue;
            }
            let place = Place::new();
            place.server("bin", "exit 3");
            place.file("victim", VICTIM);
            place.folder("folder");
            attack(&place);
            let before = place.files();
            let web = place.path("web");
            let said =
                install(&place, client, &["--scope", "project", "--project", web.to_str().unwrap()]).ends(2);
            assert!(said.err.contains("symbolic link"), "{client} {number}: {}", said.err);
            let copy = format!("{project}.gitoma-backup is a symbolic link");
            assert_eq!(said.err.contains(&copy), number == 3, "it says which: {}", said.err);
            assert_eq!(place.files(), before, "{client} {number}");
        }
    }
}

#[test]
fn a_project_that_is_or_lies_behind_a_link_is_refused() {
    let place = Place::new();
    place.server("bin", "exit 3");
    place.folder("real/inner");
    symlink(place.path("real"), place.path("link")).unwrap();
    symlink(place.path("real/inner"), place.path("web/inner")).unwrap();
    let before = place.files();
    for project in ["link", "link/inner", "web/inner", "real/../real/inner"] {
        let path = place.path(project);
        let said =
            install(&place, "cursor", &["--scope", "project", "--project", path.to_str().unwrap()]).ends(2);
        assert!(said.err.contains("symbolic link"), "{project}: {}", said.err);
    }
    // As a shell that went through the link would start it.
    let server = place.path("bin/gitoma-mcp");
    let repo = place.path("web");
    let arguments = ["install", "--client", "cursor", "--scope", "project", "--server"];
    let mut command = place.command(&arguments);
    command.arg(&server).arg("--repo").arg(&repo);
    command.current_dir(place.path("web/inner")).env("PWD", place.path("web/inner"));
    let said = Said::from(command.output().unwrap()).ends(2);
    assert!(said.err.contains("symbolic link"), "{}", said.err);
    let home = place.path("");
    let said =
        install(&place, "cursor", &["--scope", "project", "--project", home.to_str().unwrap()]).ends(2);
    assert!(said.err.contains("home directory is no project"), "{}", said.err);
    assert_eq!(place.files(), before);
    // A variable that says something untrue is not believed.
    let mut command = place.command(&arguments);
    command
        .arg(&server)
        .arg("--repo")
        .arg(&repo)
        .current_dir(place.path("real/inner"))
        .env("PWD", place.path("web"));
    Said::from(command.output().unwrap()).ends(0);
    assert!(place.path("real/inner/.cursor/mcp.json").exists() && !place.path("web/.cursor").exists());
}

#[test]
fn a_link_in_the_place_of_a_users_file_is_refused_and_one_on_the_way_is_theirs() {
    for (client, file, ..) in CLIENTS {
        let place = Place::new();
        place.server("bin", "exit 3");
        place.file("victim", VICTIM);
        place.folder(std::path::Path::new(file).parent().unwrap().to_str().unwrap());
        symlink(place.path("victim"), place.path(file)).unwrap();
        let before = place.files();
        let said = install(&place, client, &[]).ends(2);
        assert!(said.err.contains("symbolic link"), "{client}: {}", said.err);
        assert_eq!(place.files(), before, "{client}");
    }
    let place = Place::new();
    place.folder("dotfiles/zed");
    place.folder(".config");
    symlink(place.path("dotfiles/zed"), place.path(".config/zed")).unwrap();
    install(&place, "zed", &[]).ends(0);
    assert!(place.path("dotfiles/zed/settings.json").exists(), "the folder is the user's own link");
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let place = Place::new();
    place.folder(".cursor");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        place.path(".cursor/mcp.json"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let said = install(&place, "cursor", &[]).ends(2);
    assert!(said.err.contains("no ordinary file"), "{}", said.err);
    place.folder(".codex/config.toml");
    assert!(install(&place, "codex", &[]).ends(2).err.contains("no ordinary file"));
    place.file(".gemini", "a file");
    assert!(install(&place, "gemini", &[]).ends(2).err.contains("no directory"));
}

#[test]
fn a_file_of_another_user_is_left() {
    let place = Place::new();
    if rustix::process::geteuid().as_raw() != 0 {
        println!("not run: only root can give files away");
        return;
    }
    place.folder(".cursor");
    place.file(".cursor/mcp.json", "{}");
    let owner = Some(rustix::fs::Uid::from_raw(12_345));
    rustix::fs::chown(place.path(".cursor/mcp.json"), owner, None).unwrap();
    let said = install(&place, "cursor", &[]).ends(2);
    assert!(said.err.contains("belongs to another user"), "{}", said.err);
    assert_eq!(place.text(".cursor/mcp.json"), "{}");
    place.folder(".codex");
    rustix::fs::chown(place.path(".codex"), owner, None).unwrap();
    let said = install(&place, "codex", &[]).ends(2);
    assert!(said.err.contains("directory of another user"), "{}", said.err);
    assert!(!place.path(".codex/config.toml").exists());
}

#[test]
fn a_directory_that_may_not_be_written_is_said_so() {
    let place = Place::new();
    // Nobody makes files there, not even root, who may write in a directory of mode 555.
    let folder =
        if rustix::process::geteuid().as_raw() == 0 { "/sys".into() } else { place.folder("closed") };
    if folder.starts_with(place.path("")) {
        place.mode("closed", 0o555);
    }
    let server = place.server("bin", "exit 3");
    let mut command = place.command(&["install", "--client", "codex", "--server", &server, "--repo", "web"]);
    let said = Said::from(command.env("CODEX_HOME", &folder).output().unwrap()).ends(2);
    assert!(said.err.contains("may not be written by you"), "{}", said.err);
}

/// The server is asked for its version after the files were looked at: it changes one of them.
#[test]
fn a_file_that_changes_meanwhile_is_left_to_whoever_changed_it() {
    for (before, change) in [
        (Some("{}\n"), "printf '{\"theirs\": 1}' > \"$CONFIG\""),
        (Some("{}\n"), "printf '{ }' > \"$CONFIG.new\"; mv \"$CONFIG.new\" \"$CONFIG\""),
        (None, "mkdir -p \"${CONFIG%/*}\"; printf '{\"theirs\": 1}' > \"$CONFIG\""),
    ] {
        let place = Place::new();
        let config = place.path(".cursor/mcp.json");
        if let Some(text) = before {
            place.folder(".cursor");
            place.file(".cursor/mcp.json", text);
        }
        let change = change
            .replace("$CONFIG", config.to_str().unwrap())
            .replace("${CONFIG%/*}", config.parent().unwrap().to_str().unwrap());
        let script = format!("{change}\necho gitoma-mcp {}", crate::server::VERSION);
        let server = place.script("quick", &script);
        let said =
            place.gitoma(&["install", "--client", "cursor", "--server", &server, "--repo", "web"]).ends(2);
        assert!(said.err.contains("changed by somebody else"), "{change}: {}", said.err);
        assert!(!place.text(".cursor/mcp.json").contains("gitoma"), "{change}");
        assert!(
            !place.path(".cursor/mcp.json.gitoma-backup").exists(),
            "{change}: no copy of a change that was not made"
        );
        assert_eq!(super::strays(&place), 0, "{change}");
    }
}

#[test]
fn hostile_names_are_written_as_they_are_and_never_run() {
    let names = [
        "a\"b",
        "a'b",
        "a\\b",
        "a\nb",
        "a\tb",
        "$(touch pwned)",
        "`touch pwned`",
        "a;touch pwned",
        "a b",
        "--print",
        "a=b c",
        "'''",
        "\"\"\"",
        "# x",
        "{{x}}",
        "ü\u{202e}x",
    ];
    let place = Place::new();
    for (number, name) in names.iter().enumerate() {
        let folder = place.repository(&format!("hostile/{name}"));
        let repository = format!("{}=h{number}", folder.display());
        for (client, file, _, servers) in CLIENTS {
            let server = place.server("bin", "touch pwned");
            let said = place
                .gitoma(&["install", "--client", client, "--server", &server, "--repo", &repository])
                .ends(0);
            assert!(!said.out.contains('\u{202e}'));
            let written = entry(client, servers, &place.text(file));
            assert_eq!(written["args"], Value::from(vec!["--repo", &repository]), "{client} {name:?}");
        }
    }
    assert!(!place.path("pwned").exists(), "nothing was run");
}

#[test]
fn a_path_that_a_client_would_fill_in_is_refused_for_it() {
    let place = Place::new();
    let folder = place.repository("x/${HOME}");
    let repository = format!("{}=h", folder.display());
    let server = place.server("bin", "exit 3");
    for (client, ..) in CLIENTS {
        let said = place.gitoma(&["install", "--client", client, "--server", &server, "--repo", &repository]);
        if ["claude-code", "cursor", "vscode", "gemini"].contains(client) {
            assert!(said.ends(2).err.contains("puts in a variable"), "{client}");
        } else {
            said.ends(0);
        }
    }
    assert!(!place.path(".cursor").exists() && !place.path(".claude.json").exists());
}

/// The owner, group and bits of a file stay, and so do those of its copy.
#[test]
fn a_private_file_has_a_private_copy_whatever_stood_there() {
    let place = Place::new();
    place.folder(".cursor");
    place.file(".cursor/mcp.json", "{\"secret\": 1}");
    place.mode(".cursor/mcp.json", 0o600);
    place.file(".cursor/mcp.json.gitoma-backup", "older");
    place.mode(".cursor/mcp.json.gitoma-backup", 0o666);
    install(&place, "cursor", &[]).ends(0);
    for file in [".cursor/mcp.json", ".cursor/mcp.json.gitoma-backup"] {
        assert_eq!(std::fs::metadata(place.path(file)).unwrap().mode() & 0o777, 0o600, "{file}");
    }
    assert_eq!(place.text(".cursor/mcp.json.gitoma-backup"), "{\"secret\": 1}");
}
