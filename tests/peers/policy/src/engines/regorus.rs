//! regorus, the Rust engine for Rego. The policy is one module, `policy.rego`, and the rules are its data: repositories
//! are keyed by name, which is the look-up that Rego has. The global rules are a list or, indexed by hand, lists by tool.
//! Run by its virtual machine and by its interpreter; the request is built as a value, not as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{CompiledPolicy, PolicyModule, Value, compile_policy_with_entrypoint};

use super::{Answer, Engine, Load};
use crate::workload::{Call, Effect, Pattern, Policy, READ_TOOLS, Rule, WRITE_TOOLS};

const ENTRY: &str = "data.gitoma.decision";

enum Evaluator {
    Machine(Box<RegoVM>),
    Interpreter(CompiledPolicy),
}

struct Regorus {
    evaluator: Evaluator,
    /// The names of the input's fields, so that a request copies none of them.
    names: [Value; 6],
}

pub fn prepare_machine(policy: &Policy) -> anyhow::Result<Load> {
    Ok(prepare(policy, false, machine))
}

pub fn prepare_indexed(policy: &Policy) -> anyhow::Result<Load> {
    Ok(prepare(policy, true, machine))
}

pub fn prepare_interpreter(policy: &Policy) -> anyhow::Result<Load> {
    Ok(prepare(policy, false, |policy, _| Ok(Evaluator::Interpreter(policy))))
}

fn machine(policy: CompiledPolicy, data: Value) -> anyhow::Result<Evaluator> {
    let mut machine = RegoVM::new();
    machine.load_program(Compiler::compile_from_policy(&policy, &[ENTRY])?);
    machine.set_data(data)?;
    Ok(Evaluator::Machine(Box::new(machine)))
}

fn prepare(
    policy: &Policy,
    indexed: bool,
    evaluator: impl Fn(CompiledPolicy, Value) -> anyhow::Result<Evaluator> + 'static,
) -> Load {
    let module = include_str!("policy.rego").replace("__INDEX__", if indexed { "[input.tool]" } else { "" });
    let json: Rc<str> = json(policy, indexed).into();
    Box::new(move || {
        let data = Value::from_json_str(&json)?;
        let modules = [PolicyModule { id: "policy.rego".into(), content: module.as_str().into() }];
        let policy = compile_policy_with_entrypoint(data.clone(), &modules, ENTRY.into())?;
        let names = ["tool", "principal", "repository", "writes", "write_mode", "paths"].map(Value::from);
        Ok(Box::new(Regorus { evaluator: evaluator(policy, data)?, names }))
    })
}

/// The rules as the data that the module reads.
fn json(policy: &Policy, indexed: bool) -> String {
    let mut text = String::from("{\"global\":");
    let list = |rules: &[&Rule]| {
        format!("[{}]", rules.iter().map(|rule| write_rule(rule)).collect::<Vec<_>>().join(","))
    };
    let scope = |rules: &[Rule], effect: Effect| {
        list(&rules.iter().filter(|rule| rule.effect == effect).collect::<Vec<_>>())
    };
    let by_tool = |effect: Effect| {
        let tools = READ_TOOLS.into_iter().chain(WRITE_TOOLS).map(|tool| {
            let rules =
                policy.global.iter().filter(|rule| rule.effect == effect && tools_of(rule).contains(&tool));
            format!("\"{tool}\":{}", list(&rules.collect::<Vec<_>>()))
        });
        format!("{{{}}}", tools.collect::<Vec<_>>().join(","))
    };
    let global = |effect| if indexed { by_tool(effect) } else { scope(&policy.global, effect) };
    let _ = write!(text, "{{\"deny\":{},\"allow\":{}}}", global(Effect::Deny), global(Effect::Allow));
    text.push_str(",\"repositories\":{");
    for (at, entry) in policy.repositories.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let (deny, allow) = (scope(&entry.rules, Effect::Deny), scope(&entry.rules, Effect::Allow));
        let write = entry.write;
        let _ =
            write!(text, "{comma}\"{}\":{{\"write\":{write},\"deny\":{deny},\"allow\":{allow}}}", entry.name);
    }
    text.push_str("}}");
    text
}

