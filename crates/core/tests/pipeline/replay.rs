//! Replay against brute force (POL-15): random calls are judged by a real gateway under policy A, its audit chain is read back and
//! replayed against policy B, and wherever the replay claims to know it agrees with B's decision on the call as it was made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gitoma_audit::{CallFields, Entry, Kind, Log, LogOptions, Reader, Refused};
use gitoma_core::policy::{Catalogue, Decision, PolicySet, Request, Source};
use gitoma_core::{
    Access, ArgError, BoxFuture, CallId, Capability, ExecContext, Gateway, LimitsConfig, Narrowing, Origin,
    Paths, Peer, Permit, Prepared, PrincipalConfig, Rate, RawArgs, RawCall, RawOutput, Replay, ReplayTotals,
    Replayed, Restriction, Role, Same, Secret, Tool, ToolError, ToolSpec, Transport, Undeterminable,
    WriteMode, arguments,
};
use serde_json::{Map, Value, json};

use crate::support::{bearer, call, house};

/// SplitMix64: reproducible, and good enough to reach every corner here.
struct Draw(u64);

impl Draw {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound as u64).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let place = self.below(of.len());
        of.get(place).unwrap()
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

fn secret() -> String {
    ["gh", "p_", &"a1B2".repeat(9)].concat()
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Reach {
    repo: Option<String>,
    reference: Option<String>,
    paths: Option<Vec<String>>,
    found: bool,
    host: Option<String>,
}

/// The arguments of every tool here; only `accesses` has a meaning to them.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Script {
    accesses: Vec<Reach>,
    #[serde(rename = "level")]
    _level: Option<Value>,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "flag")]
    _flag: Option<bool>,
}

impl Script {
    fn accesses(self) -> Vec<Access> {
        let access = |reach: Reach| Access {
            repo: reach.repo.map(Arc::from),
            reference: reach.reference,
            paths: match reach.paths {
                Some(paths) => Paths::Named(paths),
                None if reach.found => Paths::Discovered,
                None => Paths::None,
            },
            host: reach.host,
        };
        self.accesses.into_iter().map(access).collect()
    }
}

struct Told(ToolSpec);

impl Tool for Told {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, given: &Map<String, Value>) -> Result<Box<dyn Prepared>, ArgError> {
        let script: Script = arguments::parse(&self.0.input_schema, given)?;
        Ok(Box::new(Telling(script.accesses())))
    }
}

struct Telling(Vec<Access>);

impl Prepared for Telling {
    fn accesses(&self) -> &[Access] {
        &self.0
    }

    fn execute(
        self: Box<Self>,
        _: Permit,
        _: ExecContext,
    ) -> BoxFuture<'static, Result<RawOutput, ToolError>> {
        Box::pin(async { Ok(RawOutput::new(json!({}))) })
    }
}

const TOOLS: [(&str, Capability); 4] = [
    ("look", Capability::Read),
    ("look_up", Capability::Read),
    ("change", Capability::Write),
    ("automate", Capability::Automation),
];
const PRINCIPALS: [(&str, &[Role]); 3] =
    [("agent", &[Role::Agent]), ("dana", &[Role::Auditor]), ("ops", &[Role::Approver, Role::Admin])];

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::built_in();
    for (tool, capability) in TOOLS {
        catalogue.insert(tool, capability);
    }
    catalogue
}

