//! What arguments are drawn from: by their names values that mean something in the repositories at hand, hostile ones beside them, and what
//! the schema allows or does not.

use serde_json::{Map, Value, json};

use super::draw::Draw;

const PATHS: &[&str] = &[
    "src/main.rs",
    "src/new.rs",
    "settings.toml",
    "README.md",
    "src",
    "docs/guide.md",
    "docs",
    "new.txt",
    "docs/new.md",
    "src/absent.rs",
    "tls/server.pem",
];
const BAD_PATHS: &[&str] = &[
    "",
    ".env",
    ".ENV.local",
    ".git/config",
    ".git",
    "../x",
    "/etc/passwd",
    "src/../.env",
    "link",
    "link/passwd",
    "src//main.rs",
    "src/main.rs/",
    "./README.md",
    "src/main.rs\u{0}",
    "src\\main.rs",
    "CON",
    "a\nb",
    "ünï/cödé.txt",
    "*",
    ".",
    "SRC/MAIN.RS",
    "src/ma\u{200d}in.rs",
    ".gi\u{200c}t/config",
    "git~1/config",
    "~/x",
];
const REPOSITORIES: &[&str] = &["acme/web", "acme/web", "api"];
const BAD_REPOSITORIES: &[&str] = &["nobody/web", "ACME/web", "", "../web", "acme/web ", "acme/*", "web"];
const REVISIONS: &[&str] =
    &["HEAD", "HEAD~1", "main", "v1", "agent/one", "refs/heads/main", "heads/main", "HEAD^1"];
const BAD_REVISIONS: &[&str] = &[
    "HEAD~9",
    "worktree",
    "deadbeef",
    "0000000000000000000000000000000000000000",
    "--output=x",
    "HEAD:settings.toml",
    "main..HEAD",
    "@{-1}",
    "HEAD^{/x}",
    "origin/main",
    "",
    "main\u{0}",
    "refs/../config",
    "FETCH_HEAD",
];
const BRANCHES: &[&str] = &["agent/one", "agent/two", "agent/new"];
const BAD_BRANCHES: &[&str] = &[
    "main",
    "HEAD",
    "../x",
    "-d",
    "agent/.lock",
    "agent/a..b",
    "agent/x.lock",
    "",
    "feature/x",
    "agent/ü",
    "refs/heads/main",
];
const PATCHES: &[&str] = &[
    "--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-# web\n+# the web\n",
    "--- /dev/null\n+++ b/patched.txt\n@@ -0,0 +1 @@\n+x\n",
    "--- /dev/null\n+++ b/.env\n@@ -0,0 +1 @@\n+x\n",
    "--- a/src/main.rs\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-fn main() {\n-    println!(\"hello, world\");\n-}\n",
    "no patch",
    "",
];
const TEXTS: &[&str] = &[
    "x\n",
    "",
    "a change",
    "fn f() {}\n",
    "password = \"correct-horse-battery-9\"\n",
    "line\r\nline\n",
    "\u{1b}[31mred",
    "\u{202e}turned",
    "a\u{0}b",
    "# web",
    "hello",
];
/// What is wrong nearly everywhere.
const STRANGE: &[&str] = &["", " ", "\u{0}", "*", "-", "null", "{}", "\u{feff}x", "%2e%2e%2f", "a/b/c/d"];

