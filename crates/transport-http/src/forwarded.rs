//! Which address a request comes from, where proxies stand between. Without configured ones, it is the socket's, whatever a header says:
//! every caller can write `X-Forwarded-For`. Behind a configured one the list is read from the right, since each proxy appends what it saw,
//! past those that are configured too; the first other address is the caller's. Everything left of it is the caller's own words.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};
use gitoma_core::Peer;
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How many addresses are looked at.
const HOPS: usize = 16;

/// The proxies whose word counts.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

/// A configured proxy is no address and no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`trusted_proxies` (or GITOMA_TRUSTED_PROXIES) must be addresses or networks such as 10.0.0.0/8, and not everybody's"
)]
pub struct ProxyError;

impl TrustedProxies {
    /// Reads addresses and networks in CIDR notation (RFC 4632).
    ///
    /// # Errors
    /// [`ProxyError`] for anything else, and for a network that holds every address: then anybody's word would count.
    pub fn new(configured: &[String]) -> Result<Self, ProxyError> {
        let networks = configured.iter().map(|text| {
            let network = match text.parse::<IpAddr>() {
                Ok(address) => IpNet::from(address.to_canonical()),
                Err(_) => text.parse::<IpNet>().map_err(|_| ProxyError)?,
            };
            let network = canonical(network.trunc());
            if network.prefix_len() == 0 { Err(ProxyError) } else { Ok(network) }
        });
        Ok(Self(networks.collect::<Result<_, _>>()?))
    }

    fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who calls, for a request with `headers` that came over a socket from `peer`.
    pub(crate) fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Peer {
        if !self.has(peer) {
            return Peer::Address(peer);
        }
        // Several headers are one list (RFC 9110 §5.3), in their order.
        let values: Vec<_> = headers.get_all(&FORWARDED_FOR).iter().collect();
        let hops = values.iter().rev().flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops.take(HOPS) {
            // Where nobody knows what stands there, the proxy is all that is known.
            let Some(address) = std::str::from_utf8(hop).ok().and_then(address) else { break };
            if !self.has(address) {
                return Peer::Forwarded(address);
            }
        }
        Peer::Forwarded(peer)
    }
}

/// The network in its shorter form where IPv6 wraps IPv4 (RFC 4291 §2.5.5.2), as addresses are compared.
fn canonical(network: IpNet) -> IpNet {
    let wrapped = match network {
        IpNet::V6(network) => network.addr().to_ipv4_mapped().zip(network.prefix_len().checked_sub(96)),
        IpNet::V4(_) => None,
    };
    wrapped.and_then(|(address, prefix)| IpNet::new(address.into(), prefix).ok()).unwrap_or(network)
}

/// An address as proxies write it: bare, in brackets, with a port, with a zone, or quoted.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches([' ', '\t']);
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        // A port follows an IPv4 address alone; of IPv6 it would be part.
        None => match text.split_once(':') {
            Some((before, port)) if !port.contains(':') => before,
            _ => text,
        },
    };
    let unzoned = bare.split_once('%').map_or(bare, |(address, _zone)| address);
    unzoned.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Who limits are charged to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallerAddress(pub(crate) Peer);

#[cfg(test)]
mod tests;
