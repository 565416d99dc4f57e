//! A small generator of reproducible randomness (SplitMix64), and the texts that are drawn with it.

/// Equal seeds give equal texts.
#[derive(Debug)]
pub(crate) struct Random(u64);

const DIGITS: &str = "0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that nobody chose, so that each run sees other texts.
    pub(crate) fn fresh_seed() -> u64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(1, |since| u64::from(since.subsec_nanos()) ^ since.as_secs())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap_or(u64::MAX)).unwrap_or(0)
    }

    fn of(&mut self, alphabet: &str, length: usize) -> String {
        let signs: Vec<char> = alphabet.chars().collect();
        (0..length).filter_map(|_| signs.get(self.below(signs.len())).copied()).collect()
    }

    fn word(&mut self) -> &'static str {
        const WORDS: [&str; 12] = [
            "sunflower",
            "dragon",
            "monday",
            "thunder",
            "coffee",
            "winter",
            "purple",
            "guitar",
            "marble",
            "rocket",
            "harbour",
            "velvet",
        ];
        WORDS.get(self.below(WORDS.len())).copied().unwrap_or("winter")
    }

    /// A password that a person might choose: a word with digits and a sign, a respelled word, or signs at random. Nothing
    /// that shells, URLs and quotation marks would have escaped.
    pub(crate) fn password(&mut self) -> String {
        let word = self.word();
        match self.below(4) {
            0 => format!("{word}{}!", self.of(DIGITS, 2)),
            1 => format!(
                "{}{}{}",
                word.replace('o', "0").replace('e', "3"),
                self.of("-_.", 1),
                self.of(DIGITS, 4)
            ),
            2 => {
                let (head, tail) = word.split_at(1);
                format!("{}{tail}{}{}", head.to_uppercase(), self.of(DIGITS, 3), self.of("!~+", 1))
            }
            _ => format!(
                "{}{}{}{}",
                self.of(UPPER, 2),
                self.of(LOWER, 5),
                self.of(DIGITS, 3),
                self.of("!~_-", 2)
            ),
        }
    }

    /// The text of one ⟨…⟩, whose name is `code`.
    pub(crate) fn text(&mut self, code: &str) -> Option<String> {
        match code {
            "pass" => return Some(self.password()),
            "line" => return self.text("b64"),
            "basic" => {
                let pair = format!("ada:{}", self.password());
                return Some(base64(pair.as_bytes()));
            }
            "cr" => return Some("\r".to_owned()),
            "esc" => return Some("\u{1b}".to_owned()),
            _ => {}
        }
        let noise = ["!#%&()*+,-./:;<=>?@[]^_{|}~ ", LOWER, UPPER, DIGITS].concat();
        let (alphabet, length) = match code.strip_prefix("noise") {
            Some(length) => (noise, length),
            None => (alphabet(code.chars().next()?)?, code.get(1..)?),
        };
        let length = match length.split_once("..") {
            Some((least, most)) => {
                let (least, most): (usize, usize) = (least.parse().ok()?, most.parse().ok()?);
                least + self.below(most - least + 1)
            }
            None => length.parse().ok()?,
        };
        Some(self.of(&alphabet, length))
    }
}

fn alphabet(class: char) -> Option<String> {
    Some(match class {
        'a' => [UPPER, LOWER, DIGITS].concat(),
        'b' => [UPPER, LOWER, DIGITS, "+/"].concat(),
        'd' => DIGITS.to_owned(),
        'h' => "0123456789abcdef".to_owned(),
        'l' => [LOWER, DIGITS].concat(),
        'u' => [UPPER, DIGITS].concat(),
        'w' => [UPPER, LOWER, DIGITS, "-_"].concat(),
        _ => return None,
    })
}

fn base64(bytes: &[u8]) -> String {
    let signs = [UPPER, LOWER, DIGITS, "+/"].concat().into_bytes();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let joined = (0..3).fold(0_usize, |joined, place| {
            joined << 8 | chunk.get(place).map_or(0, |byte| usize::from(*byte))
        });
        for place in 0..4 {
            let sign = signs.get(joined >> (18 - 6 * place) & 63).map_or('A', |sign| char::from(*sign));
            text.push(if place <= chunk.len() { sign } else { '=' });
        }
    }
    text
}
