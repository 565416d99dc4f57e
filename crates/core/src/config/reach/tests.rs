use std::os::unix::fs::symlink;

use super::*;

struct Place {
    root: tempfile::TempDir,
    state: StateDirectory,
    repositories: Vec<RepositoryConfig>,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["web/keys", "git", "safe/sub"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let state = StateDirectory::open(&root.path().join("state")).unwrap();
        std::fs::create_dir(state.audit()).unwrap();
        for file in
            ["web/a.key", "web/keys/a.key", "git/a.key", "safe/a.key", "state/a.key", "state/audit/a.key"]
        {
            std::fs::write(root.path().join(file), "").unwrap();
        }
        let repository = |alias: &str, path: &str| RepositoryConfig {
            alias: alias.to_owned(),
            path: root.path().join(path),
            git_dir: Some(root.path().join("git")),
        };
        let repositories = vec![repository("acme/web", "web"), repository("gone", "gone")];
        Self { state, repositories, root }
    }

    fn refused(&self, path: &str) -> Option<String> {
        let reach = Reach { repositories: &self.repositories, state: &self.state };
        reach.refuse("`setting`", &self.root.path().join(path)).err().map(|error| match error {
            ConfigError::Reached { setting: "`setting`", place } => place,
            other => other.to_string(),
        })
    }

    fn link(&self, to: &str, at: &str) {
        symlink(self.root.path().join(to), self.root.path().join(at)).unwrap();
    }
}

#[test]
fn what_lies_with_agents_or_with_the_log_is_refused() {
    let place = Place::new();
    let web = Some("the repository `acme/web`".to_owned());
    for (path, expected) in [
        ("web/a.key", web.clone()),
        ("web/keys/a.key", web.clone()),
        ("web/keys", web.clone()),
        ("web", web.clone()),
        ("safe/../web/a.key", web.clone()),
        ("git/a.key", web),
        ("state/a.key", Some("the state directory".to_owned())),
        ("state", Some("the state directory".to_owned())),
        ("state/audit/a.key", Some("the audit directory".to_owned())),
        ("safe/a.key", None),
        ("safe", None),
        ("", None),
    ] {
        assert_eq!(place.refused(path), expected, "{path}");
    }
    std::fs::create_dir(place.root.path().join("web-keys")).unwrap();
    assert_eq!(place.refused("web-keys"), None, "a name that begins alike is another");
    let lost = place.refused("nowhere/a.key").unwrap();
    assert_eq!(lost, "it cannot be told where `setting` in the configuration file leads");
}

#[test]
fn no_link_hides_where_something_lies() {
    let place = Place::new();
    let web = Some("the repository `acme/web`".to_owned());
    // into the repository, by the last name and by one before it
    place.link("web/a.key", "safe/linked.key");
    place.link("web", "safe/door");
    assert_eq!(place.refused("safe/linked.key"), web);
    assert_eq!(place.refused("safe/door/keys/a.key"), web);
    // out of it: an agent may replace the link
    place.link("safe", "web/out");
    place.link("safe/a.key", "web/out.key");
    assert_eq!(place.refused("web/out/a.key"), web);
    assert_eq!(place.refused("web/out.key"), web);
    // through it and back, where what is in it can be replaced
    assert_eq!(place.refused("web/keys/../../safe/a.key"), web);
    // by way of its own name, which is not in it
    assert_eq!(place.refused("web/../safe/a.key"), None);
    // the repository and the state are themselves behind links
    let mut linked = Place::new();
    linked.link("web", "alias");
    linked.repositories[0].path = linked.root.path().join("alias");
    assert_eq!(linked.refused("web/a.key"), web);
    std::fs::remove_dir_all(linked.root.path().join("state/audit")).unwrap();
    linked.link("safe/sub", "state/audit");
    assert_eq!(linked.refused("safe/sub"), Some("the audit directory".to_owned()));
}
