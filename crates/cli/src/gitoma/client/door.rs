//! What a client's configuration says of one server: the program to start, or the address to call.

use serde_json::{Map, Value, json};

use super::Client;

/// What VS Code asks its user for, once, and keeps itself.
pub(in crate::gitoma) const INPUT: &str = "gitoma-token";

/// What must not stand beside an address.
const PROGRAM: &[&str] = &["command", "args", "env", "env_vars", "envFile", "cwd", "httpUrl"];

/// How a gateway is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gitoma) enum Door {
    /// A program that the client starts.
    Program { command: String, arguments: Vec<String> },
    /// An address, and the variable of the environment that holds the token for it.
    Address { url: String, variable: String },
}

/// The members of an entry that are ours to set, and those that must not stand beside them. What else stands in an entry, such as time
/// limits, is the user's.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::gitoma) struct Fields {
    pub(in crate::gitoma) set: Vec<(&'static str, Value)>,
    pub(in crate::gitoma) unset: Vec<&'static str>,
    /// An element that the list `inputs` of the file must have, known by its `id`.
    pub(in crate::gitoma) input: Option<Value>,
}

impl Fields {
    /// The entry as it is where there was none.
    pub(in crate::gitoma) fn entry(&self) -> Value {
        Value::Object(self.set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }
}

impl Client {
    /// The entry for `door`, over the one that stands there. None if the client's configuration cannot say it: the token would have to
    /// stand in the file.
    pub(in crate::gitoma) fn fields(self, door: &Door, old: Option<&Value>) -> Option<Fields> {
        match door {
            Door::Program { command, arguments } => {
                let mut set = vec![("command", json!(command)), ("args", json!(arguments))];
                if matches!(self, Self::ClaudeCode | Self::Cursor | Self::VsCode) {
                    set.insert(0, ("type", json!("stdio")));
                }
                let mut unset = vec!["url", "httpUrl", "headers", "bearer_token_env_var"];
                match self {
                    // Codex refuses its whole configuration where one of these stands beside a program.
                    Self::Codex => unset.extend([
                        "bearer_token",
                        "http_headers",
                        "env_http_headers",
                        "oauth",
                        "oauth_resource",
                    ]),
                    // Which kind of address it was.
                    Self::Gemini => unset.push("type"),
                    _ => {}
                }
                Some(Fields { set, unset, input: None })
            }
            Door::Address { url, variable } => self.address(url, variable, old),
        }
    }

    fn address(self, url: &str, variable: &str, old: Option<&Value>) -> Option<Fields> {
        let reference = match self {
            Self::ClaudeCode | Self::Gemini => format!("${{{variable}}}"),
            Self::Cursor => format!("${{env:{variable}}}"),
            // VS Code does not put variables of the environment into headers (microsoft/vscode#336232); it asks, and keeps the answer.
            Self::VsCode => format!("${{input:{INPUT}}}"),
            Self::Codex => return Some(codex_address(url, variable, old)),
            Self::ClaudeDesktop | Self::Zed => return None,
        };
        let mut headers = without_authorization(old, "headers").unwrap_or_default();
        headers.insert("Authorization".to_owned(), json!(format!("Bearer {reference}")));
        let mut set = vec![("url", json!(url)), ("headers", Value::Object(headers))];
        let mut unset = PROGRAM.to_vec();
        if self == Self::Cursor {
            unset = vec!["type", "command", "args", "env", "envFile"];
        } else {
            set.insert(0, ("type", json!("http")));
        }
        let input = (self == Self::VsCode).then(|| {
            json!({ "type": "promptString", "id": INPUT, "description": "Token for Gitoma (gitoma token new)", "password": true })
        });
        Some(Fields { set, unset, input })
    }

    /// What to do where the token would have to stand in the file.
    pub(in crate::gitoma) const fn without_reference(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => {
                "Claude Desktop reaches addresses through its connectors alone, and its file only starts programs; leave --url out, and it \
                 starts gitoma-mcp itself"
            }
            _ => {
                "Zed puts no variables into the headers of a server, so the token would have to stand in its settings; leave --url out, and \
                 it starts gitoma-mcp itself"
            }
        }
    }
}

/// The headers in the member `name` of an entry but for the one that holds a token; none if there is no such member.
fn without_authorization(entry: Option<&Value>, name: &str) -> Option<Map<String, Value>> {
    let mut headers = entry?.get(name)?.as_object()?.clone();
    headers.retain(|name, _| !name.eq_ignore_ascii_case("authorization"));
    Some(headers)
}

/// Codex has two lists of headers besides the name of the variable, and in either a token may stand, or be referred to, that is not meant
/// any more.
fn codex_address(url: &str, variable: &str, old: Option<&Value>) -> Fields {
    let mut set = vec![("url", json!(url)), ("bearer_token_env_var", json!(variable))];
    let mut unset = PROGRAM.to_vec();
    unset.push("bearer_token");
    for name in ["http_headers", "env_http_headers"] {
        match without_authorization(old, name) {
            Some(headers) if !headers.is_empty() => set.push((name, Value::Object(headers))),
            _ => unset.push(name),
        }
    }
    Fields { set, unset, input: None }
}
