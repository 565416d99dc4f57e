use gitoma_policy::{Catalogue, Source};

use super::switches::write_mode;
use super::*;

fn flags(repo: &[&str]) -> Flags {
    Flags { repo: repo.iter().map(|text| (*text).to_owned()).collect(), ..Flags::default() }
}

struct Home {
    root: tempfile::TempDir,
    environment: Environment,
}

fn home() -> Home {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("web")).unwrap();
    let environment = Environment { state: Some(root.path().join("state")), ..Environment::default() };
    Home { root, environment }
}

impl Home {
    fn config(&self, text: &str) -> Flags {
        let path = self.root.path().join("gitoma.yaml");
        std::fs::write(&path, text).unwrap();
        Flags { config: Some(path), ..Flags::default() }
    }

    fn fails(&self, flags: &Flags) -> String {
        Settings::load(flags, &self.environment).unwrap_err().to_string()
    }
}

#[test]
fn aliases_come_from_the_flag_or_the_folder() {
    let home = home();
    let web = home.root.path().join("web");
    let web = web.to_str().unwrap();
    let alias = |flag: &str| {
        Settings::load(&flags(&[flag]), &home.environment).unwrap().repositories[0].alias.clone()
    };
    assert_eq!(alias(web), "web");
    assert_eq!(alias(&format!("{web}/../web/.")), "web");
    assert_eq!(alias(&format!("{web}=acme/site")), "acme/site");
    let error = home.fails(&flags(&[web, &format!("{web}=WEB")]));
    assert!(error.contains("two repositories are called"), "{error}");
    for bad in ["acme/", "/x", "a/b/c", "-x", "..", "a b", ""] {
        assert!(!repository::is_alias(bad), "{bad}");
    }
}

#[test]
fn without_a_configuration_two_tokens_are_minted() {
    let home = home();
    let settings = Settings::load(&Flags::default(), &home.environment).unwrap();
    let state = home.root.path().join("state");
    let token = std::fs::read_to_string(state.join("runtime_token")).unwrap();
    assert_eq!(settings.runtime_token.unwrap().expose(), token.trim());
    assert!(state.join("operator_token").exists());
}

#[test]
fn with_a_configuration_nothing_is_minted() {
    let home = home();
    let flags = home.config("repositories:\n  acme/web: { path: web }\nlisten: 127.0.0.1:9\n");
    let settings = Settings::load(&flags, &home.environment).unwrap();
    assert!(settings.runtime_token.is_none());
    assert!(!home.root.path().join("state/runtime_token").exists());
    assert_eq!(settings.repositories[0].path, home.root.path().join("web"));
    assert!(settings.principals.iter().all(|principal| principal.tokens.is_empty()));
}

