//! [`Caller`]: for whom a request asks, from where, and what it gives up besides what its metadata says. Nothing is verified here; the
//! gateway does that.

use gitoma_core::{BadRestriction, Credential, Origin, Peer, RawArgs, RawCall, Restriction, Transport};
use serde_json::{Map, Value};

use crate::restriction::{self, Given};

/// The sender of requests.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) credential: Credential,
    pub(crate) peer: Peer,
    /// What the headers of a request give up, where it has headers.
    pub(crate) headers: Result<Restriction, BadRestriction>,
}

impl Caller {
    /// Who sends with `credential` from `peer`.
    pub(crate) fn new(credential: Credential, peer: Peer) -> Self {
        Self { credential, peer, headers: Ok(Restriction::default()) }
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin { transport: Transport::Mcp, peer: self.peer }
    }

    /// The call of `tool` by this caller.
    pub(crate) fn call(&self, tool: impl Into<String>, arguments: RawArgs) -> RawCall {
        RawCall::new(tool, arguments, self.credential.clone(), self.origin())
    }

    /// What a request with the metadata `meta` gives up.
    pub(crate) fn gives_up(&self, meta: &Map<String, Value>) -> Given {
        restriction::of(&self.headers, meta)
    }
}
