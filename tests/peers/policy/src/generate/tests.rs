use gitoma_policy::denylist;

use super::*;
use crate::agreement;

#[test]
fn about_three_calls_in_ten_are_allowed() {
    for size in [10, 1_000] {
        let policy = policy(size);
        let calls = calls(&policy, 4_000, 1);
        let allowed = agreement::reference(&policy, &calls).iter().filter(|answer| answer.allowed).count();
        assert!((1_000..1_400).contains(&allowed), "{allowed} of 4000 at {size} repositories");
    }
}

#[test]
fn no_path_is_on_the_denylist_which_peers_do_not_have() {
    let calls = calls(&policy(100), 4_000, 1);
    assert_eq!(
        calls.iter().flat_map(|call| &call.paths).find(|path| denylist::denied(path, true).is_some()),
        None
    );
}

#[test]
fn calls_have_one_to_three_different_paths_and_all_verdicts() {
    let policy = policy(100);
    let calls = calls(&policy, 4_000, 1);
    for call in &calls {
        let different: std::collections::BTreeSet<&String> = call.paths.iter().collect();
        assert!((1..=3).contains(&call.paths.len()) && different.len() == call.paths.len());
    }
    let codes: std::collections::BTreeSet<_> =
        agreement::reference(&policy, &calls).iter().filter_map(|answer| answer.code).collect();
    let all = ["allowed", "default_deny", "denied", "repository_not_whitelisted", "write_mode_off"];
    assert_eq!(codes, all.into());
}

#[test]
fn sizes_differ_in_size_only() {
    let (small, large) = (policy(10), policy(1_000));
    let ids = |rules: &[Rule]| rules.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&small.global), ids(&large.global));
    assert_eq!((small.global.len(), large.repositories.len()), (50, 1_000));
    for (small, large) in small.repositories.iter().zip(&large.repositories) {
        assert_eq!((&small.name, ids(&small.rules)), (&large.name, ids(&large.rules)));
        assert!((2..=6).contains(&small.rules.len()));
    }
}

#[test]
fn gitoma_loads_every_size_and_refuses_a_rule_that_is_covered() {
    let load = |policy: &Policy| {
        let text = crate::yaml::write(policy);
        let source = gitoma_policy::Source { name: "policy.yaml", text: &text };
        gitoma_policy::PolicySet::load(source, &gitoma_policy::Catalogue::built_in()).map(|_| ())
    };
    let mut policy = policy(2_000);
    load(&policy).unwrap_or_else(|error| panic!("{error}"));

    let paths = vec![Pattern::Under("src".to_owned())];
    let tools = vec!["git_blame"];
    let deny = Rule { effect: Effect::Deny, writes: false, paths, tools, ..policy.global[0].clone() };
    let deny = Rule { id: "deny".to_owned(), principals: Vec::new(), ..deny };
    let beneath = vec![Pattern::UnderWithExtension("src/view".to_owned(), "rs".to_owned())];
    let allow = Rule { id: "allow".to_owned(), effect: Effect::Allow, paths: beneath, ..deny.clone() };
    policy.global.extend([deny, allow]);
    assert!(cover::is_covered(&policy.global[51], &policy.global));
    let refused = load(&policy).expect_err("a covered rule");
    assert!(refused.to_string().contains("can allow nothing"), "{refused}");
}