fn rule(draw: &mut Draw, id: usize) -> String {
    let effect = *draw.one(&["allow", "allow", "allow", "ask", "deny"]);
    let mut rule = format!("{{ id: r{id}, effect: {effect}");
    rule.push_str(", tools: ");
    rule.push_str(draw.one::<&str>(&[
        "[\"*\"]",
        "[\"*\"]",
        "[look]",
        "[\"look*\"]",
        "[change, look]",
        "[automate]",
    ]));
    let mut add = |draw: &mut Draw, one_in, key: &str, values: &[&str]| {
        if draw.chance(one_in) {
            rule.push_str(&format!(", {key}: {}", draw.one(values)));
        }
    };
    add(draw, 2, "capability", &["read", "write", "write", "automation"]);
    add(draw, 3, "paths", &["[\"src/**\"]", "[\"**\"]", "[\"docs/*\", \"src/a\"]", "[\"plans/**\"]"]);
    add(draw, 5, "refs", &["[main]", "[\"v*\"]"]);
    add(draw, 6, "hosts", &["[git.example.com]", "[\"*\"]"]);
    add(draw, 5, "principals", &["[agent]", "[dana, ops]"]);
    add(draw, 5, "roles", &["[agent]", "[approver]"]);
    add(draw, 6, "transports", &["[mcp]", "[http, cli]"]);
    let matchers = [
        "{ level: { range: { min: 2 } } }",
        "{ level: { one_of: [0.1, 5] } }",
        "{ level: absent }",
        "{ note: { max_length: 20 } }",
        "{ note: { glob: \"s*\" } }",
        "{ flag: { equals: true } }",
    ];
    add(draw, 4, "arguments", &matchers);
    rule + " }"
}

fn policy(draw: &mut Draw) -> String {
    loop {
        let mut text = "version: 1\n".to_owned();
        if draw.chance(3) {
            text.push_str("enforcement: shadow\n");
        }
        if draw.chance(2) {
            text.push_str("automation: allow\n");
        }
        text.push_str("global:\n  rules:\n");
        let mut id = 0;
        let mut rules = |draw: &mut Draw, text: &mut String, most: usize, indent: &str| {
            for _ in 0..=draw.below(most) {
                id += 1;
                text.push_str(&format!("{indent}- {}\n", rule(draw, id)));
            }
        };
        // Most policies let everybody do something, so that calls come as far as a verdict.
        for capability in ["read", "write", "automation"] {
            if !draw.chance(5) {
                text.push_str(&format!(
                    "    - {{ id: base-{capability}, effect: allow, tools: [\"*\"], capability: {capability}{} }}\n",
                    draw.one::<&str>(&["", "", ", paths: [\"**\"]", ", refs: [main]"])
                ));
            }
        }
        rules(draw, &mut text, 5, "    ");
        text.push_str("repositories:\n");
        for key in ["web", "acme/web", "\"acme/*\""] {
            text.push_str(&format!("  {key}:\n    write: {}\n", draw.one(&["allow", "allow", "deny"])));
            if draw.chance(2) {
                text.push_str("    rules:\n");
                rules(draw, &mut text, 2, "      ");
            }
        }
        if PolicySet::load(Source { name: "p.yaml", text: &text }, &catalogue()).is_ok() {
            return text;
        }
    }
}

fn reach(draw: &mut Draw) -> Reach {
    let text = |choice: &Option<&str>| choice.map(str::to_owned);
    let mut paths = Vec::new();
    for _ in 0..=draw.below(3) {
        paths.push((*draw.one(&["src/a", "src/b/c", "SRC/a", "docs/x", "plans/p"])).to_owned());
    }
    match draw.below(40) {
        0 => paths.push(".env".to_owned()),
        1 => paths.push("a/../b".to_owned()),
        2 => paths.push(format!("src/{}", secret())),
        3 => paths.push(format!("src/{}", "x".repeat(1_100))),
        4 => paths = (0..40).map(|number| format!("src/{number}")).collect(),
        5 => paths.clear(),
        _ => {}
    }
    Reach {
        repo: text(draw.one(&[
            None,
            Some("web"),
            Some("web"),
            Some("acme/web"),
            Some("Acme/Web"),
            Some("acme/api"),
        ])),
        reference: text(draw.one(&[None, Some("main"), Some("refs/heads/main"), Some("v1")])),
        paths: draw.chance(2).then_some(paths),
        found: draw.chance(2),
        host: text(draw.one(&[None, None, Some("git.example.com"), Some("evil.test")])),
    }
}

/// A call as it was made.
struct Made {
    principal: &'static str,
    roles: Vec<Arc<str>>,
    transport: Transport,
    tool: &'static str,
    capability: Capability,
    arguments: Map<String, Value>,
    accesses: Vec<Access>,
    narrowing: Narrowing,
}

