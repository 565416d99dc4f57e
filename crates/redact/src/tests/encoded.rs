//! Secrets in other encodings: every family in every encoding, and every encoding in every other. What is hidden is
//! what spells the secret, and what stands beside it stays. `GITOMA_PROOF_CASES` sets another number of draws than four.

mod encoding;
mod innocent;

use super::{Draw, clean};
use crate::{RedactingStream, Redactor};
pub(super) use encoding::base64;
use encoding::{ENCODINGS, Encoding, Part};

/// A text that holds a secret.
#[derive(Debug, Clone)]
struct Case {
    family: &'static str,
    parts: Vec<Part>,
}

fn case(family: &'static str, template: &str, secret: &str) -> Case {
    let (head, tail) = template.split_once('§').unwrap();
    let mut parts = vec![Part::open(head)];
    // The line ends of an armoured key are no secret.
    for (index, line) in secret.split('\n').enumerate() {
        if index > 0 {
            parts.push(Part::open("\n"));
        }
        parts.push(Part::secret(line));
    }
    parts.push(Part::open(tail));
    Case { family, parts }
}

fn vendors(draw: &mut Draw) -> Vec<(&'static str, String)> {
    let prefixed = |prefix: &str, body: String| format!("{prefix}{body}");
    vec![
        ("github", prefixed("ghp_", draw.alnum(36))),
        ("github fine", prefixed("github_pat_", format!("{}_{}", draw.alnum(22), draw.alnum(59)))),
        ("gitlab", prefixed("glpat-", draw.alnum(20))),
        ("aws", prefixed("AKIA", draw.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16))),
        ("google", prefixed("AIza", draw.alnum(35))),
        ("slack", prefixed("xoxb-", format!("{}-{}", draw.text("0123456789", 12), draw.alnum(24)))),
        ("stripe", prefixed("sk_live_", draw.alnum(24))),
        ("anthropic", prefixed("sk-ant-", draw.alnum(90))),
        ("npm", prefixed("npm_", draw.alnum(36))),
        ("hugging face", prefixed("hf_", draw.alnum(34))),
        ("sendgrid", prefixed("SG.", format!("{}.{}", draw.alnum(22), draw.alnum(43)))),
        ("digitalocean", prefixed("dop_v1_", draw.hex(64))),
        ("shopify", prefixed("shpat_", draw.hex(32))),
    ]
}

/// Letters and digits in which no word stands that tells a name or a placeholder, which is seldom [taken for what it
/// names](drawn_passwords_are_seldom_taken_for_names).
fn wordless(draw: &mut Draw, length: usize) -> String {
    const WORDS: &str = "pass pwd secret token key auth credential kennwort contrase access refresh test fake dummy mock xxxx";
    loop {
        let drawn = draw.alnum(length);
        let lower = drawn.to_ascii_lowercase();
        if !WORDS.split(' ').any(|word| lower.contains(word)) {
            return drawn;
        }
    }
}

fn cases(draw: &mut Draw) -> Vec<Case> {
    let mut cases: Vec<Case> =
        vendors(draw).into_iter().map(|(family, token)| case(family, "took § from it", &token)).collect();
    let key: Vec<String> = (0..12).map(|_| draw.base64(64)).collect();
    let armour = "-----BEGIN RSA PRIVATE KEY-----\n§\n-----END RSA PRIVATE KEY-----";
    cases.push(case("armour", armour, &key.join("\n")));
    let web = format!("eyJ{}.eyJ{}.{}", draw.alnum(33), draw.alnum(90), draw.alnum(43));
    cases.push(case("web token", "took § from it", &web));
    cases.push(case("url", "url https://ada:§@git.test/app", &wordless(draw, 20)));
    // Where words follow, a credential must look strong, as 18 of these signs always do. A header that is longer once it is
    // encoded goes to its end, and what stands behind it too.
    cases.push(case("header", "Authorization: Bearer §", &wordless(draw, 18)));
    cases.push(case("setting", "DB_PASSWORD=§", &wordless(draw, 20)));
    cases.push(case("json", "{\"user\":\"ada\",\"password\":\"§\",\"n\":1}", &wordless(draw, 16)));
    cases
}

