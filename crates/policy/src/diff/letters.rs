//! The characters that patterns can tell apart. Exact patterns see a character, folded ones what it folds to; two
//! characters that look the same to both are one symbol here, so that finitely many stand for all of Unicode.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::fold;

/// A character and what it folds to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) exact: char,
    pub(super) folded: Box<[char]>,
}

impl Symbol {
    fn of(exact: char) -> Self {
        Self { exact, folded: fold::char(exact).collect() }
    }
}

/// One symbol for each class of characters.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// Those that some pattern names, the separator, and, where they count, those that fold to several.
    pub(super) symbols: Vec<Symbol>,
    /// One that no pattern names, whether folded or not.
    pub(super) fresh: Symbol,
}

impl Alphabet {
    /// The alphabet for exact patterns that name `exact` and folded ones that name `folded`. `counted` says whether
    /// the number of exact characters bears on anything (`?` in a pattern, a limit of length).
    ///
    /// A character outside `exact` is to exact patterns like any other such, and to folded ones what it folds to. If
    /// it folds to one character, one that does so and is not in `exact` stands for it. If it folds to several, a
    /// text of such characters stands for it, which differs to exact patterns in its number only: a run of strangers
    /// is passed over by `*` and `**` and stops all else, but `?` counts. So those that fold to several join only
    /// where characters are counted, or where no single one outside `exact` is left to stand in.
    pub(super) fn new(exact: &BTreeSet<char>, folded: &BTreeSet<char>, counted: bool) -> Self {
        let mut symbols: Vec<Symbol> = exact.iter().copied().map(Symbol::of).collect();
        if !exact.contains(&'/') {
            symbols.push(Symbol::of('/'));
        }
        let mut missing = counted;
        for wanted in folded.iter().filter(|wanted| **wanted != '/') {
            match singles(*wanted).find(|c| !exact.contains(c)) {
                Some(c) => symbols.push(Symbol::of(c)),
                None => missing = missing || table().several.iter().any(|s| s.folded.contains(wanted)),
            }
        }
        if missing {
            let mut seen: BTreeSet<Vec<Option<char>>> = BTreeSet::new();
            for symbol in table().several.iter().filter(|symbol| !exact.contains(&symbol.exact)) {
                let class = symbol.folded.iter().map(|c| Some(*c).filter(|c| folded.contains(c))).collect();
                if seen.insert(class) {
                    symbols.push(symbol.clone());
                }
            }
        }
        let plain = "xqzwkvyjuhgbfdnmlpctsraoie0123456789".chars();
        let fresh = plain.chain('\u{4E00}'..='\u{9FFF}').map(Symbol::of).find(|symbol| {
            !exact.contains(&symbol.exact)
                && symbol.folded.len() == 1
                && !symbol.folded.iter().any(|c| folded.contains(c))
        });
        // A pattern set that names every ideograph would be larger than any policy file may be.
        Self { symbols, fresh: fresh.unwrap_or_else(|| Symbol::of('\u{A000}')) }
    }
}

/// The characters that fold to exactly `wanted`, itself first.
pub(super) fn singles(wanted: char) -> impl Iterator<Item = char> {
    let itself = std::iter::once(wanted).chain(wanted.is_ascii().then(|| wanted.to_ascii_uppercase()));
    let itself = itself.filter(move |c| fold::char(*c).eq([wanted])).collect::<BTreeSet<_>>();
    let mut itself: Vec<char> = itself.into_iter().collect();
    itself.sort_by_key(|c| *c != wanted);
    let others = move || table().one.iter().filter(move |(_, to)| *to == wanted).map(|(c, _)| *c);
    // Made only when it is asked for.
    itself.into_iter().chain(std::iter::once(()).flat_map(move |()| others()))
}

/// The non-ASCII characters that fold to something else.
struct Table {
    /// To one character.
    one: Vec<(char, char)>,
    /// To several.
    several: Vec<Symbol>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let (mut one, mut several) = (Vec::new(), Vec::new());
        // No ideograph or Hangul syllable has case, nor anything above; a test looks through all of Unicode.
        for c in ('\u{80}'..'\u{3400}').chain('\u{A000}'..'\u{AC00}').chain('\u{D7B0}'..'\u{20000}') {
            let symbol = Symbol::of(c);
            match *symbol.folded {
                [to] if to == c => {}
                [to] => one.push((c, to)),
                _ => several.push(symbol),
            }
        }
        Table { one, several }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_leaves_no_character_out() {
        let table = table();
        for c in ('\u{80}'..=char::MAX).filter(|c| !fold::char(*c).eq([*c])) {
            let listed =
                table.one.iter().any(|(from, _)| *from == c) || table.several.iter().any(|s| s.exact == c);
            assert!(listed, "{c:?}");
        }
    }

    #[test]
    fn each_class_of_characters_has_a_symbol() {
        let set = |text: &str| text.chars().collect::<BTreeSet<_>>();
        let of = |exact: &str, folded: &str, counted| {
            let alphabet = Alphabet::new(&set(exact), &set(folded), counted);
            let text: String = alphabet.symbols.iter().map(|symbol| symbol.exact).collect();
            (text, alphabet.fresh.exact)
        };
        assert_eq!(of("", "", false), ("/".into(), 'x'));
        assert_eq!(of("", "ax", false), ("/ax".into(), 'q'));
        assert_eq!(of("ax", "a", false), ("ax/A".into(), 'q'));
        assert_eq!(of("kK", "k", false), ("Kk/\u{212A}".into(), 'x'));
        assert_eq!(of("sS\u{17F}", "s", false).0.chars().next(), Some('S'));
        assert!(of("sS\u{17F}", "s", false).0.contains('ß'), "no single one is left");
        assert!(of("", "s", true).0.contains('ß'));
        assert!(!of("", "s", false).0.contains('ß'));
    }
}
