//! Character references of HTML and XML: by number, and by the names of those characters that tokens, names and what
//! joins them are made of.

use super::escape::number;
use crate::bytes::{Class, at, run, sub};

/// No name of the table is longer.
const LONGEST_NAME: usize = 20;

/// Names and characters (HTML §13.5). The first five may stand without a semicolon.
const NAMED: [(&[u8], char); 60] = [
    (b"amp", '&'),
    (b"lt", '<'),
    (b"gt", '>'),
    (b"quot", '"'),
    (b"nbsp", ' '),
    (b"AMP", '&'),
    (b"LT", '<'),
    (b"GT", '>'),
    (b"QUOT", '"'),
    (b"apos", '\''),
    (b"equals", '='),
    (b"colon", ':'),
    (b"semi", ';'),
    (b"num", '#'),
    (b"sol", '/'),
    (b"bsol", '\\'),
    (b"lowbar", '_'),
    (b"UnderBar", '_'),
    (b"hyphen", '-'),
    (b"dash", '-'),
    (b"minus", '-'),
    (b"period", '.'),
    (b"comma", ','),
    (b"plus", '+'),
    (b"percnt", '%'),
    (b"dollar", '$'),
    (b"commat", '@'),
    (b"ast", '*'),
    (b"midast", '*'),
    (b"excl", '!'),
    (b"quest", '?'),
    (b"lpar", '('),
    (b"rpar", ')'),
    (b"lbrack", '['),
    (b"lsqb", '['),
    (b"rbrack", ']'),
    (b"rsqb", ']'),
    (b"lbrace", '{'),
    (b"lcub", '{'),
    (b"rbrace", '}'),
    (b"rcub", '}'),
    (b"grave", '`'),
    (b"DiacriticalGrave", '`'),
    (b"Hat", '^'),
    (b"verbar", '|'),
    (b"vert", '|'),
    (b"VerticalLine", '|'),
    (b"Tab", '\t'),
    (b"NewLine", '\n'),
    (b"ensp", ' '),
    (b"emsp", ' '),
    (b"thinsp", ' '),
    (b"NonBreakingSpace", ' '),
    (b"ZeroWidthSpace", '\u{200b}'),
    (b"shy", '\u{ad}'),
    (b"zwj", '\u{200d}'),
    (b"zwnj", '\u{200c}'),
    (b"lrm", '\u{200e}'),
    (b"rlm", '\u{200f}'),
    (b"NoBreak", '\u{2060}'),
];
const WITHOUT_SEMICOLON: usize = 5;

/// Reads the reference that the `&` at `start` begins: its character, and where it ends.
pub(super) fn read(bytes: &[u8], start: usize) -> Option<(char, usize)> {
    let name = start + 1;
    if at(bytes, name) == b'#' {
        let hexadecimal = matches!(at(bytes, name + 1), b'x' | b'X');
        let (digits, class, radix, most) =
            if hexadecimal { (name + 2, Class::HEX, 16, 6) } else { (name + 1, Class::DIGIT, 10, 7) };
        // Leading zeros say nothing and may be many.
        let digits = run(bytes, digits, Class::between(b'0', b'0'), 16);
        let end = run(bytes, digits, class, most);
        let sign = char::from_u32(number(bytes, digits..end, radix)?)?;
        let closed = at(bytes, end) == b';';
        return (closed || is_over(bytes, end)).then_some((sign, end + usize::from(closed)));
    }
    let end = run(bytes, name, Class::ALPHA, LONGEST_NAME);
    let closed = at(bytes, end) == b';';
    // A query such as `a=1&lt=2` has parameters, not references.
    if !closed && (end > name + 4 || Class::ALNUM.with(b'=').has(at(bytes, end))) {
        return None;
    }
    let spelled = sub(bytes, name..end);
    let known = if closed { NAMED.len() } else { WITHOUT_SEMICOLON };
    let (_, sign) = NAMED.iter().take(known).find(|(name, _)| *name == spelled)?;
    Some((*sign, end + usize::from(closed)))
}

/// Tells whether a number without a semicolon ends at `end`. One whose further digits are encoded does not; it is read once
/// they are decoded.
fn is_over(bytes: &[u8], end: usize) -> bool {
    if !super::escape::begins_escape(bytes, end) {
        return true;
    }
    let digits = run(bytes, end + 2, Class::DIGIT, 3);
    let closed = at(bytes, digits) == b';';
    let part = number(bytes, end + 2..digits, 10).is_some_and(|code| (0x30..=0x3b).contains(&code));
    sub(bytes, end..end + 2) == b"&#" && !(closed && part)
}
