//! A session of the Model Context Protocol as a client holds it: the opening, the list of tools and one call that changes nothing. The
//! steps are the same over pipes and over HTTP.

use serde_json::{Value, json};

use super::refused::Standing;

/// The tool that is called: it lists the repositories.
const TOOL: &str = "repo_list";
/// The most pages of the list of tools that are asked for.
const PAGES: usize = 16;

/// A revision of the protocol, as each of its two eras is spoken at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// With `initialize` and a session.
    Sessions,
    /// Where each request says everything itself.
    Stateless,
}

impl Era {
    pub(super) const BOTH: [Self; 2] = [Self::Sessions, Self::Stateless];

    pub(super) const fn version(self) -> &'static str {
        match self {
            Self::Sessions => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }
}

/// Why a session did not come about.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("it does not start")]
    Start,
    #[error(
        "standard output has something that is not the protocol; nothing but the protocol may be written there"
    )]
    Noise,
    #[error("it said nothing for {0} seconds")]
    Silence(u64),
    #[error("it ended in the middle of the session{0}")]
    Ended(String),
    #[error("it says more than any answer may be long")]
    Flood,
    #[error("it answered {0} with an error{1}")]
    Error(&'static str, String),
    #[error("it answered {method} with a refusal ({code})")]
    Refused {
        /// What was asked.
        method: &'static str,
        /// The refusal's code.
        code: String,
    },
    #[error("its answer to {0} is not what the protocol asks for")]
    Answer(&'static str),
    #[error("it does not end when its input ends")]
    Stays,
    #[error("it ended with exit code {0}")]
    Code(i32),
    #[error("nobody answers at that address")]
    Unreachable,
    #[error("it takes no calls without a token")]
    NoToken,
    #[error("it does not accept the token")]
    Token,
    #[error("it answers with the HTTP status {0}")]
    Status(u16),
}

impl Broken {
    /// What to do about it.
    pub(super) fn next(&self) -> &'static str {
        match self {
            Self::Refused { code, .. } => Standing::of(code).next(),
            Self::Start | Self::Ended(_) | Self::Code(_) => {
                "start the program by hand with these arguments; it says on standard error what is wrong"
            }
            Self::Noise | Self::Answer(_) | Self::Error(..) => {
                "have the client start gitoma-mcp itself, without a script around it; gitoma install writes that"
            }
            Self::Silence(_) | Self::Flood | Self::Stays => {
                "see whether the program is gitoma-mcp and the machine is busy; --patience 60 waits for longer"
            }
            Self::Unreachable => "start the gateway: gitoma-http, or gitoma-mcp with an address to listen on",
            Self::NoToken | Self::Token => {
                "make a token with gitoma token new, and set the variable where the client is started"
            }
            Self::Status(_) => "see whether the address is that of the gateway, with its path /mcp",
        }
    }
}

impl Broken {
    /// Whether it says nothing of the gateway's health: it has too much to do just now.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if Standing::of(code) == Standing::Busy)
    }
}

/// Somebody who is asked.
pub(super) trait Peer {
    /// Asks and waits for the answer: a message with a `result` or an `error`.
    fn ask(&mut self, method: &'static str, request: &Value) -> Result<Value, Broken>;
    /// Says something that has no answer.
    fn tell(&mut self, message: &Value) -> Result<(), Broken>;
    /// Which version was agreed on, for whoever must repeat it.
    fn agreed(&mut self, _version: &str) {}
}

/// What became of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Called {
    /// So many repositories were listed.
    Answered(usize),
    /// Policy refused, as that of a working gateway may, with this code.
    Refused(String),
}

/// A session that came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// What the server calls itself, with its version.
    pub(super) server: String,
    pub(super) tools: usize,
    pub(super) called: Called,
}

impl Held {
    /// In words.
    pub(super) fn told(&self, era: Era) -> String {
        let tools = if self.tools == 1 { "1 tool".to_owned() } else { format!("{} tools", self.tools) };
        let called = match &self.called {
            Called::Answered(1) => format!("{TOOL} lists 1 repository"),
            Called::Answered(count) => format!("{TOOL} lists {count} repositories"),
            Called::Refused(code) => format!("{TOOL} is refused ({code}), as a working gateway may"),
        };
        format!("session {}: {}, {tools}, {called}", era.version(), self.server)
    }
}

