//! What a comparison found, for programs and for people. It holds and prints; what differs is found in `compare`.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::model::{
    Access, Capability, Code, Decision, Effect, Enforcement, Narrowing, Paths, Reason, Request, Transport,
    WriteMode,
};
use crate::set::PolicySet;

/// What two policies say differently.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Difference {
    /// What became less strict: denied before and asked for or allowed now, or asked for before and allowed now.
    pub widened: Vec<Change>,
    /// What became stricter.
    pub tightened: Vec<Change>,
    /// Where the bound was met before it was sure that nothing became less strict.
    pub undetermined: Vec<Undetermined>,
    /// Whether `tightened` may lack something, since the bound was met.
    pub tightened_is_partial: bool,
    /// Switches of the whole file that changed.
    pub switches: Vec<SwitchChange>,
    /// What is redacted otherwise than before.
    pub redaction: Vec<RedactionChange>,
}

impl Difference {
    /// Whether a call is, or could not be excluded to be, treated less strictly than before. What the file redacts is
    /// not part of this: see [`Difference::redacts_less`].
    #[must_use]
    pub fn is_widening(&self) -> bool {
        !self.widened.is_empty()
            || !self.undetermined.is_empty()
            || self.switches.iter().any(|switch| switch.widens)
    }

    /// Whether a pattern of the file's `redact` key went or became another.
    #[must_use]
    pub fn redacts_less(&self) -> bool {
        self.redaction.iter().any(|change| change.before.is_some())
    }

    /// Whether nothing at all was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Calls that are judged differently for one cause: the same rules came, went or changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What was said before.
    pub from: Verdict,
    /// What is said now.
    pub to: Verdict,
    /// The tools concerned. One that the catalogue does not have stands for others only where no known tool is
    /// concerned.
    pub tools: Vec<String>,
    /// The callers concerned, the least demanding only: whoever has more roles is concerned too.
    pub callers: Vec<Caller>,
    /// The doors concerned.
    pub transports: Vec<Transport>,
    /// The keys of the repositories concerned; `*` for calls on any that neither policy names, and on none. At most
    /// [`Change::MOST_REPOSITORIES`].
    pub repositories: Vec<String>,
    /// How many keys there are, those left out of `repositories` included.
    pub repository_count: usize,
    /// One such call.
    pub example: ExampleCall,
}

impl Change {
    /// The most keys in `repositories`.
    pub const MOST_REPOSITORIES: usize = 100;
}

/// One side of a [`Change`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The effect.
    pub effect: Effect,
    /// The code.
    pub code: Code,
    /// The rules that decide some of these calls, those that the other policy does not have first. At most 16.
    pub rules: Vec<Reason>,
    /// Those of them, by id, that the other policy does not have for the same call.
    pub changed: Vec<Arc<str>>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Caller {
    /// The principal; `None` for any.
    pub principal: Option<String>,
    /// The roles it needs to be concerned; none if anyone is.
    pub roles: Vec<String>,
}

impl Caller {
    /// Whether whoever is `other` is this one too.
    fn covers(&self, other: &Self) -> bool {
        (self.principal.is_none() || self.principal == other.principal)
            && self.roles.iter().all(|role| other.roles.contains(role))
    }

    /// Those that no other one covers.
    pub(super) fn least(callers: &BTreeSet<Self>) -> Vec<Self> {
        let covered = |caller: &Self| callers.iter().any(|other| other != caller && other.covers(caller));
        callers.iter().filter(|caller| !covered(caller)).cloned().collect()
    }
}

/// A concrete call that owns what a [`Request`] borrows. Write mode is on and nothing is narrowed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExampleCall {
    /// The caller's name.
    pub principal: String,
    /// The caller's roles.
    pub roles: Vec<Arc<str>>,
    /// The door.
    pub transport: Transport,
    /// The tool.
    pub tool: String,
    /// The tool's capability.
    pub capability: Capability,
    /// What the call reaches for.
    pub access: Access,
    /// The arguments, when there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<serde_json::Map<String, serde_json::Value>>,
}

