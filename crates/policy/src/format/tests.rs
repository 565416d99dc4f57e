use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Catalogue, PolicySet, Suite};

fn laid_out(text: &str) -> String {
    format(Source { name: "p.yaml", text }).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

const MESSY: &str = r#"# head

# of the file


version:   1   # one
global: # all
    rules:


    # first
    - { id: 'read',   effect: allow,
        tools: [ "*" ] } # after
    -   # on the dash
        id: keys
        effect: deny
        tools:
            - git_show # shows
            - repo_read_file
        paths: [ "**/*.pem",
                 "**/*.key" ]
        reason: >-
              key material
              # is no comment

              is never shown
        examples:
        - expect: deny
          tool: git_show

          path: "a#b.pem"
        # a comment at the end
    #   - id: gone
repositories: { acme/web: { write: allow } }
# foot"#;

const NEAT: &str = r#"# head

# of the file

version: 1 # one
global: # all
  rules:
    # first
    - id: 'read'
      effect: allow
      tools: ["*"] # after

    # on the dash
    - id: keys
      effect: deny
      tools:
        - git_show # shows
        - repo_read_file
      paths: ["**/*.pem", "**/*.key"]
      reason: >-
        key material
        # is no comment

        is never shown
      examples:
        - { expect: deny, tool: git_show, path: "a#b.pem" }
        # a comment at the end
    #   - id: gone
repositories:
  acme/web:
    write: allow
# foot
"#;

#[test]
fn a_messy_file_becomes_neat_and_stays_so() {
    assert_eq!(laid_out(MESSY), NEAT);
    assert_eq!(laid_out(NEAT), NEAT);
}

#[test]
fn what_does_not_go_on_one_line_does_not() {
    let text = "version: 1\nglobal:\n  rules:\n    - id: a\n      effect: allow\n      tools:\n        - git_log\n      reason: one\n        line\n      arguments:\n        n:\n          one_of:\n            - a, b\n            - c\n        m: {equals: 1}\n        o: absent\n";
    let neat = "version: 1\nglobal:\n  rules:\n    - id: a\n      effect: allow\n      tools: [git_log]\n      reason: one line\n      arguments:\n        n:\n          one_of:\n            - a, b\n            - c\n        m: { equals: 1 }\n        o: absent\n";
    assert_eq!(laid_out(text), neat);
    let many: Vec<String> = (0..20).map(|n| format!("directory{n}/**")).collect();
    let text = format!("version: 1\npaths: [{}]\n", many.join(", "));
    assert_eq!(laid_out(&text).lines().count(), 22);
}

#[test]
fn texts_of_several_lines_move_with_their_comments() {
    let text = "a:\n    - >-  # h\n       x\n\n         y\n\n    # c\n    - b\nd: |\n\n     z\n     # no comment\n\n# e\n";
    let neat = "a:\n  - >- # h\n    x\n\n      y\n\n  # c\n  - b\nd: |\n\n  z\n  # no comment\n\n# e\n";
    assert_eq!(laid_out(text), neat);
    assert_eq!(laid_out(neat), neat);
}

#[test]
fn the_shipped_policy_and_a_suite_keep_their_meaning() {
    let text = include_str!("../../../../policies/default.yaml");
    let neat = laid_out(text);
    let load = |text: &str| PolicySet::load(Source { name: "p.yaml", text }, &Catalogue::built_in()).unwrap();
    assert_eq!(load(text).digest(), load(&neat).digest());
    assert_eq!(laid_out(&neat), neat);

    let suite = "version: 1\ndefaults: { repo: acme/web }\ntests:\n- {name: a, tool: [git_show,\n   git_log], expect: deny}\n- {name: b, tool: git_show, expect: deny}\n";
    let neat = "version: 1\ndefaults:\n  repo: acme/web\ntests:\n  - name: a\n    tool: [git_show, git_log]\n    expect: deny\n\n  - name: b\n    tool: git_show\n    expect: deny\n";
    assert_eq!(laid_out(suite), neat);
    assert_eq!(Suite::parse(Source { name: "s.yaml", text: neat }).unwrap().case_count(), 3);
}

#[test]
fn what_cannot_be_carried_is_refused_in_its_place() {
    let table = [
        ("a: 1\na: 2\n", 2, "duplicate"),
        ("a: &x 1\n", 1, ""),
        ("a: [1\n", 0, ""),
        ("a: !!str 1\n", 1, "anchor or tag"),
        ("- a\n", 1, "no map"),
        ("a: 1\nb:\n  - - x # y\n    - z\n", 3, "a list in a list"),
        ("a: 1\nb: \"x\n\n  y\"\n", 2, "over several lines"),
        ("a: |2\n    x\n", 2, "over several lines"),
        ("a: |+\n  x\n\nb: 1\n", 2, "over several lines"),
    ];
    for (text, line, words) in table {
        let error = format(Source { name: "p.yaml", text }).expect_err(text);
        let (FormatError::Text(at) | FormatError::Layout(at)) = &error;
        assert!((line == 0 || at.line == line) && at.message.contains(words), "{error}\n{text}");
    }
}

/// Writes a value as YAML with the layout that `choices` say.
struct Writer<'a> {
    choices: std::iter::Cycle<std::slice::Iter<'a, u8>>,
    out: String,
    comments: usize,
}

