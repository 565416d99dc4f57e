//! The slips that people make, as the loader of policies answers them.

use crate::{Catalogue, PolicySet, Source};

/// A rule that is sound, and `keys` beneath it, from line 7 on.
fn rule(keys: &str) -> String {
    format!("version: 1\nglobal:\n  rules:\n    - id: r\n      effect: deny\n      tools: [git_log]\n{keys}")
}

/// Asserts of each text the place of its one fault, and words of its message and of its fix.
fn refuse_all(table: &[(&str, (u32, u32), &str, &str)], text_of: impl Fn(&str) -> String) {
    let wrong = table.iter().filter_map(|(text, at, message, fix)| {
        let text = text_of(text);
        let Err(error) = PolicySet::load(Source { name: "p.yaml", text: &text }, &Catalogue::built_in())
        else {
            return Some(format!("accepted:\n{text}"));
        };
        let [fault] = error.faults() else { return Some(format!("more than one: {error}")) };
        let right = (fault.line, fault.column) == *at
            && fault.message.contains(message)
            && fault.fix.as_ref().is_some_and(|own| own.contains(fix))
            && !fault.message.contains("HOSTILE")
            && !fault.fix.as_ref().is_some_and(|fix| fix.contains("HOSTILE"));
        (!right).then(|| format!("expected {at:?} {message:?} {fix:?}, got {error}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn characters_with_a_meaning_in_yaml_are_told_to_be_quoted() {
    let (alias, quotes) = ("`*` in front makes an alias", "put a pattern in quotes");
    let (tag, opposite) = ("`!` in front makes a tag", "a rule of the opposite effect");
    let (anchor, remove) = ("`&` in front makes an anchor", "remove the anchor");
    refuse_all(
        &[
            ("      paths:\n        - **/*.pem\n", (8, 11), alias, quotes),
            ("      paths: [**/*.pem]\n", (7, 15), alias, quotes),
            ("      paths: [**]\n", (7, 15), alias, quotes),
            ("      hosts: [*]\n", (7, 15), alias, quotes),
            ("      hosts: *\n", (7, 14), alias, quotes),
            ("      paths: *HOSTILE\n", (7, 14), alias, quotes),
            ("      paths: [!HOSTILE]\n", (7, 15), tag, opposite),
            ("      paths:\n        - !HOSTILE/**\n", (8, 11), tag, opposite),
            ("      paths: [! secret]\n", (7, 15), tag, opposite),
            ("      paths: &HOSTILE [a]\n", (7, 14), anchor, remove),
            ("      paths: &HOSTILE\n        - a\n", (7, 14), anchor, remove),
            ("      reason: & b\n", (7, 15), anchor, remove),
            ("      reason: @HOSTILE\n", (7, 15), "cannot begin an unquoted text", "in quotes"),
            ("      reason: `HOSTILE`\n", (7, 15), "cannot begin an unquoted text", "in quotes"),
            ("      reason: %HOSTILE\n", (7, 15), "cannot begin an unquoted text", "in quotes"),
            ("      reason: HOSTILE: b\n", (7, 22), "does not fit", "texts with `: ` in quotes"),
            ("      reason: \"HOSTILE\n", (8, 1), "never closed", "close it"),
            ("      reason: 'HOSTILE's'\n", (7, 24), "after its closing quote", "or none"),
            ("      reason: \"\\HOSTILE\"\n", (7, 15), "escape that does not exist", "single quotes"),
            ("      paths: [src/[ab]]\n", (7, 19), "comma, closing bracket", "in quotes"),
            ("      reason: #HOSTILE\n", (7, 13), "`#` begins a comment", "in quotes"),
            ("      reason: # HOSTILE\n      roles: [a]\n", (7, 13), "`#` begins a comment", "in quotes"),
            ("      paths: [\"HOSTILE\" \"b\"]\n", (7, 25), "comma is missing", "between entries"),
            ("      paths: ['a', 'b' 'HOSTILE']\n", (7, 24), "comma is missing", "between entries"),
            ("      reason: 'a' 'HOSTILE'\n", (7, 19), "after its closing quote", "or none"),
            ("      paths: [a, b\n", (7, 14), "never closed", "`]` or `}`"),
            ("      paths: [a}\n", (7, 14), "closes what was not opened", "its own kind"),
            ("      reason: |HOSTILE\n", (7, 15), "`|` or `>`", "lines beneath"),
        ],
        rule,
    );
}

#[test]
fn what_stands_askew_is_told_how_to_stand() {
    let (space, with) = ("colon without a space", "`key: value`");
    refuse_all(
        &[
            ("version: 1\nglobal:\n\trules: []\n", (3, 1), "tab as indentation", "with spaces"),
            ("version: 1\n\tautomation: deny\n", (2, 1), "tab as indentation", "with spaces"),
            ("version: 1\nglobal:\n  rules:\n  - id: a\n\t  effect: deny\n", (5, 1), "tab", "with spaces"),
            ("version:1\n", (1, 8), space, with),
            ("version:1\nautomation: deny\n", (1, 8), space, with),
            ("version: 1\nautomation:HOSTILE\n", (2, 11), space, with),
            ("version: 1\nglobal:\n  rules:\n    - id:HOSTILE\n      effect: deny\n", (4, 9), space, with),
            ("version: 1\nrepositories:\n  a/b:\n    write:HOSTILE\n", (4, 10), space, with),
            ("version: 1\nrepositories:\n  a/b: {write:HOSTILE}\n", (3, 9), space, with),
            ("version: 1\n---\nversion: 1\n", (2, 1), "second document", "remove the `---`"),
            ("version: 1\n...\nautomation: deny\n", (2, 1), "second document", "or `...`"),
            ("version: 1\n---\nHOSTILE: [\n", (2, 1), "second document", "remove the `---`"),
            ("version: 1\nglobal:\n  <<: { rules: [] }\n", (3, 3), "merge key", "write out the keys"),
            ("version: 1\nglobal:\n  rules: []\n   HOSTILE: x\n", (4, 4), "does not fit", "indent the keys"),
            (
                "version: 1\nglobal:\n  rules:\n    - id: a\n      effect: allow\n       tools: [git_log]\n",
                (6, 8),
                "indented further",
                "alike",
            ),
            ("version: 1\n  automation: deny\n", (2, 3), "indented further", "alike"),
            ("version: 1\nautomation: HOSTILE\n", (2, 13), "unknown word", "write"),
            ("version: 1\nautomation: HOSTILE # a\nb: c\n", (2, 13), "unknown word", "write"),
            ("version: 1\nautomation: HOSTILE\nb: c\n", (2, 13), "unknown word", "write"),
            ("", (1, 1), "empty", "write"),
            ("# nothing\n", (2, 1), "empty", "write"),
            ("version: 1\n? [a]\n: b\n", (2, 3), "where a key is wanted", "a text as the key"),
        ],
        str::to_owned,
    );
}

#[test]
fn other_shapes_and_words_are_told_what_is_wanted() {
    let (list, brackets) = ("a list is wanted", "in brackets, as in `[");
    let (map, keys) = ("a map is wanted", "`key: value`");
    let (text, quotes) = ("stands where a text is wanted", "in quotes");
    let (number, digits) = ("number is wanted", "without quotes");
    let boolean = "takes no boolean";
    refuse_all(
        &[
            ("      paths: HOSTILE\n", (7, 14), list, brackets),
            ("      paths: 5\n", (7, 14), list, brackets),
            ("      paths: { HOSTILE: b }\n", (7, 14), list, brackets),
            ("      transports: http\n", (7, 19), list, brackets),
            ("      arguments: [n]\n", (7, 18), map, keys),
            ("      arguments: HOSTILE\n", (7, 18), map, keys),
            ("      principals: [5]\n", (7, 20), text, quotes),
            ("      principals: [true]\n", (7, 20), text, quotes),
            ("      principals: [~]\n", (7, 20), text, "write a text"),
            ("      principals: [[HOSTILE]]\n", (7, 20), "one value is wanted", "alone"),
            ("      reason:\n", (7, 13), text, "leave the key out"),
            ("      capability:\n", (7, 17), "a word is wanted", "`read`, `write` or `automation`"),
            ("      capability: reed\n", (7, 19), "unknown word", "did you mean `read`?"),
            ("      capability: HOSTILE\n", (7, 19), "unknown word", "write `read`, `write` or `automation`"),
            ("      capability: { read: ~ }\n", (7, 19), "a word is wanted", "`read`"),
            (
                "      transports: [smtp]\n",
                (7, 20),
                "unknown word",
                "write `http`, `mcp`, `cli` or `embedded`",
            ),
            ("      transports: [http, 5]\n", (7, 26), "a word is wanted", "`http`"),
            ("      path: [a]\n", (7, 7), "unknown key", "did you mean `paths`? the keys here are `id`, "),
            ("      HOSTILE: [a]\n", (7, 7), "unknown key", "the keys here are `id`, "),
            ("      tools: [git_log]\n", (7, 7), "duplicate key", "keep one"),
            ("      arguments: { n: { equals: [1] } }\n", (7, 33), "a list, a map or null", "`absent`"),
            (
                "      arguments: { n: { one_of: [{ HOSTILE: 1 }] } }\n",
                (7, 34),
                "a list, a map or null",
                "`absent`",
            ),
            ("      arguments: { n: HOSTILE }\n", (7, 23), "not a matcher", "`{ equals: VALUE }`"),
            ("      arguments: { n: { absent: ~ } }\n", (7, 25), "is a word, and no key", "write `absent`,"),
            ("      arguments: { n: { HOSTILE: ~ } }\n", (7, 25), "unknown key", "`max_length`"),
            ("      arguments: { n: { equals: 1, glob: x } }\n", (7, 23), "more than one key", "one of them"),
            ("      arguments: { n: { max_length: '5' } }\n", (7, 37), number, digits),
            ("      arguments: { n: { max_length: 5.5 } }\n", (7, 37), "has a fraction", digits),
            ("      arguments: { n: { range: { min: '1' } } }\n", (7, 39), number, digits),
            ("      arguments: { n: { range: { min: .inf } } }\n", (7, 39), number, digits),
            ("      arguments: { n: { equals: .nan } }\n", (7, 33), "not finite", "in digits"),
            (
                "      examples: [{ expect: deny, tool: git_log, roles: ~ }]\n",
                (7, 56),
                "list is wanted",
                "`[]`",
            ),
            ("      examples: [{ expect: deny, tool: git_log, arguments: ~ }]\n", (7, 60), "no map", "`{}`"),
            ("      examples: [{ tool: git_log }]\n", (7, 20), "key `expect` is missing", "`expect:`"),
        ],
        rule,
    );
    refuse_all(
        &[
            ("version: \"1\"\n", (1, 10), number, digits),
            ("version:\n", (1, 8), number, digits),
            ("version: 1\nautomation: true\n", (2, 13), boolean, "write `allow` or `deny`"),
            ("version: 1\nautomation: on\n", (2, 13), boolean, "write `allow` or `deny`"),
            ("version: 1\nautomation: Deny\n", (2, 13), "unknown word", "did you mean `deny`?"),
            (
                "version: 1\nrepositories: { a: { write: yes } }\n",
                (2, 29),
                boolean,
                "write `allow` or `deny`",
            ),
            ("version: 1\nrepositories: { a: { write: NO } }\n", (2, 29), boolean, "write `allow` or `deny`"),
            ("version: 1\nrepositories: [a]\n", (2, 15), map, keys),
            ("version: 1\nrepositories: { a: allow }\n", (2, 20), map, keys),
            ("version: 1\nglobal: HOSTILE\n", (2, 9), map, keys),
            ("- HOSTILE\n", (1, 1), map, keys),
        ],
        str::to_owned,
    );
}

#[test]
fn a_limit_is_told_with_its_number() {
    let example = |value: &str| {
        rule(&format!("      examples: [{{ expect: deny, tool: git_log, arguments: {{ n: {value} }} }}]\n"))
    };
    let nodes = format!("version: 1\nrepositories:\n{}", "  ? a\n  : b\n".repeat(10));
    let deep = example(&format!("{}{}", "[".repeat(20), "]".repeat(20)));
    let block: String = (0..20).map(|depth| format!("{}-\n", " ".repeat(16 + depth))).collect();
    let block = rule(&format!("      examples:\n        - arguments:\n            n:\n{block}"));
    for (text, words) in [(&deep, "deeper than 16 levels"), (&block, "deeper than 16 levels")] {
        let error = PolicySet::load(Source { name: "p.yaml", text }, &Catalogue::built_in()).expect_err(text);
        let fault = &error.faults()[0];
        assert!(fault.message.contains(words) && fault.fix.is_some() && fault.line >= 7, "{error}");
    }
    let limits = crate::yaml::Limits { nodes: 15, ..crate::yaml::Limits::POLICY };
    let error = crate::yaml::from_str::<serde_json::Value>("p.yaml", &nodes.replace("? a", "? a1"), limits);
    let error = error.expect_err("a duplicate comes later");
    assert!(error.message.contains("duplicate") || error.message.contains("more than 15 "), "{error}");
    let many = format!("a: [{}]\n", "1,".repeat(100));
    let error = crate::yaml::from_str::<serde_json::Value>("p.yaml", &many, limits).expect_err("too many");
    assert!(error.message.contains("more than 15 keys, values, lists and maps"), "{error}");
    assert_eq!(error.line, 1);
}

#[test]
fn a_list_of_rules_is_told_where_and_how_it_is_written() {
    let (list, dash) = ("a list is wanted", "begin each rule with `- `");
    let (map, beneath) = ("a map is wanted here, and this is a list", "write `rules:`, and the list beneath");
    let keys = "effect: deny\n      tools: [git_log]\n";
    refuse_all(
        &[
            ("global:\n  rules:\n    HOSTILE:\n      effect: deny\n", (4, 5), list, dash),
            ("global:\n  rules:\n      id: HOSTILE\n      effect: deny\n", (4, 7), list, dash),
            ("global:\n  rules: HOSTILE\n", (3, 10), list, dash),
            ("global:\n  - id: HOSTILE\n    effect: deny\n", (3, 3), map, beneath),
            ("global: [{ id: HOSTILE }]\n", (2, 9), map, beneath),
            ("repositories:\n  a/b:\n    - id: HOSTILE\n", (4, 5), map, beneath),
            ("redact:\n  patterns:\n    id: HOSTILE\n", (4, 5), list, "each pattern with `- `"),
            ("global:\n  rules:\n    - id: a\n      KEYS    id: b\n", (7, 5), "begins none", "with `- `"),
            (
                "global:\n  rules:\n    - id: a\n      KEYS      id: b\n",
                (7, 7),
                "duplicate key",
                "with `- id:`",
            ),
        ],
        |text| format!("version: 1\n{}", text.replace("KEYS", keys)),
    );
}

#[test]
fn tools_are_told_apart_by_family_and_capability() {
    let (never, own) = ("can never match this tool", "to a rule of its own, with `capability:");
    refuse_all(
        &[
            ("effect: allow\n      tools: [git_show, repo_write_file]\n", (6, 25), never, own),
            (
                "capability: write\n      effect: allow\n      tools: [git_show, repo_write_file]\n",
                (7, 15),
                never,
                own,
            ),
            ("effect: allow\n      tools: [repo_write_file]\n", (6, 15), never, "write `capability: write`"),
            (
                "effect: deny\n      tools: [read_file]\n",
                (6, 15),
                "not known",
                "did you mean `repo_read_file`?",
            ),
            ("effect: deny\n      tools: [HOSTILE]\n", (6, 15), "not known", "check the spelling"),
            ("effect: deny\n      tools: ['']\n", (6, 15), "not known", "check the spelling"),
        ],
        |keys| format!("version: 1\nglobal:\n  rules:\n    - id: r\n      {keys}"),
    );
}
