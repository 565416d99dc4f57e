//! The lines of the corpus that hold one secret, written in the encodings in which programs pass them on.

use crate::cases::{self, Case};
use crate::random::Random;

/// How an encoding is written: each sign of the secret by itself, or the whole line as one word.
enum How {
    Signs(fn(char) -> String),
    Word(fn(&[u8]) -> String),
}

const ENCODINGS: [(&str, How); 9] = [
    ("percent", How::Signs(|sign| bytes_of(sign, |byte| format!("%{byte:02X}")))),
    ("json", How::Signs(|sign| format!("\\u{:04x}", u32::from(sign)))),
    ("twice json", How::Signs(|sign| format!("\\\\u{:04x}", u32::from(sign)))),
    ("bytes", How::Signs(|sign| bytes_of(sign, |byte| format!("\\x{byte:02x}")))),
    ("html", How::Signs(|sign| format!("&#{};", u32::from(sign)))),
    ("invisible", How::Signs(|sign| format!("{sign}\u{200b}"))),
    ("base64", How::Word(base64)),
    ("twice base64", How::Word(|line| base64(base64(line).as_bytes()))),
    ("hexadecimal", How::Word(|line| line.iter().map(|byte| format!("{byte:02x}")).collect())),
];

fn bytes_of(sign: char, write: fn(u8) -> String) -> String {
    sign.encode_utf8(&mut [0; 4]).bytes().map(write).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits =
            (0..3).fold(0, |bits, index| bits << 8 | u32::from(group.get(index).copied().unwrap_or(0)));
        for digit in 0..=group.len() {
            let index = usize::try_from(bits >> (18 - 6 * digit) & 63).unwrap_or(0);
            text.extend(DIGITS.get(index).map(|digit| char::from(*digit)));
        }
        text.push_str(&"=".repeat(3 - group.len()));
    }
    text
}

/// One in so many of the corpus, each in every encoding.
const ONE_IN: usize = 8;

pub fn cases(random: &mut Random) -> Vec<Case> {
    let mut encoded = Vec::new();
    for case in cases::positive(random) {
        let [secret] = case.secrets.as_slice() else { continue };
        let start =
            case.text.get(..secret.start).and_then(|head| head.rfind('\n')).map_or(0, |feed| feed + 1);
        let rest = case.text.get(secret.end..).unwrap_or_default();
        let end = rest.find('\n').map_or(case.text.len(), |feed| secret.end + feed);
        let (Some(line), Some(hidden)) = (case.text.get(start..end), case.text.get(secret.clone())) else {
            continue;
        };
        if hidden.contains('\n') || random.below(ONE_IN) > 0 {
            continue;
        }
        for (name, how) in &ENCODINGS {
            let (text, secret) = match how {
                How::Signs(write) => {
                    let head = case.text.get(..secret.start).unwrap_or_default();
                    let written: String = hidden.chars().map(write).collect();
                    let end = secret.start + written.trim_end_matches('\u{200b}').len();
                    (format!("{head}{written}{rest}"), secret.start..end)
                }
                How::Word(write) => {
                    let word = write(line.as_bytes());
                    (format!("data: {word}\n"), 6..6 + word.trim_end_matches('=').len())
                }
            };
            let name = format!("{name}: {}", case.name);
            encoded.push(Case {
                group: "encoded".to_owned(),
                name,
                text,
                secrets: std::iter::once(secret).collect(),
            });
        }
    }
    encoded
}
