//! The judgement: gates first, then the strictest of all matching rules. It is total (no error, no I/O, no panic) and
//! knows no order among rules; everything that needs thinking ahead was done when the set was compiled.

use std::sync::Arc;

use crate::denylist;
use crate::model::{
    Capability, Code, Decision, Effect, Enforcement, Narrowing, Obligation, Paths, Reason, Request, Subject,
    WriteMode,
};
use crate::normal;
use crate::rule::{Rule, Text, Unit, UnitPath};
use crate::set::{PolicySet, Scopes};

/// The most reasons in a decision; a call of many paths may be decided by more rules than anyone reads.
const MOST_REASONS: usize = 16;

/// The name under which built-in rules are cited.
const BUILT_IN: &str = "built-in";

impl PolicySet {
    /// Judges a call. Denied unless allowed; the strictest matching rule wins, global or repository; order never
    /// matters.
    ///
    /// The gates come first, and the first closed one is named: a request that cannot be judged, the credential's
    /// scope, what the caller gave up, the capability, write mode, the whitelist, the built-in denylist. Then the rules: each access with each of
    /// its paths is judged, each needs a rule that allows it (or asks), and the strictest verdict over all is the
    /// call's.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        if !normal::is_normal(request) {
            return self.refuse(Code::BadRequest, Vec::new());
        }
        if let Some(code) = self.closed_gate(request) {
            return self.refuse(code, Vec::new());
        }
        let listed = denylisted(request);
        if !listed.is_empty() {
            return self.refuse(Code::PathDenied, listed);
        }
        self.by_rules(request)
    }

    /// Whether some call of `tool` by `subject` could be allowed or asked for. Tool lists show exactly these.
    ///
    /// It errs on the side of showing: a tool may be listed although each concrete call is denied, never the reverse. So
    /// a repository counts as whitelisted if some spelling of it is: what asks applies in every spelling.
    #[must_use]
    pub fn may_ever(
        &self,
        subject: &Subject<'_>,
        tool: &str,
        capability: Capability,
        write_mode: WriteMode,
    ) -> bool {
        match capability {
            Capability::Automation if !self.automation => return false,
            Capability::Write if write_mode == WriteMode::Off => return false,
            Capability::Read | Capability::Write | Capability::Automation => {}
        }
        let tool = self.tool(tool);
        let (mut granted, mut closed) = (false, false);
        self.global.for_each_candidate(tool, capability, |rule| {
            if rule.could_concern(subject) {
                granted |= rule.effect != Effect::Deny;
                closed |= rule.closes();
            }
        });
        // A write needs a whitelisted repository, and a repository may hold the only rule that grants.
        match (closed, granted, capability) {
            (true, ..) => false,
            (false, true, Capability::Read | Capability::Automation) => true,
            (false, true, Capability::Write) => self.grants.has_open_site(subject, tool, capability),
            (false, false, _) => self.grants.somewhere(subject, tool, capability, true),
        }
    }

    /// Whether some write of `tool` by `subject` could be allowed or asked for if write mode were on and every repository on the
    /// whitelist. Such a call is refused by the gate that is closed; one that no rule would let through anyway is of an unknown tool.
    #[must_use]
    pub fn could_write(&self, subject: &Subject<'_>, tool: &str) -> bool {
        let tool = self.tool(tool);
        let (mut granted, mut closed) = (false, false);
        self.global.for_each_candidate(tool, Capability::Write, |rule| {
            if rule.could_concern(subject) {
                granted |= rule.effect != Effect::Deny;
                closed |= rule.closes();
            }
        });
        !closed && (granted || self.grants.somewhere(subject, tool, Capability::Write, false))
    }

    /// Whether some rule could ask about what the call finds while it runs. It errs on the side of saying so.
    #[must_use]
    pub fn could_ask(&self, request: &Request<'_>) -> bool {
        let (principal, roles, transport) = (request.principal, request.roles, request.transport);
        let subject = Subject { principal, roles, transport };
        let tool = self.tool(request.tool);
        request.accesses.iter().any(|access| {
            let mut asks = false;
            self.for_each_candidate(self.scopes(access.repo.as_deref()), tool, request.capability, |rule| {
                asks |= rule.effect == Effect::Ask && rule.could_concern(&subject);
            });
            asks
        })
    }

    /// The first closed gate of those that look at no path.
    pub(crate) fn closed_gate(&self, request: &Request<'_>) -> Option<Code> {
        if !request.scope.has(request) {
            return Some(Code::OutOfScope);
        }
        if is_narrowed(request) {
            return Some(Code::Narrowed);
        }
        match request.capability {
            Capability::Read => None,
            Capability::Automation => (!self.automation).then_some(Code::CapabilityDisabled),
            Capability::Write if request.write_mode == WriteMode::Off => Some(Code::WriteModeOff),
            Capability::Write => (!self.is_whitelisted(request)).then_some(Code::RepositoryNotWhitelisted),
        }
    }

    /// Whether every repository the call reaches for is on the whitelist. One that names none is not.
    pub(crate) fn is_whitelisted(&self, request: &Request<'_>) -> bool {
        let whitelisted = |repo: Option<&str>| self.scopes(repo).is_whitelisted();
        !request.accesses.is_empty()
            && request.accesses.iter().all(|access| whitelisted(access.repo.as_deref()))
    }

    fn by_rules(&self, request: &Request<'_>) -> Decision {
        let tool = self.tool(request.tool);
        let mut tally = Tally::default();
        self.for_each_unit(request, |scopes, unit| {
            let mut matched = false;
            self.for_each_candidate(scopes, tool, request.capability, |rule| {
                if rule.matches(request, unit) {
                    matched = true;
                    tally.count(rule, unit.named());
                }
            });
            tally.unmatched |= !matched;
        });
        let reasons = || tally.reasons(&self.name);
        match tally.effect {
            Some(Effect::Deny) => self.withhold(request, Effect::Deny, Code::Denied, reasons()),
            None => self.withhold(request, Effect::Deny, Code::DefaultDeny, Vec::new()),
            Some(_) if tally.unmatched => self.withhold(request, Effect::Deny, Code::DefaultDeny, Vec::new()),
            Some(Effect::Ask) => self.withhold(request, Effect::Ask, Code::ApprovalRequired, reasons()),
            Some(Effect::Allow) => {
                self.decision(Effect::Allow, Code::Allowed, reasons(), obligations(request), true)
            }
        }
    }

    fn refuse(&self, code: Code, reasons: Vec<Reason>) -> Decision {
        self.decision(Effect::Deny, code, reasons, Vec::new(), true)
    }

    /// What the rules say of a request they do not allow.
    fn withhold(&self, request: &Request<'_>, effect: Effect, code: Code, reasons: Vec<Reason>) -> Decision {
        let enforced = self.enforcement == Enforcement::Enforce || request.capability != Capability::Read;
        // What is denied needs nothing done, unless it runs.
        let denied = enforced && effect == Effect::Deny;
        let obligations = if denied { Vec::new() } else { obligations(request) };
        self.decision(effect, code, reasons, obligations, enforced)
    }

    fn decision(
        &self,
        effect: Effect,
        code: Code,
        reasons: Vec<Reason>,
        obligations: Vec<Obligation>,
        enforced: bool,
    ) -> Decision {
        let Self { digest: policy, generation, .. } = *self;
        Decision { effect, code, reasons, obligations, enforced, policy, generation }
    }
}