impl Made {
    fn draw(draw: &mut Draw) -> Self {
        let (principal, roles) = *draw.one(&PRINCIPALS);
        let (tool, capability) = *draw.one(&TOOLS);
        let count = if draw.chance(50) { 20 } else { draw.below(4) };
        let reaches: Vec<Reach> = (0..count).map(|_| reach(draw)).collect();
        let mut given = Map::new();
        given.insert("accesses".into(), serde_json::to_value(&reaches).unwrap());
        let levels = [json!(1), json!(5), json!(5.0), json!(2.5), json!(0.1), json!("x"), json!(null)];
        if draw.chance(2) {
            given.insert("level".into(), draw.one(&levels).clone());
        }
        if draw.chance(2) {
            let notes =
                ["short", "a longer one than that is", &secret(), &"s".repeat(2_000)].map(str::to_owned);
            given.insert("note".into(), draw.one(&notes).clone().into());
        }
        if draw.chance(2) {
            given.insert("flag".into(), draw.chance(2).into());
        }
        let script: Script = serde_json::from_value(Value::Object(given.clone())).unwrap();
        let only = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let many = (0..40).map(|number| format!("other/{number:02}")).chain(["web".to_owned()]);
        let narrowing = match draw.below(18) {
            0 => Narrowing { read_only: true, repositories: None },
            1 => Narrowing { read_only: false, repositories: only(&["web"]) },
            2 => {
                Narrowing { read_only: draw.chance(2), repositories: only(&["web", "acme/web", "acme/api"]) }
            }
            3 => Narrowing { read_only: false, repositories: only(&[]) },
            4 => Narrowing { read_only: false, repositories: Some(many.collect()) },
            5 => Narrowing { read_only: false, repositories: only(&["web", "acme/web", &secret()]) },
            _ => Narrowing::default(),
        };
        let transports = [Transport::Http, Transport::Mcp, Transport::Cli, Transport::Embedded];
        Self {
            principal,
            roles: roles.iter().map(|role| Arc::from(role.as_str())).collect(),
            transport: *draw.one(&transports),
            tool,
            capability,
            arguments: given,
            accesses: script.accesses(),
            narrowing,
        }
    }

    fn raw(&self) -> RawCall {
        let origin = Origin { transport: self.transport, peer: Peer::Local };
        let token = format!("a-token-of-{}-for-the-tests", self.principal);
        RawCall {
            restriction: Ok(Restriction { narrowing: self.narrowing.clone(), dry_run: false }),
            ..RawCall::new(self.tool, RawArgs::Object(self.arguments.clone()), bearer(&token), origin)
        }
    }

    fn decide(&self, policy: &PolicySet, write_mode: WriteMode) -> Decision {
        policy.decide(&Request {
            principal: self.principal,
            roles: &self.roles,
            transport: self.transport,
            tool: self.tool,
            capability: self.capability,
            accesses: &self.accesses,
            arguments: Some(&self.arguments),
            write_mode,
            narrowing: &self.narrowing,
            scope: gitoma_core::policy::Scope::everything(),
        })
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.accesses.iter().flat_map(|access| {
            let paths: &[String] = match &access.paths {
                Paths::Named(paths) => paths,
                Paths::None | Paths::Discovered => &[],
            };
            paths.iter().map(String::as_str)
        })
    }

