//! The sockets a server listens on: TCP, or a file of this machine (`unix:PATH`) that only its owner may open. Over the latter the
//! system says which user calls (`SO_PEERCRED`), so that nobody needs a token.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "tls")]
use crate::tls::{Secured, Tls};
use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// A socket that connections come in on.
#[derive(Debug)]
pub enum Socket {
    /// An address and a port.
    Tcp(TcpListener),
    /// An address and a port, where TLS is spoken.
    #[cfg(feature = "tls")]
    Tls(TcpListener, Tls),
    /// A file of this machine; it goes when the server does.
    Unix(UnixListener, Owned),
}

/// A socket's file, which goes with this.
#[derive(Debug)]
pub struct Owned {
    path: PathBuf,
    /// What tells it from a file that somebody has put in its place.
    inode: u64,
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remote {
    /// From an address.
    Address(SocketAddr),
    /// From a process of this user, over a socket's file.
    User(u32),
    /// Over a socket's file, and the system does not say from whom.
    Nobody,
}

impl Remote {
    /// The address, in its shorter form where IPv6 wraps IPv4; none over a socket's file.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address.ip().to_canonical()),
            Self::User(_) | Self::Nobody => None,
        }
    }
}

impl Socket {
    /// Listens on the file `path` (mode 0600). A socket's file that nobody listens on any more, after a crash, is replaced.
    ///
    /// # Errors
    /// [`io::Error`] if it cannot be, if another process listens there, or if what stands there is no socket.
    pub fn file(path: &Path) -> io::Result<Self> {
        let listener = match bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path)? => {
                remove(path)?;
                bind(path)?
            }
            bound => bound?,
        };
        let inode = metadata(path)?.ino();
        Ok(Self::Unix(listener, Owned { path: path.to_owned(), inode }))
    }

    /// The same socket, where TLS is spoken if it is one of TCP.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn secured(self, tls: &Tls) -> Self {
        match self {
            Self::Tcp(listener) | Self::Tls(listener, _) => Self::Tls(listener, tls.clone()),
            other @ Self::Unix(..) => other,
        }
    }

    /// The address of a TCP socket.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(feature = "tls")]
            Self::Tls(listener, _) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }

    /// Waits for a connection. What fails is tried again, since one client's failure is not the server's.
    pub(crate) async fn accept(&mut self) -> (Stream, Remote) {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = accept(listener).await;
                (Stream::Tcp(stream), Remote::Address(address))
            }
            #[cfg(feature = "tls")]
            Self::Tls(listener, tls) => {
                let (stream, address) = accept(listener).await;
                (Stream::Tls(tls.accept(stream)), Remote::Address(address))
            }
            Self::Unix(listener, _) => {
                let (stream, _) = Listener::accept(listener).await;
                let remote = stream.peer_cred().map_or(Remote::Nobody, |peer| Remote::User(peer.uid()));
                (Stream::Unix(stream), remote)
            }
        }
    }
}

async fn accept(listener: &mut TcpListener) -> (TcpStream, SocketAddr) {
    let (stream, address) = Listener::accept(listener).await;
    // Answers are small and written whole: nothing is gained by holding back their last segment (RFC 896).
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(target: "gitoma::http", %error, "TCP_NODELAY could not be set");
    }
    (stream, address)
}

impl Drop for Owned {
    fn drop(&mut self) {
        if metadata(&self.path).is_ok_and(|metadata| metadata.ino() == self.inode) {
            // It is in nobody's way, and replaced at the next start.
            let _ = remove(&self.path);
        }
    }
}

/// Binds in a folder that nobody else may enter, closes the file to others, and only then links it to its place: nobody connects before
/// it is closed.
fn bind(path: &Path) -> io::Result<UnixListener> {
    if std::fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    let closed = closed_folder(path)?;
    let inside = closed.join("s");
    let listener = UnixListener::bind(&inside);
    let placed = listener.and_then(|listener| {
        std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(0o600))?;
        std::fs::hard_link(&inside, path).map(|()| listener)
    });
    let _ = remove(&inside);
    std::fs::remove_dir(&closed)?;
    placed.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => io::ErrorKind::AddrInUse.into(),
        _ => error,
    })
}

/// A folder beside `path` that nobody else may enter. One that a start that was killed left behind is taken, without what lies in it.
fn closed_folder(path: &Path) -> io::Result<PathBuf> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    match std::fs::DirBuilder::new().mode(0o700).create(&beside) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = metadata(&beside)?;
            let own = found.uid() == rustix::process::geteuid().as_raw();
            if !found.is_dir() || !own || found.mode() & 0o077 != 0 {
                return Err(error);
            }
            match remove(&beside.join("s")) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        made => made?,
    }
    Ok(beside)
}

/// Whether what stands at `path` is a socket of this user that nobody listens on.
fn is_abandoned(path: &Path) -> io::Result<bool> {
    let found = metadata(path)?;
    let own = found.file_type().is_socket() && found.uid() == rustix::process::geteuid().as_raw();
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    Ok(own && std::os::unix::net::UnixStream::connect(path).err().is_some_and(refused))
}

fn metadata(path: &Path) -> io::Result<std::fs::Metadata> {
    std::fs::symlink_metadata(path)
}

#[expect(clippy::disallowed_methods, reason = "a file that the operator names, not a repository path")]
fn remove(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)
}

/// A connection's stream.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Secured),
    Unix(UnixStream),
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(context, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.is_write_vectored(),
            Self::Unix(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests;
