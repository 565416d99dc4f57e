//! A compiled rule and the question whether it concerns one unit of a call: one access with one path. It knows
//! nothing of other rules; how several are combined is in `decide`.

use std::sync::Arc;

use serde::Serialize;

use crate::argument::{Answer, Argument};
use crate::fold;
use crate::glob::Glob;
use crate::model::{Access, Capability, Effect, Reason, Request, Subject, Transport};
use crate::set::Tool;

/// One rule, ready to be asked. Rules that are written alike share what they hold.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: Arc<str>,
    pub(crate) effect: Effect,
    /// `None` is every capability; an allow rule always has one.
    pub(crate) capability: Option<Capability>,
    pub(crate) tools: Arc<Tools>,
    pub(crate) principals: Option<Arc<[Box<str>]>>,
    pub(crate) roles: Option<Arc<[Box<str>]>>,
    pub(crate) transports: Option<Arc<[Transport]>>,
    pub(crate) paths: Option<Arc<Globs>>,
    pub(crate) refs: Option<Arc<Globs>>,
    pub(crate) hosts: Option<Arc<[HostPattern]>>,
    pub(crate) arguments: Box<[Argument]>,
    pub(crate) text: Option<Arc<str>>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A tool by its name, or all whose name begins so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ToolPattern {
    Exact(Box<str>),
    Prefix(Box<str>),
}

impl ToolPattern {
    pub(crate) fn matches(&self, tool: &str) -> bool {
        match self {
            Self::Exact(name) => **name == *tool,
            Self::Prefix(prefix) => tool.starts_with(&**prefix),
        }
    }
}

/// Patterns of which one must match, and which of the known tools they match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tools {
    patterns: Box<[ToolPattern]>,
    /// One bit for each tool of the catalogue, in its order.
    known: Box<[u64]>,
}

impl Tools {
    /// The patterns, held against the names of the catalogue.
    pub(crate) fn new(patterns: Box<[ToolPattern]>, catalogue: &[&str]) -> Self {
        let bit = |name: &str| u64::from(patterns.iter().any(|pattern| pattern.matches(name)));
        let word = |names: &[&str]| names.iter().rev().fold(0, |word, name| word << 1 | bit(name));
        let known = catalogue.chunks(64).map(word).collect();
        Self { patterns, known }
    }

    /// Whether the tool is among them.
    pub(crate) fn include(&self, tool: Tool<'_>) -> bool {
        match tool.position {
            Some(position) => {
                self.known.get(position / 64).is_some_and(|word| word >> (position % 64) & 1 == 1)
            }
            None => self.patterns.iter().any(|pattern| pattern.matches(tool.name)),
        }
    }
}

impl std::ops::Deref for Tools {
    type Target = [ToolPattern];

    fn deref(&self) -> &[ToolPattern] {
        &self.patterns
    }
}

/// A host by its name, all beneath a domain, or any. Lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HostPattern {
    Any,
    Exact(Box<str>),
    /// With the leading dot.
    Beneath(Box<str>),
}

impl HostPattern {
    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(name) => **name == *host,
            Self::Beneath(domain) => host.len() > domain.len() && host.ends_with(&**domain),
        }
    }
}

/// Patterns of which one must match.
#[derive(Debug, Clone)]
pub(crate) struct Globs {
    pub(crate) list: Box<[Glob]>,
    /// Whether one of them is `**`.
    pub(crate) everything: bool,
}

impl Globs {
    fn matches(&self, text: &str) -> bool {
        self.everything || self.list.iter().any(|glob| glob.matches(text))
    }
}

/// A text as given and folded: allow rules compare the former, deny and ask rules the latter.
#[derive(Debug, Clone)]
pub(crate) struct Text<'a> {
    pub(crate) exact: &'a str,
    folded: std::borrow::Cow<'a, str>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(exact: &'a str) -> Self {
        Self { exact, folded: fold::case(exact) }
    }

    pub(crate) fn seen_by(&self, effect: Effect) -> &str {
        match effect {
            Effect::Allow => self.exact,
            Effect::Ask | Effect::Deny => &self.folded,
        }
    }
}

/// The path of a unit.
#[derive(Debug, Clone)]
pub(crate) enum UnitPath<'a> {
    None,
    Discovered,
    Named(Text<'a>),
}

/// What is judged at once: one access with one path, or the call itself where it reaches for nothing.
#[derive(Debug, Clone)]
pub(crate) struct Unit<'a> {
    pub(crate) reference: Option<Text<'a>>,
    pub(crate) host: Option<std::borrow::Cow<'a, str>>,
    pub(crate) path: UnitPath<'a>,
}

impl<'a> Unit<'a> {
    /// The unit of `access` without its paths.
    pub(crate) fn of(access: Option<&'a Access>) -> Self {
        let host = access.and_then(|access| access.host.as_deref());
        Self {
            reference: access.and_then(|access| access.reference.as_deref()).map(Text::new),
            // The root dot of a fully qualified name changes nothing.
            host: host.map(|host| fold::case(host.strip_suffix('.').unwrap_or(host))),
            path: UnitPath::None,
        }
    }

    /// The path, where it is known.
    pub(crate) fn named(&self) -> Option<&'a str> {
        match &self.path {
            UnitPath::Named(path) => Some(path.exact),
            UnitPath::None | UnitPath::Discovered => None,
        }
    }
}

/// What a rule can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Dimension {
    /// `tools`
    Tool,
    /// `capability`
    Capability,
    /// `principals`
    Principal,
    /// `roles`
    Role,
    /// `transports`
    Transport,
    /// `arguments`
    Argument,
    /// `hosts`
    Host,
    /// `refs`
    Reference,
    /// `paths`
    Path,
}