    /// Whether `why` is true of this call under a candidate that reads `reads`, recorded by a policy that read `read`.
    fn bears_out(&self, why: &Undeterminable, reads: &[&str], read: &[&str], code: &str) -> bool {
        let argument = |name: &str| self.arguments.get(name).map_or("null".to_owned(), Value::to_string);
        match why {
            Undeterminable::CallNotRead => code == "unknown_tool",
            Undeterminable::RestrictionIncomplete => {
                let left = self.narrowing.repositories.as_deref().unwrap_or_default();
                left.len() > 32 || left.contains(&secret())
            }
            Undeterminable::AccessesLeftOut => {
                let paths = |access: &Access| match &access.paths {
                    Paths::Named(paths) => paths.len(),
                    Paths::None | Paths::Discovered => 0,
                };
                self.accesses.len() > 16 || self.accesses.iter().any(|access| paths(access) > 32)
            }
            Undeterminable::TextCut => self.texts().any(|text| text.len() > 1_024),
            Undeterminable::AccessRedacted => self.texts().any(|text| text.contains(&secret())),
            Undeterminable::ArgumentNotRecorded(name) => {
                reads.contains(&name.as_str()) && !read.contains(&name.as_str())
            }
            Undeterminable::ArgumentRedacted(name) => {
                reads.contains(&name.as_str()) && argument(name).contains(&secret())
            }
            Undeterminable::ArgumentCut(name) => {
                reads.contains(&name.as_str()) && argument(name).len() > 1_024
            }
            // No entry here lacks what these say is missing.
            _ => false,
        }
    }
}

fn code_of(decision: &Decision) -> &'static str {
    if decision.code.as_str() == "default_deny" { "denied" } else { decision.code.as_str() }
}

fn gateway(state: &std::path::Path, policy: &str, write_mode: WriteMode) -> Gateway {
    let most = std::num::NonZero::new(1_000_000).unwrap();
    let plenty = Rate { per_minute: most, burst: most };
    let mut builder =
        Gateway::builder().audit_directory(state).policy("a.yaml", policy).write_mode(write_mode).limits(
            LimitsConfig { principal: plenty, writes: plenty, origin: plenty, ..LimitsConfig::default() },
        );
    for (name, roles) in PRINCIPALS {
        let token = Secret::new(format!("a-token-of-{name}-for-the-tests"));
        builder = builder.principal(PrincipalConfig::with_token(name, roles, &token));
    }
    for (tool, capability) in TOOLS {
        builder = builder.tool(Told(ToolSpec::new::<Script>(
            tool,
            "Told",
            "Reaches for what it is told",
            capability,
        )));
    }
    builder.build().unwrap()
}

