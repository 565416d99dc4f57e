use gitoma_confine::{Ended, Finished};

use super::{Pushed, RemoteFault, listed, outcome};

const CHANGE: &str = "1111111111111111111111111111111111111111:refs/heads/agent/x";

fn finished(ended: Ended, stdout: &str, stderr: &str) -> Finished {
    Finished { ended, stdout: stdout.into(), stderr: stderr.into() }
}

#[test]
fn a_list_of_branches() {
    let one = "1".repeat(40);
    let text = format!(
        "ref: refs/heads/main\tHEAD\n{one}\tHEAD\nref: refs/heads/x\trefs/remotes/HEAD\n{one}\trefs/heads/main\n\
         {one}\trefs/heads/agent/x\n{one}\trefs/tags/v1\n{one}\trefs/x/refs/heads/y\nzz\trefs/heads/bad\nnonsense\n"
    );
    let branches = listed(text.as_bytes());
    assert_eq!(branches.default.as_deref(), Some("main"));
    assert_eq!(branches.tips.keys().collect::<Vec<_>>(), ["agent/x", "main"]);
    assert_eq!(listed(b""), super::Branches::default());
}

#[test]
fn a_report_is_sorted_into_few_kinds() {
    let line = |flag: &str, summary: &str| format!("To https://h/r\n{flag}\t{CHANGE}\t{summary}\nDone\n");
    let gone = "fatal: unable to access 'https://h/r/': Could not resolve host: h";
    for (ended, stdout, stderr, expected) in [
        (Ended::Exited(0), line(" ", "1..2"), "", Pushed::Done),
        (Ended::Exited(0), line("*", "[new branch]"), "", Pushed::Done),
        (Ended::Exited(0), line("=", "[up to date]"), "", Pushed::Done),
        (Ended::Exited(1), line("!", "[rejected] (fetch first)"), "", Pushed::Moved),
        (Ended::Exited(1), line("!", "[rejected] (non-fast-forward)"), "", Pushed::Moved),
        (
            Ended::Exited(1),
            line("!", "[remote rejected] (pre-receive hook declined)"),
            "remote: no\nother\nremote: never \n",
            Pushed::Rejected("no\nnever".into()),
        ),
        (Ended::Exited(1), line("!", "[remote failure] (?)"), "", Pushed::Unclear(RemoteFault::Unreachable)),
        (Ended::Exited(0), String::new(), "", Pushed::Unclear(RemoteFault::Unreachable)),
        // What the remote says of another branch is not an answer.
        (
            Ended::Exited(0),
            line(" ", "1..2").replace("agent/x", "agent/y"),
            "",
            Pushed::Unclear(RemoteFault::Unreachable),
        ),
        (Ended::Exited(128), String::new(), gone, Pushed::Unclear(RemoteFault::Unreachable)),
        (
            Ended::Exited(128),
            String::new(),
            "fatal: Authentication failed for 'x'",
            Pushed::Unclear(RemoteFault::Credential),
        ),
        (Ended::TimedOut, line(" ", "1..2"), "", Pushed::Unclear(RemoteFault::Slow)),
        (Ended::Killed, String::new(), "", Pushed::Unclear(RemoteFault::Unreachable)),
    ] {
        assert_eq!(outcome(&finished(ended, &stdout, stderr), CHANGE), expected, "{stdout}");
    }
}