#[test]
fn unknown_keys_and_values_refuse_the_start() {
    let home = home();
    for (text, expected) in [
        ("listne: x\n", "listne"),
        ("write_mode: maybe\n", "`write_mode` in the configuration file must be `on` or `off`"),
        (
            "limits: { principal: { per_minute: 0, burst: 1 } }\n",
            "`limits.principal` in the configuration file must have `per_minute` and `burst` from 1 to 1000000",
        ),
        ("limits: { principal: { per_minute: 1 } }\n", "burst"),
        ("limits: { tool: {} }\n", "tool"),
        ("limits: { tools: { git_blame: { rate: 1 } } }\n", "rate"),
        (
            "limits: { tools: { git_blame: { per_minute: 5 } } }\n",
            "`limits.tools.git_blame` in the configuration file must have both `per_minute` and `burst`",
        ),
        (
            "limits: { tools: { git_blame: { per_minute: 5, burst: 1000001 } } }\n",
            "`limits.tools.git_blame` in the configuration file must have both `per_minute` and `burst`, from 1 to 1000000",
        ),
        (
            "limits: { tools: { git_blame: { concurrent: 0 } } }\n",
            "`limits.tools.git_blame.concurrent` in the configuration file must be from 1 to 1024",
        ),
        (
            "limits: { principal_concurrent_calls: 0 }\n",
            "`limits.principal_concurrent_calls` in the configuration file must be from 1 to 1024",
        ),
        (
            "limits: { concurrent_calls: 1025 }\n",
            "`limits.concurrent_calls` in the configuration file must be from 1 to 1024",
        ),
        (
            "limits: { written_mib_per_hour: 0 }\n",
            "`limits.written_mib_per_hour` in the configuration file must be from 1 to 1048576",
        ),
        ("principals:\n  - { name: a, roles: [king] }\n", "king"),
        ("principals:\n  - { name: a, roles: [agent], token_sha256: abc }\n", "64 hexadecimal digits"),
        ("repositories: { 'a/b/c': { path: web } }\n", "`name` or `owner/name`"),
        ("state: a\nstate: b\n", "state"),
        (
            "audit: { segment_mib: 0 }\n",
            "`audit.segment_mib` in the configuration file must be from 1 to 1024",
        ),
        (
            "audit: { segment_hours: 721 }\n",
            "`audit.segment_hours` in the configuration file must be from 1 to 720",
        ),
        (
            "approvals: { minutes: 0 }\n",
            "`approvals.minutes` in the configuration file must be from 1 to 1440",
        ),
        (
            "approvals: { pending: 1025 }\n",
            "`approvals.pending` in the configuration file must be from 1 to 1024",
        ),
        (
            "approvals: { pending_per_principal: 0 }\n",
            "`approvals.pending_per_principal` in the configuration file must be from 1 to 1024",
        ),
        (
            "approvals: { kept_days: 366 }\n",
            "`approvals.kept_days` in the configuration file must be from 0 to 365",
        ),
        ("approvals: { hours: 1 }\n", "hours"),
    ] {
        let error = home.fails(&home.config(text));
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn calls_are_limited_as_the_file_says() {
    let home = home();
    let text = "limits:\n  principal_concurrent_calls: 3\n  concurrent_calls: 5\n  tools:\n    \
                git_blame: { per_minute: 60, burst: 10, concurrent: 1 }\n    git_log: { concurrent: 7 }\n    git_show: {}\n";
    let limits = Settings::load(&home.config(text), &home.environment).unwrap().limits;
    assert_eq!((limits.principal_concurrent_calls, limits.concurrent_calls), (3, 5));
    let tools: Vec<_> = limits
        .tools
        .iter()
        .map(|(name, limits)| (name.as_str(), limits.rate.map(|rate| rate.burst.get()), limits.concurrent))
        .collect();
    let expected = [("git_blame", Some(10), Some(1)), ("git_log", None, Some(7)), ("git_show", None, None)];
    assert_eq!(tools, expected);
    let silent = Settings::load(&home.config("{}\n"), &home.environment).unwrap().limits;
    assert_eq!(silent, crate::limits::LimitsConfig::default());
}

#[test]
fn approvals_live_as_long_as_the_file_says() {
    let home = home();
    let text = "approvals: { minutes: 5, pending: 3, pending_per_principal: 2, kept_days: 1 }\n";
    let limits = Settings::load(&home.config(text), &home.environment).unwrap().approvals;
    assert_eq!((limits.lifetime.as_secs(), limits.kept.as_secs()), (300, 86_400));
    assert_eq!((limits.pending, limits.pending_per_principal), (3, 2));
    let silent = Settings::load(&home.config("{}\n"), &home.environment).unwrap().approvals;
    assert_eq!(silent, ApprovalLimits::default());
}

#[test]
fn the_audit_log_rotates_as_the_file_says() {
    let home = home();
    let settings =
        Settings::load(&home.config("audit: { segment_mib: 2, segment_hours: 3 }\n"), &home.environment);
    let rotation = settings.unwrap().audit_rotation;
    assert_eq!((rotation.bytes, rotation.age.as_secs()), (2 * 1024 * 1024, 3 * 60 * 60));
}

#[test]
fn checkpoints_are_signed_as_the_file_says() {
    let home = home();
    let root = home.root.path();
    let keys = ["one.key", "two.key"].map(|name| {
        let key = gitoma_audit::SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap();
        key.create(&root.join(name)).unwrap();
        key.verifier().clone()
    });
    std::fs::create_dir(root.join("copies")).unwrap();
    let load = |text: &str| Settings::load(&home.config(text), &home.environment);
    assert!(load("audit: { segment_mib: 2 }\n").unwrap().audit_checkpoints.is_none());
    let least = load("audit: { checkpoints: { key: one.key } }\n").unwrap().audit_checkpoints.unwrap();
    assert_eq!((least.interval.as_secs(), least.before_writes, least.sinks.len()), (10, false, 0));
    assert!(least.former_key.is_none());
    let all = "audit: { checkpoints: { key: two.key, former_key: one.key, every_seconds: 3600, before_writes: true, \
               copies: [copies] } }\n";
    let all = load(all).unwrap().audit_checkpoints.unwrap();
    assert_eq!((all.interval.as_secs(), all.before_writes), (3600, true));
    assert_eq!([all.former_key.unwrap().verifier(), all.key.verifier()], [&keys[0], &keys[1]]);
    assert_eq!(all.sinks[0].directory(), Some(&*root.join("copies")));

    for (text, expected) in [
        ("audit: { checkpoints: {} }\n", "key"),
        ("audit: { checkpoints: { key: one.key, every: 3 } }\n", "every"),
        ("audit: { checkpoints: { key: one.key, every_seconds: 0 } }\n", "must be from 1 to 3600"),
        ("audit: { checkpoints: { key: one.key, every_seconds: 3601 } }\n", "must be from 1 to 3600"),
        ("audit: { checkpoints: { key: one.key, before_writes: 1 } }\n", "before_writes"),
        ("audit: { checkpoints: { key: none.key } }\n", "`audit.checkpoints.key`"),
        (
            "audit: { checkpoints: { key: one.key, former_key: one.key.pub } }\n",
            "`audit.checkpoints.former_key`",
        ),
        ("audit: { checkpoints: { key: one.key, copies: [nowhere] } }\n", "`audit.checkpoints.copies`"),
    ] {
        let error = load(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    // what vouches for the log does not lie where agents write, or with the log
    std::fs::create_dir(root.join("web/copies")).unwrap();
    std::fs::create_dir(root.join("state/copies")).unwrap();
    for folder in ["web", "state"] {
        std::fs::copy(root.join("one.key"), root.join(folder).join("one.key")).unwrap();
    }
    let served = "repositories: { acme/web: { path: web } }\n";
    for (text, expected) in [
        (
            "key: web/one.key",
            "`audit.checkpoints.key` in the configuration file leads through the repository `acme/web`;",
        ),
        (
            "key: two.key, former_key: web/one.key",
            "`audit.checkpoints.former_key` in the configuration file leads through the repository",
        ),
        (
            "key: state/one.key",
            "`audit.checkpoints.key` in the configuration file leads through the state directory;",
        ),
        (
            "key: one.key, copies: [copies, web/copies]",
            "`audit.checkpoints.copies` in the configuration file leads through",
        ),
        ("key: one.key, copies: [state/copies]", "leads through the state directory;"),
        (
            "key: one.key, copies: [copies, web/../copies]",
            "`audit.checkpoints.copies` in the configuration file must name each directory once",
        ),
    ] {
        let error =
            load(&format!("{served}audit: {{ checkpoints: {{ {text} }} }}\n")).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    load(&format!("{served}audit: {{ checkpoints: {{ key: one.key, copies: [copies] }} }}\n")).unwrap();
    // whoever only checks a policy needs no key
    let flags = home.config("audit: { checkpoints: { key: none.key } }\n");
    PolicySettings::load(&flags, &home.environment).unwrap();
}

#[test]
fn off_wins_over_on_from_any_source() {
    let mode =
        |said: &[Option<&str>]| write_mode(&said.iter().map(|said| ("a source", *said)).collect::<Vec<_>>());
    for (sources, expected) in [
        (&[None, None][..], WriteMode::Off),
        (&[Some("on"), None], WriteMode::On),
        (&[Some("on"), Some("off")], WriteMode::Off),
        (&[Some("off"), Some("on")], WriteMode::Off),
    ] {
        assert_eq!(mode(sources).unwrap(), expected, "{sources:?}");
    }
    for bad in ["", "ON", "true", "1", "yes"] {
        assert!(mode(&[Some("on"), Some(bad)]).is_err(), "{bad}");
    }
}

#[test]
fn a_folder_that_is_missing_or_oddly_named_is_said_to_be() {
    let home = home();
    let error = home.fails(&flags(&["/no/such/folder"]));
    assert!(error.contains("cannot be found"), "{error}");
    let odd = home.root.path().join("my project");
    std::fs::create_dir(&odd).unwrap();
    let error = home.fails(&flags(&[odd.to_str().unwrap()]));
    assert!(error.contains("--repo PATH=ALIAS"), "{error}");
}

/// A check of a policy knows which repositories there are, by whatever way they are named.
#[test]
fn a_policy_is_held_against_the_repositories_of_the_settings() {
    let home = home();
    let flags = home.config("repositories:\n  acme/web: { path: web }\n");
    let found = |settings: &PolicySettings| {
        let text = "version: 1\nrepositories:\n  acme/wep: { write: deny }\n";
        let source = Source { name: "p.yaml", text };
        let checked = crate::check_policy(source, &Catalogue::built_in(), &settings.known()).unwrap();
        checked.findings.iter().map(|finding| finding.fix.clone()).collect::<Vec<_>>()
    };
    let configured = PolicySettings::load(&flags, &home.environment).unwrap();
    assert_eq!(configured.repositories(), ["acme/web"]);
    assert_eq!(configured.write_mode(), WriteMode::Off);
    assert!(found(&configured)[0].starts_with("did you mean `acme/web`?"));
    let environment =
        Environment { repositories: vec!["/nowhere=other".to_owned()], ..Environment::default() };
    let named = PolicySettings::load(&Flags::default(), &environment).unwrap();
    assert!(found(&named)[0].starts_with("correct the name"));
    let nothing = PolicySettings::load(&Flags::default(), &Environment::default()).unwrap();
    assert!(found(&nothing).is_empty(), "which repositories there will be is not known");
}

/// A file may be named by somebody else: by the configuration of a client, or by that of a project.
#[test]
fn only_ordinary_files_of_a_bounded_size_are_read_and_none_is_waited_for() {
    let home = home();
    let place = |name: &str| home.root.path().join(name);
    let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600));
    rustix::fs::mknodat(rustix::fs::CWD, place("fifo"), kind, mode, 0).unwrap();
    let large = std::fs::File::create(place("large")).unwrap();
    large.set_len(u64::try_from(gitoma_policy::yaml::Limits::POLICY.bytes).unwrap() + 1).unwrap();
    std::fs::write(place("latin"), b"\xff").unwrap();
    for (path, expected) in [
        (place("fifo"), "it is no ordinary file"),
        (PathBuf::from("/dev/zero"), "it is no ordinary file"),
        (place("web"), "it is no ordinary file"),
        (place("large"), "it is larger than"),
        (place("latin"), "it is no text in UTF-8"),
    ] {
        for flags in [
            Flags { config: Some(path.clone()), ..Flags::default() },
            Flags { policy: Some(path.clone()), ..Flags::default() },
        ] {
            let error = PolicySettings::load(&flags, &home.environment).unwrap_err();
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.starts_with(expected), "{path:?}: {cause}");
        }
    }
}
