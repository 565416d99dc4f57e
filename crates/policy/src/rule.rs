//! A compiled rule and the question whether it concerns one unit of a call: one access with one path. It knows
//! nothing of other rules; how several are combined is in `decide`.

mod dimension;
mod pattern;
mod unit;

use std::ops::Deref;
use std::sync::Arc;

pub use self::dimension::Dimension;
pub(crate) use self::pattern::{Globs, HostPattern, ToolPattern, Tools};
pub(crate) use self::unit::{Text, Unit, UnitPath};
use crate::argument::{Answer, Argument};
use crate::model::{Capability, Effect, Reason, Request, Subject, Transport};
use crate::name::Name;
use crate::set::Tool;

/// What a rule is called; most ids fit.
pub(crate) type Id = Name<22>;

/// One rule, ready to be asked. Rules that are written alike share what they hold. Here stands what tells most rules
/// apart from a call, and what is their own; a rule of a repository that nobody asked for lately is in no cache, and the
/// less of it a call must fetch, the faster it is judged. The rest is in [`Conditions`], to which a rule dereferences.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: Id,
    pub(crate) tools: Arc<Tools>,
    pub(crate) paths: Option<Arc<Globs>>,
    pub(crate) conditions: Arc<Conditions>,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) effect: Effect,
    /// `None` is every capability; an allow rule always has one.
    pub(crate) capability: Option<Capability>,
}

/// What a rule looks at besides tool, capability and path, and what it says. Most rules have little of it, and many the
/// same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    pub(crate) principals: Option<Arc<[Box<str>]>>,
    pub(crate) roles: Option<Arc<[Box<str>]>>,
    pub(crate) transports: Option<Arc<[Transport]>>,
    pub(crate) refs: Option<Arc<Globs>>,
    pub(crate) hosts: Option<Arc<[HostPattern]>>,
    pub(crate) arguments: Box<[Argument]>,
    pub(crate) text: Option<Arc<str>>,
}

impl Deref for Rule {
    type Target = Conditions;

    fn deref(&self) -> &Conditions {
        &self.conditions
    }
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
            Some(reference) => refs.matches(reference, self.effect),
        })
    }

    fn meets_path(&self, unit: &Unit<'_>) -> bool {
        self.paths.as_ref().is_none_or(|paths| match &unit.path {
            UnitPath::None => self.restricts(),
            // Each path that is found is judged by itself.
            UnitPath::Discovered => !self.restricts() || paths.everything,
            UnitPath::Named(path) => paths.matches(path, self.effect),
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
            rule: self.id.to_shared(),
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
