//! TLS on the listener, as real `curl` meets it: who is trusted, which versions, what a slow or plain client gets, and a certificate that
//! is replaced.

#[cfg(test)]
#[path = "support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests without TLS")]
mod support;

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;
    use std::process::{Child, ChildStdout, Stdio};

    use crate::support::{Place, command, eventually};

    /// A running server, killed when it goes out of scope.
    struct Running {
        child: Child,
        _stdout: BufReader<ChildStdout>,
        address: String,
    }

    impl Drop for Running {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    struct Certified {
        place: Place,
        certificate: PathBuf,
        key: PathBuf,
    }

    impl Certified {
        fn new() -> Self {
            let place = Place::new();
            let (certificate, key) =
                (place.folder.path().join("tls.crt"), place.folder.path().join("tls.key"));
            let certified = Self { place, certificate, key };
            certified.renew();
            certified
        }

        /// Puts another certificate in the place of the one there is.
        fn renew(&self) {
            let made =
                rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]);
            let rcgen::CertifiedKey { cert, signing_key } = made.unwrap();
            self.place.replace(&self.key, signing_key.serialize_pem().as_bytes());
            self.place.replace(&self.certificate, cert.pem().as_bytes());
        }

        fn command(&self, more: &[&str]) -> std::process::Command {
            let mut command = self.place.server(more);
            command.arg("--tls-cert").arg(&self.certificate).arg("--tls-key").arg(&self.key);
            command
        }

        fn start(&self, more: &[&str]) -> Running {
            let mut child = self.command(more).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            let mut first = String::new();
            stdout.read_line(&mut first).unwrap();
            let address = first.trim_end().strip_prefix("gitoma-http listening on https://");
            let address = address.unwrap_or_else(|| panic!("the first line is {first:?}")).to_owned();
            Running { child, _stdout: stdout, address }
        }

        /// What curl says of `/healthz`: its exit code, and the status.
        fn curl(&self, server: &Running, more: &[&str]) -> (Option<i32>, String) {
            let said = command("curl", self.place.folder.path())
                .args(["-sS", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", "--max-time", "10"])
                .arg("--cacert")
                .arg(&self.certificate)
                .args(more)
                .arg(format!("https://{}/healthz", server.address))
                .output()
                .unwrap();
            (said.status.code(), String::from_utf8(said.stdout).unwrap())
        }
    }

    #[test]
    fn who_trusts_the_certificate_is_answered() {
        let certified = Certified::new();
        let server = certified.start(&[]);
        let fine = (Some(0), "200 1.1".to_owned());
        assert_eq!(certified.curl(&server, &[]), fine);
        assert_eq!(certified.curl(&server, &["--http2"]), fine, "HTTP/1.1 is what is agreed on");
        assert_eq!(certified.curl(&server, &["--tlsv1.3"]), fine);
        assert_eq!(certified.curl(&server, &["--tls-max", "1.2"]), fine);
        assert_eq!(
            certified.curl(&server, &["--tls-max", "1.1"]).0,
            Some(35),
            "older versions are not spoken"
        );
        let stranger = Certified::new();
        let cacert = stranger.certificate.to_str().unwrap();
        assert_eq!(certified.curl(&server, &["--cacert", cacert]).0, Some(60), "not trusted");
    }

    #[test]
    fn who_speaks_no_tls_is_not_answered_and_holds_nobody_up() {
        let certified = Certified::new();
        let server = certified.start(&[]);
        let silent = std::net::TcpStream::connect(&server.address).unwrap();
        let mut plain = std::net::TcpStream::connect(&server.address).unwrap();
        plain
            .write_all(format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).as_bytes())
            .unwrap();
        let mut answer = Vec::new();
        let _ = plain.read_to_end(&mut answer);
        assert!(!String::from_utf8_lossy(&answer).contains("HTTP/"), "{answer:?}");
        assert_eq!(certified.curl(&server, &[]).0, Some(0));
        drop(silent);
    }

    #[test]
    fn a_new_certificate_is_taken_up_and_a_bad_one_is_not() {
        let certified = Certified::new();
        let server = certified.start(&[]);
        let before = certified.place.folder.path().join("before.crt");
        certified.place.replace(&before, &certified.place.read(&certified.certificate));
        assert_eq!(certified.curl(&server, &[]).0, Some(0));
        certified.renew();
        eventually("the new one is used", || certified.curl(&server, &[]).0 == Some(0));
        assert_eq!(certified.curl(&server, &["--cacert", before.to_str().unwrap()]).0, Some(60));
        let good = certified.place.read(&certified.certificate);
        let kept = certified.place.folder.path().join("kept.crt");
        certified.place.replace(&kept, &good);
        certified.place.replace(&certified.certificate, b"no certificate\n");
        std::thread::sleep(std::time::Duration::from_millis(2_500));
        assert_eq!(certified.curl(&server, &["--cacert", kept.to_str().unwrap()]).0, Some(0));
    }

    #[test]
    fn what_cannot_be_used_refuses_the_start() {
        let certified = Certified::new();
        let refused = |words: &str| {
            let said = certified.command(&[]).output().unwrap();
            let text = String::from_utf8(said.stderr).unwrap();
            assert_eq!(said.status.code(), Some(2), "{text}");
            assert!(text.contains(words), "{text}");
        };
        std::fs::set_permissions(&certified.key, std::fs::Permissions::from_mode(0o640)).unwrap();
        refused("others can read the key of TLS");
        certified.renew();
        certified.place.replace(&certified.key, b"no key\n");
        refused("the key of TLS holds none in PEM");
        let other = Certified::new();
        certified.place.replace(&certified.key, &certified.place.read(&other.key));
        refused("cannot be used together");
        certified.renew();
        certified.place.replace(&certified.certificate, b"");
        refused("the certificate of TLS holds none in PEM");
        let half = certified
            .place
            .server(&["--tls-cert", certified.certificate.to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(half.status.code(), Some(2));
    }

    /// Where TLS is spoken, other machines may reach the server without a further word.
    #[test]
    fn an_exposed_address_needs_no_opt_in() {
        let certified = Certified::new();
        let mut command = certified.command(&["--admin-listen", "0.0.0.0:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let _ = child.kill();
        let _ = child.wait();
        assert!(first.starts_with("gitoma-http listening on https://"), "{first:?}");
    }
}
