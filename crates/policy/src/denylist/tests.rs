use proptest::prelude::*;

use super::*;

/// Path, rule for reading, rule for writing.
const TABLE: &[(&str, Option<&str>, Option<&str>)] = &[
    (".git", Some("builtin:git-directory"), Some("builtin:git-directory")),
    (".git/config", Some("builtin:git-directory"), Some("builtin:git-directory")),
    ("vendor/lib/.git/hooks/pre-commit", Some("builtin:git-directory"), Some("builtin:git-directory")),
    (".GIT/config", Some("builtin:git-directory"), Some("builtin:git-directory")),
    (".git./config", Some("builtin:git-directory"), Some("builtin:git-directory")),
    (".git . ./config", Some("builtin:git-directory"), Some("builtin:git-directory")),
    (".git::$INDEX_ALLOCATION/config", Some("builtin:git-directory"), Some("builtin:git-directory")),
    (".g\u{200c}it/config", Some("builtin:git-directory"), Some("builtin:git-directory")),
    ("\u{feff}.git/config", Some("builtin:git-directory"), Some("builtin:git-directory")),
    (".gi\u{00ad}t/config", Some("builtin:git-directory"), Some("builtin:git-directory")),
    ("GIT~1/config", Some("builtin:git-directory"), Some("builtin:git-directory")),
    ("sub\\.git\\config", Some("builtin:git-directory"), Some("builtin:git-directory")),
    (".env", Some("builtin:env-file"), Some("builtin:env-file")),
    ("a/b/.ENV", Some("builtin:env-file"), Some("builtin:env-file")),
    (".env.example", Some("builtin:env-file"), Some("builtin:env-file")),
    (".env.production.local", Some("builtin:env-file"), Some("builtin:env-file")),
    (".env~", Some("builtin:env-file"), Some("builtin:env-file")),
    (".env:stream", Some("builtin:env-file"), Some("builtin:env-file")),
    (".envrc", Some("builtin:env-file"), Some("builtin:env-file")),
    ("ENV~1.LOC", Some("builtin:env-file"), Some("builtin:env-file")),
    (".netrc", Some("builtin:credential-file"), Some("builtin:credential-file")),
    ("web/.npmrc", Some("builtin:credential-file"), Some("builtin:credential-file")),
    (".pypirc", Some("builtin:credential-file"), Some("builtin:credential-file")),
    (".git-credentials", Some("builtin:credential-file"), Some("builtin:credential-file")),
    (".pgpas\u{017f}", Some("builtin:credential-file"), Some("builtin:credential-file")),
    (".aws/credentials", Some("builtin:credential-file"), Some("builtin:credential-file")),
    ("home/.Docker/Config.json", Some("builtin:credential-file"), Some("builtin:credential-file")),
    (".\u{212a}ube/config", Some("builtin:credential-file"), Some("builtin:credential-file")),
    (".config/gh/hosts.yml", Some("builtin:credential-file"), Some("builtin:credential-file")),
    (".ssh", Some("builtin:ssh-key"), Some("builtin:ssh-key")),
    (".ssh/config", Some("builtin:ssh-key"), Some("builtin:ssh-key")),
    ("deploy/id_ed25519", Some("builtin:ssh-key"), Some("builtin:ssh-key")),
    (".netrc.bak", Some("builtin:credential-file"), Some("builtin:credential-file")),
    (".npmrc~", Some("builtin:credential-file"), Some("builtin:credential-file")),
    (".git-credentials-old", Some("builtin:credential-file"), Some("builtin:credential-file")),
    ("keys/ID_RSA_work", Some("builtin:ssh-key"), Some("builtin:ssh-key")),
    ("keys/id_rsa_work.pub", None, None),
    (".git-hooks/pre-commit", None, None),
    (".ssh-notes.md", None, None),
    (".netrcx", None, None),
    (".gitmodules", None, Some("builtin:git-modules")),
    (".gitmodule\u{017f}", None, Some("builtin:git-modules")),
    ("gitmod~1", None, Some("builtin:git-modules")),
    ("GI7EBA~2", None, Some("builtin:git-modules")),
    ("a/.gitattributes", None, Some("builtin:git-attributes")),
    (".github/workflows/ci.yml", None, Some("builtin:github-workflows")),
    (".github/wor\u{212a}flow\u{017f}/ci.yml", None, Some("builtin:github-workflows")),
    (".GitHub/Workflows", None, Some("builtin:github-workflows")),
    ("GITHUB~1/WORKFL~1/ci.yml", None, Some("builtin:github-workflows")),
    (".github//workflows/ci.yml", None, Some("builtin:github-workflows")),
    (".github/actions/x/action.yml", None, Some("builtin:github-actions")),
    (".github", None, Some("builtin:github-workflows")),
    (".github/dependabot.yml", None, None),
    (".gitignore", None, None),
    (".gitkeep", None, None),
    (".environment", None, None),
    ("env", None, None),
    ("src/env.rs", None, None),
    ("deploy/id_ed25519.pub", None, None),
    ("github/workflows/ci.yml", None, None),
    ("workflows/.github.yml", None, None),
    (".docker/Dockerfile", None, None),
    (".cargo/config.toml", None, None),
    ("git/config", None, None),
    ("src/main.rs", None, None),
    ("backup~1", None, None),
];

