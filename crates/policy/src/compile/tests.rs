use proptest::prelude::*;

use super::*;

fn load(text: &str) -> Result<PolicySet, LoadError> {
    let mut catalogue = Catalogue::built_in();
    catalogue.insert_with_arguments("ticket_open", crate::Capability::Write, ["title"]);
    PolicySet::load(Source { name: "p.yaml", text }, &catalogue)
}

fn rule(keys: &str) -> String {
    format!("version: 1\nglobal:\n  rules:\n    - id: r\n      effect: allow\n      tools: [\"*\"]\n{keys}")
}

/// Asserts that each text is refused, first of all at the place given and with the words given.
fn refuse_all(table: impl IntoIterator<Item = (String, u32, u32, &'static str)>) {
    let wrong = table.into_iter().filter_map(|(text, line, column, words)| {
        let Err(error) = load(&text) else { return Some(format!("accepted:\n{text}")) };
        let fault = error.faults().first().expect("a fault");
        let shown = error.to_string();
        let right = fault.message.contains(words)
            && (fault.line, fault.column) == (line, column)
            && shown.starts_with(&format!("p.yaml:{line}:{column}: "))
            && (fault.snippet.is_empty() || shown.contains(" | "));
        (!right).then(|| format!("expected {line}:{column} {words:?}, got {shown}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_default_policy_loads_with_its_examples() {
    let set = PolicySet::built_in(&Catalogue::built_in()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(set.name(), "default.yaml");
    assert!(set.rule_count() >= 2);
}

#[test]
fn the_documented_policy_loads_and_every_code_is_documented() {
    let page = include_str!("../../../../docs/policy.md");
    let block = page.split("```").find_map(|block| block.strip_prefix("yaml\n")).expect("a policy");
    load(block).unwrap_or_else(|error| panic!("{error}"));
    for code in crate::Code::ALL {
        assert!(page.contains(&format!("| `{}` |", code.as_str())), "{}", code.as_str());
    }
}

#[test]
fn what_is_wrong_in_a_rule_is_found_in_its_place() {
    let table: &[(&str, u32, u32, &'static str)] = &[
        ("      path: [a]\n", 7, 7, "unknown key"),
        ("      paths: []\n", 7, 14, "paths is empty"),
        ("      paths:\n", 7, 12, "paths is empty"),
        ("      principals: ~\n", 7, 19, "principals is empty"),
        ("      arguments: ~\n", 7, 18, "arguments is empty"),
        ("      arguments: { n: { equals: ~ } }\n", 7, 33, "a list, a map or null"),
        ("      arguments: { n: { glob: ~ } }\n", 7, 31, "null"),
        ("      arguments: { n: { max_length: -1 } }\n", 7, 37, ""),
        ("      capability: ~\n", 7, 19, ""),
        ("      reason: ~\n", 7, 15, "null"),
        ("      paths: [\"src/[ab]\"]\n", 7, 15, "no meaning here"),
        ("      paths: [a, \"../b\"]\n", 7, 18, "`.` or `..` segment"),
        ("      refs: [\"**x\"]\n", 7, 14, "whole segment"),
        ("      principals: []\n", 7, 19, "principals is empty"),
        ("      principals: [\"*\"]\n", 7, 20, "no wildcard"),
        ("      roles: [\"\"]\n", 7, 15, "name is empty"),
        ("      transports: []\n", 7, 19, "transports is empty"),
        ("      transports: [smtp]\n", 7, 20, "unknown word"),
        ("      capability: execute\n", 7, 19, "unknown word"),
        ("      hosts: [\"https://x.y\"]\n", 7, 15, "not a host name"),
        ("      hosts: [git.\u{212A}ernel.org]\n", 7, 15, "not a host name"),
        ("      arguments: {}\n", 7, 18, "arguments is empty"),
        ("      arguments: { n: { range: {} } }\n", 7, 23, "range holds no number"),
        ("      arguments: { n: { range: { min: 5, max: 1 } } }\n", 7, 23, "range holds no number"),
        ("      arguments: { n: { one_of: [] } }\n", 7, 23, "one_of is empty"),
        ("      arguments: { n: { equals: [1] } }\n", 7, 33, "a list, a map or null"),
        ("      arguments: { n: { glob: \"[a]\" } }\n", 7, 23, "no meaning here"),
        ("      reason: \"\"\n", 7, 15, "reason is empty"),
        ("      examples: []\n", 7, 17, "examples is empty"),
        ("      examples: [{ expect: deny, tool: git_log }]\n", 7, 18, "example fails"),
        ("      examples: [{ expect: allow, tool: git_lug }]\n", 7, 41, "tool is not known"),
        ("      examples: [{ expect: allow, tool: git_log, paht: x }]\n", 7, 50, "unknown key"),
        ("      reason: a\n      reason: b\n", 8, 7, "duplicate"),
    ];
    refuse_all(table.iter().map(|(keys, line, column, words)| (rule(keys), *line, *column, *words)));
}

#[test]
fn what_is_wrong_elsewhere_is_found_in_its_place() {
    let tools = |tools: &str| {
        format!("version: 1\nglobal:\n  rules:\n    - id: r\n      effect: allow\n      tools: {tools}\n")
    };
    let twice = "version: 1\nglobal:\n  rules:\n    - { id: r, effect: deny, tools: [git_log] }\n    - { id: r, effect: deny, tools: [git_log] }\n";
    let table: &[(&str, u32, u32, &'static str)] = &[
        ("version: 2\n", 1, 10, "version"),
        ("automation: deny\n", 1, 1, "version"),
        ("version: 1\nautomation: true\n", 2, 13, ""),
        ("version: 1\nredacted: {}\n", 2, 1, "unknown key"),
        ("version: 1\nglobal: {}\n", 2, 9, "rules"),
        ("version: 1\nglobal:\n", 2, 1, "key `rules` is missing"),
        ("version: 1\nautomation:\n", 2, 11, "a word is wanted"),
        ("version: 1\nrepositories:\n  a/b: { write: ~ }\n", 3, 17, ""),
        ("version: 1\nglobal:\n  rules: []\n", 3, 10, "rules is empty"),
        ("version: 1\nglobal:\n  rules:\n", 3, 8, "rules is empty"),
        ("version: 1\nrepositories: {}\n", 2, 15, "repositories is empty"),
        ("version: 1\nrepositories:\n  a/b/c: { write: allow }\n", 3, 3, "names no repository"),
        ("version: 1\nrepositories:\n  \"*\": { write: allow }\n", 3, 3, "names no repository"),
        ("version: 1\nrepositories:\n  a/b: {}\n", 3, 3, "entry is empty"),
        ("version: 1\nrepositories:\n  a/b: { write: yes }\n", 3, 17, "unknown word"),
        ("version: 1\nrepositories:\n  a/b: { write: deny }\n  a/b: { write: allow }\n", 4, 3, "duplicate"),
        ("version: 1\nrepositories:\n  a/b: { write: deny }\n  A/b: { write: allow }\n", 4, 3, "line 3"),
        ("version: 1\nrepositories:\n  a/*: { write: deny }\n  A/*: { write: allow }\n", 4, 3, "line 3"),
        (twice, 5, 13, "taken by the rule in line 4"),
        (&tools("[]"), 6, 14, "tools is empty"),
        (&tools("\"*\""), 6, 14, ""),
        (&tools("[git_lug]"), 6, 15, "not known"),
        (&tools("[\"svn_*\"]"), 6, 15, "not known"),
        (&tools("[\"git*log\"]"), 6, 15, "wildcard"),
        (&tools("[repo_write_file]"), 6, 15, "another capability"),
        (
            &tools("[ticket_open]\n      capability: write\n      arguments: { body: absent }"),
            8,
            20,
            "argument",
        ),
    ];
    refuse_all(table.iter().map(|(text, line, column, words)| ((*text).to_owned(), *line, *column, *words)));
}

#[test]
fn all_faults_are_reported_at_once_with_what_to_write() {
    let text = "version: 1\nglobal:\n  rules:\n    - id: a b\n      effect: deny\n      tools: [git_lug]\n      paths: [\"/x\"]\n";
    let error = load(text).expect_err("three faults");
    let lines: Vec<u32> = error.faults().iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [4, 6, 7], "{error}");
    assert_eq!(error.faults()[1].fix.as_deref(), Some("did you mean `git_log`?"));
    let write = load(&rule("").replace("[\"*\"]", "[repo_write_file]")).expect_err("not readable");
    assert!(write.to_string().contains("fix: write `capability: write`"), "{write}");
}

#[test]
fn many_faults_stay_bounded() {
    let rules: String =
        (0..5_000).map(|i| format!("    - {{ id: r{i}, effect: deny, tools: [nope] }}\n")).collect();
    let error = load(&format!("version: 1\nglobal:\n  rules:\n{rules}")).expect_err("all wrong");
    assert_eq!(error.faults().len(), 100);
}

#[test]
fn a_file_that_is_wrong_throughout_is_not_read_to_its_end() {
    let entries: String = (0..200)
        .map(|i| format!("  a/r{i}:\n    rules: [{{ id: r{i}, effect: deny, tools: [nope, nope] }}]\n"))
        .collect();
    let error = load(&format!("version: 1\nrepositories:\n{entries}\t: [")).expect_err("all wrong");
    let lines: Vec<u32> = error.faults().iter().map(|fault| fault.line).collect();
    let expected: Vec<u32> = (0..50).flat_map(|i| [4 + 2 * i; 2]).collect();
    assert_eq!(lines, expected, "a fault is found wherever the same list is written");
    assert!(error.faults().iter().all(|fault| fault.snippet.contains("[nope, nope]")), "{error}");
}

#[test]
fn what_is_written_alike_is_kept_once_and_told_apart_where_it_differs() {
    let text = "version: 1\nrepositories:
  a/x: { rules: [{ id: a, effect: allow, tools: [git_log, git_show], paths: [Src/a] }] }
  a/y: { rules: [{ id: b, effect: allow, tools: [git_log, git_show], paths: [Src/a] }] }
  a/z: { rules: [{ id: c, effect: deny, tools: [git_log, git_show], paths: [Src/a] }] }\n";
    let set = load(text).unwrap_or_else(|error| panic!("{error}"));
    let rule = |repo: &str| &set.repositories.get(repo).expect("an entry").rules.rules()[0];
    let paths = |repo: &str| rule(repo).paths.clone().expect("paths");
    assert!(Arc::ptr_eq(&rule("a/x").tools, &rule("a/y").tools));
    assert!(Arc::ptr_eq(&paths("a/x"), &paths("a/y")));
    assert_eq!((paths("a/y").list[0].text(), paths("a/z").list[0].text()), ("Src/a", "src/a"));
    // Two lists whose texts run together are two.
    let [one, other] = ["[a, 'b c']", "[a, b, c]"].map(|names| {
        format!("version: 1\nglobal:\n  rules:\n    - {{ id: r, effect: deny, tools: ['*'], principals: {names} }}\n    - {{ id: s, effect: deny, tools: ['*'], principals: [a, b, c] }}\n")
    });
    assert_ne!(load(&one).map(|set| set.digest()).ok(), load(&other).map(|set| set.digest()).ok());
}

#[test]
fn the_digest_is_of_the_meaning() {
    let digest = |text: &str| load(text).unwrap_or_else(|error| panic!("{error}")).digest();
    let base = "version: 1\nglobal:\n  rules:\n    - id: a\n      effect: allow\n      tools: [git_log, git_show]\n    - id: b\n      effect: deny\n      tools: [git_log]\n      paths: [\"X/**\"]\n";
    let same = "# words\nglobal:\n  rules:\n    - { id: b, tools: [git_log], paths: [\"x/**\", \"X/**\"], effect: deny }\n    - tools: [git_show, git_log, git_log]\n      capability: read\n      id: a\n      effect: allow\n      examples: [{ expect: deny, tool: git_log }]\nversion: 1\nautomation: deny\n";
    assert_eq!(digest(base), digest(same));
    for (from, to) in [
        ("id: a", "id: c"),
        ("effect: deny", "effect: ask"),
        ("git_show", "git_diff"),
        ("X/**", "y/**"),
        ("    - id: b", "      refs: [main]\n    - id: b"),
        ("    - id: b", "      reason: because\n    - id: b"),
        ("version: 1", "version: 1\nautomation: allow"),
        ("version: 1", "version: 1\nrepositories: { a/b: { write: deny } }"),
    ] {
        assert_ne!(digest(base), digest(&base.replacen(from, to, 1)), "{from} -> {to}");
    }
    let hex = digest(base).to_string();
    assert!(
        hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
        "{hex}"
    );
    assert_eq!(hex, digest(base).as_hex().as_str());
}

#[test]
fn patterns_to_redact_are_kept_with_their_places() {
    let text = "version: 1\nredact:\n  patterns:\n    - { id: ticket, pattern: 'T-[0-9]+' }\n    - { id: x, pattern: y }\n";
    let set = load(text).unwrap_or_else(|error| panic!("{error}"));
    let kept: Vec<_> =
        set.redact_patterns().iter().map(|p| (&*p.id, &*p.pattern, p.line, p.column)).collect();
    assert_eq!(kept, [("ticket", "T-[0-9]+", 4, 30), ("x", "y", 5, 25)]);
    let other = text.replace("T-", "U-");
    assert_ne!(load(&other).map(|set| set.digest()).ok(), Some(set.digest()));

    let refused =
        LoadError::at(Source { name: "p.yaml", text }, (4, 30), "does not compile", Some("mend it"));
    assert!(refused.to_string().starts_with("p.yaml:4:30: does not compile\n  4 |"), "{refused}");

    let header = "version: 1\nredact:\n  patterns:\n";
    refuse_all([
        ("version: 1\nredact: { patterns: [] }\n".to_owned(), 2, 21, "patterns is empty"),
        ("version: 1\nredact: {}\n".to_owned(), 2, 9, "redact is empty"),
        (format!("{header}    - {{ id: 'a b', pattern: x }}\n"), 4, 13, "not a plain name"),
        (format!("{header}    - {{ id: a, pattern: '' }}\n"), 4, 25, "pattern is empty"),
        (format!("{header}    - {{ id: a, pattern: x }}\n    - {{ id: a, pattern: y }}\n"), 5, 13, "taken"),
        (format!("{header}    - {{ id: a, regex: x }}\n"), 4, 16, "unknown key"),
        ("version: 1\nenforcement: off\n".to_owned(), 2, 14, "unknown word"),
    ]);
}

#[test]
fn names_to_redact_and_allowances_are_kept_with_their_places() {
    let print = format!("sha256:{}", "0a".repeat(32));
    let text = format!(
        "version: 1\nredact:\n  names: [db_conn, X-House]\n  allow:\n    - {{ id: fixture, fingerprint: '{print}' }}\n"
    );
    let set = load(&text).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<_> = set.redact_names().iter().map(|name| (&*name.name, name.line, name.column)).collect();
    assert_eq!(names, [("db_conn", 3, 11), ("X-House", 3, 20)]);
    let [allowance] = set.redact_allowances() else { panic!("{:?}", set.redact_allowances()) };
    assert_eq!((&*allowance.id, &*allowance.fingerprint, allowance.line), ("fixture", &*print, 5));
    assert_eq!(allowance.column, 35);
    let plain = load("version: 1\n").unwrap();
    let blocking = load("version: 1\nredact: { block: [private-key] }\n").unwrap();
    let [block] = blocking.redact_blocks() else { panic!("{:?}", blocking.redact_blocks()) };
    assert_eq!((&*block.rule, block.line, block.column), ("private-key", 2, 19));
    assert_ne!(blocking.digest(), plain.digest());
    for other in [
        text.replace("X-House", "X-Hous"),
        text.replace("0a0a", "0b0a"),
        text.replace("  names: [db_conn, X-House]\n", ""),
    ] {
        let other = load(&other).unwrap_or_else(|error| panic!("{error}")).digest();
        assert!(other != set.digest() && other != plain.digest());
    }
    let allow = "version: 1\nredact:\n  allow:\n    - ";
    let one = format!("{{ id: a, fingerprint: '{print}' }}");
    refuse_all([
        ("version: 1\nredact: { names: [] }\n".to_owned(), 2, 18, "names is empty"),
        ("version: 1\nredact: { allow: [] }\n".to_owned(), 2, 18, "allow is empty"),
        ("version: 1\nredact: { block: [] }\n".to_owned(), 2, 18, "block is empty"),
        ("version: 1\nredact: { block: [a, a] }\n".to_owned(), 2, 22, "stands in line 2 already"),
        ("version: 1\nredact: { block: ['a b'] }\n".to_owned(), 2, 19, "not a plain name"),
        ("version: 1\nredact: { names: [abc] }\n".to_owned(), 2, 19, "cannot be that of a setting"),
        ("version: 1\nredact: { names: ['a b c'] }\n".to_owned(), 2, 19, "cannot be that of a setting"),
        ("version: 1\nredact: { names: ['____'] }\n".to_owned(), 2, 19, "cannot be that of a setting"),
        ("version: 1\nredact: { names: [abcd, abcd] }\n".to_owned(), 2, 25, "stands in line 2 already"),
        (format!("{allow}{{ id: a, fingerprint: 'sha256:0' }}\n"), 4, 29, "fingerprint is not one"),
        (format!("{allow}{}\n", one.replace("0a", "0A")), 4, 29, "fingerprint is not one"),
        (format!("{allow}{one}\n    - {one}\n"), 5, 13, "allowance id is taken"),
        (format!("{allow}{}\n", one.replace("id: a", "id: 'a b'")), 4, 13, "not a plain name"),
    ]);
}

/// An example is judged as the tool's own call would be: by short names of references, and with paths that are found.
#[test]
fn examples_describe_calls_as_tools_state_them() {
    let policy = |example: &str| {
        load(&format!(
            "version: 1
global:
  rules:
    - {{ id: read, effect: allow, tools: [\"*\"] }}
    - {{ id: no-main, effect: deny, tools: [git_log], refs: [main] }}
    - {{ id: no-keys, effect: deny, tools: [git_grep, repo_read_file], paths: [\"**/*.pem\"] }}
    - id: tickets
      effect: allow
      capability: write
      tools: [ticket_open]
      examples:
        - {example}
repositories:
  web: {{ write: allow }}
"
        ))
    };
    for example in [
        "{ expect: deny, tool: git_log, repo: web, ref: main }",
        "{ expect: deny, tool: git_log, repo: web, ref: refs/heads/main }",
        "{ expect: deny, tool: git_log, repo: web, ref: heads/main }",
        "{ expect: deny, tool: git_log, repo: web, ref: main~2 }",
        "{ expect: deny, tool: git_log, repo: web, ref: HEAD }",
        "{ expect: allow, tool: git_log, repo: web, ref: topic }",
        // What it finds is judged as it is found.
        "{ expect: allow, tool: git_grep, repo: web }",
        "{ expect: deny, tool: git_grep, repo: web, path: a.pem }",
        "{ expect: allow, tool: ticket_open, repo: web, write_mode: on, arguments: { title: x } }",
    ] {
        policy(example).unwrap_or_else(|error| panic!("{example}: {error}"));
    }
    let unknown = policy("{ expect: allow, tool: ticket_open, repo: web, arguments: { titel: x } }");
    let error = unknown.expect_err("there is no such argument").to_string();
    assert!(error.contains("an argument that the tool does not have: `titel`"), "{error}");
}

#[test]
fn what_would_cost_without_bound_is_refused_in_its_place() {
    let many = |item: &str, times: usize| item.repeat(times);
    let head = "version: 1\nglobal:\n  rules:\n";
    let list = |times| rule(&format!("      principals: [{}]\n", many("a,", times)));
    assert!(load(&list(10_000)).is_ok(), "a list may have ten thousand items");
    let keys: String = (0..10_001).map(|i| format!("n{i}: absent,")).collect();
    let rules: String =
        (0..10_001).map(|i| format!("    - {{ id: r{i}, effect: deny, tools: ['*'] }}\n")).collect();
    let example = "{ expect: deny, tool: git_log },";
    let examples: String = (0..11)
        .map(|i| {
            format!(
                "    - {{ id: r{i}, effect: deny, tools: ['*'], examples: [{}] }}\n",
                many(example, 9_999)
            )
        })
        .collect();
    let example_of =
        |key: &str| rule(&format!("      examples: [{{ expect: deny, tool: git_log, {key} }}]\n"));
    refuse_all([
        (list(10_001), 7, 19, "more than 10,000 items"),
        (
            rule(&format!("      arguments: {{ n: {{ one_of: [{}] }} }}\n", many("1,", 10_001))),
            7,
            33,
            "10,000 items",
        ),
        (rule(&format!("      arguments: {{ {} }}\n", keys)), 7, 18, "more than 10,000 keys"),
        (format!("{head}{rules}"), 4, 5, "more than 10,000 items"),
        (
            rule(&format!("      arguments: {{ n: {{ equals: [{}] }} }}\n", many("1,", 1_000_000))),
            7,
            33,
            "a list, a map or null",
        ),
        (
            rule(&format!("      arguments: {{ n: {{ equals: {{ {} }} }} }}\n", keys)),
            7,
            33,
            "a list, a map or null",
        ),
        (example_of(&format!("roles: [{}]", many("a,", 10_001))), 7, 56, "more than 10,000 items"),
        (example_of(&format!("arguments: {{ {} }}", keys)), 7, 138_945, "more than 10,000 values"),
        (example_of(&format!("arguments: {{ n: [{}] }}", many("1,", 9_999))), 7, 20_062, "10,000 values"),
        (format!("version: 1\n? [{}]\n: 1\n", many("1,", 1_000_000)), 2, 3, "where a key is wanted"),
        (format!("{head}{examples}"), 14, 56, "more than 100,000 examples"),
    ]);
}

#[test]
#[ignore = "reads millions of values, which takes minutes without optimisation; `just proof` does"]
fn what_is_large_over_the_whole_file_is_refused_in_its_place() {
    let many = |item: &str, times: usize| item.repeat(times);
    let head = "version: 1\nglobal:\n  rules:\n";
    let entries: String = (0..=1_000_000).map(|i| format!("  a{i}: {{write: deny}}\n")).collect();
    let long_rules = |from: usize, to: usize| -> String {
        let names = many("a,", 9_900);
        let rule = |i| format!("    - {{ id: r{i}, effect: deny, tools: ['*'], roles: [{names}] }}\n");
        (from..to).map(rule).collect()
    };
    let examples_of = |i: usize| {
        let arguments = many("1,", 9_900);
        format!(
            "      - {{ id: r{i}, effect: deny, tools: [git_log], examples: [{{ expect: deny, tool: git_log, arguments: {{ n: [{arguments}] }} }}] }}\n"
        )
    };
    refuse_all([
        (format!("version: 1\nrepositories:\n{entries}"), 3, 3, "more than 1,000,000 repositories"),
        (format!("{head}{}", long_rules(0, 102)), 4, 5, "more than 1,000,000 values in all its items"),
        (
            format!(
                "version: 1\nrepositories:\n{}",
                (0..102).map(|i| format!("  r{i}:\n    rules:\n{}", examples_of(i))).collect::<String>()
            ),
            305,
            63,
            "more than 1,000,000 values in their arguments",
        ),
    ]);
}

/// All that is kept of a policy that is read in one way or the other.
fn kept((outline, compiler): (Outline, Compiler<'_>)) -> String {
    let sorted = |entries: &HashMap<Key, Repository>| {
        let mut entries: Vec<String> = entries.iter().map(|entry| format!("{entry:#?}")).collect();
        entries.sort();
        entries.join("\n")
    };
    let Outline { automation, enforcement, redact, global, no_repositories } = outline;
    let mut ids: Vec<String> = compiler.ids.iter().map(|id| format!("{id:?}")).collect();
    ids.sort();
    let (repositories, owners) = (sorted(&compiler.repositories), sorted(&compiler.owners));
    let planned = compiler.planned;
    format!(
        "{automation} {enforcement:?} {redact:?} {global:#?} {no_repositories} {ids:?}\n{repositories}\n{owners}\n{planned:#?}"
    )
}

#[test]
fn policies_are_read_quickly_and_as_strictly() {
    let page = include_str!("../../../../docs/policy.md");
    let documented = page.split("```").filter_map(|block| block.strip_prefix("yaml\n"));
    let shipped = [
        include_str!("../../../../policies/ci-pull-requests.yaml"),
        include_str!("../../../../policies/default.yaml"),
        include_str!("../../../../policies/open-source-maintainer.yaml"),
        include_str!("../../../../policies/regulated.yaml"),
        include_str!("../../../../policies/review-bots.yaml"),
        include_str!("../../../../policies/solo-developer.yaml"),
    ];
    let catalogue = Catalogue::built_in();
    for text in shipped.into_iter().chain(documented.take(1)) {
        let source = Source { name: "p.yaml", text };
        let quick = read_quickly(source, &catalogue).unwrap_or_else(|| panic!("in doubt:\n{text}"));
        let strict = read_strictly(source, &catalogue, None).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(kept(quick), kept(strict));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens to a policy, it is not read quickly unless it is read strictly, and as the same.
    #[test]
    fn a_spoilt_policy_is_read_as_strictly(
        from in any::<prop::sample::Index>(),
        length in 0..12usize,
        piece in prop::sample::select(&[
            "", " ", "\n", "  ", "- ", "a", "acme/web", "id", ": ", ",", "[", "]", "{", "}", "\"", "'", "*", "&a ", "!t ", "#",
            "null", "~", "1", "0.5", "true", "allow", "rules: []", "paths: []", "<<: x", "---\n", "? ", "|", ">",
        ][..]),
    ) {
        let text = crate::BUILT_IN.text;
        let from = from.index(text.len());
        let to = from.saturating_add(length).min(text.len());
        let (Some(before), Some(after)) = (text.get(..from), text.get(to..)) else { return Ok(()) };
        let text = format!("{before}{piece}{after}");
        let (source, catalogue) = (Source { name: "p.yaml", text: &text }, Catalogue::built_in());
        if let Some(quick) = read_quickly(source, &catalogue) {
            let strict = read_strictly(source, &catalogue, None);
            let strict = strict.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(strict.1.faults.count(), 0);
            prop_assert_eq!(kept(quick), kept(strict));
        }
    }
}

#[test]
fn a_policy_with_a_fault_is_not_read_quickly() {
    let catalogue = Catalogue::built_in();
    for text in [rule("      paths: [\"a//b\"]\n"), rule("").replace("version: 1", "version: 2")] {
        assert!(read_quickly(Source { name: "p.yaml", text: &text }, &catalogue).is_none(), "{text}");
    }
    assert!(read_quickly(Source { name: "p.yaml", text: &rule("") }, &catalogue).is_some());
}
