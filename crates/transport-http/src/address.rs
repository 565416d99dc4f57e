//! [`ListenAddress`]: where the server listens. An address that other machines can reach exists only by an explicit opt-in, since
//! bearer tokens would cross the network in clear text.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tokio::net::TcpListener;

use crate::socket::Socket;

/// Where the server listens when nothing else is said.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:4310";

/// Why an address is not listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text is not an address with a port.
    #[error(
        "the listen address must be ADDRESS:PORT with a numeric address, such as {DEFAULT_ADDRESS}, or unix:/PATH"
    )]
    Malformed,
    /// Other machines could reach the address.
    #[error(
        "the listen address can be reached from other machines, and bearer tokens would cross the network in clear text; \
         give the server a certificate with --tls-cert, or listen on 127.0.0.1 behind a proxy that speaks TLS, or accept the risk with --insecure-bind"
    )]
    Exposed,
}

/// A place that the server may listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    /// An address and a port.
    Tcp(SocketAddr),
    /// A socket's file of this machine.
    File(PathBuf),
}

impl ListenAddress {
    /// Reads `ADDRESS:PORT`; `localhost` stands for 127.0.0.1, and port 0 for any free port. Or `unix:PATH`, with an absolute path.
    /// `exposed` is the operator's opt-in to addresses that are not this machine's own.
    ///
    /// # Errors
    /// [`AddressError`] if the text is no address, or an exposed one without the opt-in.
    pub fn parse(text: &str, exposed: bool) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() { Ok(Self::File(path)) } else { Err(AddressError::Malformed) };
        }
        let address = match text.strip_prefix("localhost:") {
            Some(port) => {
                SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().map_err(|_| AddressError::Malformed)?))
            }
            None => text.parse().map_err(|_| AddressError::Malformed)?,
        };
        let address = Self::Tcp(address);
        if address.is_exposed() && !exposed { Err(AddressError::Exposed) } else { Ok(address) }
    }

    /// Whether other machines can reach it.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        match self {
            Self::Tcp(address) => !is_loopback(address.ip()),
            Self::File(_) => false,
        }
    }

    /// Listens there.
    ///
    /// # Errors
    /// [`std::io::Error`] if it cannot be, or if somebody else does.
    pub async fn bind(&self) -> std::io::Result<Socket> {
        match self {
            Self::Tcp(address) => TcpListener::bind(address).await.map(Socket::Tcp),
            Self::File(path) => Socket::file(path),
        }
    }
}

/// Whether `address` is this machine's own, also where IPv6 wraps IPv4 (RFC 4291 §2.5.5.2).
fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests;
