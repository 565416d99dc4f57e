//! The policy's file as it is put in another's place, written, damaged, taken away and put back.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::config::{Environment, Flags, Settings};
use crate::gateway::Gateway;
use crate::reload::ReloadError;

const OPEN: &str =
    "version: 1\nglobal:\n  rules:\n    - { id: reads, effect: allow, tools: [\"*\"], capability: read }\n";
const SHUT: &str =
    "version: 1\nglobal:\n  rules:\n    - { id: shut, effect: deny, tools: [\"*\"], capability: read }\n";

struct Place {
    folder: tempfile::TempDir,
    policy: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.yaml");
        std::fs::write(&policy, OPEN).unwrap();
        Self { folder, policy }
    }

    fn start(&self) -> Gateway {
        let flags = Flags {
            policy: Some(self.policy.clone()),
            state: Some(self.folder.path().join("state")),
            ..Flags::default()
        };
        let settings = Settings::load(&flags, &Environment::default()).unwrap();
        let gateway = settings.gateway("test").build().unwrap();
        settings.follow(&gateway);
        gateway
    }

    /// Puts another file in the place of `path`.
    fn replace(&self, path: &Path, text: &str) {
        let beside = self.folder.path().join("beside");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(&beside, path).unwrap();
    }

    fn rejections(&self) -> Vec<(Option<String>, Option<u64>)> {
        let chain = std::fs::read_dir(self.folder.path().join("state/audit")).unwrap();
        let chain = chain.map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
        let entries = gitoma_audit::Reader::open(chain.parent().unwrap()).unwrap().map(Result::unwrap);
        let rejected = entries.filter(|entry| entry.kind == gitoma_audit::Kind::PolicyReject);
        rejected.map(|entry| (entry.code, entry.policy_generation)).collect()
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The generation in force, and whether it is stale.
fn state(gateway: &Gateway) -> (u64, bool) {
    let health = gateway.health();
    (health.policy.generation, health.stale)
}

fn rule(gateway: &Gateway) -> &'static str {
    if gateway.inner.snapshot.load().digest() == digest(OPEN) { "open" } else { "shut" }
}

fn digest(text: &str) -> String {
    let source = gitoma_policy::Source { name: "p", text };
    gitoma_policy::PolicySet::load(source, &crate::catalogue::catalogue(&[])).unwrap().digest().to_string()
}

#[tokio::test]
async fn a_file_in_anothers_place_is_taken_up() {
    let place = Place::new();
    let gateway = place.start();
    place.replace(&place.policy, SHUT);
    until("it is in force", || state(&gateway) == (2, false)).await;
    assert_eq!(rule(&gateway), "shut");
    let status = gateway.policy_status().await;
    assert_eq!((status.generation, &*status.name, status.rules > 0), (2, "policy.yaml", true));
    assert_eq!(status.previous.unwrap().generation, 1);
    // What was rolled back does not come again by itself, but when somebody says so.
    gateway.roll_back_policy().await.unwrap();
    std::fs::write(&place.policy, SHUT).unwrap();
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    assert_eq!((state(&gateway), rule(&gateway)), ((3, false), "open"));
    assert_eq!(gateway.reload_policy().await.unwrap().policy.generation, 4);
    let same = gateway.reload_policy().await.unwrap();
    assert_eq!((same.policy.generation, same.before.generation), (4, 4), "it is in force already");
}

/// As Kubernetes mounts a configuration: `policy.yaml` leads through `..data`, which is exchanged as a whole.
#[tokio::test]
async fn a_link_that_leads_elsewhere_is_followed() {
    let place = Place::new();
    let root = place.folder.path();
    for (name, text) in [("..one", OPEN), ("..two", SHUT)] {
        std::fs::create_dir(root.join(name)).unwrap();
        std::fs::write(root.join(name).join("policy.yaml"), text).unwrap();
    }
    std::fs::remove_file(&place.policy).unwrap();
    symlink("..one", root.join("..data")).unwrap();
    symlink("..data/policy.yaml", &place.policy).unwrap();
    let gateway = place.start();
    symlink("..two", root.join("..data_tmp")).unwrap();
    std::fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
    until("it is in force", || state(&gateway) == (2, false)).await;
    assert_eq!(rule(&gateway), "shut");
}

#[tokio::test]
async fn what_does_not_load_is_told_once_and_changes_nothing() {
    let place = Place::new();
    let gateway = place.start();
    for (number, bad) in ["", "version: 1\nglobl: {}\n"].into_iter().enumerate() {
        place.replace(&place.policy, bad);
        until("it is stale", || place.rejections().len() > number).await;
        until("it says so", || state(&gateway) == (1, true)).await;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        // Touched, it says the same.
        std::fs::write(&place.policy, bad).unwrap();
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let told = place.rejections();
        assert_eq!(told.len(), number + 1, "{told:?}");
        assert_eq!(told[number], (Some("load_failed".to_owned()), Some(1)));
    }
    assert!(gateway.metrics().contains("\ngitoma_policy_stale 1\n"));
    assert_eq!(rule(&gateway), "open");
    let status = gateway.policy_status().await;
    assert!(status.stale && status.fault.unwrap().message.contains("policy.yaml:2"));
    assert!(matches!(gateway.reload_policy().await, Err(ReloadError::Policy(_))));
    // What was in force before is in force still, once the file says so again.
    place.replace(&place.policy, OPEN);
    until("it is well", || state(&gateway) == (1, false)).await;
    assert!(gateway.metrics().contains("\ngitoma_policy_stale 0\n"));
}

#[tokio::test]
async fn a_file_that_is_gone_leaves_the_policy_and_may_come_back() {
    let place = Place::new();
    let gateway = place.start();
    std::fs::remove_file(&place.policy).unwrap();
    until("it is stale", || state(&gateway) == (1, true)).await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(place.rejections(), [(Some("unreadable".to_owned()), Some(1))]);
    assert!(matches!(gateway.reload_policy().await, Err(ReloadError::Unreadable(_))));
    std::fs::create_dir(&place.policy).unwrap();
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(state(&gateway), (1, true));
    std::fs::remove_dir(&place.policy).unwrap();
    std::fs::write(&place.policy, SHUT).unwrap();
    until("it is in force", || state(&gateway) == (2, false)).await;
}

/// Whoever writes in place pauses less than the file must stay as it is: no half is read, though it would load.
#[tokio::test]
async fn a_file_that_is_being_written_is_waited_for() {
    use std::io::Write as _;
    let place = Place::new();
    let gateway = place.start();
    let mut file = std::fs::File::create(&place.policy).unwrap();
    for line in SHUT.lines() {
        for half in [line, "\n"] {
            file.write_all(half.as_bytes()).unwrap();
            tokio::time::sleep(Duration::from_millis(90)).await;
            assert_eq!(state(&gateway), (1, false), "{half:?}");
        }
    }
    until("it is in force", || state(&gateway) == (2, false)).await;
    assert_eq!(rule(&gateway), "shut");
    assert!(place.rejections().is_empty());
}

#[tokio::test]
async fn the_built_in_policy_is_never_stale() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::builder().audit_directory(folder.path()).build().unwrap();
    assert!(matches!(gateway.reload_policy().await, Err(ReloadError::NoFile)));
    assert_eq!(state(&gateway), (1, false));
}