impl ExampleCall {
    /// What `policy` decides on the call.
    pub fn decide(&self, policy: &PolicySet) -> Decision {
        policy.decide(&Request {
            principal: &self.principal,
            roles: &self.roles,
            transport: self.transport,
            tool: &self.tool,
            capability: self.capability,
            accesses: std::slice::from_ref(&self.access),
            arguments: self.arguments.as_ref(),
            write_mode: WriteMode::On,
            narrowing: &Narrowing::default(),
        })
    }
}

/// Something that the comparison could not settle within its bound. It counts as a widening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undetermined {
    /// The key of the repository, `*` for any.
    pub repository: String,
    /// How many further repositories this speaks for.
    pub more_repositories: usize,
    /// The tools, where they are known.
    pub tools: Vec<String>,
    /// What was too much.
    pub cause: UndeterminedCause,
}

/// What a comparison could not settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UndeterminedCause {
    /// There are more combinations than the bound admits.
    TooMuch,
    /// The policies themselves do not confirm what was found; this is a fault of the comparison, please report it.
    Unconfirmed,
}

/// A switch of the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SwitchChange {
    /// `automation` or `enforcement`.
    pub switch: &'static str,
    /// Its value before.
    pub from: &'static str,
    /// Its value now.
    pub to: &'static str,
    /// Whether that alone makes something run that did not. What `automation` lets run stands in
    /// [`Difference::widened`] instead.
    pub widens: bool,
}

impl SwitchChange {
    pub(super) fn enforcement(from: Enforcement, to: Enforcement, widens: bool) -> Self {
        Self { switch: "enforcement", from: from.as_str(), to: to.as_str(), widens }
    }

    pub(super) fn automation(to: bool) -> Self {
        let name = |on| if on { "allow" } else { "deny" };
        Self { switch: "automation", from: name(!to), to: name(to), widens: false }
    }
}

/// A pattern of the file's `redact` key that came, went or became another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RedactionChange {
    /// The pattern's id.
    pub id: Arc<str>,
    /// The pattern before.
    pub before: Option<Arc<str>>,
    /// The pattern now.
    pub after: Option<Arc<str>>,
}

/// One line for each thing found, without a line break at the end; nothing for no difference.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        let mut line = |f: &mut fmt::Formatter<'_>, sign: char, text: &dyn fmt::Display| {
            write!(f, "{gap}{sign} {text}")?;
            gap = "\n";
            Ok::<(), fmt::Error>(())
        };
        for change in &self.widened {
            line(f, '+', change)?;
        }
        for undetermined in &self.undetermined {
            line(f, '?', undetermined)?;
        }
        for switch in &self.switches {
            line(f, if switch.widens { '+' } else { '~' }, switch)?;
        }
        for redaction in &self.redaction {
            line(f, '~', redaction)?;
        }
        for change in &self.tightened {
            line(f, '-', change)?;
        }
        if self.tightened_is_partial {
            line(f, '~', &"the list of what is stricter is not complete: the bound was met")?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<5}  {}", self.to.effect.as_str(), Few(&self.tools, self.tools.len()))?;
        if self.repositories.iter().any(|key| key == "*") {
            f.write_str(" on any repository")?;
        } else {
            write!(f, " on {}", Few(&self.repositories, self.repository_count))?;
        }
        match &self.example.access.paths {
            Paths::Named(paths) => {
                paths.first().map_or(Ok(()), |path| write!(f, ", paths like {}", Plain(path)))?;
            }
            Paths::Discovered => f.write_str(", paths found while it runs")?,
            Paths::None => {}
        }
        if let Some(reference) = &self.example.access.reference {
            write!(f, ", references like {}", Plain(reference))?;
        }
        if let Some(host) = &self.example.access.host {
            write!(f, ", hosts like {}", Plain(host))?;
        }
        if let Some(arguments) = self.example.arguments.as_ref().filter(|arguments| !arguments.is_empty()) {
            let text: String = serde_json::Value::Object(arguments.clone()).to_string();
            let short: String = text.chars().take(80).collect();
            write!(
                f,
                ", arguments like {}{}",
                Plain(&short),
                if short.len() < text.len() { "…" } else { "" }
            )?;
        }
        let callers: Vec<String> = self.callers.iter().filter_map(Caller::words).collect();
        if callers.len() == self.callers.len() && !callers.is_empty() {
            write!(f, ", for {}", Few(&callers, callers.len()))?;
        }
        if self.transports.len() < 4 {
            let names: Vec<&str> = self.transports.iter().map(|transport| transport.as_str()).collect();
            write!(f, ", over {}", names.join(", "))?;
        }
        write!(f, ": now {}, was {}", self.to, self.from)
    }
}