fn tools_of(rule: &Rule) -> Vec<&'static str> {
    match (&*rule.tools, rule.effect, rule.writes) {
        ([], Effect::Deny, _) => READ_TOOLS.into_iter().chain(WRITE_TOOLS).collect(),
        ([], Effect::Allow, false) => READ_TOOLS.into(),
        ([], Effect::Allow, true) => WRITE_TOOLS.into(),
        (named, ..) => named.into(),
    }
}

fn write_rule(rule: &Rule) -> String {
    let object = |names: &[&str]| {
        format!("{{{}}}", names.iter().map(|name| format!("\"{name}\":true")).collect::<Vec<_>>().join(","))
    };
    let mut text = format!("{{\"id\":\"{}\",\"tools\":{}", rule.id, object(&tools_of(rule)));
    if rule.principals.is_empty() {
        text.push_str(",\"everyone\":true");
    } else {
        let _ = write!(text, ",\"principals\":{}", object(&rule.principals));
    }
    let (mut paths, mut names) = (Vec::new(), Vec::new());
    for pattern in &rule.paths {
        let (start, end) = match pattern {
            Pattern::Under(directory) => (format!("/{directory}/"), String::new()),
            Pattern::Extension(extension) => (String::new(), format!(".{extension}/")),
            Pattern::UnderWithExtension(directory, extension) => {
                (format!("/{directory}/"), format!(".{extension}/"))
            }
            Pattern::Exact(path) => (format!("/{path}/"), format!("/{path}/")),
            Pattern::Anywhere(name) => {
                names.push(format!("\"/{name}/\""));
                continue;
            }
        };
        paths.push(format!("{{\"start\":\"{start}\",\"end\":\"{end}\"}}"));
    }
    if rule.paths.is_empty() {
        text.push_str(",\"everywhere\":true");
    }
    if !paths.is_empty() {
        let _ = write!(text, ",\"paths\":[{}]", paths.join(","));
    }
    if !names.is_empty() {
        let _ = write!(text, ",\"names\":[{}]", names.join(","));
    }
    text.push('}');
    text
}

impl Regorus {
    fn input(&self, call: &Call) -> Value {
        let paths: Vec<Value> = call.paths.iter().map(|path| Value::from(format!("/{path}/"))).collect();
        let values = [
            Value::from(call.tool),
            Value::from(call.principal),
            Value::from(call.repository.as_str()),
            Value::from(call.writes),
            Value::from(call.write_mode),
            Value::from(paths),
        ];
        Value::from(self.names.iter().cloned().zip(values).collect::<BTreeMap<_, _>>())
    }

    fn evaluate(&mut self, call: &Call) -> anyhow::Result<Value> {
        let input = self.input(call);
        match &mut self.evaluator {
            Evaluator::Machine(machine) => {
                machine.set_input(input);
                Ok(machine.execute()?)
            }
            Evaluator::Interpreter(policy) => policy.eval_with_input(input),
        }
    }
}

impl Engine for Regorus {
    fn decide(&mut self, call: &Call) -> bool {
        let decision = black_box(self.evaluate(call));
        decision.is_ok_and(|decision| decision["allow"] == Value::from(true))
    }

    fn answer(&mut self, call: &Call) -> Answer {
        let decision = match self.evaluate(call) {
            Ok(decision) => decision,
            Err(error) => {
                return Answer { allowed: false, code: Some("error"), rules: Some(vec![error.to_string()]) };
            }
        };
        let code = decision["code"].as_string().map(Arc::clone).unwrap_or_default();
        let known = ["allowed", "denied", "default_deny", "write_mode_off", "repository_not_whitelisted"];
        let code = known.into_iter().find(|known| **known == *code).unwrap_or("error");
        let rules = decision["rules"].as_set().map_or_else(
            |_| Vec::new(),
            |rules| rules.iter().filter_map(|rule| rule.as_string().ok().map(ToString::to_string)).collect(),
        );
        Answer { allowed: decision["allow"] == Value::from(true), code: Some(code), rules: Some(rules) }
    }
}
