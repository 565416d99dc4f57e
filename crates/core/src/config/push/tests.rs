use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::PushUrl;
use crate::config::{ConfigError, Environment, Flags, Settings};

fn load(root: &Path, push: &str) -> Result<Settings, ConfigError> {
    let path = root.join("gitoma.yaml");
    std::fs::write(&path, format!("repositories:\n  acme/web: {{ path: web, push: {push} }}\n")).unwrap();
    let environment = Environment { state: Some(root.join("state")), ..Environment::default() };
    Settings::load(&Flags { config: Some(path), ..Flags::default() }, &environment)
}

fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("web")).unwrap();
    root
}

#[test]
fn addresses() {
    for (good, host, shown) in [
        ("https://github.com/acme/web.git", Some("github.com"), "github.com/acme/web"),
        ("https://GIT.example.org:8443/a/b/c", Some("git.example.org"), "GIT.example.org:8443/a/b/c"),
        ("https://10.0.0.1/x", Some("10.0.0.1"), "10.0.0.1/x"),
        ("file:///srv/git/web.git", None, "a repository on this machine"),
    ] {
        let url = PushUrl::parse(good).unwrap();
        assert_eq!((url.as_str(), url.host().as_deref(), url.shown()), (good, host, shown));
    }
    let long = format!("https://x/{}", "x".repeat(1024));
    for bad in [
        "",
        "github.com/acme/web",
        "http://github.com/acme/web",
        "HTTPS://github.com/acme/web",
        "ssh://git@github.com/acme/web",
        "git@github.com:acme/web",
        "git://github.com/acme/web",
        "ext::sh -c id",
        "https://token@github.com/acme/web",
        "https://user:token@github.com/acme/web",
        "https://-oProxyCommand/acme/web",
        "https://a.-b/acme/web",
        "https:///acme/web",
        "https://github.com",
        "https://github.com/",
        "https://github.com/acme//web",
        "https://github.com/acme/../web",
        "https://github.com/acme/./web",
        "https://github.com/acme/web/",
        "https://github.com/acme/-web",
        "https://github.com/acme/web?x=1",
        "https://github.com/acme/web#x",
        "https://github.com/acme/we%0ab",
        "https://github.com/acme/we\nb",
        "https://github.com/acme/we\u{1b}b",
        "https://github.com/acme/wéb",
        "https://github.com:0/acme/web",
        "https://github.com:99999/acme/web",
        "https://github.com:+1/acme/web",
        "https://github.com:/acme/web",
        "https://github.com\\@evil/acme/web",
        "https://[::1]/acme/web",
        "file://host/srv/web",
        "file://srv/web",
        "file://",
        "file:///srv/../web",
        &long,
    ] {
        assert!(PushUrl::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_push_says_where_and_what_is_left_out_has_a_default() {
    let root = root();
    let settings = load(root.path(), "{ url: 'https://git.example.org/acme/web.git' }").unwrap();
    assert_eq!(settings.writes.push, root.path().join("state/push"));
    let target = &settings.writes.targets["acme/web"];
    assert_eq!((target.prefix.as_str(), target.username.as_str()), ("agent/", "x-access-token"));
    assert!(target.token.is_none());
    for branch in ["main", "MAIN", "master", "trunk", "develop", "release/1", "Release/1/2"] {
        assert!(target.protects(branch), "{branch}");
    }
    for branch in ["agent/x", "agent/main", "mainline", "release", "releases/1"] {
        assert!(!target.protects(branch), "{branch}");
    }
    let text = "{ url: 'file:///srv/web.git', prefix: bot/jobs/, protected: [bot/jobs/main, keep/**], username: gitoma }";
    let target = load(root.path(), text).unwrap().writes.targets.remove("acme/web").unwrap();
    assert_eq!((target.prefix.as_str(), target.username.as_str()), ("bot/jobs/", "gitoma"));
    assert!(target.protects("bot/jobs/main") && target.protects("keep/x") && !target.protects("main"));
}

#[test]
fn what_does_not_hold_refuses_the_start_and_repeats_nothing() {
    let root = root();
    for (push, key) in [
        ("{}", "url"),
        ("{ url: 'https://git.example.org/a', remote: x }", "remote"),
        ("{ url: 'http://hunter2.example.org/a' }", "push.url`"),
        ("{ url: 'https://ada:hunter2@git.example.org/a' }", "push.url`"),
        ("{ url: 'https://git.example.org/a', prefix: hunter2 }", "push.prefix`"),
        ("{ url: 'https://git.example.org/a', prefix: '' }", "push.prefix`"),
        ("{ url: 'https://git.example.org/a', prefix: '/' }", "push.prefix`"),
        ("{ url: 'https://git.example.org/a', prefix: '../' }", "push.prefix`"),
        ("{ url: 'https://git.example.org/a', protected: ['*'] }", "push.protected`"),
        ("{ url: 'https://git.example.org/a', protected: ['/**'] }", "push.protected`"),
        ("{ url: 'https://git.example.org/a', username: 'a:b' }", "push.username`"),
        ("{ url: 'https://git.example.org/a', token_file: t, token_environment: T }", "not both"),
        ("{ url: 'file:///srv/a', token_file: t }", "no token"),
        (
            "{ url: 'https://git.example.org/a', token_environment: GITOMA_NO_SUCH }",
            "push.token_environment`",
        ),
        ("{ url: 'https://git.example.org/a', token_file: none }", "token file `none`"),
    ] {
        let error = load(root.path(), push).unwrap_err().to_string();
        assert!(error.contains(key), "{push}: {error}");
        assert!(!error.contains("hunter2"), "{push}: {error}");
    }
}

#[test]
fn a_token_is_private_and_becomes_a_known_value() {
    let root = root();
    let text = "{ url: 'https://git.example.org/a', token_file: forge.token }";
    let file = root.path().join("forge.token");
    std::fs::write(&file, "correct-horse-battery\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(load(root.path(), text).unwrap_err().to_string().contains("others can read"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let settings = load(root.path(), text).unwrap();
    let token = settings.writes.targets["acme/web"].token.as_ref().unwrap();
    assert_eq!(token.expose(), "correct-horse-battery");
    assert!(settings.known_values.iter().any(|known| known.expose() == token.expose()));
    assert!(!format!("{settings:?}").contains("correct-horse"));
}

/// Another folder under the same alias must not get the push of the one in the file.
#[test]
fn a_repository_that_a_flag_names_has_no_push() {
    let root = root();
    load(root.path(), "{ url: 'https://git.example.org/a' }").unwrap();
    let environment = Environment { state: Some(root.path().join("state")), ..Environment::default() };
    let flags = Flags {
        config: Some(root.path().join("gitoma.yaml")),
        repo: vec![format!("{}=acme/web", root.path().join("web").display())],
        ..Flags::default()
    };
    let settings = Settings::load(&flags, &environment).unwrap();
    assert_eq!(settings.repositories[0].alias, "acme/web");
    assert!(settings.writes.targets.is_empty());
}