impl Dimension {
    /// In the order in which they are asked: the cheap and telling ones first.
    pub(crate) const ALL: [Self; 9] = [
        Self::Tool,
        Self::Capability,
        Self::Principal,
        Self::Role,
        Self::Transport,
        Self::Argument,
        Self::Host,
        Self::Reference,
        Self::Path,
    ];
}

impl Rule {
    /// Whether the rule, which is one for the request's tool and capability, concerns `unit` of `request`.
    pub(crate) fn matches(&self, request: &Request<'_>, unit: &Unit<'_>) -> bool {
        // Paths first, since they tell most rules apart.
        self.meets_path(unit)
            && self.names_principal(request.principal)
            && self.names_role(request.roles)
            && self.names_transport(request.transport)
            && self.meets_arguments(request)
            && self.names_host(unit.host.as_deref())
            && self.meets_reference(unit)
    }

    /// Whether the rule concerns `unit` of `request`, a call of `tool`, as far as `dimension` goes.
    pub(crate) fn meets(
        &self,
        dimension: Dimension,
        tool: Tool<'_>,
        request: &Request<'_>,
        unit: &Unit<'_>,
    ) -> bool {
        match dimension {
            Dimension::Tool => self.tools.include(tool),
            Dimension::Capability => self.has_capability(request.capability),
            Dimension::Principal => self.names_principal(request.principal),
            Dimension::Role => self.names_role(request.roles),
            Dimension::Transport => self.names_transport(request.transport),
            Dimension::Argument => self.meets_arguments(request),
            Dimension::Host => self.names_host(unit.host.as_deref()),
            Dimension::Reference => self.meets_reference(unit),
            Dimension::Path => self.meets_path(unit),
        }
    }

    fn meets_arguments(&self, request: &Request<'_>) -> bool {
        self.arguments.iter().all(|argument| self.applies(argument.test(request.arguments)))
    }

    fn meets_reference(&self, unit: &Unit<'_>) -> bool {
        self.refs.as_ref().is_none_or(|refs| match &unit.reference {
            // What the tool takes instead is not known here.
            None => self.restricts(),
            Some(reference) => refs.matches(reference.seen_by(self.effect)),
        })
    }

    fn meets_path(&self, unit: &Unit<'_>) -> bool {
        self.paths.as_ref().is_none_or(|paths| match &unit.path {
            UnitPath::None => self.restricts(),
            // Each path that is found is judged by itself.
            UnitPath::Discovered => !self.restricts() || paths.everything,
            UnitPath::Named(path) => paths.matches(path.seen_by(self.effect)),
        })
    }

    /// Whether the rule is one for calls of the tool with the capability.
    pub(crate) fn is_for(&self, tool: Tool<'_>, capability: Capability) -> bool {
        self.has_capability(capability) && self.tools.include(tool)
    }

    /// Whether the rule, which is one for the tool and the capability, could concern some call of `subject`.
    pub(crate) fn could_concern(&self, subject: &Subject<'_>) -> bool {
        self.names_principal(subject.principal)
            && self.names_role(subject.roles)
            && self.names_transport(subject.transport)
    }

    /// Whether the rule denies every call of a subject it could concern, whatever the call reaches for.
    pub(crate) fn closes(&self) -> bool {
        self.effect == Effect::Deny && self.is_unconditional()
    }

    /// Whether every call of a subject it could concern is concerned, whatever it reaches for.
    pub(crate) fn is_unconditional(&self) -> bool {
        let all = |globs: &Option<Arc<Globs>>| globs.as_ref().is_none_or(|globs| globs.everything);
        self.arguments.is_empty() && self.hosts.is_none() && all(&self.refs) && all(&self.paths)
    }

    /// The rule as a reason, with the path it decided on.
    pub(crate) fn reason(&self, source: &Arc<str>, path: Option<&str>) -> Reason {
        Reason {
            rule: Arc::clone(&self.id),
            effect: self.effect,
            source: Arc::clone(source),
            line: self.line,
            column: self.column,
            text: self.text.clone(),
            path: path.filter(|_| self.paths.is_some()).map(str::to_owned),
        }
    }

    const fn restricts(&self) -> bool {
        !matches!(self.effect, Effect::Allow)
    }

    fn applies(&self, answer: Answer) -> bool {
        match answer {
            Answer::Yes => true,
            Answer::No => false,
            Answer::Unknown => self.restricts(),
        }
    }

    /// Whether the rule is one for the tool called `tool`, known or not.
    pub(crate) fn names_tool(&self, tool: &str) -> bool {
        self.tools.iter().any(|pattern| pattern.matches(tool))
    }

    pub(crate) fn has_capability(&self, capability: Capability) -> bool {
        self.capability.is_none_or(|own| own == capability)
    }

    fn names_principal(&self, principal: &str) -> bool {
        self.principals.as_ref().is_none_or(|names| names.iter().any(|name| **name == *principal))
    }

    fn names_role(&self, roles: &[Arc<str>]) -> bool {
        self.roles
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| roles.iter().any(|role| **role == **name)))
    }

    fn names_transport(&self, transport: Transport) -> bool {
        self.transports.as_ref().is_none_or(|transports| transports.contains(&transport))
    }

    /// A rule with `hosts` speaks of calls that talk to a host, and of no other, whatever its effect.
    fn names_host(&self, host: Option<&str>) -> bool {
        self.hosts.as_ref().is_none_or(|hosts| host.is_some_and(|host| hosts.iter().any(|h| h.matches(host))))
    }
}