/// A seed that nobody chose; a failure prints it.
#[expect(clippy::disallowed_methods, reason = "a failing seed is given back by hand")]
fn fresh() -> u64 {
    let seed = std::env::var("GITOMA_SEED").ok().and_then(|seed| seed.parse().ok());
    seed.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        u64::from(now.subsec_nanos()) ^ now.as_secs().rotate_left(32)
    })
}

/// Lays the parts out between two plain words. What is wrong with what is left of them, if anything is; if `exact`, the
/// words must be left.
fn fault(parts: &[Part], exact: bool) -> Option<String> {
    let mut text = "before ".to_owned();
    let mut hidden = Vec::new();
    for part in parts {
        if part.is_secret {
            hidden.push(text.len()..text.len() + part.text.len());
        }
        text.push_str(&part.text);
    }
    text.push_str(" after\n");
    let findings = Redactor::new().find(&text);
    let covered = |index: usize| findings.iter().any(|finding| finding.span.contains(&index));
    for range in hidden {
        let spelled = text
            .get(range.clone())
            .unwrap()
            .char_indices()
            .map(|(offset, sign)| (range.start + offset, sign));
        // What wraps a carrier is no part of it.
        let shown: String = spelled
            .filter(|&(index, sign)| !covered(index) && !sign.is_whitespace() && sign != '=')
            .map(|(_, sign)| sign)
            .collect();
        if !shown.trim_end_matches("3D").is_empty() {
            return Some(format!("{shown:?} is left of {text:?}"));
        }
    }
    let seen = clean(&text);
    let beside = !exact || (seen.starts_with("before ") && seen.ends_with(" after\n"));
    (!beside).then(|| format!("{text:?} became {seen:?}"))
}

/// What goes wrong, and of how many.
#[derive(Default)]
struct Tally {
    count: usize,
    faults: Vec<String>,
}

impl Tally {
    fn add(&mut self, draw: &mut Draw, case: &Case, layers: &[&Encoding]) {
        let mut parts = case.parts.clone();
        for layer in layers {
            parts = layer.apply(draw, &parts);
        }
        self.count += 1;
        if let Some(fault) = fault(&parts, layers.len() == 1) {
            let names: Vec<_> = layers.iter().map(|layer| layer.name).collect();
            self.faults.push(format!("{} in {}: {fault}", case.family, names.join(" in ")));
        }
    }

    #[track_caller]
    fn check(&self, seed: u64, most_in_a_thousand: usize) {
        let shown = self.faults.iter().take(8).map(String::as_str).collect::<Vec<_>>().join("\n");
        let wrong = self.faults.len();
        assert!(
            wrong * 1000 <= self.count * most_in_a_thousand,
            "GITOMA_SEED={seed}: {wrong} of {} are wrong\n{shown}",
            self.count
        );
    }
}

/// How often everything is drawn.
#[expect(clippy::disallowed_methods, reason = "how much is proven is said by whoever asks for more")]
fn rounds() -> usize {
    std::env::var("GITOMA_PROOF_CASES").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(4)
}

#[test]
fn every_family_in_every_encoding() {
    let seed = fresh();
    let (mut draw, mut tally) = (Draw(seed), Tally::default());
    for encoding in ENCODINGS.iter().cycle().take(rounds() * ENCODINGS.len()) {
        for case in cases(&mut draw) {
            tally.add(&mut draw, &case, &[encoding]);
        }
    }
    tally.check(seed, 0);
}

/// By chance a word for a secret stands in some, written as a word is, among pieces as long as words: in one of 36,000.
#[test]
fn drawn_passwords_are_seldom_taken_for_names() {
    let seed = fresh();
    let mut draw = Draw(seed);
    let redactor = Redactor::new();
    let many = 20_000 * rounds().min(100);
    let shows = |template: &str, password: &str| redactor.find(&template.replace('§', password)).is_empty();
    let shown = (0..many).filter(|_| {
        shows("DB_PASSWORD=§\n", &draw.alnum(20)) || shows("{\"password\": \"§\"}", &draw.alnum(16))
    });
    let shown = shown.count();
    assert!(shown * 5_000 <= many, "GITOMA_SEED={seed}: {shown} of twice {many} show");
}

