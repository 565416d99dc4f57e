//! The engines, behind one trait: each reads the policy in its own form and decides the calls of the workload.

pub mod casbin;
pub mod cedar;
pub mod floor;
pub mod gitoma;
pub mod naive;
pub mod regorus;

use crate::workload::{Call, Policy};

/// What an engine says of a call, as far as it says it.
#[derive(Debug)]
pub struct Answer {
    pub allowed: bool,
    /// Gitoma's name for the verdict, from engines that tell a closed gate from a rule.
    pub code: Option<&'static str>,
    /// The ids of deciding rules, from engines that name them.
    pub rules: Option<Vec<String>>,
}

/// An engine with a policy loaded.
pub trait Engine {
    /// Decides a call as a service would: builds the request, asks, takes the answer with all that the engine puts into
    /// it, and drops both. This is what is timed.
    fn decide(&mut self, call: &Call) -> bool;

    /// Decides a call and spells the answer out, for the comparison with the reference.
    fn answer(&mut self, call: &Call) -> Answer;
}

/// An engine of the bench: its name, and how it is loaded.
pub struct Kind {
    /// The name on the command line.
    pub name: &'static str,
    /// The name in the tables.
    pub title: &'static str,
    /// Whether it is somebody else's engine, which the bars speak of.
    pub peer: bool,
    /// Writes the policy in the engine's own form, which is not timed, and answers with the work that is.
    pub prepare: fn(&Policy) -> anyhow::Result<Load>,
}

/// The timed part of loading; it may run more than once.
pub type Load = Box<dyn Fn() -> anyhow::Result<Box<dyn Engine>>>;

/// All engines, in the order of the tables.
pub const ALL: [Kind; 9] = [
    Kind { name: "floor", title: "floor: plain Rust, verdict only", peer: false, prepare: floor::prepare },
    Kind { name: "gitoma", title: "Gitoma, full decision", peer: false, prepare: gitoma::prepare },
    Kind { name: "naive", title: "naive reference", peer: false, prepare: naive::prepare },
    Kind {
        name: "cedar",
        title: "cedar-policy, sliced by repository",
        peer: true,
        prepare: cedar::prepare_sliced,
    },
    Kind {
        name: "cedar-indexed",
        title: "cedar-policy, indexed by tool by hand",
        peer: true,
        prepare: cedar::prepare_indexed,
    },
    Kind {
        name: "regorus",
        title: "regorus, virtual machine",
        peer: true,
        prepare: regorus::prepare_machine,
    },
    Kind {
        name: "regorus-indexed",
        title: "regorus, virtual machine, indexed by tool by hand",
        peer: true,
        prepare: regorus::prepare_indexed,
    },
    Kind {
        name: "regorus-interpreter",
        title: "regorus, CompiledPolicy",
        peer: true,
        prepare: regorus::prepare_interpreter,
    },
    Kind {
        name: "casbin",
        title: "casbin, enforcer per repository, verdict only",
        peer: true,
        prepare: casbin::prepare,
    },
];
