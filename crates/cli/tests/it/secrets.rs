//! `gitoma secrets` as its users meet it: exit codes, places, and no value in any output.

mod fingerprint;
mod history;
mod report;
mod tree;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::support::{Place, Said};

/// The secrets that the tests plant, each by a rule of its own and none of them in the source.
pub(super) struct Planted {
    pub(super) token: String,
    pub(super) password: String,
    pub(super) key: String,
}

impl Planted {
    pub(super) fn new() -> Self {
        let body = |sign: &str| format!("{}{sign}", "MIIEpAIBAAKCAQEA1234567890abcdefQRSTuv".repeat(2));
        Self {
            token: crate::support::token(),
            password: ["s3cr3t", "Zq7xV2mK9pL4"].join("-"),
            key: format!(
                "-----BEGIN RSA PRIVATE KEY-----\n{}\n{}\n-----END RSA PRIVATE KEY-----\n",
                body("1"),
                body("2")
            ),
        }
    }

    /// Requires that no part of a secret worth anything is in what was said.
    #[track_caller]
    pub(super) fn unseen(&self, said: &Said) {
        let everything = format!("{}{}", said.out, said.err);
        let lines = self.key.lines().filter(|line| !line.starts_with('-'));
        for secret in [self.token.as_str(), self.password.as_str()].into_iter().chain(lines) {
            for part in [secret.get(6..18).unwrap(), secret.get(secret.len() - 8..).unwrap()] {
                assert!(!everything.contains(part), "a secret shows: {said:#?}");
            }
        }
    }
}

/// A place with an empty repository `web`, and `plain`, a directory that is none.
pub(super) struct Scene {
    pub(super) place: Place,
    pub(super) planted: Planted,
}

impl Scene {
    #[expect(clippy::disallowed_methods, reason = "files of the test")]
    pub(super) fn new() -> Self {
        let place = Place::new();
        for folder in ["plain/deep", "web/deep"] {
            std::fs::create_dir_all(place.path(folder)).unwrap();
        }
        // the scenes of other tests plant their own
        std::fs::remove_file(place.path("web/src/client.rs")).unwrap();
        std::fs::remove_file(place.path("web/.env")).unwrap();
        place.git(&["add", "-A"]);
        place.git(&["commit", "-q", "-m", "clean"]);
        Self { place, planted: Planted::new() }
    }

    pub(super) fn bytes(&self, path: &[u8], content: &[u8]) {
        let path = self.place.path("").join(OsStr::from_bytes(path));
        #[expect(clippy::disallowed_methods, reason = "a file of the test")]
        std::fs::write(path, content).unwrap();
    }

    /// `gitoma secrets …`, whatever it says checked for secrets.
    #[track_caller]
    pub(super) fn secrets(&self, arguments: &[&str]) -> Said {
        let mut all = vec!["secrets"];
        all.extend(arguments);
        let said = self.place.gitoma(&all);
        self.planted.unseen(&said);
        said
    }

    /// The same in the repository.
    #[track_caller]
    pub(super) fn in_web(&self, arguments: &[&str]) -> Said {
        let mut command = self.place.command(&["secrets"]);
        let said: Said = command.args(arguments).current_dir(self.place.path("web")).output().unwrap().into();
        self.planted.unseen(&said);
        said
    }
}
