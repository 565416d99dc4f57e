//! What a pattern's structure must be. Nothing is searched here.
//!
//! Why this is linear: the engine finds one match in time linear in what it reads, and goes on behind it. Reading the same
//! bytes for many matches takes an alternative that lives on far beyond a match and fails. Where all that is unbounded is the
//! repetition of one class at the end of an alternative, what lives on lives on by that repetition alone, and any later match
//! it could reach would have been part of its own. The same holds for what is bounded: only a branch that is longer than another
//! is read beyond the other's match, so that the difference is bounded.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::{PatternError, Patterns};

/// Checks the structure of the pattern `text`.
pub(super) fn check(text: &str) -> Result<(), PatternError> {
    let parsed = ParserBuilder::new().nest_limit(Patterns::NEST).build().parse(text);
    let hir = parsed.map_err(|error| {
        PatternError::Syntax(match error {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            _ => "it cannot be read".to_owned(),
        })
    })?;
    if literal(&hir) < Patterns::LEAST_LITERAL {
        return Err(PatternError::TooBroad);
    }
    if !ends_bounded(&hir, false) {
        Err(PatternError::Unbounded)
    } else if ahead(&hir) > Patterns::MOST_AHEAD {
        Err(PatternError::LooksAhead)
    } else {
        Ok(())
    }
}

/// The most bytes that a branch of a choice can read beyond the match of another.
fn ahead(hir: &Hir) -> usize {
    let shortest = |hir: &Hir| hir.properties().minimum_len().unwrap_or_default();
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => 0,
        HirKind::Capture(capture) => ahead(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(ahead).fold(0, usize::saturating_add),
        HirKind::Alternation(branches) => {
            let longest = branches.iter().map(committed).max().unwrap_or_default();
            let least = branches.iter().map(shortest).min().unwrap_or_default();
            let within = branches.iter().map(ahead).max().unwrap_or_default();
            longest.saturating_sub(least).max(within)
        }
        HirKind::Repetition(repetition) => {
            if is_single(&repetition.sub) || repetition.max == Some(repetition.min) {
                return ahead(&repetition.sub);
            }
            // one more of what is repeated may begin and fail
            committed(&repetition.sub).max(ahead(&repetition.sub))
        }
    }
}

/// The most bytes of a match before a repetition of one class at its end, of which any number matches.
fn committed(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Capture(capture) => committed(&capture.sub),
        HirKind::Repetition(repetition) if is_single(&repetition.sub) => {
            let least = usize::try_from(repetition.min).unwrap_or(usize::MAX);
            least.saturating_mul(repetition.sub.properties().maximum_len().unwrap_or(usize::MAX))
        }
        HirKind::Concat(parts) => {
            let Some((last, before)) = parts.split_last() else { return 0 };
            let before = before.iter().map(|part| part.properties().maximum_len().unwrap_or(usize::MAX));
            before.fold(committed(last), usize::saturating_add)
        }
        HirKind::Alternation(branches) => branches.iter().map(committed).max().unwrap_or_default(),
        _ => hir.properties().maximum_len().unwrap_or(usize::MAX),
    }
}

/// The fewest characters that are spelt out in any match.
fn literal(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).map_or(literal.0.len(), |text| text.chars().count())
        }
        HirKind::Class(class) => usize::from(is_one_letter(class)),
        HirKind::Repetition(repetition) => {
            let least = usize::try_from(repetition.min).unwrap_or(usize::MAX);
            literal(&repetition.sub).saturating_mul(least)
        }
        HirKind::Capture(capture) => literal(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(literal).fold(0, usize::saturating_add),
        HirKind::Alternation(branches) => branches.iter().map(literal).min().unwrap_or(0),
    }
}

/// Whether the class is one letter in its cases, as `(?i)k` makes them.
fn is_one_letter(class: &Class) -> bool {
    let Class::Unicode(class) = class else { return false };
    let mut folded = None;
    let mut characters = 0;
    for range in class.ranges() {
        for character in range.start()..=range.end() {
            characters += 1;
            // The Kelvin sign and the long s fold to letters of ASCII; no letter has more than four forms.
            let lower: String = match character {
                '\u{17f}' => "s".to_owned(),
                _ => character.to_lowercase().collect(),
            };
            if characters > 4 || *folded.get_or_insert_with(|| lower.clone()) != lower {
                return false;
            }
        }
    }
    characters > 0
}

/// Whether nothing is unbounded but one class repeated at the end. In a choice nothing may stand behind that class: what waits
/// there for an end that never comes would outlive the match of another branch.
fn ends_bounded(hir: &Hir, in_choice: bool) -> bool {
    if is_bounded(hir) {
        return true;
    }
    match hir.kind() {
        HirKind::Repetition(repetition) => repetition.max.is_none() && is_single(&repetition.sub),
        HirKind::Alternation(branches) => branches.iter().all(|branch| ends_bounded(branch, true)),
        HirKind::Capture(capture) => ends_bounded(&capture.sub, in_choice),
        HirKind::Concat(parts) => {
            let looks = parts.iter().rev().take_while(|part| matches!(part.kind(), HirKind::Look(_))).count();
            let body = parts.get(..parts.len().saturating_sub(looks));
            let Some((last, before)) = body.and_then(<[Hir]>::split_last) else { return true };
            let bounds = before.iter().map(|part| part.properties().maximum_len());
            let before = bounds.into_iter().try_fold(0_usize, |sum, length| sum.checked_add(length?));
            before.is_some_and(|before| before <= Patterns::LONGEST_MATCH)
                && ends_bounded(last, in_choice)
                && (looks == 0 || (!in_choice && matches!(last.kind(), HirKind::Repetition(_))))
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => false,
    }
}

/// Whether no match is longer than the limit.
fn is_bounded(hir: &Hir) -> bool {
    hir.properties().maximum_len().is_some_and(|length| length <= Patterns::LONGEST_MATCH)
}

/// Whether the expression is one character, whichever.
fn is_single(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(_) => true,
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).is_ok_and(|text| text.chars().count() == 1)
        }
        HirKind::Capture(capture) => is_single(&capture.sub),
        _ => false,
    }
}
