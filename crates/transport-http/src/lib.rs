//! The HTTP adapter of Gitoma: it extracts a call from a request, hands it to [`gitoma_core::Gateway`] and renders the answer.
//!
//! [`serve`] runs the whole server over a bound listener: the endpoints, the checks that only HTTP needs (which host and origin a
//! request names, how large and how slow it may be), and a graceful end. Authentication, limits and policy are the gateway's; no
//! line here looks at them. TLS is there with the feature `tls`; without it
//! [`ListenAddress`] keeps the listener on this machine unless the operator insists.
//!
//! The page `docs/http.md` is the interface as callers see it.

mod address;
mod allowance;
mod approvals;
mod audit;
mod body;
mod caller;
mod calls;
mod cockpit;
mod codes;
mod connection;
mod crowd;
mod entrance;
mod error;
mod following;
mod forwarded;
mod host;
mod me;
mod mounted;
mod openapi;
mod origin;
mod probes;
mod problem;
mod query;
mod reply;
mod router;
mod routes;
mod server;
mod shared;
mod socket;
mod steering;
#[cfg(feature = "tls")]
mod tls;
mod validator;

pub use address::{AddressError, DEFAULT_ADDRESS, ListenAddress};
pub use forwarded::{ProxyError, TrustedProxies};
pub use host::{AllowedHosts, HostError};
pub use mounted::{Mounted, Sender};
pub use origin::{OriginError, Origins};
pub use server::{Serving, Site, serve, serve_with};
pub use socket::{Owned, Remote, Socket};
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError};
