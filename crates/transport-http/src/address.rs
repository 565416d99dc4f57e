//! [`ListenAddress`]: where the server listens. An address that other machines can reach exists only by an explicit opt-in, since
//! bearer tokens would cross the network in clear text.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where the server listens when nothing else is said.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:4310";

/// Why an address is not listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text is not an address with a port.
    #[error("the listen address must be ADDRESS:PORT with a numeric address, such as {DEFAULT_ADDRESS}")]
    Malformed,
    /// Other machines could reach the address.
    #[error(
        "the listen address can be reached from other machines, and bearer tokens would cross the network in clear text; \
         listen on 127.0.0.1 behind a proxy that speaks TLS, or accept the risk with --insecure-bind"
    )]
    Exposed,
}

/// An address that the server may listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddress(SocketAddr);

impl ListenAddress {
    /// Reads `ADDRESS:PORT`; `localhost` stands for 127.0.0.1, and port 0 for any free port. `exposed` is the operator's opt-in to
    /// addresses that are not this machine's own.
    ///
    /// # Errors
    /// [`AddressError`] if the text is no address, or an exposed one without the opt-in.
    pub fn parse(text: &str, exposed: bool) -> Result<Self, AddressError> {
        let address = match text.strip_prefix("localhost:") {
            Some(port) => {
                SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().map_err(|_| AddressError::Malformed)?))
            }
            None => text.parse().map_err(|_| AddressError::Malformed)?,
        };
        let address = Self(address);
        if address.is_exposed() && !exposed { Err(AddressError::Exposed) } else { Ok(address) }
    }

    /// The address for the socket.
    #[must_use]
    pub fn socket(self) -> SocketAddr {
        self.0
    }

    /// Whether other machines can reach it.
    #[must_use]
    pub fn is_exposed(self) -> bool {
        !is_loopback(self.0.ip())
    }
}

/// Whether `address` is this machine's own, also where IPv6 wraps IPv4 (RFC 4291 §2.5.5.2).
fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests;