impl Writer<'_> {
    fn choose(&mut self, of: u8) -> u8 {
        self.choices.next().copied().unwrap_or_default() % of
    }

    fn comment(&mut self) {
        self.comments += 1;
        self.out.push_str(&format!("# c{} 'x\" [{{", self.comments));
    }

    fn end_line(&mut self) {
        if self.choose(6) == 0 {
            self.out.push_str("  ");
            self.comment();
        }
        let end = if self.choose(5) == 0 { "  \n" } else { "\n" };
        self.out.push_str(end);
        for _ in 0..self.choose(8).saturating_sub(5) {
            self.out.push('\n');
        }
        if self.choose(7) == 0 {
            self.out.push_str("      ");
            self.comment();
            self.out.push('\n');
        }
    }

    fn scalar(&mut self, value: &Value) {
        let text = match value {
            Value::String(text) => match self.choose(3) {
                0 if text.chars().all(|c| c.is_ascii_alphanumeric() || "_-/. ".contains(c)) => text.clone(),
                1 => format!("'{text}'"),
                _ => format!("\"{text}\""),
            },
            other => other.to_string(),
        };
        self.out.push_str(&text);
    }

    fn space(&mut self) {
        let spaces = " ".repeat(usize::from(self.choose(3)));
        self.out.push_str(&spaces);
    }

    fn flow(&mut self, value: &Value) {
        let (open, close, length) = match value {
            Value::Array(items) => ('[', ']', items.len()),
            Value::Object(map) => ('{', '}', map.len()),
            scalar => return self.scalar(scalar),
        };
        self.out.push(open);
        for at in 0..length {
            self.space();
            if let Some(items) = value.as_array() {
                self.flow(&items[at]);
            } else if let Some((key, value)) = value.as_object().and_then(|map| map.iter().nth(at)) {
                self.out.push_str(&format!("{key}: "));
                self.flow(value);
            }
            self.out.push_str(if at + 1 < length { "," } else { " " });
            if self.choose(4) == 0 {
                self.end_line();
                self.out.push_str("             ");
            }
        }
        self.out.push(close);
    }

    fn value(&mut self, value: &Value, indent: usize, inline: bool) {
        let block = value.is_array() || value.is_object();
        if !block || (indent > 0 && self.choose(3) == 0) {
            if !inline {
                self.out.push(' ');
            }
            self.flow(value);
            self.end_line();
            return;
        }
        if !inline {
            self.end_line();
        }
        let step = 2 + usize::from(self.choose(3));
        let mut first = inline;
        let mut lead = |writer: &mut Self| {
            if !std::mem::take(&mut first) {
                writer.out.push_str(&" ".repeat(indent));
            }
        };
        if let Some(items) = value.as_array() {
            for item in items {
                lead(self);
                self.out.push_str("- ");
                self.value(item, indent + 2, true);
            }
        } else if let Some(map) = value.as_object() {
            for (key, value) in map {
                lead(self);
                self.out.push_str(&format!("{key}:"));
                self.value(value, indent + step, false);
            }
        }
    }
}

