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

/// A server that speaks TLS under a certificate that nobody vouches for, and notes each request that it could read.
const SERVER: &str = r#"
import http.server, ssl, sys
class Note(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("requests", "a") as notes:
            notes.write(self.requestline + "\n" + str(self.headers) + "\n")
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="web"')
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate", "key")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Note)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// Whoever is at the other end of a connection gets the token only if its certificate says that it is the remote; the repository
/// cannot say otherwise. Without Python and OpenSSL there is no such server to try.
#[test]
fn a_remote_that_nobody_vouches_for_gets_no_token() {
    use std::io::BufRead as _;
    use std::process::{Command, Stdio};

    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    let place = house.scene.outside("server");
    std::fs::create_dir(&place).unwrap();
    let certificate = Command::new("openssl")
        .current_dir(&place)
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "certificate"])
        .args(["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
        .stderr(Stdio::null())
        .status();
    let server = Command::new("python3")
        .current_dir(&place)
        .args(["-c", SERVER])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let (Ok(true), Ok(mut server)) = (certificate.map(|status| status.success()), server) else { return };
    let mut port = String::new();
    std::io::BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let requests = || std::fs::read_to_string(place.join("requests")).unwrap_or_default();
    let url = format!("https://127.0.0.1:{}/acme/web.git", port.trim());
    house.scene.git(&["config", "http.sslVerify", "false"]);
    house.scene.git(&["config", "http.sslCAInfo", place.join("certificate").to_str().unwrap()]);
    let target = gitoma_core::config::PushTarget { token: Some(Secret::new(TOKEN.into())), ..target(&url) };
    let stage = Stage::pushing(&[house.scene.config()], WRITING_POLICY, true, Some(target));
    let refusal = stage.refusal("git_push_branch", call("agent/x"));
    let heard = requests();
    // Git itself, told to trust it, gets through to the very same server.
    let trusted = house.scene.git_succeeds_in(&house.scene.root(), &["ls-remote", &url]);
    let control = requests();
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((refusal.code(), refusal.executed(), heard.as_str()), ("unavailable", false, ""));
    assert!(!trusted && control.contains("GET /acme/web.git/info/refs"), "{control}");
}
