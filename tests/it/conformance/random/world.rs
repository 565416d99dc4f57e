//! A world for one door: repositories, a configuration and a state of its own, equal to those of every other door when it begins.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use gitoma_core::config::{Environment, Flags, Settings};
use gitoma_core::{Credential, Decide, Gateway, Origin, Peer, Secret, ToolSpec, Transport};
use serde_json::{Value, json};

use super::calls::PRINCIPALS;
use super::plain::Plain;
use super::policies::{NAME, Policy};
use crate::conformance::doors::{self, Door, Embedded, Era, Http, Mcp, Place, Shell, Streamable};

const APPROVER: &str = "a-token-of-the-approver";

fn token(principal: &str) -> String {
    format!("a-token-of-the-principal-{principal}")
}

/// Which door a world has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Embedded,
    Http,
    Lines(Era),
    Streamable(Place, Era),
    Shell,
}

/// What is the same in every world of a round.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) policy: Policy,
    pub(super) write_mode: bool,
    pub(super) direct_writes: bool,
    /// Whether what is committed to in the log is kept beside it.
    pub(super) keeps_texts: bool,
    /// Limits besides those that nobody comes up against.
    pub(super) limits: &'static str,
}

pub(super) struct World {
    place: tempfile::TempDir,
    gateway: Option<Gateway>,
    doors: Vec<Box<dyn Door>>,
    log: Option<File>,
    pub(super) plain: Plain,
}

impl World {
    pub(super) async fn begin(kind: Kind, terms: &Terms, template: &Path) -> Self {
        let place = place();
        furnish(place.path(), terms, template);
        let gateway = (kind != Kind::Shell).then(|| open(place.path()));
        let address = match (kind, &gateway) {
            (Kind::Http, Some(gateway)) => Some(doors::serve_http(gateway.clone()).await),
            (Kind::Streamable(Place::Beside, _), Some(gateway)) => {
                Some(doors::beside_http(gateway.clone()).await)
            }
            (Kind::Streamable(Place::ByItself, _), Some(gateway)) => {
                Some(doors::by_itself(gateway.clone()).await)
            }
            _ => None,
        };
        let mut doors: Vec<Box<dyn Door>> = Vec::new();
        for principal in PRINCIPALS {
            let token = token(principal);
            doors.push(match (kind, &gateway, address) {
                (Kind::Embedded, Some(gateway), _) => Box::new(Embedded::new(gateway.clone(), &token)),
                (Kind::Lines(era), Some(gateway), _) => {
                    Box::new(Mcp::open(gateway.clone(), principal, era).await)
                }
                (Kind::Http, _, Some(address)) => Box::new(Http::at(address, &token).await),
                (Kind::Streamable(place, era), _, Some(address)) => {
                    Box::new(Streamable::at(address, place, &token, era).await)
                }
                _ => Box::new(Shell::of(place.path(), principal)),
            });
        }
        Self { place, gateway, doors, log: None, plain: Plain::default() }
    }

    pub(super) fn door(&mut self, principal: &str) -> &mut dyn Door {
        let place = PRINCIPALS.iter().position(|known| *known == principal).unwrap();
        self.doors[place].as_mut()
    }

    /// What the calls since the last time left in the log.
    pub(super) fn entries(&mut self) -> Vec<Value> {
        if self.log.is_none() {
            self.log = Some(File::open(segment(&self.place.path().join("state/audit"))).unwrap());
        }
        let mut text = String::new();
        if let Some(log) = &mut self.log {
            log.read_to_string(&mut text).unwrap();
        }
        let entries = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        entries.filter(|entry| entry.get("call_id").is_some()).map(|entry| self.plain.entry(entry)).collect()
    }

