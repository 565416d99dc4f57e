//! Passwords that commands and calls take without a name: an option of one letter, a word at a fixed place, an
//! argument of a call that connects. The command says what is a password, so the rest of its line is read once.

use crate::bytes::{Class, at, before, literal, run, sub};
use crate::credential::{self, WINDOW, bare_end};
use crate::key::Kind;
use crate::quote::{Ending, Quote};
use crate::scan::Scan;
use crate::spans::Rank;
use crate::value::{Form, is_secret};
use std::ops::Range;

const RULE: &str = "command-credentials";
/// How much of a line is read for options.
const LINE: usize = 1024;

/// What an option's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Password,
    /// A password that is joined to the option.
    Glued,
    Cookies,
    /// A name and a password with a percent sign between.
    Account,
}

/// The word of a command and its options.
type Command = (&'static [u8], &'static [(&'static [u8], Taken)]);

/// The options of commands; a command is told by how the text goes on where its anchor stands.
const COMMANDS: [Command; 22] = [
    (b"curl", &[(b"-b", Taken::Cookies), (b"--cookie", Taken::Cookies)]),
    (b"docker login", &[(b"-p", Taken::Password)]),
    (b"podman login", &[(b"-p", Taken::Password)]),
    (b"registry login", &[(b"-p", Taken::Password)]),
    (b"sshpass", &[(b"-p", Taken::Password), (b"-p", Taken::Glued)]),
    (b"mysql", &[(b"-p", Taken::Glued)]),
    (b"mariadb", &[(b"-p", Taken::Glued)]),
    (b"redis-cli", &[(b"-a", Taken::Password)]),
    (b"ldap", &[(b"-w", Taken::Password)]),
    (b"snmp", &[(b"-A", Taken::Password), (b"-X", Taken::Password)]),
    (b"zip -", &[(b"-P", Taken::Password)]),
    (b"unzip -", &[(b"-P", Taken::Password)]),
    (b"7z ", &[(b"-p", Taken::Glued)]),
    (b"az login", &[(b"-p", Taken::Password)]),
    (b"mongo", &[(b"-p", Taken::Password)]),
    (b"vault login", &[(b"login", Taken::Password)]),
    (b"xfreerdp", &[(b"/p:", Taken::Glued)]),
    (b"smbclient ", &[(b"-U", Taken::Account), (b"--user", Taken::Account)]),
    (b"net use", &[(b"/user:", Taken::Glued)]),
    (b"openssl", &[(b"pass:", Taken::Glued)]),
    (b"snmp-server", &[(b"community", Taken::Password)]),
    (b"SecureString", &[(b"SecureString", Taken::Password), (b"-String", Taken::Password)]),
];

/// The words of `COMMANDS` that the automaton looks for.
pub(crate) const WORDS: [&str; 24] = [
    "curl ",
    "docker login",
    "podman login",
    "registry login",
    "sshpass ",
    "mysql",
    "mariadb",
    "redis-cli ",
    "ldap",
    "snmp",
    "zip -",
    "unzip -",
    "7z ",
    "az login",
    "mongo -",
    "mongosh ",
    "mongodump ",
    "mongorestore ",
    "vault login",
    "xfreerdp",
    "smbclient ",
    "net use ",
    "openssl ",
    "SecureString ",
];

/// Calls, and which of their arguments is a password.
pub(crate) const CALLS: [(&str, usize); 7] = [
    ("getConnection(", 2),
    ("DBI->connect(", 2),
    ("mysqli_connect(", 2),
    ("new mysqli(", 2),
    ("new PDO(", 2),
    ("DirectoryEntry(", 2),
    ("NetworkCredential(", 1),
];

/// Looks at the line of a command for its options.
pub(crate) fn visit(scan: &mut Scan<'_>, hit: &Range<usize>) {
    if hit.start < scan.commands_end || Class::ALNUM.has(before(scan.bytes, hit.start)) && !is_part(scan, hit)
    {
        return;
    }
    let end = line_end(scan.bytes, hit.end);
    scan.commands_end = end;
    let rows = COMMANDS
        .iter()
        .filter(|(word, _)| sub(scan.bytes, hit.start..hit.start + word.len()).eq_ignore_ascii_case(word));
    for (option, taken) in rows.flat_map(|(_, options)| options.iter()) {
        let mut cursor = hit.start;
        while let Some(found) = memchr::memmem::find(sub(scan.bytes, cursor..end), option) {
            let start = cursor + found;
            cursor = start + option.len();
            let separated = match before(scan.bytes, start) {
                b' ' | b'\t' | b'"' | b'\'' => true,
                b'-' => !option.starts_with(b"-"),
                _ => false,
            };
            if separated {
                take(scan, cursor, *taken, option);
            }
        }
    }
}

/// `ConvertTo-SecureString` has its word at the end; the others begin with it.
fn is_part(scan: &Scan<'_>, hit: &Range<usize>) -> bool {
    literal(scan.bytes, hit.start, b"SecureString")
}

/// Reports the value of an option that ends at `from`.
fn take(scan: &mut Scan<'_>, from: usize, taken: Taken, option: &[u8]) {
    let bytes = scan.bytes;
    let mut value = run(bytes, from, Class::BLANK.with(b'='), 8);
    if taken == Taken::Glued {
        if value > from {
            return;
        }
        // `net use … /user:NAME PASSWORD`
        if option == b"/user:" {
            let name = bare_end(bytes, from, Class::SPACE, WINDOW);
            value = run(bytes, name, Class::BLANK, 8);
        }
    } else if value == from && !matches!(at(bytes, from), b'"' | b'\'') {
        return;
    }
    // In an argument list the option and its value are strings of their own.
    if matches!(at(bytes, from), b'"' | b'\'') && taken == Taken::Password {
        value = run(bytes, from + 1, Class::BLANK.with(b','), 8);
    }
    let (content, form) = match Quote::open(bytes, value) {
        Some((quote, content)) => {
            let (end, ending) = quote.content_end(bytes, content, WINDOW);
            if ending == Ending::Line {
                return;
            }
            (content..end, Form::Quoted)
        }
        None => {
            let stops = Class::SPACE.with(b';').with(b'|').with(b'&').with(b')');
            (value..bare_end(bytes, value, stops, WINDOW), Form::Argument)
        }
    };
    if taken == Taken::Cookies {
        return credential::cookies(scan, content, false);
    }
    let mut content = content;
    if taken == Taken::Account {
        let Some(sign) = memchr::memchr(b'%', sub(bytes, content.clone())) else { return };
        content.start += sign + 1;
    }
    let secret = sub(bytes, content.clone());
    if at(secret, 0) != b'-' && is_secret(secret, Kind::Password, form) {
        scan.report(RULE, Rank::Context, content);
    }
}

/// Looks at the argument of a call that is a password.
pub(crate) fn visit_call(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let bytes = scan.bytes;
    let most = bytes.len().min(hit.end + WINDOW);
    let name = sub(bytes, hit.clone());
    let known = CALLS.iter().find(|(call, _)| name.eq_ignore_ascii_case(call.as_bytes()));
    let secret = known.map_or(usize::MAX, |(_, secret)| *secret);
    let (mut cursor, mut argument) = (hit.end, 0);
    while cursor < most {
        let byte = at(bytes, cursor);
        if let Some((quote, content)) = Quote::open(bytes, cursor).filter(|_| byte != b'\\') {
            let (end, ending) = quote.content_end(bytes, content, WINDOW);
            if ending != Ending::Closed {
                return;
            }
            if argument == secret {
                if is_secret(sub(bytes, content..end), Kind::Password, Form::Quoted) {
                    scan.report(RULE, Rank::Context, content..end);
                }
                return;
            }
            cursor = end;
        } else if byte == b',' {
            argument += 1;
        } else if matches!(byte, b')' | b';' | b'\n') {
            return;
        }
        cursor += 1;
    }
}

/// Looks at a line of PostgreSQL's password file: host, port, database, user, password.
pub(crate) fn visit_pgpass(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let bytes = scan.bytes;
    let part = Class::DOTTED.with(b'*');
    let database = run(bytes, hit.end, part, 64);
    let user = run(bytes, database + 1, part, 64);
    if database == hit.end || user == database + 1 || at(bytes, database) != b':' || at(bytes, user) != b':' {
        return;
    }
    if hit.start < scan.fields_end {
        return;
    }
    let end = bare_end(bytes, user + 1, Class::SPACE, WINDOW);
    scan.fields_end = end;
    if is_secret(sub(bytes, user + 1..end), Kind::Password, Form::Argument) {
        scan.report("pgpass", Rank::Context, user + 1..end);
    }
}

/// Looks at a line of a cookie jar (seven fields, tabs between them) whose second field stands at the hit.
pub(crate) fn visit_jar(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let bytes = scan.bytes;
    let mut cursor = hit.end;
    for _ in 0..4 {
        let end = run(bytes, cursor, Class::between(b'!', b'~'), WINDOW);
        if end == cursor || at(bytes, end) != b'\t' {
            return;
        }
        cursor = end + 1;
    }
    let end = bare_end(bytes, cursor, Class::SPACE, usize::MAX);
    if end >= cursor + 4 {
        scan.report("cookie", Rank::Context, cursor..end);
    }
}

/// Looks at a share of a vault's key: `Unseal Key 1: …`.
pub(crate) fn visit_unseal(scan: &mut Scan<'_>, hit: &Range<usize>) {
    let colon = run(scan.bytes, hit.end, Class::DIGIT, 2);
    let start = run(scan.bytes, colon + 1, Class::BLANK, 8);
    let end = run(scan.bytes, start, Class::BASE64, 128);
    if at(scan.bytes, colon) == b':' && end - start >= 43 {
        scan.report("vault-unseal-key", Rank::Context, start..end);
    }
}

/// The end of the line, and of those that a backslash carries on.
fn line_end(bytes: &[u8], from: usize) -> usize {
    let window = sub(bytes, from..from + LINE);
    let end = memchr::memchr_iter(b'\n', window).find(|&feed| before(window, feed) != b'\\');
    from + end.unwrap_or(window.len())
}
