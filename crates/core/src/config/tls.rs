//! What TLS is spoken with: the files alone. They are read by the transport that speaks it.

use std::path::PathBuf;

/// The files of a server's certificate. Both are named, or neither.
#[derive(Debug, Clone, Default)]
pub struct TlsSettings {
    /// The certificate and what leads from it to one that clients trust, in PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, in PEM, which nobody but its owner can read.
    pub key: Option<PathBuf>,
}
