//! What HTTP itself refuses, before there is a request that could be routed: two lengths, a length beside chunks, what is no HTTP at all, a target
//! or a head that is too long. The server answers it by a status alone and ends the connection, so it is seen here, as it is written.

use std::sync::Arc;

use crate::socket::Remote;

/// Told of each such refusal: of whom, and the code that it counts under.
#[derive(Clone)]
pub(crate) struct Report(Arc<dyn Fn(Remote, &'static str) + Send + Sync>);

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Report")
    }
}

impl Report {
    pub(crate) fn new(tell: impl Fn(Remote, &'static str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells if `written` is the head of such a refusal.
    pub(super) fn look(&self, remote: Remote, written: &[u8]) {
        if let Some(code) = code(written) {
            (self.0)(remote, code);
        }
    }
}

/// A header of every answer that comes from a route.
const OWN: &[u8] = b"\r\nx-content-type-options:";

/// The code of a refusal whose head is `written`, if it is one of the protocol's.
fn code(written: &[u8]) -> Option<&'static str> {
    let status = written.strip_prefix(b"HTTP/1.1 4")?.first_chunk()?;
    let code = match status {
        b"00" => "malformed",
        b"14" | b"31" => "too_large",
        _ => return None,
    };
    (!written.windows(OWN.len()).any(|part| part.eq_ignore_ascii_case(OWN))).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_heads_that_no_route_has_written_are_told() {
        for (written, told) in [
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", Some("malformed")),
            ("HTTP/1.1 431 Request Header Fields Too Large\r\n\r\n", Some("too_large")),
            ("HTTP/1.1 414 URI Too Long\r\n\r\n", Some("too_large")),
            ("HTTP/1.1 400 Bad Request\r\nX-Content-Type-Options: nosniff\r\n\r\n", None),
            ("HTTP/1.1 404 Not Found\r\n\r\n", None),
            ("HTTP/1.1 4", None),
            ("", None),
        ] {
            assert_eq!(code(written.as_bytes()), told, "{written}");
        }
    }
}