    /// Has the approval given or denied, and forgets what that leaves in the log.
    pub(super) async fn decide(&mut self, id: &str, say: Decide) {
        match &self.gateway {
            Some(gateway) => {
                let origin = Origin { transport: Transport::Embedded, peer: Peer::Local };
                let credential = Credential::Bearer(Secret::new(APPROVER.to_owned()));
                gateway.decide_approval(credential, origin, id, say, None).await.unwrap();
            }
            None => {
                let mut shell = Command::new(doors::program());
                let say = if say == Decide::Approve { "approve" } else { "deny" };
                let person = ["--config", "gitoma.yaml", "--token-file", "approver.token"];
                shell.args(["approvals", say, id]).args(person);
                let said = shell.current_dir(self.place.path()).output().unwrap();
                assert!(said.status.success(), "{said:?}");
            }
        }
        self.entries();
    }

    /// Ends the world, and requires that its log is whole. What is kept beside that of arguments and results.
    pub(super) async fn end(mut self) -> Vec<Value> {
        if let Some(gateway) = &self.gateway {
            gateway.shutdown(Duration::from_secs(10)).await;
        }
        let audit = self.place.path().join("state/audit");
        let report = gitoma_audit::verify(&audit).unwrap();
        assert_eq!(report.verdict.exit_code(), 0, "{report:?}");
        let kept = texts(&audit);
        kept.into_iter().map(|(subject, text)| json!([subject, self.plain.value(text)])).collect()
    }
}

/// The tools of every world.
pub(super) fn tools(template: &Path) -> Vec<ToolSpec> {
    let repositories =
        [("acme/web", "web"), ("api", "api")].map(|(alias, folder)| gitoma_core::config::RepositoryConfig {
            alias: alias.to_owned(),
            path: template.join(folder),
            git_dir: None,
        });
    let tools =
        gitoma_tools::with_writes(&repositories, &gitoma_core::config::WriteSettings::default()).unwrap();
    tools.iter().map(|tool| tool.spec().clone()).collect()
}

fn open(place: &Path) -> Gateway {
    let flags = Flags { config: Some(place.join("gitoma.yaml")), ..Flags::default() };
    let settings = Settings::load(&flags, &Environment::default()).unwrap();
    let tools = gitoma_tools::with_writes(&settings.repositories, &settings.writes).unwrap();
    settings.gateway("conformance").tools(tools).build().unwrap()
}

/// Calls of a world whose texts are held against what the log commits to; each takes a look through all of it.
const OPENED: usize = 4;

/// What is kept beside the only chain of arguments and results, in its order: what each is of, and its text.
fn texts(audit: &Path) -> Vec<(Value, Value)> {
    let folder = segment(audit).with_file_name("private");
    let days = std::fs::read_dir(folder).into_iter().flatten().map(|day| day.unwrap().path());
    let mut days: Vec<_> = days.filter(|day| day.extension().is_some_and(|kind| kind == "jsonl")).collect();
    days.sort();
    let lines: String = days.iter().map(|day| std::fs::read_to_string(day).unwrap()).collect();
    let kept = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut kept: Vec<_> = kept.filter(|line| line.get("text").is_some()).collect();
    for line in kept.iter().take(OPENED) {
        let call = line["call_id"].as_str().unwrap().parse().unwrap();
        for found in gitoma_audit::committed(audit, call, |error| panic!("{error}")).unwrap() {
            let opens = found.disclosure.map(|kept| kept.opens(&found.commitment, None));
            assert_eq!(opens, Some(Some(true)), "what is kept opens nothing: {line}");
        }
    }
    let parsed = |text: &Value| serde_json::from_str(text.as_str().unwrap()).unwrap();
    kept.iter_mut().map(|line| (line["subject"].take(), parsed(&line["text"]))).collect()
}

/// The only segment of the only chain.
fn segment(audit: &Path) -> PathBuf {
    let within = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let mut segments: Vec<_> =
        within(audit).iter().filter(|path| path.is_dir()).flat_map(|chain| within(chain)).collect();
    segments.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    assert_eq!(segments.len(), 1, "{segments:?}");
    segments.remove(0)
}

