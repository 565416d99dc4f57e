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

/// What an engine stands for in the comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Gitoma, and what is there to judge it by.
    Own,
    /// Somebody else's engine, used as it is meant to be; the bars speak of these.
    Peer,
    /// Somebody else's engine behind an index by tool that the host writes and keeps right by itself.
    Indexed,
}

/// An engine of the bench: its name, and how it is loaded.
pub struct Kind {
    /// The name on the command line.
    pub name: &'static str,
    /// The name in the tables.
    pub title: &'static str,
    pub standing: Standing,
    /// Writes the policy in the engine's own form, which is not timed, and answers with the work that is.
    pub prepare: fn(&Policy) -> anyhow::Result<Load>,
}

/// The timed part of loading; it may run more than once.
pub type Load = Box<dyn Fn() -> anyhow::Result<Box<dyn Engine>>>;

/// All engines, in the order of the tables.
pub const ALL: [Kind; 9] = [
    Kind {
        name: "floor",
        title: "floor: plain Rust, verdict only",
        standing: Standing::Own,
        prepare: floor::prepare,
    },
    Kind {
        name: "gitoma",
        title: "Gitoma, full decision",
        standing: Standing::Own,
        prepare: gitoma::prepare,
    },
    Kind { name: "naive", title: "naive reference", standing: Standing::Own, prepare: naive::prepare },
    Kind {
        name: "cedar",
        title: "cedar-policy, sliced by repository",
        standing: Standing::Peer,
        prepare: cedar::prepare_sliced,
    },
    Kind {
        name: "cedar-indexed",
        title: "cedar-policy, indexed by tool by hand",
        standing: Standing::Indexed,
        prepare: cedar::prepare_indexed,
    },
    Kind {
        name: "regorus",
        title: "regorus, virtual machine",
        standing: Standing::Peer,
        prepare: regorus::prepare_machine,
    },
    Kind {
        name: "regorus-indexed",
        title: "regorus, virtual machine, indexed by tool by hand",
        standing: Standing::Indexed,
        prepare: regorus::prepare_indexed,
    },
    Kind {
        name: "regorus-interpreter",
        title: "regorus, CompiledPolicy",
        standing: Standing::Peer,
        prepare: regorus::prepare_interpreter,
    },
    Kind {
        name: "casbin",
        title: "casbin, enforcer per repository, verdict only",
        standing: Standing::Peer,
        prepare: casbin::prepare,
    },
];
