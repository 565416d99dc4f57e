//! The command line: a process a call.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use gitoma_core::BoxFuture;
use serde_json::Value;

use super::{Answer, Door};

/// The program `gitoma`. A run of the whole workspace has built it beside this test; else it is built here.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let profile = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
        let path = profile.join("gitoma");
        if !path.exists() {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--locked", "--quiet", "-p", "gitoma-cli", "--bin", "gitoma"]);
            if profile.ends_with("release") {
                cargo.arg("--release");
            }
            assert!(cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap().success());
        }
        path
    })
}

pub(crate) struct Shell {
    home: PathBuf,
    principal: String,
}

impl Shell {
    /// The shell of `principal`, whose configuration is `gitoma.yaml` in `home`.
    pub(crate) fn of(home: &Path, principal: &str) -> Self {
        Self { home: home.to_owned(), principal: principal.to_owned() }
    }

    fn run(&self, command: &str, restrict: Option<&str>, more: &[&str]) -> Output {
        let mut shell = Command::new(program());
        shell
            .env_clear()
            .env("HOME", &self.home)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(&self.home);
        shell.args([command, "--config", "gitoma.yaml", "--principal", &self.principal, "--json"]);
        shell.args(restrict.map(|restrict| format!("--restrict={restrict}")));
        shell.args(more).output().unwrap()
    }
}

impl Door for Shell {
    fn name(&self) -> &'static str {
        "cli"
    }

    fn call<'a>(
        &'a mut self,
        restrict: Option<&'a str>,
        tool: &'a str,
        arguments: &'a Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let given = format!("--args={arguments}");
            let more = if arguments.is_null() { vec!["--", tool] } else { vec![given.as_str(), "--", tool] };
            let output = self.run("call", restrict, &more);
            let text = String::from_utf8(output.stdout).unwrap();
            let mut said: Value = serde_json::from_str(&text).unwrap_or_else(|error| {
                panic!("{error}: {text} {}", String::from_utf8_lossy(&output.stderr))
            });
            if said.get("effect").is_some() {
                return Answer::judged(said);
            }
            if said.get("result").is_some() {
                let result = said["result"].take();
                return Answer::ran(result, |name| said[name].clone(), text);
            }
            Answer::refused(&said, "detail", text)
        })
    }

    fn list<'a>(&'a mut self, _restrict: &'a str) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async { panic!("the shell's list takes no restriction") })
    }
}
