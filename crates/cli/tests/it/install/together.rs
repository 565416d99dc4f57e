//! `gitoma install` for several clients: all of their files are changed or none, and each is the old one or the new one at any time.

use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{install, strays};
use crate::support::{Place, Said};

/// The second file cannot be made, since its directory cannot.
#[test]
fn a_file_that_cannot_be_written_leaves_all_as_they_were() {
    let place = Place::new();
    let server = place.server("bin", "exit 3");
    place.folder(".cursor");
    place.file(".cursor/mcp.json", "{\"mine\": 1}\n");
    // Nobody makes files there, not even root, who may write in a directory of mode 555.
    let closed =
        if rustix::process::geteuid().as_raw() == 0 { "/sys".into() } else { place.folder("closed") };
    if closed.starts_with(place.path("")) {
        place.mode("closed", 0o555);
    }
    let before = place.files();
    for first in ["cursor", "codex"] {
        let arguments =
            ["install", "--client", first, "--client", "gemini", "--server", &server, "--repo", "web"];
        let mut command = place.command(&arguments);
        let said = Said::from(command.env("GEMINI_CLI_HOME", &closed).output().unwrap()).ends(2);
        assert!(said.err.contains("gemini (user scope)") && said.out.is_empty(), "{said:?}");
        assert_eq!(place.files(), before, "{first}: no file, no copy, no folder");
    }
}

/// The files of two clients are one by a link of the user's: the first change is the other's as well, which then is not what it was.
#[test]
fn a_change_is_taken_back_where_a_later_one_cannot_be_made() {
    for text in [None, Some("{\n  \"theme\": 1\n}\n")] {
        let place = Place::new();
        place.server("bin", "exit 3");
        place.folder(".gemini");
        place.folder(".config");
        symlink(place.path(".gemini"), place.path(".config/zed")).unwrap();
        if let Some(text) = text {
            place.file(".gemini/settings.json", text);
            place.file(".gemini/settings.json.gitoma-backup", "older");
        }
        let before = place.files();
        let said = install(&place, "gemini", &["--client", "zed", "--client", "codex"]).ends(2);
        assert!(
            said.err.contains("zed (user scope)") && said.err.contains("changed by somebody else"),
            "{said:?}"
        );
        assert!(said.out.is_empty(), "nothing is said to be written: {}", said.out);
        let copy = place.path(".gemini/settings.json.gitoma-backup");
        assert_eq!((place.files(), copy.exists()), (before, text.is_some()));
        assert_eq!(strays(&place), 0);
        install(&place, "gemini", &[]).ends(0);
        install(&place, "zed", &[]).ends(0);
    }
}

/// Two files in folders that both have to be made, one within the other's.
#[test]
fn folders_that_several_need_are_made_once() {
    let place = Place::new();
    install(&place, "zed", &["--client", "vscode", "--client", "claude-desktop"]).ends(0);
    for file in ["zed/settings.json", "Code/User/mcp.json", "Claude/claude_desktop_config.json"] {
        assert!(place.text(&format!(".config/{file}")).contains("gitoma-mcp"), "{file}");
    }
}

/// What lies in the folder of Cursor.
#[expect(clippy::disallowed_methods, reason = "looks at the files of the test")]
fn names(place: &Place) -> Vec<String> {
    let entries = std::fs::read_dir(place.path(".cursor")).unwrap().flatten();
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// Whenever it is killed, a file is what it was or what it is to be, and so is the copy beside it.
#[test]
fn a_file_is_never_half_written_whenever_install_is_killed() {
    let place = Place::new();
    let server = place.server("bin", "exit 3");
    place.folder(".cursor");
    let old = format!("{{\n  \"mine\": \"{}\"\n}}\n", "x".repeat(1 << 18));
    let run = || place.command(&["install", "--client", "cursor", "--server", &server, "--repo", "web"]);
    place.file(".cursor/mcp.json", &old);
    Said::from(run().output().unwrap()).ends(0);
    let new = place.text(".cursor/mcp.json");
    assert_ne!(new, old);
    let mut changed = 0;
    // Later and later after the first of its files is there, until it is too late; on a slow machine there are more rounds.
    for delay in (0..10_000_000).step_by(300).map(Duration::from_micros) {
        place.file(".cursor/mcp.json", &old);
        let copy = place.path(".cursor/mcp.json.gitoma-backup");
        // The copy, and what a kill left over under a name of its own.
        for stray in names(&place).iter().filter(|name| *name != "mcp.json") {
            rustix::fs::unlink(place.path(".cursor").join(stray)).unwrap();
        }
        let mut child = run().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while names(&place) == ["mcp.json"] && child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not begin to write");
        }
        std::thread::sleep(delay);
        // It may have ended by itself.
        let _ = child.kill();
        child.wait().unwrap();
        let text = place.text(".cursor/mcp.json");
        if text != old {
            assert!(text == new, "after {delay:?}: half of {} bytes", text.len());
            changed += 1;
        }
        assert!(!copy.exists() || place.read(&copy) == old.as_bytes(), "after {delay:?}: the copy is whole");
        assert!(text == old || copy.exists(), "after {delay:?}: no change without a copy");
        if changed == 5 {
            break;
        }
    }
    assert_eq!(changed, 5, "it was killed until it was too late");
}
