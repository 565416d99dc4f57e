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

/// More than the head of such a refusal has.
const LONGEST: usize = 256;

/// The code of a refusal with which `written` ends, if it is one of the protocol's: a head alone, of a few headers, behind which the connection ends.
/// An answer of a route has many more, and what a body may hold that an attacker has chosen is JSON, in which no line ends like that; but a body in
/// chunks ends with an empty one.
fn code(written: &[u8]) -> Option<&'static str> {
    if !written.ends_with(b"\r\n\r\n") || written.ends_with(b"\r\n0\r\n\r\n") {
        return None;
    }
    let end = written.len().saturating_sub(LONGEST);
    let head = written.get(end..)?;
    let begin = head.windows(8).rposition(|part| part == b"HTTP/1.1" || part == b"HTTP/1.0")?;
    match head.get(begin..)?.get(8..12)? {
        b" 400" => Some("malformed"),
        b" 414" | b" 431" => Some("too_large"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_heads_that_no_route_has_written_are_told() {
        let long = format!(
            "HTTP/1.1 400 Bad Request\r\nx-content-type-options: nosniff\r\n{}\r\n",
            "x: y\r\n".repeat(40)
        );
        for (written, told) in [
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", Some("malformed")),
            ("HTTP/1.0 400 Bad Request\r\ncontent-length: 0\r\n\r\n", Some("malformed")),
            ("HTTP/1.1 431 Request Header Fields Too Large\r\n\r\n", Some("too_large")),
            ("HTTP/1.1 414 URI Too Long\r\n\r\n", Some("too_large")),
            ("HTTP/1.1 200 OK\r\n\r\n{}HTTP/1.1 400 Bad Request\r\n\r\n", Some("malformed")),
            (&long, None),
            ("HTTP/1.1 400 Bad Request\r\n\r\n{}", None),
            ("2a\r\n{\"text\":\"HTTP/1.1 400 Bad Request\"}\r\n0\r\n\r\n", None),
            ("HTTP/1.1 404 Not Found\r\n\r\n", None),
            ("HTTP/1.1 4", None),
            ("", None),
        ] {
            assert_eq!(code(written.as_bytes()), told, "{written}");
        }
    }
}
