//! Where a token is, and where it is not.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use gitoma_core::Secret;

use super::{call, house, target};
use crate::scene::{Stage, WRITING_POLICY};

const TOKEN: &str = "ghx-correct-horse-battery-staple";

/// The command lines of all processes.
pub(super) fn commands() -> Vec<String> {
    processes().filter_map(|folder| std::fs::read(folder.join("cmdline")).ok()).map(lossy).collect()
}

fn processes() -> impl Iterator<Item = std::path::PathBuf> {
    std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok().map(|entry| entry.path()))
}

fn lossy(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}

/// All that is written below `folder`.
fn everything(folder: &std::path::Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_symlink() {
            text.push_str(&path.read_link().unwrap().display().to_string());
        } else if path.is_dir() {
            everything(&path, text);
        } else {
            text.push_str(&lossy(std::fs::read(path).unwrap()));
        }
    }
}

/// A remote takes the connection and says nothing. While git waits for it, the token is looked for.
#[test]
fn a_token_stands_in_no_argument_and_no_variable() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://127.0.0.1:{}/acme/web.git", listener.local_addr().unwrap().port());
    let target = gitoma_core::config::PushTarget { token: Some(Secret::new(TOKEN.into())), ..target(&url) };
    let stage = Stage::pushing(&[house.scene.config()], WRITING_POLICY, true, Some(target));
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let (connection, _) = listener.accept().unwrap();
            let mut holders = 0;
            for folder in processes() {
                let command = std::fs::read(folder.join("cmdline")).map(lossy).unwrap_or_default();
                if !command.contains(&url) {
                    continue;
                }
                let environment = std::fs::read(folder.join("environ")).map(lossy).unwrap_or_default();
                assert!(environment.contains("GITOMA_ASKPASS_FD="), "{command}");
                assert!(environment.contains("/bin/gitoma-askpass"), "{environment}");
                assert!(!environment.contains(TOKEN) && !command.contains(TOKEN) && !command.contains('@'));
                let held = std::fs::read_dir(folder.join("fd")).unwrap();
                let held = held.filter_map(|entry| entry.unwrap().path().read_link().ok());
                holders += held.filter(|link| link.to_string_lossy().contains("memfd:gitoma")).count();
            }
            // Git, and the program of its that speaks HTTP.
            assert!(holders >= 2, "{holders}");
            connection
        });
        assert!(stage.call_for(Duration::from_millis(1500), "git_push_branch", call("agent/x")).is_none());
        let _connection = looking.join().unwrap();
    });
    let begun = Instant::now();
    while commands().iter().any(|command| command.contains(&url)) {
        assert!(begun.elapsed() < Duration::from_secs(4), "a process is left");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut text = String::new();
    everything(stage.state(), &mut text);
    assert!(text.contains("git_push_branch") && !text.contains(TOKEN));
}
