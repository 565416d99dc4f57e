//! Policy for Gitoma: YAML to a compiled policy set to a decision.
//!
//! A policy is a page of rules. *Denied unless allowed; the strictest matching rule wins, global or repository; order
//! never matters.* This crate reads such a page strictly, compiles it once, and then answers two questions about a
//! call: what is decided ([`PolicySet::decide`], in about a microsecond) and why ([`PolicySet::explain`]).
//!
//! ```
//! use gitoma_policy::{Access, Capability, Catalogue, Code, Narrowing, Paths, PolicySet, Request, Scope, Source, Transport, WriteMode};
//!
//! let text = "
//! version: 1
//! global:
//!   rules:
//!     - id: read-sources
//!       effect: allow
//!       tools: [repo_read_file]
//!       paths: [\"src/**\"]
//! ";
//! let policy = PolicySet::load(Source { name: "policy.yaml", text }, &Catalogue::built_in())?;
//! let access = Access { paths: Paths::Named(vec!["src/main.rs".into()]), ..Access::repository("acme/web") };
//! let decision = policy.decide(&Request {
//!     principal: "agent",
//!     roles: &[],
//!     transport: Transport::Mcp,
//!     tool: "repo_read_file",
//!     capability: Capability::Read,
//!     accesses: &[access],
//!     arguments: None,
//!     write_mode: WriteMode::Off,
//!     narrowing: &Narrowing::default(),
//!     scope: Scope::everything(),
//! });
//! assert_eq!(decision.code, Code::Allowed);
//! assert_eq!((&*decision.reasons[0].rule, decision.reasons[0].line), ("read-sources", 5));
//! # Ok::<(), gitoma_policy::LoadError>(())
//! ```
//!
//! It is no expression language and no general engine. It does no I/O: callers hand it text, and nothing here opens a
//! file, resolves a link, keeps a clock or knows a tool's code. The language is described in docs/policy.md.

mod argument;
mod canonical;
mod catalogue;
mod compile;
mod decide;
pub mod denylist;
pub mod diff;
mod digest;
mod document;
mod error;
mod example;
mod explain;
mod fold;
mod format;
mod glob;
mod hash;
pub mod lint;
mod model;
mod name;
mod normal;
mod reads;
pub mod reference;
mod rule;
mod schema;
mod scope;
mod set;
mod spelling;
pub mod suite;
mod who_can;
pub mod yaml;

pub use catalogue::{Catalogue, Reach};
pub use diff::diff;
pub use digest::{Digest, HexDigest};
pub use error::{Fault, LoadError};
pub use explain::{Explanation, Gate, Miss};
pub use format::{FormatError, format};
pub use lint::check;
pub use model::{
    Access, Capability, Code, Decision, Effect, Enforcement, Narrowing, Obligation, Paths, Reason, Request,
    Subject, Transport, WriteMode,
};
pub use rule::Dimension;
pub use schema::{SCHEMA, SUITE_SCHEMA};
pub use scope::{Scope, ScopeError};
pub use set::{BUILT_IN, PolicySet, RedactAllowance, RedactBlock, RedactName, RedactPattern, Source};
pub use suite::Suite;
pub use who_can::{Bearing, Condition, Holder, OwnedSubject, WhoCan};