/// A value for the property `name` of the schema `schema`, whose definitions are in `root`.
pub(super) fn property(draw: &mut Draw, name: &str, schema: &Value, root: &Map<String, Value>) -> Value {
    if draw.percent(2) {
        return wrong(draw);
    }
    if draw.percent(1) {
        return draw.text(STRANGE);
    }
    let bad = draw.percent(9);
    match name {
        "repo" => draw.text(if bad { BAD_REPOSITORIES } else { REPOSITORIES }),
        "path" if bad && draw.percent(10) => "a/".repeat(draw.below(3000)).into(),
        "path" => draw.text(if bad { BAD_PATHS } else { PATHS }),
        "paths" => (0..draw.below(5)).map(|_| draw.text(if bad { BAD_PATHS } else { PATHS })).collect(),
        "ref" | "revision" | "target" | "base" | "from" | "contains" => {
            draw.text(if bad { BAD_REVISIONS } else { REVISIONS })
        }
        "branch" | "worktree" => draw.text(if bad { BAD_BRANCHES } else { BRANCHES }),
        "cursor" => draw.text(&["skip:1", "skip:1", "skip:2", "skip:99", "skip:0", "next"]),
        "pattern" => draw.text(&["fn ", "hello", "a*", "(?i)TOKEN", "^$", "\\bweb\\b", "(", "(?=x)"]),
        "glob" | "path_glob" => draw.text(&["**/*.rs", "*", "*.toml", "docs/**", "[", "", "**", "../*"]),
        "author" => draw.text(&["tests", "ADA", "nobody", ""]),
        "since" | "until" => {
            draw.text(&["2026-01-01", "2026-01-02T03:04:05Z", "2027-01-01", "2026-01-03", "yesterday"])
        }
        "patch" => draw.text(PATCHES),
        "expected_head" | "expected_sha" => {
            draw.text(&["0000000000000000000000000000000000000000", "deadbeef", "x"])
        }
        "idempotency_key" => draw.text(&["key-1", "key-1", "key-2", "", "k\n", "a key"]),
        "old_text" => draw.text(&["hello", "# web", "fn ", "absent", ""]),
        _ => by_schema(draw, name, schema, root),
    }
}

fn by_schema(draw: &mut Draw, name: &str, schema: &Value, root: &Map<String, Value>) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let place = reference.trim_start_matches("#/$defs/");
        return by_schema(draw, name, &root["$defs"][place], root);
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[keyword].as_array() {
            let choice = &choices[draw.below(choices.len())];
            return by_schema(draw, name, choice, root);
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return words[draw.below(words.len())].clone();
    }
    if let Some(word) = schema.get("const") {
        return word.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds[draw.below(kinds.len())].as_str().unwrap_or_default(),
        kind => kind.as_str().unwrap_or_default(),
    };
    match kind {
        "integer" | "number" => number(draw, schema),
        "boolean" => draw.percent(50).into(),
        "array" => {
            let few = 1 + draw.below(3);
            (0..few).map(|_| property(draw, name.trim_end_matches('s'), &schema["items"], root)).collect()
        }
        "object" => Value::Object(object(draw, schema, root)),
        "null" => Value::Null,
        _ => draw.text(TEXTS),
    }
}

fn number(draw: &mut Draw, schema: &Value) -> Value {
    let (least, most) = (schema["minimum"].as_i64().unwrap_or(0), schema["maximum"].as_i64().unwrap_or(1000));
    match draw.below(30) {
        0 => least.saturating_sub(1).into(),
        1 => most.saturating_add(1).into(),
        2 => most.into(),
        3 => json!(1.0),
        4 => json!(1.5),
        _ => (least + i64::try_from(draw.below(4)).unwrap()).into(),
    }
}

/// A value of a type that is most likely not wanted.
fn wrong(draw: &mut Draw) -> Value {
    match draw.below(9) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(u64::MAX),
        3 => json!(1e300),
        4 => json!(true),
        5 => json!([]),
        6 => json!({"a": [1, {"b": null}]}),
        7 => json!(-0.0),
        _ => json!(["src/main.rs", 7]),
    }
}

/// An object of the schema: what is required nearly always, the rest now and then, and sometimes something else.
pub(super) fn object(draw: &mut Draw, schema: &Value, root: &Map<String, Value>) -> Map<String, Value> {
    let mut object = Map::new();
    let required: Vec<_> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property_schema) in schema["properties"].as_object().into_iter().flatten() {
        let wanted = match name.as_str() {
            name if required.contains(&name) => 98,
            // There is hardly ever one.
            "expected_head" | "expected_sha" => 4,
            _ => 20,
        };
        if draw.percent(wanted) {
            object.insert(name.clone(), property(draw, name, property_schema, root));
        }
    }
    if draw.percent(2) {
        object.insert(draw.one(&["surprise", "Path", "__proto__", ""]).to_owned(), wrong(draw));
    }
    object
}
