//! [`Names`]: under which names the server answers, and pages of which origins it takes requests from: its own alone. A page that a browser
//! was led to by a rebound DNS name carries that name in both headers (DNS rebinding; RUSTSEC-2026-0189).

use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// The names of a server, each with its port.
#[derive(Debug)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// The names of this machine, and the bound address, with the bound port.
    pub(super) fn of(bound: SocketAddr) -> Self {
        let port = bound.port();
        let mut names: Vec<_> =
            ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}")).to_vec();
        names.push(bound.to_string());
        // A client leaves the usual port out.
        if port == 80 {
            names.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        Self(names)
    }

    /// Whether `request` names this server: by one `Host`, and by nothing else in its target (RFC 9112 §3.2).
    pub(super) fn are_named_by(&self, request: &Request) -> bool {
        let mut values = request.headers().get_all(HOST).iter();
        let (Some(host), None) = (values.next(), values.next()) else { return false };
        let target = request.uri().authority().map(|authority| authority.as_str());
        host.to_str().is_ok_and(|host| self.have(host) && target.is_none_or(|target| target == host))
    }

    /// Whether a request with `headers` comes from no page, or from one that this server has served.
    pub(super) fn may_ask(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(ORIGIN).iter();
        match (values.next(), values.next()) {
            (None, _) => true,
            (Some(origin), None) => {
                let origin = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
                origin.is_some_and(|origin| self.have(origin))
            }
            (Some(_), Some(_)) => false,
        }
    }

    fn have(&self, name: &str) -> bool {
        self.0.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}