/// Holds a session with `peer`.
pub(super) fn hold(era: Era, peer: &mut impl Peer) -> Result<Held, Broken> {
    let mut asked = 0_u64;
    let mut ask = |peer: &mut dyn Peer, method: &'static str, params: Value| {
        asked = asked.saturating_add(1);
        let request =
            json!({ "jsonrpc": "2.0", "id": asked, "method": method, "params": with_meta(era, params) });
        let answer = peer.ask(method, &request)?;
        match (answer.get("result"), answer.get("error")) {
            (Some(result), None) if result.is_object() => Ok(Ok(result.clone())),
            (None, Some(error)) => Ok(Err(error.clone())),
            _ => Err(Broken::Answer(method)),
        }
    };
    let opening = match era {
        Era::Sessions => (
            "initialize",
            json!({ "protocolVersion": era.version(), "capabilities": {}, "clientInfo": client() }),
        ),
        Era::Stateless => ("server/discover", json!({})),
    };
    let opened = ask(peer, opening.0, opening.1)?.map_err(|error| refused(opening.0, &error))?;
    let server = server(era, &opened).ok_or(Broken::Answer(opening.0))?;
    if era == Era::Sessions {
        peer.agreed(era.version());
        peer.tell(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))?;
    }
    let mut tools = 0_usize;
    let mut cursor = None;
    for _page in 0..PAGES {
        let params = cursor.take().map_or_else(|| json!({}), |cursor: Value| json!({ "cursor": cursor }));
        let listed = ask(peer, "tools/list", params)?.map_err(|error| refused("tools/list", &error))?;
        let page = listed.get("tools").and_then(Value::as_array).ok_or(Broken::Answer("tools/list"))?;
        tools = tools.saturating_add(page.len());
        cursor = listed.get("nextCursor").filter(|cursor| cursor.is_string()).cloned();
        if cursor.is_none() {
            break;
        }
    }
    let called = match ask(peer, "tools/call", json!({ "name": TOOL, "arguments": {} }))? {
        Ok(result) => outcome(&result).ok_or(Broken::Answer("tools/call"))?,
        Err(error) => match refused("tools/call", &error) {
            Broken::Refused { code, .. } => Called::Refused(code),
            broken => return Err(broken),
        },
    };
    match called {
        Called::Refused(code) if Standing::of(&code) != Standing::Policy => {
            Err(Broken::Refused { method: "tools/call", code })
        }
        called => Ok(Held { server, tools, called }),
    }
}

fn client() -> Value {
    json!({ "name": "gitoma doctor", "version": env!("CARGO_PKG_VERSION") })
}

/// The parameters with what the era wants in each of them.
fn with_meta(era: Era, mut params: Value) -> Value {
    if era == Era::Stateless
        && let Some(params) = params.as_object_mut()
    {
        params.insert(
            "_meta".to_owned(),
            json!({
                "io.modelcontextprotocol/protocolVersion": era.version(),
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": client(),
            }),
        );
    }
    params
}

/// What the server calls itself, if it speaks the era.
fn server(era: Era, opened: &Value) -> Option<String> {
    let info = match era {
        Era::Sessions => {
            opened.get("protocolVersion").filter(|version| *version == era.version())?;
            opened.get("serverInfo")?
        }
        Era::Stateless => {
            let versions = opened.get("supportedVersions")?.as_array()?;
            versions.iter().find(|version| **version == era.version())?;
            let meta = opened.pointer("/_meta/io.modelcontextprotocol~1serverInfo");
            meta.or_else(|| opened.get("serverInfo"))?
        }
    };
    let text = |name: &str| info.get(name).and_then(Value::as_str).and_then(word);
    Some(format!("{} {}", text("name")?, text("version")?))
}

/// What a result says of the call.
fn outcome(result: &Value) -> Option<Called> {
    let said = result.get("structuredContent");
    if result.get("isError").and_then(Value::as_bool) == Some(true) {
        let code = said?.pointer("/error/code")?.as_str()?;
        return word(code).map(Called::Refused);
    }
    Some(Called::Answered(said?.get("repositories")?.as_array()?.len()))
}

fn refused(method: &'static str, error: &Value) -> Broken {
    if let Some(code) = error.pointer("/data/error/code").and_then(Value::as_str).and_then(word) {
        return Broken::Refused { method, code };
    }
    let code = error.get("code").and_then(Value::as_i64).map(|code| format!(" {code}"));
    Broken::Error(method, code.unwrap_or_default())
}

/// A short text of visible ASCII: somebody else has written it.
pub(super) fn word(text: &str) -> Option<String> {
    let is_word =
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    is_word.then(|| text.to_owned())
}