impl Caller {
    /// The caller in words; `None` for anyone.
    fn words(&self) -> Option<String> {
        let roles = match &*self.roles {
            [] => None,
            [role] => Some(format!("role {role}")),
            roles => Some(format!("roles {}", roles.join("+"))),
        };
        match (&self.principal, roles) {
            (None, None) => None,
            (None, Some(roles)) => Some(roles),
            (Some(principal), None) => Some(format!("principal {principal}")),
            (Some(principal), Some(roles)) => Some(format!("principal {principal} with {roles}")),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.code {
            Code::Allowed => "allowed by ",
            Code::ApprovalRequired => "asked for by ",
            Code::Denied => "denied by ",
            code => return f.write_str(code.as_str()),
        })?;
        // What the other policy has too is no news, unless nothing else is there.
        let rules: Vec<String> = self
            .rules
            .iter()
            .filter(|reason| self.changed.is_empty() || self.changed.contains(&reason.rule))
            .map(|reason| format!("{} ({}:{})", reason.rule, reason.source, reason.line))
            .collect();
        write!(f, "{}", Few(&rules, rules.len()))
    }
}

impl fmt::Display for Undetermined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("undetermined  ")?;
        match &*self.tools {
            [] => f.write_str("all tools")?,
            tools => write!(f, "{}", Few(tools, tools.len()))?,
        }
        match (self.repository.as_str(), self.more_repositories) {
            ("*", _) => f.write_str(" on any repository")?,
            (key, 0) => write!(f, " on {}", Plain(key))?,
            (key, more) => write!(f, " on {} and {more} more", Plain(key))?,
        }
        f.write_str(match self.cause {
            UndeterminedCause::TooMuch => {
                ": too many combinations to compare; raise the bound, or make the change smaller"
            }
            UndeterminedCause::Unconfirmed => ": the comparison contradicts the policies; please report this",
        })
    }
}

impl fmt::Display for SwitchChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { switch, from, to, widens } = self;
        write!(f, "switch {switch}: now {to}, was {from}")?;
        f.write_str(if *widens { "; reads that the rules deny run all the same" } else { "" })
    }
}

impl fmt::Display for RedactionChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match (&self.before, &self.after) {
            (Some(_), None) => "no longer redacted",
            (None, _) => "redacted from now on",
            (Some(_), Some(_)) => "redacted by another pattern; what the old one matched may show",
        };
        write!(f, "redact {}: {what}", self.id)
    }
}

/// The first three of a list and how many more there are.
struct Few<'a, T>(&'a [T], usize);

impl<T: AsRef<str>> fmt::Display for Few<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Four are as short as three and one more.
        let shown = if self.1 <= 4 { 4 } else { 3 };
        for (at, item) in self.0.iter().take(shown).enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { ", " }, Plain(item.as_ref()))?;
        }
        match self.1.saturating_sub(shown) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A text with control and other invisible characters escaped, since policies may come from elsewhere.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use std::fmt::Write as _;
        self.0.chars().try_for_each(|c| {
            let shown = c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ';
            if shown { f.write_char(c) } else { write!(f, "{}", c.escape_unicode()) }
        })
    }
}
