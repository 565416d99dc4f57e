//! Who can call a tool on a repository: for each person or role, the rules that grant it and those that restrict it,
//! under which conditions. What is not asked about (arguments, hosts, and path or reference where none is given) stays
//! open, so that nobody is left out whom `decide` would allow.

mod condition;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::denylist;
use crate::model::{Capability, Effect, Reason, Subject, Transport, WriteMode};
use crate::normal;
use crate::reference;
use crate::rule::{Rule, Text};
use crate::set::PolicySet;

pub use condition::{Bearing, Condition};

/// Which call is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhoCan<'a> {
    /// The tool's full name.
    pub tool: &'a str,
    /// The capability the tool declares.
    pub capability: Capability,
    /// The repository's alias.
    pub repo: &'a str,
    /// The one path that the call names; `None` for calls with any paths or none.
    pub path: Option<&'a str>,
    /// The reference that the call names; `None` for calls with any reference or none.
    pub reference: Option<&'a str>,
    /// The write mode of the process.
    pub write_mode: WriteMode,
}

/// Somebody who might call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct OwnedSubject {
    /// The authenticated name; `None` for anyone whom no rule names.
    pub principal: Option<String>,
    /// All their roles.
    pub roles: Vec<Arc<str>>,
    /// The door they use; `None` for any.
    pub transport: Option<Transport>,
}

impl fmt::Display for OwnedSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.principal, self.roles.as_slice()) {
            (Some(principal), []) => f.write_str(principal),
            (Some(principal), roles) => write!(f, "{principal} ({})", roles.join(", ")),
            (None, []) => f.write_str("anyone else"),
            (None, roles) => write!(f, "anyone with the role {}", roles.join(", ")),
        }
    }
}

/// Somebody of whose calls some are allowed, or are asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Holder {
    /// Who.
    pub subject: OwnedSubject,
    /// The best verdict that some call of theirs may have: `allow` or `ask`.
    pub effect: Effect,
    /// Whether every such call has that verdict, so that no condition is left open.
    pub always: bool,
    /// The doors through which such a call may come.
    pub transports: Vec<Transport>,
    /// The allow and ask rules that may concern such a call, in the order of the file.
    pub grants: Vec<Bearing>,
    /// The deny rules that may concern such a call, in the order of the file.
    pub restricts: Vec<Bearing>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let may = if self.effect == Effect::Allow { "may" } else { "may, once approved" };
        write!(f, "{}: {may}", self.subject)?;
        for (bearings, word) in [(&self.grants, "by"), (&self.restricts, "denied by")] {
            for bearing in bearings {
                write!(f, "; {word} {bearing}")?;
            }
        }
        Ok(())
    }
}

impl PolicySet {
    /// Those of `subjects` of whose calls, as `question` describes them, [`PolicySet::decide`] allows or asks about
    /// some. Nobody of whom it does is left out; somebody may be listed although other rules together deny each call.
    #[must_use]
    pub fn who_can(&self, question: &WhoCan<'_>, subjects: &[OwnedSubject]) -> Vec<Holder> {
        let open = match question.capability {
            Capability::Read => true,
            Capability::Automation => self.automation,
            Capability::Write => {
                question.write_mode == WriteMode::On && self.scopes(Some(question.repo)).is_whitelisted()
            }
        };
        let write = question.capability != Capability::Read;
        let passes = |path| normal::is_path(path) && denylist::denied(path, write).is_none();
        if !open || !question.path.is_none_or(passes) {
            return Vec::new();
        }
        // One of several names leaves more open, never less.
        let [reference, _] = question.reference.map(reference::names).unwrap_or_default();
        let texts = (question.path.map(Text::new), reference.map(Text::new));
        let mut rules: Vec<&Rule> = Vec::new();
        let (scopes, tool) = (self.scopes(Some(question.repo)), self.tool(question.tool));
        self.for_each_candidate(scopes, tool, question.capability, |rule| rules.push(rule));
        subjects.iter().filter_map(|subject| self.holder(&rules, &texts, subject)).collect()
    }

    /// The subjects that the policy itself names: each principal, each role alone, and one who is neither.
    #[must_use]
    pub fn subjects(&self) -> Vec<OwnedSubject> {
        let entries = self.repositories.values().chain(self.owners.values());
        let rules = || {
            let local = entries.clone().flat_map(|entry| entry.rules.rules());
            self.global.rules().iter().chain(local)
        };
        let principals: BTreeSet<&str> = rules()
            .flat_map(|rule| rule.principals.iter().flat_map(|names| names.iter()))
            .map(AsRef::as_ref)
            .collect();
        let roles: BTreeSet<&str> = rules()
            .flat_map(|rule| rule.roles.iter().flat_map(|names| names.iter()))
            .map(AsRef::as_ref)
            .collect();
        let subject = |principal: Option<&str>, role: Option<&str>| OwnedSubject {
            principal: principal.map(str::to_owned),
            roles: role.map(Arc::from).into_iter().collect(),
            transport: None,
        };
        let named = principals.into_iter().map(|name| subject(Some(name), None));
        let with_role = roles.into_iter().map(|role| subject(None, Some(role)));
        named.chain(with_role).chain([subject(None, None)]).collect()
    }

    fn holder(
        &self,
        rules: &[&Rule],
        texts: &(Option<Text<'_>>, Option<Text<'_>>),
        subject: &OwnedSubject,
    ) -> Option<Holder> {
        let mut found: Option<Holder> = None;
        for transport in Transport::ALL {
            if subject.transport.is_some_and(|own| own != transport) {
                continue;
            }
            // The loader refuses an empty name, so that no rule names it.
            let principal = subject.principal.as_deref().unwrap_or_default();
            let caller = Subject { principal, roles: &subject.roles, transport };
            let concerned = rules.iter().filter(|rule| rule.could_concern(&caller));
            let bearings: Vec<(&Rule, Vec<Condition>)> = concerned
                .filter_map(|rule| Some((*rule, condition::open(rule, texts.0.as_ref(), texts.1.as_ref())?)))
                .collect();
            let some = |effect| bearings.iter().any(|(rule, _)| rule.effect == effect);
            let certain =
                |effect| bearings.iter().any(|(rule, open)| rule.effect == effect && open.is_empty());
            if certain(Effect::Deny) || !(some(Effect::Allow) || some(Effect::Ask)) {
                continue;
            }
            let asks = certain(Effect::Ask) || !some(Effect::Allow);
            let effect = if asks { Effect::Ask } else { Effect::Allow };
            let always = certain(effect) && !some(Effect::Deny) && (asks || !some(Effect::Ask));
            let holder = found.get_or_insert_with(|| Holder {
                subject: subject.clone(),
                effect,
                always,
                transports: Vec::new(),
                grants: Vec::new(),
                restricts: Vec::new(),
            });
            holder.always &= always && holder.effect == effect;
            holder.effect = holder.effect.min(effect);
            holder.transports.push(transport);
            for (rule, conditions) in bearings {
                let list =
                    if rule.effect == Effect::Deny { &mut holder.restricts } else { &mut holder.grants };
                if !list.iter().any(|bearing| *bearing.rule.rule == *rule.id) {
                    list.push(Bearing { rule: rule.reason(&self.name, None), conditions });
                }
            }
        }
        let mut holder = found?;
        let at = |reason: &Reason| (reason.line, reason.column);
        holder.grants.sort_by_key(|bearing| at(&bearing.rule));
        holder.restricts.sort_by_key(|bearing| at(&bearing.rule));
        Some(holder)
    }
}

#[cfg(test)]
mod tests;