/// Numbers without a semicolon run into digits once those are decoded: what they spell is then anyone's guess.
#[test]
fn every_encoding_in_every_other() {
    let seed = fresh();
    let (mut draw, mut tally) = (Draw(seed), Tally::default());
    for (inner, outer) in ENCODINGS.iter().flat_map(|inner| ENCODINGS.iter().map(move |outer| (inner, outer)))
    {
        let cases = cases(&mut draw);
        for _ in 0..4 {
            let case = &cases[draw.below(cases.len())];
            tally.add(&mut draw, case, &[inner, outer]);
        }
    }
    tally.check(seed, 20);
}

/// Mail within mail, and a script within JSON: the sign by which a line goes on is encoded.
#[test]
fn a_line_goes_on_by_an_encoded_sign() {
    for sign in ["=3D", "\\x5c", "&#92;", "%5C"] {
        let text = format!("url https://ada:7sFGkbga{sign}\nYOA4Zu5a{sign}\nYKSKpX@git.test/app after\n");
        let expected = format!("url https://ada:***{sign}\n***{sign}\n***@git.test/app after\n");
        assert_eq!(clean(&text), expected);
    }
}

#[test]
fn three_encodings_and_no_more() {
    let mut draw = Draw(71);
    let text = format!("took {}{} from it", "ghp_", draw.alnum(36));
    let mut encoded = text;
    for depth in 1..=4 {
        encoded = base64(encoded.as_bytes(), false, true);
        let seen = clean(&format!("a {encoded} b"));
        assert_eq!(seen == "a *** b", depth <= 3, "{depth}");
    }
}

#[test]
fn known_values_in_spellings_that_nobody_lists() {
    let secret = "corr\"ect/horse+é battery";
    let redactor = Redactor::new().with_known_values([secret]);
    let upper_and_lower = "636F7272226563742f686f7273652BC3a92062617474657279";
    for spelled in [
        "corr%22ect/horse%2b%C3%a9 battery",
        "c\\u006frr\\x22ect/horse+\\u00e9 battery",
        "corr&quot;ect&sol;horse+&#233; battery",
        "corr\"ect/ho\u{200b}rse+é bat\u{ad}tery",
        "corr\"ect/ho\u{1b}[1mrse+é\u{1b}[m battery",
        upper_and_lower,
    ] {
        assert_eq!(redactor.redact(&format!("a {spelled} b")).text, "a *** b");
    }
}

