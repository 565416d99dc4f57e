//! The socket's file (HTTP-5): the system says who calls, and nobody else gets in.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::{Place, command};

struct Running {
    child: Child,
    said: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn server(place: &Place, path: &Path, more: &[&str]) -> Command {
    let mut command = command(env!("CARGO_BIN_EXE_gitoma-http"), place.folder.path());
    command.arg("--state").arg(place.state()).arg("--repo").arg(place.repository());
    command.arg("--listen").arg(format!("unix:{}", path.display())).args(more);
    command
}

fn start(place: &Place, path: &Path, more: &[&str]) -> Running {
    let mut child = server(place, path, more).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    Running { child, said }
}

fn ask(path: &Path, more: &str) -> (u16, String) {
    let mut socket = UnixStream::connect(path).unwrap();
    let body = json!({"arguments": {"repo": "web", "max_count": 1}}).to_string();
    let head = format!(
        "POST /api/v1/tools/git_log HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}{more}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

fn socket(place: &Place) -> PathBuf {
    place.folder.path().join("gitoma.sock")
}

#[test]
fn the_user_is_known_without_a_token() {
    let place = Place::new();
    let path = socket(&place);
    let running = start(&place, &path, &[]);
    assert_eq!(running.said, format!("gitoma-http listening on unix:{}\n", path.display()));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let (status, answer) = ask(&path, "");
    assert_eq!(status, 200, "{answer}");
    // A token counts where there is one, and a wrong one is not made good by the user.
    let operator = String::from_utf8(place.read(&place.state().join("operator_token"))).unwrap();
    for (header, status) in [
        (format!("Authorization: Bearer {}", operator.trim()), 200),
        ("Authorization: Bearer wrong".to_owned(), 403),
        ("Authorization: Basic YTpi".to_owned(), 401),
    ] {
        let (found, answer) = ask(&path, &format!("\r\n{header}"));
        assert_eq!(found, status, "{header} {answer}");
    }
    // A name that a page was rebound to is refused here as well.
    let (status, _) = ask(&path, "\r\nHost: evil.example");
    assert_ne!(status, 200);
}

#[test]
fn users_are_those_of_the_configuration() {
    let me = rustix::process::geteuid().as_raw();
    let listed = |users: &str| format!("principals:\n  - {{ name: ci, roles: [agent], users: {users} }}\n");
    for (users, status) in [(format!("[{me}]"), 200), (format!("[{}]", me + 1), 401), ("[]".to_owned(), 503)]
    {
        let place = Place::new();
        let configuration = place.configuration(&listed(&users));
        let path = socket(&place);
        let _running = start(&place, &path, &["--config", &configuration]);
        let (found, answer) = ask(&path, "");
        assert_eq!(found, status, "{users} {answer}");
    }
    let place = Place::new();
    let twice =
        format!("{}  - {{ name: other, roles: [agent], users: [{me}] }}\n", listed(&format!("[{me}]")));
    let refused =
        server(&place, &socket(&place), &["--config", &place.configuration(&twice)]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(2) && said.contains("`other` has a user of another"), "{said}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test's own files")]
fn what_stands_there_is_replaced_only_if_it_is_a_dead_socket_of_ours() {
    let place = Place::new();
    let path = socket(&place);
    let first = start(&place, &path, &[]);
    // Somebody listens.
    assert_eq!(server(&place, &path, &[]).output().unwrap().status.code(), Some(1));
    assert_eq!(ask(&path, "").0, 200);
    // Killed, it left its file behind.
    drop(first);
    assert!(path.exists());
    let mut second = start(&place, &path, &[]);
    assert_eq!(ask(&path, "").0, 200);
    // Told to stop, it takes its file along.
    let id = rustix::process::Pid::from_child(&second.child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert!(second.child.wait().unwrap().success());
    assert!(!path.exists());
    // What is no socket is left alone.
    place.replace(&path, b"words");
    assert_eq!(server(&place, &path, &[]).output().unwrap().status.code(), Some(1));
    assert_eq!(place.read(&path), b"words");
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(place.folder.path().join("elsewhere"), &path).unwrap();
    assert_eq!(server(&place, &path, &[]).output().unwrap().status.code(), Some(1));
    assert!(!place.folder.path().join("elsewhere").exists());
}
