//! Calls drawn at random, over every tool there is.

use gitoma_core::ToolSpec;
use serde_json::{Value, json};

use super::draw::Draw;
use super::values;

/// Whoever may call through every door: with a token, and by name where the system vouches for it.
pub(super) const PRINCIPALS: [&str; 3] = ["agent", "bot", "guest"];

const STRANGERS: &[&str] = &[
    "merge_pull_request",
    "REPO_READ_FILE",
    "repo_read_file ",
    "../decide",
    "git%20log",
    "git_lög",
    "git_log\n",
    "-h",
    "decide",
    "repo_*",
    "tools/call",
];
const RESTRICTIONS: &[&str] = &[
    "read-only",
    "repos=acme/web",
    "repos=api",
    "repos=acme/web api",
    "repos=api, repos=acme/web",
    "dry-run",
    "dry-run,read-only",
    "read-only, repos=api,, dry-run",
    "repos=nobody/web",
    "repos=ACME/web",
    "\tread-only\t",
];
const BAD_RESTRICTIONS: &[&str] = &[
    "repos=acme/*",
    "",
    " ",
    ",",
    "dry-run=no",
    "write",
    "READ-ONLY",
    "repos=",
    "repos",
    "read-only;dry-run",
    "rëad-only",
];

/// A call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) principal: &'static str,
    pub(super) restrict: Option<String>,
    pub(super) tool: String,
    pub(super) arguments: Value,
    /// Whether it is asked about first.
    pub(super) asked: bool,
    /// What is said to the approval that it waits for.
    pub(super) said: Said,
}

/// What a person says, and what is then asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    /// Yes, and the call is made again.
    Yes,
    /// No, and the call is made again.
    No,
    /// Yes, and the call is made with other arguments, and then as it was.
    YesToAnother,
}

impl Call {
    pub(super) fn draw(draw: &mut Draw, tools: &[ToolSpec]) -> Self {
        let spec = &tools[draw.below(tools.len())];
        let schema = Value::Object((*spec.input_schema).clone());
        let mut arguments = Value::Object(values::object(draw, &schema, &spec.input_schema));
        if draw.percent(2) {
            arguments = draw_malformed(draw);
        }
        let tool = if draw.percent(4) { stranger(draw) } else { spec.name.to_string() };
        let restrict = draw.percent(25).then(|| restriction(draw));
        let asked = draw.percent(50);
        let said =
            draw.one(&[Said::Nothing, Said::Nothing, Said::Yes, Said::Yes, Said::No, Said::YesToAnother]);
        Self { principal: draw.one(&PRINCIPALS), restrict, tool, arguments, asked, said }
    }

    /// The same with another value for one argument, which an approval of this does not cover; if it has one that may be another.
    pub(super) fn another(&self) -> Option<Self> {
        let mut arguments = self.arguments.clone();
        // What a key stands for is asked for alike under any.
        let fixed = ["repo", "idempotency_key"];
        let members = arguments.as_object_mut().into_iter().flatten();
        let (_, value) = members.filter(|(name, _)| !fixed.contains(&name.as_str())).last()?;
        match value {
            Value::Number(number) => *number = (number.as_i64().unwrap_or_default() + 1).into(),
            Value::Bool(flag) => *flag = !*flag,
            Value::String(text) => text.push('x'),
            other => *other = json!("x"),
        }
        Some(Self { arguments, ..self.clone() })
    }

    /// The same with one thing less.
    pub(super) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if self.restrict.is_some() {
            all.push(Self { restrict: None, ..self.clone() });
        }
        if let Some((first, rest)) = self.restrict.as_deref().and_then(|restrict| restrict.split_once(',')) {
            all.extend([first, rest].map(|less| Self { restrict: Some(less.to_owned()), ..self.clone() }));
        }
        if self.principal != PRINCIPALS[0] {
            all.push(Self { principal: PRINCIPALS[0], ..self.clone() });
        }
        if self.asked {
            all.push(Self { asked: false, ..self.clone() });
        }
        if self.said != Said::Nothing {
            all.push(Self { said: Said::Nothing, ..self.clone() });
        }
        if let Value::Object(arguments) = &self.arguments {
            for name in arguments.keys() {
                let mut less = arguments.clone();
                less.shift_remove(name);
                all.push(Self { arguments: Value::Object(less), ..self.clone() });
            }
            for (name, plain) in
                [("repo", "api"), ("path", "README.md"), ("ref", "HEAD"), ("branch", "agent/new")]
            {
                if arguments.get(name).is_some_and(|given| given != plain) {
                    let mut less = arguments.clone();
                    less.insert(name.to_owned(), plain.into());
                    all.push(Self { arguments: Value::Object(less), ..self.clone() });
                }
            }
        }
        all
    }
}

/// What is no object; null stands for arguments that are not given.
fn draw_malformed(draw: &mut Draw) -> Value {
    match draw.below(6) {
        0 => json!([]),
        1 => json!("web"),
        2 => json!(7),
        3 => json!([{"repo": "acme/web"}]),
        _ => Value::Null,
    }
}

fn stranger(draw: &mut Draw) -> String {
    if draw.percent(5) { "x".repeat(300) } else { draw.one(STRANGERS).to_owned() }
}

fn restriction(draw: &mut Draw) -> String {
    if draw.percent(2) {
        return format!("repos={}", "a".repeat(4096));
    }
    let bad = draw.percent(10);
    draw.one(if bad { BAD_RESTRICTIONS } else { RESTRICTIONS }).to_owned()
}
