//! How texts are encoded, as programs and people do it.

use super::Draw;

/// A part of a text that is secret or is not.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) is_secret: bool,
}

impl Part {
    pub(super) fn open(text: &str) -> Self {
        Self { text: text.to_owned(), is_secret: false }
    }

    pub(super) fn secret(text: &str) -> Self {
        Self { text: text.to_owned(), is_secret: true }
    }
}

/// One way to write a text.
pub(super) struct Encoding {
    pub(super) name: &'static str,
    how: How,
}

enum How {
    /// Each character by itself, whether secret or not.
    Every(fn(&mut Draw, char) -> String),
    /// Some characters of the secret by themselves.
    Some(fn(&mut Draw, char) -> String),
    /// Something is put between some letters and digits of the secret.
    Split(fn(&mut Draw) -> String),
    /// The whole text at once: its digits, how many are in a line, and what ends a line.
    Carrier(fn(&mut Draw, &str) -> (String, usize, &'static str)),
}

impl Encoding {
    pub(super) fn apply(&self, draw: &mut Draw, parts: &[Part]) -> Vec<Part> {
        match self.how {
            How::Every(encode) => parts
                .iter()
                .map(|part| Part {
                    text: part.text.chars().map(|sign| encode(draw, sign)).collect(),
                    ..part.clone()
                })
                .collect(),
            How::Some(encode) => {
                parts.iter().map(|part| Part { text: some_of(draw, part, encode), ..part.clone() }).collect()
            }
            How::Split(between) => parts.iter().flat_map(|part| split_up(draw, part, between)).collect(),
            How::Carrier(encode) => {
                let whole: String = parts.iter().map(|part| part.text.as_str()).collect();
                let (digits, width, gap) = encode(draw, &whole);
                let digits: Vec<char> = digits.chars().collect();
                let lines = digits.chunks(width).map(|line| {
                    let text = String::from_iter(line);
                    let is_secret = text.chars().any(|digit| digit != '=');
                    Part { text, is_secret }
                });
                let parts: Vec<Part> = lines.flat_map(|line| [Part::open(gap), line]).collect();
                parts.into_iter().skip(1).collect()
            }
        }
    }
}

fn some_of(draw: &mut Draw, part: &Part, encode: fn(&mut Draw, char) -> String) -> String {
    if !part.is_secret || part.text.is_empty() {
        return part.text.clone();
    }
    let chosen = draw.below(part.text.chars().count());
    let mut before = ' ';
    let mut encoded = String::new();
    for (index, sign) in part.text.chars().enumerate() {
        // What a backslash stands before is part of an escape.
        if sign.is_ascii_alphanumeric() && before != '\\' && (index == chosen || draw.below(3) == 0) {
            encoded.push_str(&encode(draw, sign));
        } else {
            encoded.push(sign);
        }
        before = sign;
    }
    encoded
}

fn split_up(draw: &mut Draw, part: &Part, between: fn(&mut Draw) -> String) -> Vec<Part> {
    if !part.is_secret {
        return vec![part.clone()];
    }
    let mut parts = vec![Part::secret("")];
    let step = 3 + draw.below(8);
    let (mut before, mut length) = (' ', 0);
    for sign in part.text.chars() {
        if before.is_ascii_alphanumeric() && sign.is_ascii_alphanumeric() && length >= step {
            parts.push(Part::open(&between(draw)));
            parts.push(Part::secret(""));
            length = 0;
        }
        parts.last_mut().unwrap().text.push(sign);
        length += 1;
        before = sign;
    }
    parts
}

const fn every(name: &'static str, encode: fn(&mut Draw, char) -> String) -> Encoding {
    Encoding { name, how: How::Every(encode) }
}

const fn some(name: &'static str, encode: fn(&mut Draw, char) -> String) -> Encoding {
    Encoding { name, how: How::Some(encode) }
}

const fn split(name: &'static str, between: fn(&mut Draw) -> String) -> Encoding {
    Encoding { name, how: How::Split(between) }
}

const fn carrier(
    name: &'static str,
    encode: fn(&mut Draw, &str) -> (String, usize, &'static str),
) -> Encoding {
    Encoding { name, how: How::Carrier(encode) }
}

pub(super) const ENCODINGS: [Encoding; 38] = [
    every("percent", percent),
    some("some percent", percent),
    every("percent of reserved", |draw, sign| match sign {
        sign if sign.is_ascii_alphanumeric() || "-_.~".contains(sign) => sign.to_string(),
        sign => percent(draw, sign),
    }),
    every("unicode", unicode),
    some("some unicode", unicode),
    every("braced unicode", |_, sign| format!("\\u{{{:x}}}", u32::from(sign))),
    some("long unicode", |_, sign| format!("\\U{:08x}", u32::from(sign))),
    every("json in json", |draw, sign| unicode(draw, sign).replace('\\', "\\\\")),
    every("hexadecimal escapes", |draw, sign| bytes(sign, |byte| backslash(draw, byte))),
    some("some hexadecimal escapes", |draw, sign| bytes(sign, |byte| backslash(draw, byte))),
    every("octal", |_, sign| bytes(sign, |byte| format!("\\{byte:03o}"))),
    some("some octal", |_, sign| bytes(sign, |byte| format!("\\{byte:03o}"))),
    every("decimal references", |_, sign| format!("&#{};", u32::from(sign))),
    some("some decimal references", |_, sign| format!("&#{};", u32::from(sign))),
    every("hexadecimal references", |_, sign| format!("&#x{:x};", u32::from(sign))),
    every("open references", |_, sign| format!("&#{}", u32::from(sign))),
    every("named references", |_, sign| named(sign)),
    split("zero width", |draw| {
        "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}".chars().nth(draw.below(5)).unwrap().to_string()
    }),
    split("soft hyphen", |_| "\u{ad}".to_owned()),
    split("direction", |draw| {
        "\u{202a}\u{202e}\u{200e}\u{2066}\u{180e}".chars().nth(draw.below(5)).unwrap().to_string()
    }),
    split("tags", |_| "\u{e0041}\u{e0101}".to_owned()),
    split("colour", |_| "\u{1b}[01;31m\u{1b}[K".to_owned()),
    split("charset", |_| "\u{1b}(B\u{1b}[m".to_owned()),
    split("8-bit control", |_| "\u{9b}1m".to_owned()),
    split("title", |_| "\u{1b}]0;a title\u{7}\u{1b}=".to_owned()),
    split("spelt colour", |_| "\\x1b[31m\\033[0m\\e[1m".to_owned()),
    split("continuation", |_| "\\\n".to_owned()),
    split("indented continuation", |_| "\\\r\n    ".to_owned()),
    split("soft break", |_| "=\n".to_owned()),
    every("quoted-printable", |_, sign| {
        if sign == '=' || sign == '_' { bytes(sign, |byte| format!("={byte:02X}")) } else { sign.to_string() }
    }),
    carrier("base64", |_, text| (base64(text.as_bytes(), false, true), WHOLE, "")),
    carrier("url base64", |_, text| (base64(text.as_bytes(), true, false), WHOLE, "")),
    carrier("wrapped base64", |draw, text| {
        let gap = ["\n", "\r\n", "\n    "][draw.below(3)];
        (base64(text.as_bytes(), false, draw.below(2) == 0), 8 + draw.below(70), gap)
    }),
    carrier("escaped wrapped base64", |draw, text| {
        let gap = ["\\n", "\\r\\n", "\\\\n"][draw.below(3)];
        (base64(text.as_bytes(), false, true), 16 + draw.below(61), gap)
    }),
    carrier("wide base64", |_, text| {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        (base64(&wide, false, true), WHOLE, "")
    }),
    carrier("hexadecimal", |draw, text| {
        let digits = hexadecimal(text);
        (if draw.below(2) == 0 { digits.to_uppercase() } else { digits }, WHOLE, "")
    }),
    carrier("wrapped hexadecimal", |_, text| (hexadecimal(text), 60, "\n")),
    carrier("parted hexadecimal", |draw, text| {
        let (mark, between) = PAIRS[draw.below(PAIRS.len())];
        let pairs: Vec<String> = text.bytes().map(|byte| format!("{mark}{byte:02x}")).collect();
        (pairs.join(between), WHOLE, "")
    }),
];

/// One line, however long.
const WHOLE: usize = usize::MAX;
const PAIRS: [(&str, &str); 5] = [("", ":"), ("", " "), ("0x", ", "), ("0x", ","), ("", "-")];

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(sign: char, mut encode: impl FnMut(u8) -> String) -> String {
    sign.encode_utf8(&mut [0; 4]).bytes().map(&mut encode).collect()
}

fn percent(draw: &mut Draw, sign: char) -> String {
    bytes(sign, |byte| if draw.below(2) == 0 { format!("%{byte:02X}") } else { format!("%{byte:02x}") })
}

fn backslash(draw: &mut Draw, byte: u8) -> String {
    if draw.below(2) == 0 { format!("\\x{byte:02X}") } else { format!("\\x{byte:02x}") }
}

fn unicode(draw: &mut Draw, sign: char) -> String {
    let upper = draw.below(2) == 0;
    let unit = |unit: &u16| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
    sign.encode_utf16(&mut [0; 2]).iter().map(unit).collect()
}

fn named(sign: char) -> String {
    let names = [
        ('&', "amp"),
        ('<', "lt"),
        ('>', "gt"),
        ('"', "quot"),
        ('\'', "apos"),
        ('=', "equals"),
        (':', "colon"),
        ('#', "num"),
        ('/', "sol"),
        ('_', "lowbar"),
        ('-', "hyphen"),
        ('.', "period"),
        ('@', "commat"),
        ('+', "plus"),
        ('%', "percnt"),
        ('\\', "bsol"),
        ('\n', "NewLine"),
    ];
    names.iter().find(|(known, _)| *known == sign).map_or(sign.to_string(), |(_, name)| format!("&{name};"))
}

/// Base64 of RFC 4648.
pub(in super::super) fn base64(bytes: &[u8], url_safe: bool, padded: bool) -> String {
    let signs = if url_safe { "-_" } else { "+/" };
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(signs.chars()).collect();
    let mut encoded = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3)
            .fold(0_usize, |bits, index| bits << 8 | usize::from(group.get(index).copied().unwrap_or(0)));
        for place in 0..=group.len() {
            encoded.push(alphabet[bits >> (18 - 6 * place) & 63]);
        }
        if padded {
            encoded.push_str(&"=".repeat(3 - group.len()));
        }
    }
    encoded
}
