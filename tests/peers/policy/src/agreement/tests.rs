use super::*;

fn answer(code: &'static str, rules: &[&str]) -> Answer {
    Answer {
        allowed: code == "allowed",
        code: Some(code),
        rules: Some(rules.iter().map(|rule| (*rule).to_owned()).collect()),
    }
}

#[test]
fn an_answer_may_name_some_of_the_rules_but_not_none_and_not_others() {
    let expected = answer("denied", &["a", "b"]);
    for (rules, good) in
        [(&["a"][..], true), (&["a", "b"], true), (&[], false), (&["c"], false), (&["a", "c"], false)]
    {
        assert_eq!(agrees(&answer("denied", rules), &expected), good, "{rules:?}");
    }
    assert!(agrees(&answer("default_deny", &[]), &answer("default_deny", &[])));
    assert!(!agrees(&answer("default_deny", &["a"]), &answer("default_deny", &[])));
}

#[test]
fn verdict_and_code_count() {
    assert!(!agrees(&answer("default_deny", &[]), &answer("write_mode_off", &[])));
    let bare = |allowed| Answer { allowed, code: None, rules: None };
    assert!(agrees(&bare(false), &answer("denied", &["a"])));
    assert!(!agrees(&bare(true), &answer("denied", &["a"])));
}

#[test]
fn gitoma_agrees_and_notices_every_mutation() {
    let (policy, calls) = self_test_workload();
    let mut gitoma = crate::engines::gitoma::prepare(&policy).unwrap()().unwrap();
    let unchanged = compare(&mut *gitoma, &calls, &reference(&policy, &calls));
    assert_eq!((unchanged.compared, unchanged.disagreed), (calls.len(), 0), "{:?}", unchanged.first);
    for mutation in mutations(&policy, &calls).unwrap() {
        assert!(
            compare(&mut *gitoma, &calls, &reference(&mutation.policy, &calls)).disagreed > 0,
            "{}",
            mutation.title
        );
    }
}