fn entries(directory: &std::path::Path) -> Vec<Entry> {
    Reader::open(directory).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_it_claims_is_what_the_candidate_decides() {
    let mut draw = Draw(7);
    let catalogue = catalogue();
    let load = |text: &str| PolicySet::load(Source { name: "p.yaml", text }, &catalogue).unwrap();
    let mut reasons: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut totals = ReplayTotals::default();
    let mut unreachable = 0;
    for round in 0..24 {
        let text = policy(&mut draw);
        let before = load(&text);
        let write_mode = if round % 3 == 0 { WriteMode::Off } else { WriteMode::On };
        let state = tempfile::tempdir().unwrap();
        let gateway = gateway(state.path(), &text, write_mode);
        let mut made: HashMap<CallId, Made> = HashMap::new();
        for number in 0..60 {
            let call = Made::draw(&mut draw);
            let call_id = if number % 3 == 0 {
                gateway
                    .handle(call.raw())
                    .await
                    .map_or_else(|refusal| refusal.error_id, |reply| reply.call_id)
            } else {
                let judged = gateway.decide(call.raw()).await;
                judged.map_or_else(|refusal| refusal.error_id, |verdict| verdict.call_id)
            };
            made.insert(call_id, call);
        }
        let entries = entries(state.path());
        let candidates = [policy(&mut draw), policy(&mut draw), policy(&mut draw), text.clone()];
        for candidate in candidates.iter().map(|text| load(text)) {
            let replay = Replay::new(&candidate, &catalogue);
            for entry in &entries {
                let replayed = replay.judge(entry);
                totals.count(&replayed);
                let call = made.iter().find(|(id, _)| Some(id.uuid()) == entry.call_id).map(|(_, call)| call);
                let Some(call) = call.filter(|_| entry.kind != Kind::Outcome) else {
                    assert_eq!(replayed, Replayed::NoCall);
                    continue;
                };
                let code = entry.code.as_deref().unwrap();
                let (was, is) = (call.decide(&before, write_mode), call.decide(&candidate, write_mode));
                if code != "unknown_tool" {
                    // Nobody can approve anything here, so what is asked about is denied.
                    let asked = entry.kind == Kind::Refusal && was.effect == gitoma_core::Effect::Ask;
                    let asked = asked && was.enforced;
                    let said = if asked { "denied" } else { code_of(&was) };
                    assert_eq!((said, was.enforced), (code, entry.enforced.unwrap()), "{entry:?}");
                }
                let same = (was.effect, code_of(&was)) == (is.effect, code_of(&is));
                match replayed {
                    Replayed::Unchanged { same: Same::Unreachable } => {
                        assert_eq!((code, is.effect), ("unknown_tool", gitoma_core::Effect::Deny));
                        unreachable += 1;
                    }
                    Replayed::Unchanged { same: how } => {
                        assert!(same, "{code} became {}: {}\n{entry:?}", code_of(&is), candidate.name());
                        match how {
                            Same::Verdict => assert_eq!(was.enforced, is.enforced),
                            Same::AbovePolicy => assert!(["narrowed", "bad_request"].contains(&code)),
                            _ => panic!("{how:?} of {entry:?}"),
                        }
                    }
                    Replayed::Changed { recorded, decision } => {
                        assert!(!same || was.enforced != is.enforced, "{entry:?}");
                        assert_eq!((recorded.effect, recorded.enforced), (was.effect, was.enforced));
                        assert_eq!(*decision, is, "with its rules");
                    }
                    Replayed::Undeterminable { why } => {
                        let reads: Vec<_> = candidate.read_arguments(call.tool).collect();
                        let read: Vec<_> = before.read_arguments(call.tool).collect();
                        assert!(call.bears_out(&why, &reads, &read, code), "{why:?} is not so: {entry:?}");
                        *reasons.entry(why.as_str()).or_default() += 1;
                    }
                    Replayed::NoCall | Replayed::NoVerdict => panic!("{replayed:?} of {entry:?}"),
                }
            }
        }
    }
    for reason in [
        "call_not_read",
        "restriction_incomplete",
        "accesses_left_out",
        "text_cut",
        "access_redacted",
        "argument_not_recorded",
        "argument_redacted",
        "argument_cut",
    ] {
        assert!(reasons.contains_key(reason), "never met: {reason}; {reasons:?}");
    }
    assert!(totals.changed > 500 && totals.unchanged > 500 && totals.enforcement_changed > 50, "{totals:?}");
    assert!(unreachable > 50, "{unreachable}");
    let unread = reasons["call_not_read"];
    assert!(totals.undeterminable - unread < totals.changed + totals.unchanged, "it knows most: {totals:?}");
}

fn load(rules: &str) -> PolicySet {
    let text = format!("version: 1\nglobal:\n  rules:\n{rules}");
    PolicySet::load(Source { name: "p.yaml", text: &text }, &catalogue()).unwrap()
}

/// The replay of one refusal with `fields` against a policy of `rules`.
fn replayed(fields: CallFields, rules: &str) -> Replayed {
    let state = tempfile::tempdir().unwrap();
    let options = LogOptions::new(state.path(), "test");
    let log = Log::open(options).unwrap();
    log.refused_blocking(Refused { call: fields, executed: false }).unwrap();
    let entry = entries(state.path()).pop().unwrap();
    Replay::new(&load(rules), &catalogue()).judge(&entry)
}

fn old_call() -> CallFields {
    CallFields {
        principal: Some("agent".into()),
        tool: Some("look".into()),
        capability: Some(gitoma_audit::Capability::Read),
        accesses: vec![gitoma_audit::Access { repo: Some("web".into()), ..Default::default() }],
        write_mode: Some("off"),
        effect: Some(gitoma_audit::Effect::Deny),
        enforced: Some(true),
        code: Some("denied"),
        ..CallFields::new(uuid::Uuid::now_v7(), "http")
    }
}

const READS: &str = "    - { id: reads, effect: allow, tools: [look] }\n";

#[test]
fn a_log_from_before_found_was_recorded_is_decided_where_it_makes_no_difference() {
    assert!(matches!(replayed(old_call(), READS), Replayed::Changed { .. }));
    let deny = format!("{READS}    - {{ id: no, effect: deny, tools: [look], paths: [\"plans/**\"] }}\n");
    assert_eq!(
        replayed(old_call(), &deny),
        Replayed::Undeterminable { why: Undeterminable::FoundNotRecorded },
        "denied without paths, allowed with paths that are found"
    );
    let all = format!("{READS}    - {{ id: no, effect: deny, tools: [look], paths: [\"**\"] }}\n");
    assert_eq!(replayed(old_call(), &all), Replayed::Unchanged { same: Same::Verdict });
    for (found, same) in [(true, false), (false, true)] {
        let mut call = old_call();
        call.accesses[0].found = Some(found);
        assert_eq!(matches!(replayed(call, &deny), Replayed::Unchanged { .. }), same, "found {found}");
    }
}

#[test]
fn two_ambiguous_accesses_are_not_played_against_each_other() {
    // One is denied without paths and the other with, so both readings of both together are denied, and a mixture is not.
    let rules = "    - { id: reads, effect: allow, tools: [look] }\n\
                 \x20   - { id: a, effect: deny, tools: [look], refs: [one], paths: [\"plans/**\"] }\n\
                 \x20   - { id: b, effect: allow, tools: [look], refs: [two], paths: [\"src/**\"] }\n";
    let mut call = old_call();
    call.accesses[0].reference = Some("one".to_owned());
    call.accesses
        .push(gitoma_audit::Access { reference: Some("two".to_owned()), ..call.accesses[0].clone() });
    assert_eq!(replayed(call, rules), Replayed::Undeterminable { why: Undeterminable::FoundNotRecorded });
}

#[test]
fn what_is_missing_is_said() {
    let incomplete = Replayed::Undeterminable { why: Undeterminable::CallIncomplete };
    let unknown = CallFields { tool: Some("gone".into()), capability: None, ..old_call() };
    assert_eq!(replayed(unknown, READS), incomplete);
    let known = CallFields { capability: None, ..old_call() };
    assert!(matches!(replayed(known, READS), Replayed::Changed { .. }), "the catalogue has its capability");
    assert_eq!(replayed(CallFields { principal: None, ..old_call() }, READS), incomplete);
    let elsewhere = CallFields { transport: "telegraph", ..old_call() };
    assert_eq!(replayed(elsewhere, READS), incomplete);
    let no_mode = |capability| CallFields { write_mode: None, capability: Some(capability), ..old_call() };
    assert_eq!(replayed(no_mode(gitoma_audit::Capability::Write), READS), incomplete);
    assert!(matches!(replayed(no_mode(gitoma_audit::Capability::Read), READS), Replayed::Changed { .. }));
}

/// A call whose caller left itself `repositories` alone, refused for that.
fn narrowed_call(repositories: &[&str], repositories_more: u64) -> CallFields {
    let repositories = Some(repositories.iter().map(|alias| (*alias).to_owned()).collect());
    let restriction = gitoma_audit::Restriction { repositories, repositories_more, ..Default::default() };
    let access = gitoma_audit::Access { repo: Some("web".into()), found: Some(true), ..Default::default() };
    CallFields { restriction, code: Some("narrowed"), accesses: vec![access], ..old_call() }
}

#[test]
fn what_the_caller_gave_up_is_given_up_in_the_replay() {
    let same = Replayed::Unchanged { same: Same::Verdict };
    assert_eq!(replayed(narrowed_call(&["api"], 0), READS), same, "judged, and narrowed");
    assert_eq!(replayed(narrowed_call(&[], 0), READS), same, "none left");
    let write = CallFields {
        restriction: gitoma_audit::Restriction { read_only: true, ..Default::default() },
        capability: Some(gitoma_audit::Capability::Write),
        ..narrowed_call(&[], 0)
    };
    assert_eq!(replayed(write, READS), same);
    // What an entry says is taken at its word: this caller had kept the repository, so it was not narrowed away.
    assert!(matches!(replayed(narrowed_call(&["web"], 0), READS), Replayed::Changed { .. }));
    let allowed = CallFields {
        effect: Some(gitoma_audit::Effect::Allow),
        code: Some("allowed"),
        ..narrowed_call(&["api"], 0)
    };
    let Replayed::Changed { decision, .. } = replayed(allowed, READS) else { panic!("not narrowed") };
    assert_eq!(decision.code.as_str(), "narrowed");
}

#[test]
fn a_restriction_that_is_not_all_there_is_not_guessed() {
    let incomplete = Replayed::Undeterminable { why: Undeterminable::RestrictionIncomplete };
    for call in [narrowed_call(&["web"], 1), narrowed_call(&["web", "team/***"], 0)] {
        assert_eq!(replayed(CallFields { code: Some("denied"), ..call.clone() }, READS), incomplete);
        // That it was narrowed is known, and no policy changes it.
        assert_eq!(replayed(call, READS), Replayed::Unchanged { same: Same::AbovePolicy });
    }
    for code in ["narrowed", "out_of_scope"] {
        let old = CallFields { code: Some(code), ..old_call() };
        assert_eq!(replayed(old, READS), Replayed::Unchanged { same: Same::AbovePolicy });
    }
}

#[test]
fn a_tool_that_was_out_of_reach_is_judged_by_its_name() {
    let refused = |tool: Option<&str>| CallFields {
        tool: tool.map(Arc::from),
        accesses: Vec::new(),
        effect: None,
        enforced: None,
        code: Some("unknown_tool"),
        ..old_call()
    };
    let why = |why| Replayed::Undeterminable { why };
    assert_eq!(replayed(refused(Some("look")), READS), why(Undeterminable::CallNotRead));
    assert_eq!(replayed(refused(None), READS), why(Undeterminable::ToolNotRecorded));
    let other = READS.replace("[look]", "[look_up]");
    assert_eq!(replayed(refused(Some("look")), &other), Replayed::Unchanged { same: Same::Unreachable });
}

#[test]
fn a_refusal_of_confinement_and_a_busy_tool_are_what_they_are() {
    let confined =
        CallFields { enforced: None, code: Some("path_denied"), accesses: Vec::new(), ..old_call() };
    assert_eq!(replayed(confined, READS), Replayed::Unchanged { same: Same::AbovePolicy });
    let allowed = CallFields { effect: Some(gitoma_audit::Effect::Allow), code: Some("busy"), ..old_call() };
    assert_eq!(replayed(allowed, READS), Replayed::Unchanged { same: Same::Verdict });
    let limited = CallFields { effect: None, enforced: None, code: Some("rate_limited"), ..old_call() };
    assert_eq!(replayed(limited, READS), Replayed::NoVerdict);
}

#[tokio::test]
async fn a_real_chain_is_counted_whole() {
    let house = house();
    house.call("look", json!({"path": "src/a"})).await.unwrap();
    house.call("look", json!({"path": "plans/a"})).await.unwrap_err();
    house.call("look", json!({"wrong": 1})).await.unwrap_err();
    house.call("nothing", json!({})).await.unwrap_err();
    house.call("look", json!({"path": "a/../b"})).await.unwrap_err();
    house.gateway.decide(call("look", json!({"path": "ask/a"}))).await.unwrap();
    house.gateway.replace_policy("again.yaml", crate::support::POLICY).await.unwrap();
    let (candidate, catalogue) = (load(READS), catalogue());
    let replay = Replay::new(&candidate, &catalogue);
    let mut totals = ReplayTotals::default();
    for entry in entries(&house.state.path().join("audit")) {
        totals.count(&replay.judge(&entry));
    }
    let expected = json!({
        "unchanged": 2,
        "changed": 2,
        "enforcement_changed": 0,
        "undeterminable": 1,
        "no_verdict": 1,
        "no_call": 5,
    });
    assert_eq!(serde_json::to_value(totals).unwrap(), expected);
}
