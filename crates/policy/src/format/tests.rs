//! What the layout is, what is refused, and that hostile texts do no harm. The laws over generated texts stand in
//! `laws`, which prints them with `scribe`.

mod laws;
mod refused;
mod scribe;

use super::*;
use crate::{Catalogue, PolicySet};

fn laid_out(text: &str) -> String {
    format(Source { name: "p.yaml", text }).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Asserts that `before` is laid out as `after`, and `after` as itself.
fn table(cases: &[(&str, &str, &str)]) {
    for (what, before, after) in cases {
        let once = laid_out(before);
        assert_eq!(once, *after, "{what}");
        assert_eq!(laid_out(&once), *after, "{what}, again");
    }
}

#[test]
fn structure_decides_between_block_and_flow() {
    table(&[
        ("the outermost map", "{version: 1, automation: deny}", "version: 1\n\nautomation: deny\n"),
        (
            "what holds rules, and rules",
            "global: {rules: [{id: a, effect: deny, tools: ['*']}]}",
            "global:\n  rules:\n    - id: a\n      effect: deny\n      tools: ['*']\n",
        ),
        (
            "repositories",
            "repositories: {a/b: {write: allow, rules: []}}\n",
            "repositories:\n  a/b:\n    write: allow\n    rules: []\n",
        ),
        (
            "examples in rules, in flow style",
            "global:\n rules:\n - id: a\n   examples:\n   - expect: deny\n     tool: t\n     arguments:\n       x: [1,\n         2]\n",
            "global:\n  rules:\n    - id: a\n      examples:\n        - { expect: deny, tool: t, arguments: { x: [1, 2] } }\n",
        ),
        ("a short list", "a:\n- x\n-   \"y\"\n- 'z'\n", "a: [x, \"y\", 'z']\n"),
        ("a list in a list", "a:\n- [x,y]\n- - z\n", "a:\n  - [x, y]\n  - [z]\n"),
        ("maps by their author", "a: {x: 1}\n\nb:\n    x: 1\n", "a: { x: 1 }\n\nb:\n  x: 1\n"),
        (
            "a list of maps, which keep their style",
            "tests: [{a: 1}, {b: 2}]\n",
            "tests:\n  - { a: 1 }\n  - { b: 2 }\n",
        ),
        ("empty ones", "a: {   }\nb: [ ]\n", "a: {}\n\nb: []\n"),
        ("a single pair", "a: [x: 1]\n", "a:\n  - { x: 1 }\n"),
        ("an explicit key", "? a\n: b\n", "a: b\n"),
        ("a text that flow style cannot hold", "a:\n- x, y\n- z\n", "a:\n  - x, y\n  - z\n"),
        ("a missing value", "a: { x: , y: 1 }\nb:\n-\n- c\n", "a:\n  x:\n  y: 1\n\nb:\n  -\n  - c\n"),
    ]);
}

#[test]
fn long_lists_and_maps_are_filled_and_a_block_list_stays_one() {
    let words: Vec<_> = (0..30).map(|number| format!("word{number}")).collect();
    let once = laid_out(&format!("tools: [{}]\n", words.join(",")));
    let lines: Vec<_> = once.lines().collect();
    assert_eq!(lines.join(" ").replace("   ", " "), format!("tools: [{}]", words.join(", ")));
    for pair in lines.windows(2) {
        let next = pair[1].strip_prefix("  ").and_then(|line| line.split(' ').next()).expect("a word");
        assert!(pair[0].len() <= WIDTH && pair[0].len() + " ".len() + next.len() > WIDTH, "{once}");
    }
    assert_eq!(laid_out(&once), once);

    let block = format!("tools:\n  - {}\n", words.join("\n  - "));
    assert_eq!(laid_out(&block), block);

    // The last place in a line is used, brackets and comma included.
    for (length, lines) in [(WIDTH - "k: [a, ]".len(), 1), (WIDTH - "k: [a, ]".len() + 1, 2)] {
        let once = laid_out(&format!("k: [a, {}]\n", "é".repeat(length)));
        assert_eq!(once.lines().count(), lines, "{once}");
    }

    let long = "x".repeat(60);
    table(&[
        (
            "an example continues four columns deeper than its dash",
            &format!("tests:\n- {{ a: {long}, b: {long}, c: 1 }}\n"),
            &format!("tests:\n  - {{ a: {long},\n      b: {long}, c: 1 }}\n"),
        ),
        (
            "what is longer than a line is broken inside",
            &format!("k: {{ a: 1, b: [{long}, {long}, c], d: 1 }}\n"),
            &format!("k: {{ a: 1,\n  b: [{long},\n    {long}, c], d: 1 }}\n"),
        ),
        ("a long text stays", &format!("k: {long} {long}\n"), &format!("k: {long} {long}\n")),
    ]);
}

#[test]
fn blank_lines() {
    table(&[
        ("between the outermost keys, once", "\n\na: 1\n\n\n\nb: 2\nc: 3\n\n\n", "a: 1\n\nb: 2\n\nc: 3\n"),
        (
            "between maps in block style",
            "tests:\n\n- a: 1\n- b: 2\n# c\n- d: 3\n",
            "tests:\n  - a: 1\n\n  - b: 2\n\n  # c\n  - d: 3\n",
        ),
        ("not between maps in flow style", "t:\n- {a: 1}\n\n- {b: 2}\n", "t:\n  - { a: 1 }\n  - { b: 2 }\n"),
        (
            "the author's before a comment or a key",
            "a:\n\n  # x\n\n\n  b: 1\n\n\n  # y\n  # z\n\n  c: 2\n  d: 3\n",
            "a:\n  # x\n\n  b: 1\n\n  # y\n  # z\n\n  c: 2\n  d: 3\n",
        ),
        ("before and after a head", "# x\n\n\n# y\na: 1\n\n\n# z", "# x\n\n# y\na: 1\n\n# z\n"),
        ("lines of blanks are blank", "a: 1\n  \t \n  \nb:   2   \n", "a: 1\n\nb: 2\n"),
    ]);
}

#[test]
fn comments_stay_where_they_belong() {
    table(&[
        (
            "beside values",
            "a: 1   # x\nb: [c]   # d\nc: # y\n  d: 2#\n",
            "a: 1 # x\n\nb: [c] # d\n\nc: # y\n  d: 2#\n",
        ),
        (
            "in flow collections, which become block",
            "a: [ # x\n  b, # y\n  # z\n  c\n  # end\n] # after\n",
            "a:\n  # x\n  - b # y\n  # z\n  - c\n  # end\n  # after\n",
        ),
        (
            "in an example",
            "global:\n  rules:\n  - examples:\n    - { a: 1, # x\n        b: 2 }\n    - { c: 3 } # y\n",
            "global:\n  rules:\n    - examples:\n        - a: 1 # x\n          b: 2\n\n        - { c: 3 } # y\n",
        ),
        ("between a key and its value", "a: # x\n  # y\n  1\n", "# x\n# y\na: 1\n"),
        ("behind a dash", "a:\n- # x\n  # y\n  b: 1\n  c: 2\n", "a:\n  # x\n  # y\n  - b: 1\n    c: 2\n"),
        ("in an empty list", "a: 1\nb: [ # x\n ]\n", "a: 1\n\n# x\nb: []\n"),
        ("behind nothing", "a: # x\n# y\nb:\n  # z\nc: 1\n", "a: # x\n\n# y\nb:\n\n# z\nc: 1\n"),
        (
            "at the end of what their column says",
            "a:\n  - b: 1\n    # of the map\n  # of the list\n# of the next\nc: 1\n  # last\n",
            "a:\n  - b: 1\n    # of the map\n  # of the list\n\n# of the next\nc: 1\n# last\n",
        ),
        ("of a list that is not indented", "a:\n- b: 1\n# x\nc: 1\n", "a:\n  - b: 1\n\n# x\nc: 1\n"),
        ("around markers", "# a\n--- # b\nc: 1\n... # d\n# e\n", "# a\n# b\nc: 1\n# d\n# e\n"),
        ("with whatever they say", "a: 1 #- b: [\n#!x\n", "a: 1 #- b: [\n#!x\n"),
    ]);
}

#[test]
fn scalars_keep_their_spelling() {
    table(&[
        (
            "numbers, quotes, escapes",
            "a: 0x1F\nb: 'it''s'\nc: \"\\u00e9\\t\"\nd: é ü\n",
            "a: 0x1F\n\nb: 'it''s'\n\nc: \"\\u00e9\\t\"\n\nd: é ü\n",
        ),
        ("plain lines", "a: b\n      c  \n\n    d # x\n", "a: b\n  c\n\n  d # x\n"),
        ("quoted lines", "a: 'b\n         c\n\n  d  '\n", "a: 'b\n  c\n\n  d  '\n"),
        ("escaped blanks", "a: \"b\\ \n    c \\\n    \\  d\"\n", "a: \"b\\ \n  c \\\n  \\  d\"\n"),
        ("lines in a list in flow style", "a: [\"b\n   c\", d]\n", "a:\n  - \"b\n      c\"\n  - d\n"),
        (
            "block scalars",
            "a: |- # x\n      b\n\n        c  \n\n\nd: >\n   e\n   f\n# y\n",
            "a: |- # x\n  b\n\n    c  \n\nd: >\n  e\n  f\n# y\n",
        ),
        (
            "an explicit indentation",
            "a:\n     b: |3\n         c\n        d\n",
            "a:\n  b: |3\n      c\n     d\n",
        ),
        ("a block scalar in a list", "a:\n- >-\n  b\n- |\n\n  c\n", "a:\n  - >-\n    b\n  - |\n\n    c\n"),
        ("a tab in a block scalar", "a: |\n   b\n   \t\n", "a: |\n  b\n  \t\n"),
        (
            "empty block scalars in a list",
            "a:\n- b: 1\n- |\n\n# x\n- |-\n\n",
            "a:\n  - b: 1\n\n  - |\n\n  # x\n  - |-\n",
        ),
        ("numbers and words as keys", "1: a\ntrue: b\n", "1: a\n\ntrue: b\n"),
        ("an empty block scalar", "a: |\n\nb: |-\n", "a: |\n\nb: |-\n"),
    ]);
}

#[test]
fn shipped_policies_are_laid_out_so_but_for_lines_that_are_too_long() {
    for (name, text) in [
        ("ci-pull-requests.yaml", include_str!("../../../../policies/ci-pull-requests.yaml")),
        ("default.yaml", include_str!("../../../../policies/default.yaml")),
        ("open-source-maintainer.yaml", include_str!("../../../../policies/open-source-maintainer.yaml")),
        ("regulated.yaml", include_str!("../../../../policies/regulated.yaml")),
        ("review-bots.yaml", include_str!("../../../../policies/review-bots.yaml")),
        ("solo-developer.yaml", include_str!("../../../../policies/solo-developer.yaml")),
    ] {
        let after = format(Source { name, text }).expect("a shipped policy");
        let changed: Vec<_> =
            text.lines().filter(|line| !after.lines().any(|other| other == *line)).collect();
        // Such a line takes the beginning of the next with it.
        let too_long = text.lines().filter(|line| !line.starts_with('#') && line.len() > WIDTH).count();
        assert!(changed.len() <= 2 * too_long, "{name}: {changed:?}");
        assert_eq!(laid_out(&after), after, "{name}");
        let load = |text| PolicySet::load(Source { name, text }, &Catalogue::built_in()).expect("a policy");
        assert_eq!(load(&after).digest(), load(text).digest(), "{name}");
    }
}

#[test]
fn a_layout_that_says_something_else_is_not_returned() {
    let text = "a: [x, 'y'] # c\n# d\nb: 1\n";
    let source = Source { name: "p.yaml", text };
    let value = same::value(source).expect("a value");
    assert_eq!(same::difference(source, &value, &laid_out(text)), None);
    for (after, what) in [
        ("a: [x, y] # c\n# d\nb: 1\n", "the order or the spelling of what is written"),
        ("b: 1 # c\n# d\na: [x, 'y']\n", "the order or the spelling of what is written"),
        ("a: [x, 'y']\n# d\n# c\nb: 1\n", "a comment"),
        ("a: [x, 'y'] # c\nb: 1\n", "a comment"),
        ("a: [x, 'y'] # c\n# d\nb: 2\n", "the meaning"),
        ("a: [x, 'y'] # c\n# d\nb: 1\nb: 1\n", "the meaning"),
    ] {
        assert_eq!(same::difference(source, &value, after), Some(what), "{after}");
    }
    let error = FormatError::Internal { name: "p.yaml".to_owned(), what: "a comment" }.to_string();
    assert!(
        error.contains("p.yaml: internal: a comment") && error.contains("nothing was changed"),
        "{error}"
    );
}
