//! Tools of the released `gitoma-mcp` beside other servers' that do the same, over stdio: git beside PyPI `mcp-server-git`, a file beside npm
//! `@modelcontextprotocol/server-filesystem`.

use std::path::Path;
use std::process::Command;

use super::program::Program;
use crate::lines::Lines;
use crate::table::Table;

const ROUNDS: usize = 5;
const CALLS: usize = 60;
/// Files of the larger repository.
const FILES: usize = 5_000;

pub fn compare(table: &mut Table, tools: &Path, binary: &Path) -> anyhow::Result<()> {
    let place = tempfile::tempdir()?;
    let (small, large) = (place.path().join("small"), place.path().join("large"));
    repository(&small, 20)?;
    repository(&large, FILES)?;
    let repositories: [(&str, &Path); 2] = [("small", &small), ("large", &large)];
    let Some(program) = Program::find(table, binary, &repositories)? else { return Ok(()) };
    let mut ours = Lines::start(program.command("state", &[]))?;

    let git = tools.join("python/bin/mcp-server-git");
    if git.exists() {
        for (what, tool, more, alias, path) in [
            ("git_log, 10 commits", "git_log", r#","max_count":10"#, "small", &small),
            ("git_status, 20 files", "git_status", "", "small", &small),
            ("git_status, 5,000 files", "git_status", "", "large", &large),
        ] {
            let mut command = Command::new(&git);
            command.arg("--repository").arg(path);
            let mut theirs = Lines::start(command)?;
            let their_call =
                format!(r#"{{"name":"{tool}","arguments":{{"repo_path":"{}"{more}}}}}"#, path.display());
            let our_call = format!(r#"{{"name":"{tool}","arguments":{{"repo":"{alias}"{more}}}}}"#);
            let what = format!("{what}, beside PyPI mcp-server-git");
            beside(table, &what, (&mut theirs, &their_call), (&mut ours, &our_call))?;
        }
    } else {
        table.figure("git beside PyPI mcp-server-git", "left out: `just mcp-peers` installs it".to_owned());
    }

    let files = tools.join("npm/node_modules/.bin/mcp-server-filesystem");
    if files.exists() {
        let mut command = Command::new(&files);
        command.arg(&small);
        let mut theirs = Lines::start(command)?;
        let path = small.join("src/file-7.txt").canonicalize()?;
        let their_call =
            format!(r#"{{"name":"read_text_file","arguments":{{"path":"{}"}}}}"#, path.display());
        let our_call = r#"{"name":"repo_read_file","arguments":{"repo":"small","path":"src/file-7.txt"}}"#;
        let what = "a file of 1 KiB, beside npm server-filesystem";
        beside(table, what, (&mut theirs, &their_call), (&mut ours, our_call))?;
    } else {
        table.figure(
            "files beside npm server-filesystem",
            "left out: `just mcp-peers` installs it".to_owned(),
        );
    }
    Ok(())
}

fn beside(
    table: &mut Table,
    what: &str,
    (theirs, their_call): (&mut Lines, &str),
    (ours, our_call): (&mut Lines, &str),
) -> anyhow::Result<()> {
    let (mut their_timings, mut our_timings) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (one, two) = (theirs.round(their_call, CALLS)?, ours.round(our_call, CALLS)?);
        if round > 0 {
            their_timings.extend(one);
            our_timings.extend(two);
        }
    }
    table.compare(what, their_timings, our_timings);
    Ok(())
}

/// A repository of `files` files of 1 KiB, fifty a directory, with a dozen commits, one change in the work tree and one new file.
pub(super) fn repository(root: &Path, files: usize) -> anyhow::Result<()> {
    std::fs::create_dir_all(root)?;
    git(root, &["init", "-q", "-b", "main"])?;
    for number in 0..files {
        let folder =
            if number < 50 { root.join("src") } else { root.join(format!("src/part-{}", number / 50)) };
        std::fs::create_dir_all(&folder)?;
        let text = format!("{number} what stands here is as long as a file of one kibibyte\n").repeat(20);
        std::fs::write(folder.join(format!("file-{number}.txt")), &text[..1024])?;
    }
    git(root, &["add", "-A"])?;
    git(root, &["commit", "-q", "-m", "first"])?;
    for number in 0..12 {
        std::fs::write(root.join("notes.txt"), format!("note {number}\n"))?;
        git(root, &["add", "-A"])?;
        git(root, &["commit", "-q", "-m", &format!("note {number}")])?;
    }
    git(root, &["gc", "-q"])?;
    std::fs::write(root.join("notes.txt"), "another note\n")?;
    std::fs::write(root.join("new.txt"), "new\n")?;
    Ok(())
}

fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new("git");
    command.current_dir(root).args(["-c", "user.name=peers", "-c", "user.email=peers@example.invalid"]);
    command.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    anyhow::ensure!(command.status()?.success(), "git {arguments:?}");
    Ok(())
}