fn rule() -> impl Strategy<Value = Value> {
    (any::<[bool; 6]>(), 1usize..14).prop_map(|(has, length)| {
        let mut rule = json!({ "id": "x", "effect": if has[0] { "deny" } else { "ask" }, "tools": ["git_show"] });
        let paths: Vec<String> = (0..length).map(|n| format!("dir {n}/**")).collect();
        for (present, key, value) in [
            (has[1], "paths", json!(paths)),
            (has[2], "arguments", json!({ "n": { "one_of": ["a, b", 1, true] }, "m": "absent", "k": { "range": { "min": 1 } } })),
            (has[3], "reason", json!("because: it is [so] # really")),
            (has[4], "examples", json!([
                { "expect": "deny", "tool": "git_show", "roles": [], "path": ".env" },
                { "expect": "deny", "tool": "git_show", "arguments": { "a": [1, [2, { "b": "c" }]] }, "path": ".git" },
            ])),
            (has[5], "refs", json!(["main", "release/*"])),
        ] {
            if present {
                rule[key] = value;
            }
        }
        rule
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn layout_changes_nothing_and_is_stable(
        mut rules in vec(rule(), 1..4),
        repository in proptest::option::of(rule()),
        choices in vec(any::<u8>(), 40..200),
    ) {
        for (n, rule) in rules.iter_mut().enumerate() {
            rule["id"] = json!(format!("r{n}"));
        }
        let mut policy = json!({ "version": 1, "global": { "rules": rules } });
        if let Some(rule) = repository {
            policy["repositories"] = json!({ "acme/web": { "write": "deny", "rules": [rule] }, "acme/*": { "write": "allow" } });
        }
        let mut writer = Writer { choices: choices.iter().cycle(), out: String::new(), comments: 0 };
        writer.value(&policy, 0, true);
        let text = writer.out;
        let load = |text: &str| {
            crate::compile::load_with(Source { name: "p.yaml", text }, &Catalogue::built_in(), |_, _| ())
        };
        let before = load(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let neat = match format(Source { name: "p.yaml", text: &text }) {
            Ok(neat) => neat,
            // A comment inside a list of lists has no place of its own.
            Err(FormatError::Layout(error)) if error.message.contains("a list in a list") => return Ok(()),
            Err(error) => panic!("{error}\n{text}"),
        };
        prop_assert_eq!(load(&neat).map(|set| set.digest()), Ok(before.digest()), "{}\n{}", text, neat);
        let value = |text: &str| crate::yaml::from_str::<Value>("p.yaml", text, Limits::POLICY);
        prop_assert_eq!(value(&neat), value(&text));
        let numbers = |text: &str| -> Vec<String> {
            text.split("# c").skip(1).map(|rest| rest.split(' ').next().unwrap_or_default().to_owned()).collect()
        };
        prop_assert_eq!(numbers(&neat), numbers(&text), "{}\n{}", text, neat);
        prop_assert_eq!(numbers(&neat).len(), writer.comments);
        prop_assert!(!neat.contains(" \n") && !neat.contains("\n\n\n") && neat.ends_with('\n'), "{}", neat);
        let again = format(Source { name: "p.yaml", text: &neat });
        prop_assert_eq!(again.as_deref(), Ok(neat.as_str()), "{}\n{}", text, neat);
    }
}
