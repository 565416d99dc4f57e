//! The program under its other name: it answers git's question for a credential, over a descriptor and for one remote alone. Real git asks,
//! on its way to a real remote that wants a password.
#![expect(clippy::disallowed_methods, reason = "tests look at files of their own temporary directories")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::support::{Said, feed, program};

const TOKEN: &str = "correct-horse-battery-staple";
/// `x-access-token:` and the token, in base64.
const BASIC: &str = "Basic eC1hY2Nlc3MtdG9rZW46Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ==";

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(place.path("bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_gitoma"), place.askpass()).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn askpass(&self) -> PathBuf {
        self.path("bin/gitoma-askpass")
    }

    /// Runs `script` with the credential for `origin` behind descriptor 9.
    fn run(&self, origin: &str, script: &str) -> Said {
        std::fs::write(self.path("held"), format!("{origin}\nx-access-token\n{TOKEN}\n")).unwrap();
        let mut command = program("/bin/sh", self.folder.path());
        command.args(["-c", &format!("exec 9<held; {script}")]);
        command.envs([("GITOMA_ASKPASS_FD", "9"), ("LC_ALL", "C"), ("GIT_TERMINAL_PROMPT", "0")]);
        command.env("GIT_ASKPASS", self.askpass());
        feed(command, b"")
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = program("git", self.folder.path());
        assert!(command.args(arguments).stdout(Stdio::null()).status().unwrap().success(), "{arguments:?}");
    }
}

#[test]
fn only_what_is_asked_for_one_remote_is_answered() {
    let place = Place::new();
    let origin = "https://git.example.org";
    let ask = |prompt: &str| place.run(origin, &format!("exec bin/gitoma-askpass \"{prompt}\""));
    assert_eq!(ask("Username for 'https://git.example.org': ").ends(0).out, "x-access-token\n");
    let password = "Password for 'https://x-access-token@git.example.org': ";
    assert_eq!(ask(password).ends(0).out, format!("{TOKEN}\n"));
    for prompt in ["Password for 'https://x-access-token@evil.example.org': ", "Password: ", ""] {
        let said = ask(prompt).ends(1);
        assert_eq!((said.out.as_str(), said.err.as_str()), ("", ""), "{prompt}");
    }
    for script in [
        "GITOMA_ASKPASS_FD=8 exec bin/gitoma-askpass \"Username for 'https://git.example.org': \"",
        "GITOMA_ASKPASS_FD=../fd/9 exec bin/gitoma-askpass \"Username for 'https://git.example.org': \"",
        "unset GITOMA_ASKPASS_FD; exec bin/gitoma-askpass \"Username for 'https://git.example.org': \"",
        "exec bin/gitoma-askpass",
        "exec bin/gitoma-askpass --help",
    ] {
        assert_eq!(place.run(origin, script).ends(1).out, "", "{script}");
    }
    // Under its own name it is the program that everybody knows.
    let help = place.run(origin, &format!("exec {} --help", env!("CARGO_BIN_EXE_gitoma"))).ends(0);
    assert!(help.out.contains("Usage"), "{help:?}");
}

#[test]
fn real_git_pushes_to_a_remote_that_wants_a_password() {
    let place = Place::new();
    place.git(&["init", "--quiet", "--bare", "far/web.git"]);
    place.git(&["init", "--quiet", "--initial-branch=agent/x", "near"]);
    std::fs::write(place.path("near/a.txt"), "a\n").unwrap();
    place.git(&["-C", "near", "add", "a.txt"]);
    place.git(&["-C", "near", "commit", "--quiet", "--message", "begin"]);
    let server = Server::start(place.path("far"));
    let origin = format!("http://127.0.0.1:{}", server.port);
    let push = format!("cd near; exec git push --porcelain {origin}/web.git HEAD:refs/heads/agent/x");
    // A credential for another remote is not shown to this one.
    let said = place.run("https://git.example.org", &push).ends(128);
    assert!(said.err.contains("could not read Username"), "{said:?}");
    assert!(server.presented().iter().all(Option::is_none));
    let said = place.run(&origin, &push).ends(0);
    assert!(said.out.contains("[new branch]"), "{said:?}");
    assert!(!said.out.contains(TOKEN) && !said.err.contains(TOKEN), "{said:?}");
    assert!(server.presented().iter().flatten().all(|presented| presented == BASIC));
    assert!(server.presented().iter().any(Option::is_some));
    place.git(&["-C", "far/web.git", "rev-parse", "--verify", "--quiet", "refs/heads/agent/x"]);
}

/// `git http-backend` behind basic authentication.
struct Server {
    port: u16,
    presented: Arc<Mutex<Vec<Option<String>>>>,
}

impl Server {
    fn start(root: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let presented = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&presented);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                serve(connection.unwrap(), &root, &seen);
            }
        });
        Self { port, presented }
    }

    /// The `Authorization` of each request so far.
    fn presented(&self) -> Vec<Option<String>> {
        self.presented.lock().unwrap().clone()
    }
}

fn serve(mut connection: TcpStream, root: &Path, presented: &Mutex<Vec<Option<String>>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let authorization = header("authorization");
    presented.lock().unwrap().push(authorization.clone());
    if authorization.as_deref() != Some(BASIC) {
        let refusal = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"forge\"\r\n\
                       Content-Length: 0\r\nConnection: close\r\n\r\n";
        connection.write_all(refusal.as_bytes()).unwrap();
        return;
    }
    let mut line = head.lines().next().unwrap().split(' ');
    let (method, target) = (line.next().unwrap(), line.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut command = Command::new("git");
    command.arg("http-backend").env_clear().envs([
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("GIT_HTTP_EXPORT_ALL", "1"),
        ("REMOTE_USER", "x-access-token"),
        ("REQUEST_METHOD", method),
        ("PATH_INFO", path),
        ("QUERY_STRING", query),
        ("CONTENT_LENGTH", &body.len().to_string()),
        ("CONTENT_TYPE", &header("content-type").unwrap_or_default()),
        ("GIT_PROTOCOL", &header("git-protocol").unwrap_or_default()),
    ]);
    command.env("GIT_PROJECT_ROOT", root);
    let answer = cgi(command, &body);
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..split]).into_owned();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let reply = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{head}\r\n\r\n");
    connection.write_all(reply.as_bytes()).unwrap();
    connection.write_all(&answer[split + 4..]).unwrap();
}

fn cgi(mut command: Command, input: &[u8]) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().stdout
}