fn furnish(place: &Path, terms: &Terms, template: &Path) {
    for name in ["web", "api", "remote.git"] {
        copy(&template.join(name), &place.join(name));
    }
    let on = |switch: bool| if switch { "on" } else { "off" };
    let mut text = format!(
        "state: state\npolicy: {NAME}\nwrite_mode: \"{}\"\nwrites: {{ direct: \"{}\", worktrees: 1000 }}\nrepositories:\n  \
         acme/web: {{ path: web, push: {{ url: \"file://{}\" }} }}\n  api: {{ path: api }}\nlimits:\n",
        on(terms.write_mode),
        on(terms.direct_writes),
        place.join("remote.git").display()
    );
    for rate in ["origin", "principal", "writes"] {
        if !terms.limits.contains(&format!("{rate}:")) {
            writeln!(text, "  {rate}: {{ per_minute: 1000000, burst: 1000000 }}").unwrap();
        }
    }
    text.push_str(terms.limits);
    if terms.keeps_texts {
        text.push_str("audit: { disclosures: texts }\n");
    }
    text.push_str("principals:\n");
    let mut principal = |name: &str, roles: &str, token: &str| {
        writeln!(text, "  - {{ name: {name}, roles: [{roles}], token_file: {name}.token }}").unwrap();
        let file = place.join(format!("{name}.token"));
        std::fs::write(&file, format!("{token}\n")).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    };
    for name in PRINCIPALS {
        principal(name, if name == "guest" { "" } else { "agent" }, &token(name));
    }
    principal("approver", "approver", APPROVER);
    std::fs::write(place.join("gitoma.yaml"), text).unwrap();
    std::fs::write(place.join(NAME), terms.policy.text()).unwrap();
}

/// Copies a tree, links as links.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A place in memory where the system has one, since nothing here is about the disk.
fn place() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).or_else(|_none| tempfile::tempdir()).unwrap()
}

/// The repositories that every world begins with, made with real git at fixed times.
pub(super) fn template() -> tempfile::TempDir {
    let place = place();
    let secret = ["gh", "p_", &"a1B2".repeat(9)].concat();
    let web: &[(&str, &str)] = &[
        ("src/main.rs", "fn main() {\n    println!(\"hello\");\n}\n"),
        ("settings.toml", &format!("name = \"web\"\ntoken = \"{secret}\"\n")),
        ("README.md", "# web\n\nhello\n"),
        ("docs/guide.md", "# Guide\n\nRead me.\n"),
        (".env", "PASSWORD=hunter2-of-the-tests\n"),
        ("tls/server.pem", "not really a key\n"),
    ];
    for (name, files) in
        [("web", web), ("api", &[("README.md", "# api\n"), ("src/lib.rs", "pub fn api() {}\n")])]
    {
        let root = place.path().join(name);
        std::fs::create_dir(&root).unwrap();
        git(&root, &["init", "-q", "-b", "main"]);
        for (path, text) in files {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        }
        git(&root, &["add", "-A", "-f"]);
        git(&root, &["commit", "-q", "-m", "first"]);
        git(&root, &["tag", "-a", "v1", "-m", "the first"]);
        std::fs::write(root.join("README.md"), "# web\n\nhello, world\n").unwrap();
        git(&root, &["commit", "-q", "-a", "-m", &format!("second, and by mistake {secret}")]);
        git(&root, &["branch", "agent/one"]);
    }
    let web = place.path().join("web");
    std::os::unix::fs::symlink("/etc", web.join("link")).unwrap();
    std::fs::write(web.join("src/main.rs"), "fn main() {\n    println!(\"hello, world\");\n}\n").unwrap();
    std::fs::write(web.join("src/new.rs"), "fn new() {}\n").unwrap();
    git(&web, &["add", "src/new.rs"]);
    git(&web, &["clone", "-q", "--bare", ".", "../remote.git"]);
    place
}

fn git(root: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(root).args(arguments).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    let fixed: HashMap<_, _> = [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "tests@example.invalid"),
        ("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "tests@example.invalid"),
        ("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z"),
    ]
    .into();
    assert!(command.envs(fixed).status().unwrap().success(), "git {arguments:?}");
}