#[test]
fn what_stands_around_a_carrier_stays() {
    let mut draw = Draw(72);
    let token = format!("{}{}", "ghp_", draw.alnum(36));
    let digits = base64(format!("token {token}").as_bytes(), false, true);
    let (first, second) = digits.split_at(32);
    let padded = base64(format!("tokens {token}").as_bytes(), false, true);
    assert!(padded.ends_with('=') && !padded.ends_with("=="));
    let (head, tail) = token.split_at(20);
    let cases = [
        (format!("{{\"a\": \"{digits}\", \"b\": 1}}"), "{\"a\": \"***\", \"b\": 1}"),
        (format!("{{\"a\": \"{first}\\n{second}\"}}"), "{\"a\": \"***\\n***\"}"),
        (format!(" a\n+  {first}\n+  {second}\n- b\n"), " a\n+  ***\n+  ***\n- b\n"),
        (format!("a: |\r\n  {first}\r\n  {second}\r\nb: c\r\n"), "a: |\r\n  ***\r\n  ***\r\nb: c\r\n"),
        (format!("{}\nhello\n", digits.trim_end_matches('=')), "***\nhello\n"),
        ("x cHdkPWh1bnRlcjI= y".to_owned(), "x *** y"),
        (format!("x: {digits}\nnext_key: value\n"), "x: ***\nnext_key: value\n"),
        (format!("x: {padded}\nnext: value\n"), "x: ***\nnext: value\n"),
        (format!("+A={}\\\n+  {}\n+B=1\n", head, tail), "+A=***\\\n+  ***\n+B=1\n"),
        (format!("{{\"a\": \"\\u0067{}\"}}", token.strip_prefix('g').unwrap()), "{\"a\": \"***\"}"),
        (
            format!("powershell -EncodedCommand {}", wide(&format!("$t = '{token}'"))),
            "powershell -EncodedCommand ***",
        ),
        (
            format!("<a href=\"?u=https%3A%2F%2Fada%3A{}%40git.test\">", draw.alnum(20)),
            "<a href=\"?u=https%3A%2F%2Fada%3A***%40git.test\">",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(clean(&text), expected, "{text:?}");
    }
}

fn wide(text: &str) -> String {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    base64(&bytes, false, true)
}

#[test]
fn control_characters_split_nothing() {
    let mut draw = Draw(63);
    let token = format!("{}{}", "ghp_", draw.alnum(36));
    for sign in ["\0", "\u{8}", "\u{b}", "\u{c}", "\u{e}", "\u{1f}", "\u{7f}"] {
        let (head, tail) = token.split_at(12);
        assert_eq!(clean(&format!("took {head}{sign}{tail} from it")), "took *** from it", "{sign:?}");
    }
    // UTF-16 as bytes, which Windows writes
    let wide = |text: &str| text.chars().flat_map(|sign| [sign, '\0']).collect::<String>();
    assert_eq!(clean(&wide(&format!("a {token} b"))), format!("{}***\0{}", wide("a "), wide(" b")));
    let setting = clean(&wide(&format!("DB_PASSWORD={}\r\nUSER=ada\r\n", draw.alnum(16))));
    assert!(setting.contains(&wide("USER=ada")) && setting.len() < 70, "{setting:?}");
}

/// A terminal shows nothing of these, and neither does what drops the character alone.
#[test]
fn escape_characters_split_nothing() {
    let mut draw = Draw(63);
    let token = format!("{}{}", "ghp_", draw.alnum(36));
    let (head, tail) = token.split_at(12);
    for sequence in [
        "",
        "\\",
        "=",
        "=3D",
        ">",
        "c",
        "7",
        "#8",
        "%G",
        "%@",
        "%/G",
        "&A",
        "(B",
        "[&p",
        "]%20\u{7}",
        "]8;;x%41\u{7}",
    ] {
        let text = format!("took {head}\u{1b}{sequence}{tail} from it");
        assert_eq!(clean(&text), "took *** from it", "{sequence:?}");
    }
    // the sign behind the character is one of the token's own
    let text = format!("took {head}\u{1b}=3D{} from it", tail.strip_prefix("lb").unwrap());
    assert_eq!(clean(&text), "took *** from it");
}

/// Escape characters of one kind take no room from those of the other, and what is told of a text in pieces is told of the whole.
#[test]
fn no_reader_takes_the_room_of_another() {
    let mut draw = Draw(64);
    let token = format!("{}{}", "ghp_", draw.alnum(36));
    let (head, tail) = token.split_at(12);
    let line = |count: usize| "lorem ipsum\u{1b}%G dolor sit amet\u{1b}%G consectetur\n".repeat(count);
    for count in [1, 20, 200, 700] {
        let text = format!("{}took {head}\u{1b}{tail} from it\n{}", line(count), line(count));
        let seen = clean(&text);
        assert!(seen.contains("took *** from it") && !seen.contains(head), "{count}");
        let mut stream = RedactingStream::new(Redactor::new());
        let mut pieced = String::new();
        text.as_bytes().chunks(700).for_each(|piece| stream.push(piece, &mut pieced));
        let _ = stream.finish(&mut pieced);
        assert_eq!(pieced, seen, "{count}");
    }
}

/// A carrier is one finding, whatever is found in it, and is called by what the text says without further reading.
#[test]
fn all_that_a_carrier_holds_is_heard() {
    let mut draw = Draw(65);
    let token = format!("gh%70_{}", draw.alnum(36));
    let password = draw.alnum(16);
    for inner in [
        format!("DB_PASS\u{1b}%GWORD={password}\n\nDB_PASSWORD=x {token} z"),
        format!("DB_PASSWORD={password}\n{token} z"),
    ] {
        let text = format!("data: {} end", base64(inner.as_bytes(), false, true));
        assert_eq!(clean(&text), "data: *** end");
        let (redactor, watch) = Redactor::new().with_blocked(["github-token"]).watched().unwrap();
        let _ = redactor.redact(&text);
        assert_eq!(watch.seen(), Some("github-token"), "{inner:?}");
    }
}
