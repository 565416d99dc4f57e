//! The request that an entry describes, or why it cannot be put together again.

use std::sync::Arc;

use gitoma_audit::{self as audit, Entry};
use gitoma_policy::{
    Access, Capability, Catalogue, Narrowing, Paths, PolicySet, Subject, Transport, WriteMode,
};
use gitoma_redact::PLACEHOLDER;
use serde_json::{Map, Number, Value};

use super::verdict::Undeterminable;
use crate::snapshot::is_resolvable;

/// Who called what, as the entry has it.
pub(super) struct Caller<'e> {
    pub(super) principal: &'e str,
    pub(super) roles: Vec<Arc<str>>,
    pub(super) transport: Transport,
    pub(super) tool: &'e str,
    pub(super) capability: Capability,
    pub(super) write_mode: WriteMode,
}

impl<'e> Caller<'e> {
    pub(super) fn read(entry: &'e Entry, catalogue: &Catalogue) -> Result<Self, Undeterminable> {
        let incomplete = || Undeterminable::CallIncomplete;
        let tool = entry.tool.as_deref().ok_or(match entry.code.as_deref() {
            Some("unknown_tool") => Undeterminable::ToolNotRecorded,
            _ => Undeterminable::CallIncomplete,
        })?;
        let capability = match entry.capability {
            Some(audit::Capability::Read) => Some(Capability::Read),
            Some(audit::Capability::Write) => Some(Capability::Write),
            Some(audit::Capability::Automation) => Some(Capability::Automation),
            None => catalogue.capability(tool),
        };
        let capability = capability.ok_or_else(incomplete)?;
        let write_mode = match (entry.write_mode.as_deref(), capability) {
            (Some("on"), _) => WriteMode::On,
            // Only writes are judged by it.
            (Some("off"), _) | (None, Capability::Read | Capability::Automation) => WriteMode::Off,
            _ => return Err(incomplete()),
        };
        Ok(Self {
            principal: entry.principal.as_deref().ok_or_else(incomplete)?,
            roles: entry.roles.iter().map(|role| Arc::from(role.as_str())).collect(),
            transport: entry.transport.as_deref().and_then(transport).ok_or_else(incomplete)?,
            tool,
            capability,
            write_mode,
        })
    }

    /// Whether a call of the tool by the caller is judged under `policy`.
    pub(super) fn reaches(&self, policy: &PolicySet) -> bool {
        let Self { principal, roles, transport, tool, capability, write_mode } = self;
        let subject = Subject { principal, roles, transport: *transport };
        is_resolvable(policy, &subject, tool, *capability, *write_mode)
    }
}

/// A call as its entry has it.
pub(super) struct Recorded<'e> {
    pub(super) caller: Caller<'e>,
    pub(super) narrowing: Narrowing,
    /// What is ambiguous stands here as one that concerns no path.
    pub(super) accesses: Vec<Access>,
    pub(super) ambiguous: Vec<Ambiguous>,
}

/// An access that may concern no path or paths that were found.
pub(super) struct Ambiguous {
    pub(super) none: Access,
    pub(super) found: Access,
}

impl<'e> Recorded<'e> {
    /// Reads everything but the arguments.
    pub(super) fn read(entry: &'e Entry, catalogue: &Catalogue) -> Result<Self, Undeterminable> {
        let caller = Caller::read(entry, catalogue)?;
        let left_out = entry.accesses_more.is_some_and(|more| more > 0)
            || entry.accesses.iter().any(|access| access.paths_more > 0);
        if left_out {
            return Err(Undeterminable::AccessesLeftOut);
        }
        let cut_arguments =
            entry.arguments.iter().filter(|argument| value(&argument.value).is_none()).count();
        let cut = entry.cut.unwrap_or(0).saturating_sub(u64::try_from(cut_arguments).unwrap_or(u64::MAX));
        if cut > 0 {
            return Err(Undeterminable::TextCut);
        }
        if entry.accesses.iter().any(is_redacted) {
            return Err(Undeterminable::AccessRedacted);
        }
        let mut ambiguous = Vec::new();
        let accesses = entry.accesses.iter().map(|access| {
            if access.paths.is_empty() && access.found.is_none() {
                ambiguous.push(Ambiguous {
                    none: judged(access, Paths::None),
                    found: judged(access, Paths::Discovered),
                });
            }
            let paths = match access.found {
                _ if !access.paths.is_empty() => Paths::Named(access.paths.clone()),
                Some(true) => Paths::Discovered,
                Some(false) | None => Paths::None,
            };
            judged(access, paths)
        });
        let accesses = accesses.collect();
        Ok(Self { caller, narrowing: narrowing(entry)?, accesses, ambiguous })
    }
}

/// What the caller gave up.
fn narrowing(entry: &Entry) -> Result<Narrowing, Undeterminable> {
    let Some(restriction) = &entry.restriction else { return Ok(Narrowing::default()) };
    let left = restriction.repositories.as_deref().unwrap_or_default();
    if restriction.repositories_more > 0 || left.iter().any(|alias| alias.contains(PLACEHOLDER)) {
        return Err(Undeterminable::RestrictionIncomplete);
    }
    Ok(Narrowing { read_only: restriction.read_only, repositories: restriction.repositories.clone() })
}

/// The recorded values of the arguments called `names`.
pub(super) fn arguments(entry: &Entry, names: &[&str]) -> Result<Map<String, Value>, Undeterminable> {
    let mut arguments = Map::new();
    for name in names {
        let recorded = entry.arguments.iter().find(|argument| argument.name == *name);
        let Some(recorded) = recorded else {
            return Err(Undeterminable::ArgumentNotRecorded((*name).to_owned()));
        };
        if recorded.value.contains(PLACEHOLDER) {
            return Err(Undeterminable::ArgumentRedacted((*name).to_owned()));
        }
        let value = value(&recorded.value).ok_or_else(|| Undeterminable::ArgumentCut((*name).to_owned()))?;
        arguments.insert((*name).to_owned(), value);
    }
    Ok(arguments)
}

/// The value of a JSON text; nothing if it was cut, since no value that is long enough to be cut is whole without its end.
fn value(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    // A number with a fraction or exponent is read to the last bit, which the JSON reader does not promise.
    let exact = value.is_f64().then(|| text.parse().ok().and_then(Number::from_f64)).flatten();
    Some(exact.map_or(value, Value::Number))
}

fn judged(access: &audit::Access, paths: Paths) -> Access {
    Access {
        repo: access.repo.clone(),
        reference: access.reference.clone(),
        paths,
        host: access.host.clone(),
    }
}

fn is_redacted(access: &audit::Access) -> bool {
    let texts = [access.repo.as_deref(), access.reference.as_deref(), access.host.as_deref()];
    let paths = access.paths.iter().map(String::as_str);
    texts.into_iter().flatten().chain(paths).any(|text| text.contains(PLACEHOLDER))
}

fn transport(name: &str) -> Option<Transport> {
    Transport::ALL.into_iter().find(|transport| transport.as_str() == name)
}
