//! [`AllowedHosts`]: the names under which this server answers. A page that a browser was tricked into loading from a rebound DNS
//! name carries that name in `Host`, so a server that answers only to its own names cannot be reached by it (DNS rebinding).

use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::header::HOST;

/// Why a configured host name is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// An entry is not `NAME` or `NAME:PORT`.
    #[error(
        "an allowed host must be NAME or NAME:PORT, where NAME is a host name, an IPv4 address or an IPv6 address in brackets"
    )]
    Malformed,
}

/// A host with the port it was named with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    name: String,
    port: Option<u16>,
}

impl Authority {
    /// Reads `NAME[:PORT]` (RFC 9110 §7.2), folding letters. User information is no part of it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
            Some(_) | None => (text, None),
        };
        let port = match port {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
            None => None,
        };
        let good = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => {
                (1..=253).contains(&name.len())
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
            }
        };
        good.then(|| Self { name: name.to_ascii_lowercase(), port })
    }

    fn effective_port(&self, usual: u16) -> u16 {
        self.port.unwrap_or(usual)
    }
}

/// The names under which a server answers.
#[derive(Debug, Clone)]
pub struct AllowedHosts {
    /// With this very port, or with any over a socket's file.
    own: Vec<String>,
    port: Option<u16>,
    /// The port of a request that names none: that of the scheme (RFC 9110 §4.2).
    usual: u16,
    /// As configured: with a port that port alone, without one any.
    configured: Vec<Authority>,
}

impl AllowedHosts {
    /// The loopback names and the bound address itself, with the bound port (over a socket's file with any); and what the operator added as `NAME` (any port) or
    /// `NAME:PORT`.
    ///
    /// # Errors
    /// [`HostError`] if an added entry is not of that shape.
    pub fn new(bound: Option<SocketAddr>, added: &[String]) -> Result<Self, HostError> {
        let configured = added
            .iter()
            .map(|text| Authority::parse(text).ok_or(HostError::Malformed))
            .collect::<Result<_, _>>()?;
        let mut own = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned()];
        own.extend(bound.filter(|bound| !bound.ip().is_unspecified()).map(|bound| match bound {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        }));
        Ok(Self { own, port: bound.map(|bound| bound.port()), usual: 80, configured })
    }

    /// The same names where TLS is spoken.
    #[must_use]
    pub fn secured(self) -> Self {
        Self { usual: 443, ..self }
    }

    /// Whether the request names this server.
    pub(crate) fn are_named_by(&self, request: &Request) -> bool {
        named_host(request).is_some_and(|host| self.allows(&host))
    }

    fn allows(&self, host: &Authority) -> bool {
        let named = host.effective_port(self.usual);
        let own = self.own.contains(&host.name) && self.port.is_none_or(|port| port == named);
        let configured =
            |allowed: &Authority| allowed.name == host.name && allowed.port.is_none_or(|port| port == named);
        own || self.configured.iter().any(configured)
    }
}

/// The one `Host` of a request, if it has exactly one, and its request target names no other (RFC 9112 §3.2).
pub(crate) fn named_host(request: &Request) -> Option<Authority> {
    let mut values = request.headers().get_all(HOST).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let host = Authority::parse(value.to_str().ok()?)?;
    match request.uri().authority() {
        Some(target) if Authority::parse(target.as_str()).as_ref() != Some(&host) => None,
        Some(_) | None => Some(host),
    }
}

#[cfg(test)]
mod tests;