#[test]
fn the_table_holds() {
    for (path, read, write) in TABLE {
        assert_eq!(denied(path, false), *read, "reading {path:?}");
        assert_eq!(denied(path, true), *write, "writing {path:?}");
    }
}

#[test]
fn every_listed_name_is_refused_at_any_depth_and_under_it() {
    for (name, rule, refuses) in NAMES {
        for path in [(*name).to_owned(), format!("a/b/{name}"), format!("a/{name}/b"), name.to_uppercase()] {
            assert_eq!(denied(&path, true), Some(*rule), "{path}");
            assert_eq!(denied(&path, false).is_some(), *refuses == Both, "{path}");
        }
    }
    for (run, rule, refuses) in RUNS {
        let path = format!("a/{}/b", run.join("/"));
        assert_eq!(denied(&path, true), Some(*rule), "{path}");
        assert_eq!(denied(&path, false).is_some(), *refuses == Both, "{path}");
    }
}

proptest! {
    /// Case, ignorable characters, streams and trailing dots never hide a listed name.
    #[test]
    fn aliases_fold_together(
        name in proptest::sample::select(NAMES),
        case in proptest::collection::vec(any::<bool>(), 32),
        gap in 0usize..20,
        mark in proptest::sample::select(&["", "\u{200d}", "\u{feff}", "\u{2060}"][..]),
        tail in proptest::sample::select(&["", ".", " ", ". .", ":x", "::$DATA"][..]),
    ) {
        let mut alias = String::new();
        for (at, (c, upper)) in name.0.chars().zip(case).enumerate() {
            if at == gap { alias.push_str(mark); }
            if upper { alias.extend(c.to_uppercase()) } else { alias.push(c) }
        }
        alias.push_str(tail);
        prop_assert_eq!(fold(&alias), name.0);
        prop_assert_eq!(denied(&format!("x/{alias}"), true), Some(name.1));
    }

    #[test]
    fn folding_twice_changes_nothing_and_the_fast_way_agrees(text in "\\PC{0,12}") {
        let once = fold(&text);
        prop_assert_eq!(&with_folded(&text, str::to_owned), &once);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn what_is_listed_is_never_passed_over(text in "[.gitGIT_~:x/\\\\ \u{200C}\u{212A}nevcrdsa]{0,14}|\\PC{0,12}") {
        prop_assert_eq!(listed(&text, true), denied(&text, true));
    }

    #[test]
    fn what_may_not_be_read_may_not_be_written(text in "[.a-z/~:]{0,24}") {
        prop_assert!(denied(&text, false).is_none() || denied(&text, true).is_some());
    }
}