/// What must be done with the result of a request that may run.
fn obligations(request: &Request<'_>) -> Vec<Obligation> {
    let discovers = request.accesses.iter().any(|access| access.paths == Paths::Discovered);
    if discovers { vec![Obligation::Redact, Obligation::JudgeDiscovered] } else { vec![Obligation::Redact] }
}

/// The strictest effect so far and the rules that have it.
#[derive(Default)]
struct Tally<'a> {
    effect: Option<Effect>,
    /// The rules, each with the first path it decided on; kept on the stack, since most decisions have one or two.
    hits: [Option<(&'a Rule, Option<&'a str>)>; MOST_REASONS],
    /// How many of the hits are there.
    count: usize,
    /// Whether some unit was matched by no rule.
    unmatched: bool,
}

impl<'a> Tally<'a> {
    fn count(&mut self, rule: &'a Rule, path: Option<&'a str>) {
        if self.effect.is_some_and(|effect| rule.effect < effect) {
            return;
        }
        if self.effect.is_none_or(|effect| rule.effect > effect) {
            self.effect = Some(rule.effect);
            self.count = 0;
        }
        if self.hits().any(|(hit, _)| std::ptr::eq(hit, rule)) {
            return;
        }
        if let Some(hit) = self.hits.get_mut(self.count) {
            *hit = Some((rule, path));
            self.count = self.count.saturating_add(1);
        }
    }

    fn hits(&self) -> impl Iterator<Item = (&'a Rule, Option<&'a str>)> {
        self.hits.iter().take(self.count).filter_map(|hit| *hit)
    }

    fn reasons(&self, source: &Arc<str>) -> Vec<Reason> {
        let mut reasons = Vec::with_capacity(self.count);
        reasons.extend(self.hits().map(|(rule, path)| rule.reason(source, path)));
        reasons
    }
}

impl PolicySet {
    /// Calls `judge` with each unit of the request and the scopes that speak of its repository.
    pub(crate) fn for_each_unit<'a>(
        &'a self,
        request: &Request<'a>,
        mut judge: impl FnMut(Scopes<'a>, &Unit<'a>),
    ) {
        if request.accesses.is_empty() {
            judge(Scopes::default(), &Unit::of(None));
        }
        for access in request.accesses {
            let scopes = self.scopes(access.repo.as_deref());
            let mut unit = Unit::of(Some(access));
            match &access.paths {
                Paths::Named(paths) if !paths.is_empty() => {
                    for path in paths {
                        unit.path = UnitPath::Named(Text::new(path));
                        judge(scopes, &unit);
                    }
                }
                Paths::Discovered => {
                    unit.path = UnitPath::Discovered;
                    judge(scopes, &unit);
                }
                Paths::Named(_) | Paths::None => judge(scopes, &unit),
            }
        }
    }
}

/// Whether the caller gave up what the call needs.
pub(crate) fn is_narrowed(request: &Request<'_>) -> bool {
    let Narrowing { read_only, repositories } = request.narrowing;
    let outside =
        |repo: &str| repositories.as_ref().is_some_and(|left| !left.iter().any(|name| name == repo));
    (*read_only && request.capability != Capability::Read)
        || request.accesses.iter().filter_map(|access| access.repo.as_deref()).any(outside)
}

/// What the built-in denylist says: one reason for each rule that refuses a path, with the first such path.
pub(crate) fn denylisted(request: &Request<'_>) -> Vec<Reason> {
    let write = request.capability != Capability::Read;
    let mut reasons: Vec<Reason> = Vec::new();
    for access in request.accesses {
        let Paths::Named(paths) = &access.paths else { continue };
        for path in paths {
            let Some(rule) = denylist::denied(path, write) else { continue };
            if reasons.iter().any(|reason| *reason.rule == *rule) {
                continue;
            }
            reasons.push(Reason {
                rule: Arc::from(rule),
                effect: Effect::Deny,
                source: Arc::from(BUILT_IN),
                line: 0,
                column: 0,
                text: None,
                path: Some(path.clone()),
            });
        }
    }
    reasons
}

#[cfg(test)]
mod tests;
