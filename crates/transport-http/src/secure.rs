//! What TLS the binary speaks, by flags and settings. Without the feature `tls` it speaks none, and refuses to start where it should.

use std::io;
use std::path::PathBuf;

use gitoma_core::config::TlsSettings;
use gitoma_http::Socket;

use crate::Arguments;

/// Why TLS cannot be spoken as the operator wants it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecureError {
    /// One of the two files is not named.
    #[error("TLS needs a certificate and its key: name both, or neither")]
    Half,
    /// The program was built without TLS.
    #[cfg(not(feature = "tls"))]
    #[error("this gitoma-http was built without TLS; build it with --features tls")]
    NotBuilt,
    /// The files cannot be used.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Unusable(#[from] gitoma_http::TlsError),
}

/// What TLS is spoken with.
pub(crate) struct Secure {
    #[cfg(feature = "tls")]
    tls: gitoma_http::Tls,
    #[cfg(not(feature = "tls"))]
    never: std::convert::Infallible,
}

/// The certificate's file and the key's, if TLS is to be spoken.
fn files(arguments: &Arguments, settings: &TlsSettings) -> Result<Option<(PathBuf, PathBuf)>, SecureError> {
    let certificate = arguments.tls_cert.as_ref().or(settings.certificate.as_ref());
    match (certificate, arguments.tls_key.as_ref().or(settings.key.as_ref())) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some((certificate.clone(), key.clone()))),
        _ => Err(SecureError::Half),
    }
}

#[cfg(feature = "tls")]
impl Secure {
    pub(crate) fn of(arguments: &Arguments, settings: &TlsSettings) -> Result<Option<Self>, SecureError> {
        let Some((certificate, key)) = files(arguments, settings)? else { return Ok(None) };
        Ok(Some(Self { tls: gitoma_http::Tls::load(&certificate, &key)? }))
    }

    pub(crate) fn secure(&self, socket: Socket) -> Socket {
        socket.secured(&self.tls)
    }

    /// Follows the files from now on.
    pub(crate) fn follow(&self) -> io::Result<()> {
        let hang_up = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
        tokio::spawn(self.tls.clone().follow(hang_up));
        Ok(())
    }
}

#[cfg(not(feature = "tls"))]
impl Secure {
    pub(crate) fn of(arguments: &Arguments, settings: &TlsSettings) -> Result<Option<Self>, SecureError> {
        match files(arguments, settings)? {
            Some(_) => Err(SecureError::NotBuilt),
            None => Ok(None),
        }
    }

    pub(crate) fn secure(&self, _socket: Socket) -> Socket {
        match self.never {}
    }

    pub(crate) fn follow(&self) -> io::Result<()> {
        match self.never {}
    }
}
