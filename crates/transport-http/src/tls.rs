//! TLS on a TCP listener (rustls, TLS 1.2 and 1.3, HTTP/1.1 alone). The certificate and its key are files, which are read again when they
//! change or somebody says so; what cannot be used leaves those before. A handshake is part of the wait for a request's head, and has a
//! connection's place, so that it is limited as everything a client is slow at.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::{Accept, TlsAcceptor, server};

/// How often the files are looked at, and how long they must stay as they are before they are read.
const PERIOD: Duration = Duration::from_secs(1);

/// Why TLS cannot be spoken with what the operator named.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("the {what} of TLS cannot be read")]
    Unreadable {
        /// Which file.
        what: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Others can read the key.
    #[error("others can read the key of TLS; run chmod 600 on its file, and think about a new key")]
    Exposed,
    /// A file does not hold what it should.
    #[error("the {what} of TLS holds none in PEM")]
    Malformed {
        /// Which file.
        what: &'static str,
    },
    /// The key is none for the certificate, or not one that can be used.
    #[error("the certificate and the key of TLS cannot be used together")]
    Unusable(#[source] rustls::Error),
}

/// What TLS is spoken with. Clones share it.
#[derive(Debug, Clone)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: Arc<ArcSwap<ServerConfig>>,
}

fn read(what: &'static str, path: &Path) -> Result<(Vec<u8>, std::fs::Metadata), TlsError> {
    let unreadable = |source| TlsError::Unreadable { what, source };
    let found = std::fs::metadata(path).map_err(unreadable)?;
    if !found.is_file() {
        return Err(unreadable(io::ErrorKind::InvalidInput.into()));
    }
    #[expect(clippy::disallowed_methods, reason = "a file that the operator names, not a repository path")]
    let bytes = std::fs::read(path).map_err(unreadable)?;
    Ok((bytes, found))
}

fn load(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let (text, _) = read("certificate", certificate)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or(TlsError::Malformed { what: "certificate" })?;
    let (text, found) = read("key", key)?;
    let text = zeroize::Zeroizing::new(text);
    if found.mode() & 0o077 != 0 {
        return Err(TlsError::Exposed);
    }
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| TlsError::Malformed { what: "key" })?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// What tells one state of the files from another.
fn stamp(path: &Path) -> Option<(u64, u64, i64, i64)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.ino(), found.len(), found.ctime(), found.ctime_nsec()))
}

impl Tls {
    /// Reads the certificate, with what leads from it to one that clients trust, and its key.
    ///
    /// # Errors
    /// [`TlsError`] if they cannot be read or used, or if others can read the key.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let config = Arc::new(ArcSwap::from_pointee(load(certificate, key)?));
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), config })
    }

    /// Reads the files again, for handshakes from now on.
    ///
    /// # Errors
    /// [`TlsError`]; what was read before then stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.config.store(Arc::new(load(&self.certificate, &self.key)?));
        Ok(())
    }

    /// Follows the files for as long as this is awaited, and reads them again at each `hang_up`.
    pub async fn follow(self, mut hang_up: tokio::signal::unix::Signal) {
        let stamps = || (stamp(&self.certificate), stamp(&self.key));
        let (mut taken, mut last) = (stamps(), stamps());
        loop {
            let told = tokio::select! {
                () = tokio::time::sleep(PERIOD) => false,
                told = hang_up.recv() => told.is_some(),
            };
            let now = stamps();
            let is_settled = std::mem::replace(&mut last, now) == now;
            if !told && (now == taken || !is_settled) {
                continue;
            }
            taken = now;
            match self.reload() {
                Ok(()) => tracing::info!(target: "gitoma::http", "the certificate of TLS was read again"),
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(
                        target: "gitoma::http", %error, cause,
                        "the certificate of TLS was not read again; the one before is used"
                    );
                }
            }
        }
    }

    /// Begins the server's side of a connection.
    pub(crate) fn accept(&self, stream: TcpStream) -> Secured {
        Secured::Greeting(Box::new(TlsAcceptor::from(self.config.load_full()).accept(stream)))
    }
}

/// A connection that TLS is spoken on. Its handshake goes on as somebody reads or writes.
pub(crate) enum Secured {
    Greeting(Box<Accept<TcpStream>>),
    Open(Box<server::TlsStream<TcpStream>>),
    Failed,
}

impl std::fmt::Debug for Secured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Greeting(_) => "Greeting",
            Self::Open(_) => "Open",
            Self::Failed => "Failed",
        })
    }
}

impl Secured {
    fn open(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Pin<&mut server::TlsStream<TcpStream>>>> {
        if let Self::Greeting(greeting) = self {
            match Pin::new(greeting).poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(stream)) => *self = Self::Open(Box::new(stream)),
                Poll::Ready(Err(error)) => {
                    *self = Self::Failed;
                    tracing::debug!(target: "gitoma::http", %error, "a TLS handshake failed");
                    return Poll::Ready(Err(error));
                }
            }
        }
        match self {
            Self::Open(stream) => Poll::Ready(Ok(Pin::new(stream))),
            Self::Greeting(_) | Self::Failed => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
        }
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        std::task::ready!(self.open(context))?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        std::task::ready!(self.open(context))?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.open(context))?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Open(stream) => Pin::new(stream).poll_shutdown(context),
            // Nobody is waited for to whom there is nothing to say.
            Self::Greeting(_) | Self::Failed => Poll::Ready(Ok(())),
        }
    }
}
