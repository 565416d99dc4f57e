use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::askpass::answer;
use super::credential::Passed;
use super::run::{Terms, run};
use super::{Conversation, Credential, Ended, Git, GitCall, Heard, LineLimits, Program};

const TOKEN: &str = "correct-horse-battery-staple";

fn sh(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.env_clear().env("PATH", "/usr/bin:/bin").args(["-c", script]);
    command
}

fn terms<'a>(passed: Option<&'a Passed>, stopped: &'a dyn Fn() -> bool) -> Terms<'a> {
    Terms { passed, time: Duration::from_secs(20), output: 64 * 1024, stopped }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn is_alive(pid: &str) -> bool {
    // What is dead and not yet waited for by its new parent does nothing any more.
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}

fn gone_within(pid: &str, time: Duration) -> bool {
    let begun = Instant::now();
    while is_alive(pid) {
        if begun.elapsed() > time {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

fn credential() -> Credential<'static> {
    Credential { origin: "https://git.example.org:8443", username: "gitoma", password: TOKEN }
}

#[test]
fn a_process_says_how_it_ended_and_no_more_than_it_may() {
    let never = || false;
    let finished = run(sh("echo out; echo err >&2; exit 3"), &terms(None, &never)).unwrap();
    assert_eq!(finished.ended, Ended::Exited(3));
    assert_eq!((text(&finished.stdout), text(&finished.stderr)), ("out\n".into(), "err\n".into()));
    let finished = run(sh("kill -9 $$"), &terms(None, &never)).unwrap();
    assert_eq!(finished.ended, Ended::Killed);
    // Far more than a pipe holds: nobody waits, and what is too much is dropped.
    let loud = Terms { output: 1000, ..terms(None, &never) };
    let finished = run(sh("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"), &loud).unwrap();
    assert_eq!(
        (finished.ended, finished.stdout.len(), finished.stderr.len()),
        (Ended::Exited(0), 1000, 1000)
    );
    assert_eq!(
        run(sh("cat"), &terms(None, &never)).unwrap().ended,
        Ended::Exited(0),
        "there is nothing to read"
    );
    assert!(run(Command::new("/nonexistent"), &terms(None, &never)).is_err());
}

/// Writes the ids of the processes it starts to `pids`, and stays.
fn family(pids: &Path, escape: bool, stubborn: bool) -> String {
    let trap = if stubborn { "trap '' TERM; " } else { "" };
    let escaped = if escape {
        format!("setsid sh -c '{trap}echo $$ >> {pids}; sleep 600; sleep 600' & ", pids = pids.display())
    } else {
        String::new()
    };
    format!(
        "{trap}echo $$ >> {pids}; {escaped}(sh -c '{trap}echo $$ >> {pids}; sleep 600; sleep 600') & wait; sleep 600",
        pids = pids.display()
    )
}

fn started(pids: &Path, count: usize) -> Vec<String> {
    loop {
        let found = std::fs::read_to_string(pids).unwrap_or_default();
        if found.lines().count() >= count {
            return found.lines().map(str::to_owned).collect();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Stops a family of processes once all of it runs.
fn stop(escape: bool, stubborn: bool) -> (Ended, Vec<String>, Duration) {
    let directory = tempfile::tempdir().unwrap();
    let pids = directory.path().join("pids");
    let (is_over, script) = (AtomicBool::new(false), family(&pids, escape, stubborn));
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            let is_over = || is_over.load(Ordering::Relaxed);
            run(sh(&script), &terms(None, &is_over)).unwrap()
        });
        let pids = started(&pids, 2 + usize::from(escape));
        let begun = Instant::now();
        is_over.store(true, Ordering::Relaxed);
        let finished = running.join().unwrap();
        (finished.ended, pids, begun.elapsed())
    })
}

#[test]
fn who_is_stopped_is_gone_with_all_it_started() {
    for (escape, stubborn) in [(false, false), (true, false), (true, true)] {
        let (ended, pids, took) = stop(escape, stubborn);
        assert_eq!(ended, Ended::Stopped);
        for pid in pids {
            assert!(gone_within(&pid, Duration::from_secs(2)), "escape {escape}, stubborn {stubborn}");
        }
        let range = if stubborn { 5..8 } else { 0..4 };
        assert!(range.contains(&took.as_secs()), "{took:?}, stubborn {stubborn}");
    }
}

#[test]
fn time_that_is_over_ends_a_process() {
    let short = Terms { time: Duration::from_millis(100), ..terms(None, &|| false) };
    let begun = Instant::now();
    assert_eq!(run(sh("sleep 600"), &short).unwrap().ended, Ended::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[test]
fn who_ends_leaves_nobody_of_the_group_behind() {
    let finished = run(sh("sleep 600 & echo $!"), &terms(None, &|| false)).unwrap();
    assert_eq!(finished.ended, Ended::Exited(0));
    assert!(gone_within(&text(&finished.stdout), Duration::from_secs(2)));
    // Somebody who left the group and keeps the pipe does not keep the caller.
    let begun = Instant::now();
    let finished = run(sh("setsid sleep 600 & echo $!"), &terms(None, &|| false)).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert!(gone_within(&text(&finished.stdout), Duration::from_secs(2)));
}

#[test]
fn a_credential_is_read_as_often_as_it_is_asked_for() {
    let passed = Passed::new(&credential()).unwrap();
    let number = passed.number();
    let script = format!("cat /proc/self/fd/{number}; sh -c 'cat /proc/self/fd/{number}'");
    let held = format!("https://git.example.org:8443\ngitoma\n{TOKEN}\n");
    for _ in 0..2 {
        let finished = run(sh(&script), &terms(Some(&passed), &|| false)).unwrap();
        assert_eq!(text(&finished.stdout), format!("{held}{held}"));
    }
    // Only who it is for inherits it.
    let finished = run(sh(&script), &terms(None, &|| false)).unwrap();
    assert_eq!(text(&finished.stdout), "");
    let broken = Credential { password: "a\nb", ..credential() };
    assert!(Passed::new(&broken).is_err());
    assert_eq!(format!("{:?}", credential()), "Credential(***)");
}

/// Runs with a credential and runs without one go on at the same time; the latter never see a credential.
#[test]
fn a_credential_reaches_nobody_else() {
    let (over, never) = (AtomicBool::new(false), || false);
    let script = "ls -l /proc/self/fd | grep -c memfd:gitoma";
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let passed = Passed::new(&credential()).unwrap();
                    let finished = run(sh(script), &terms(Some(&passed), &never)).unwrap();
                    assert_eq!(text(&finished.stdout), "1\n");
                }
            });
        }
        for _ in 0..60 {
            let finished = run(sh(script), &terms(None, &never)).unwrap();
            assert_eq!(text(&finished.stdout), "0\n");
        }
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn only_the_questions_of_one_remote_are_answered() {
    let held = format!("https://git.example.org:8443\ngitoma\n{TOKEN}\n");
    for (prompt, expected) in [
        ("Username for 'https://git.example.org:8443': ", Some("gitoma")),
        ("Password for 'https://gitoma@git.example.org:8443': ", Some(TOKEN)),
        ("Password for 'https://other@git.example.org:8443': ", None),
        ("Password for 'https://git.example.org:8443': ", None),
        ("Password for 'https://gitoma@git.example.org': ", None),
        ("Password for 'http://gitoma@git.example.org:8443': ", None),
        ("Password for 'https://gitoma@evil.example.org': ", None),
        ("Username for 'https://evil.example.org': ", None),
        ("Enter passphrase for key '/root/.ssh/id': ", None),
        ("", None),
    ] {
        assert_eq!(answer(prompt, &held), expected, "{prompt}");
    }
    assert_eq!(answer("Username for 'https://git.example.org:8443': ", ""), None);
}

/// Git itself, and what of its surroundings reaches a program that it starts.
#[test]
fn git_sees_a_surrounding_that_was_made_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let repository = directory.path().join("far.git");
    let made = Command::new("git").args(["init", "--quiet", "--bare"]).arg(&repository).status().unwrap();
    assert!(made.success());
    let url = format!("file://{}", repository.display());
    let call = |arguments: &'static [&'static str], protocol: &'static str| {
        let call = GitCall {
            git_dir: &repository,
            home: &home,
            protocol,
            credential: None,
            arguments,
            time: Duration::from_secs(20),
            output: 64 * 1024,
        };
        Git::find().unwrap().run(&call, &|| false).unwrap()
    };
    let listed = call(&["config", "--list", "--show-scope"], "https");
    let listed = text(&listed.stdout);
    assert!(!listed.contains("global\t") && !listed.contains("system\t"), "{listed}");
    assert!(listed.contains("command\tcore.hookspath=/dev/null"), "{listed}");
    let url: &'static str = url.leak();
    let arguments: &'static [&'static str] = vec!["ls-remote", url].leak();
    assert_eq!(call(arguments, "file").ended, Ended::Exited(0));
    let refused = call(arguments, "https");
    assert_eq!(refused.ended, Ended::Exited(128));
    assert!(text(&refused.stderr).contains("not allowed"), "{}", text(&refused.stderr));
    // A program of the repository that git is asked to run anyway.
    let environment = directory.path().join("environment");
    let program = directory.path().join("program");
    std::fs::write(&program, format!("#!/bin/sh\nenv > {}\n", environment.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let alias: &'static str = format!("alias.look=!{}", program.display()).leak();
    assert_eq!(call(vec!["-c", alias, "look"].leak(), "https").ended, Ended::Exited(0));
    let seen = std::fs::read_to_string(environment).unwrap();
    for name in seen.lines().filter_map(|line| line.split('=').next()) {
        let known = ["HOME", "LC_ALL", "OLDPWD", "PATH", "PWD", "SHLVL", "_"].contains(&name);
        assert!(known || name.starts_with("GIT_") || name == "GITOMA_RUN", "{name}");
    }
}

/// A program of a script that speaks by lines.
fn speaking(script: &str, limits: LineLimits) -> Conversation {
    let arguments = ["-c".into(), script.into()];
    let environment = [("PATH".into(), "/usr/bin:/bin".into())];
    let path = Path::new("/bin/sh");
    let program =
        Program { path, arguments: &arguments, environment: &environment, directory: Path::new("/") };
    Conversation::start(&program, limits).unwrap()
}

const LINES: LineLimits = LineLimits { line: 100, all: 1000, stderr: 100 };

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[test]
fn a_program_is_spoken_to_by_lines_and_heard_to_its_end() {
    let mut talk =
        speaking("while read line; do echo \"<$line>\"; done; echo bye; echo why >&2; exit 5", LINES);
    assert!(talk.say(b"one") && talk.say(b"two"));
    assert_eq!(talk.hear(soon()), Heard::Line(b"<one>".to_vec()));
    assert_eq!(talk.hear(soon()), Heard::Line(b"<two>".to_vec()));
    assert_eq!(talk.hear(Instant::now()), Heard::Silence);
    let mut rest = Vec::new();
    let finished = talk.end(Duration::from_secs(20), |heard| rest.push(heard)).unwrap();
    assert_eq!(rest, [Heard::Line(b"bye".to_vec())]);
    assert_eq!((finished.ended, text(&finished.stderr)), (Ended::Exited(5), "why\n".to_owned()));
}

#[test]
fn what_is_said_is_bounded_by_the_line_and_altogether() {
    for (script, expected) in [
        ("printf '%0100d\\n' 0", Heard::Line(vec![b'0'; 100])),
        ("printf '%0101d\\n' 0; sleep 600", Heard::TooMuch),
        ("exec cat /dev/zero", Heard::TooMuch),
        ("printf torn", Heard::Torn(b"torn".to_vec())),
        ("exec true", Heard::Ended),
    ] {
        let talk = speaking(script, LINES);
        assert_eq!(talk.hear(soon()), expected, "{script}");
    }
    let talk = speaking("exec yes", LINES);
    let heard: Vec<_> = std::iter::repeat_with(|| talk.hear(soon())).take(501).collect();
    assert!(heard[..500].iter().all(|heard| *heard == Heard::Line(b"y".to_vec())));
    assert_eq!(heard[500], Heard::TooMuch, "a thousand bytes are five hundred lines");
    assert_eq!(talk.hear(soon()), Heard::Ended);
}

#[test]
fn a_program_that_does_not_end_is_made_to_with_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let mut talk = speaking(&family(&pids, true, false), LINES);
    let family = started(&pids, 3);
    assert!(talk.say(b"still there?"));
    let finished = talk.end(Duration::from_millis(50), drop).unwrap();
    assert_ne!(finished.ended, Ended::Exited(0));
    for pid in family {
        assert!(gone_within(&pid, Duration::from_secs(10)), "{pid} is still there");
    }
    // Nor does one stay that nobody ends.
    let talk = speaking("echo $$; exec sleep 600", LINES);
    let Heard::Line(pid) = talk.hear(soon()) else { panic!("no line") };
    drop(talk);
    assert!(gone_within(&text(&pid), Duration::from_secs(10)));
}

#[test]
fn a_program_has_the_environment_it_was_given_and_no_other() {
    let arguments = ["-0".into()];
    let environment = [("A".into(), "b".into())];
    let program = Program {
        path: Path::new("/usr/bin/env"),
        arguments: &arguments,
        environment: &environment,
        directory: Path::new("/"),
    };
    let finished = program.run(Duration::from_secs(20), 1000).unwrap();
    let variables: Vec<String> = text(&finished.stdout)
        .split_terminator('\0')
        .map(|variable| variable.split('=').next().unwrap().to_owned())
        .collect();
    assert_eq!(variables, ["A", "GITOMA_RUN"]);
    let missing = Program { path: Path::new("/nonexistent"), ..program };
    assert!(missing.run(Duration::from_secs(20), 10).is_err());
}
