//! A glob, or a plain text, as a nondeterministic automaton over characters. It says the same as `Glob::matches`, one
//! character at a time, so that many patterns can be walked together. It is also what says, of a folded pattern and a text
//! that gets longer when it is folded, what `Glob::matches_folded` says.

use crate::fold;

/// What one place in a pattern takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    /// This character, be it the separator.
    Literal(char),
    /// `?`
    One,
    /// `*`
    Star,
    /// The end of a segment; with the flag, the text may end here.
    End(bool),
    /// `**`, inside a segment that it takes; with the flag, the text may end here.
    Deep(bool),
}

/// A pattern as places, and whether it looks at folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Automaton {
    nodes: Box<[Node]>,
    pub(crate) folded: bool,
}

/// The places where a pattern may stand, ascending.
pub(crate) type Places = Vec<u16>;

impl Automaton {
    /// The automaton of a glob, given as its text.
    pub(crate) fn glob(text: &str, folded: bool) -> Self {
        let segments: Vec<&str> = text.split('/').collect();
        let mut nodes = Vec::new();
        for (at, segment) in segments.iter().enumerate() {
            let last = segments.iter().skip(at.saturating_add(1)).all(|segment| *segment == "**");
            if *segment == "**" {
                nodes.push(Node::Deep(last));
                continue;
            }
            nodes.extend(segment.chars().map(|c| match c {
                '?' => Node::One,
                '*' => Node::Star,
                c => Node::Literal(c),
            }));
            nodes.push(Node::End(last));
        }
        Self { nodes: nodes.into(), folded }
    }

    /// The automaton of one exact text.
    pub(crate) fn text(text: &str) -> Self {
        let nodes = text.chars().map(Node::Literal).chain([Node::End(true)]).collect();
        Self { nodes, folded: false }
    }

    pub(crate) fn start(&self) -> Places {
        let mut places = Vec::new();
        self.enter(0, &mut places);
        Self::tidy(self, &mut places);
        places
    }

    /// Whether the text may end at one of `places`.
    pub(crate) fn accepts(&self, places: &[u16]) -> bool {
        places.iter().any(|place| matches!(self.node(*place), Some(Node::End(true) | Node::Deep(true))))
    }

    /// The characters that are told from others at `places`.
    pub(crate) fn looks_for(&self, places: &[u16]) -> impl Iterator<Item = char> {
        places.iter().filter_map(|place| match self.node(*place) {
            Some(Node::Literal(c)) => Some(c),
            _ => None,
        })
    }

    /// All characters that the pattern names.
    pub(crate) fn characters(&self) -> impl Iterator<Item = char> {
        self.nodes.iter().filter_map(|node| if let Node::Literal(c) = node { Some(*c) } else { None })
    }

    /// Whether the pattern has a `?`.
    pub(crate) fn counts(&self) -> bool {
        self.nodes.contains(&Node::One)
    }

    /// The places after one more character.
    pub(crate) fn step(&self, places: &[u16], c: char) -> Places {
        let mut next = Vec::with_capacity(places.len().saturating_add(1));
        self.step_into(places, c, &mut next);
        next
    }

    /// The places after one more character, in `next` instead of what it held.
    fn step_into(&self, places: &[u16], c: char, next: &mut Places) {
        next.clear();
        for place in places {
            let after = place.saturating_add(1);
            match self.node(*place) {
                Some(Node::Literal(wanted)) if wanted == c => self.close(after, next),
                Some(Node::One) if c != '/' => self.close(after, next),
                Some(Node::Star) if c != '/' => self.close(*place, next),
                Some(Node::End(_)) if c == '/' => self.enter(after, next),
                Some(Node::Deep(_)) if c == '/' => self.enter(*place, next),
                Some(Node::Deep(_)) => next.push(*place),
                _ => {}
            }
        }
        self.tidy(next);
    }

    /// The places after one more character of a text that `folded` is the folded form of. An automaton of folded text takes
    /// that form; of several characters in it `?` takes one, or all at once, since they are one in the text.
    pub(crate) fn step_seen(&self, places: &[u16], exact: char, folded: &[char]) -> Places {
        let folded = match (self.folded, folded) {
            (false, _) => return self.step(places, exact),
            (true, [one]) => return self.step(places, *one),
            (true, several) => several,
        };
        let mut next = folded.iter().fold(places.to_vec(), |places, c| self.step(&places, *c));
        for place in places.iter().filter(|place| self.node(**place) == Some(Node::One)) {
            self.close(place.saturating_add(1), &mut next);
        }
        self.tidy(&mut next);
        next
    }

    /// Whether the whole text, of which `?` takes characters as they are written or as they are folded, matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let (mut places, mut next, mut folded) = (self.start(), Places::new(), Vec::new());
        for c in text.chars() {
            folded.clear();
            folded.extend(fold::char(c));
            match (self.folded, folded.as_slice()) {
                (true, [_, _, ..]) => next = self.step_seen(&places, c, &folded),
                (true, [one]) => self.step_into(&places, *one, &mut next),
                _ => self.step_into(&places, c, &mut next),
            }
            std::mem::swap(&mut places, &mut next);
        }
        self.accepts(&places)
    }

    fn node(&self, place: u16) -> Option<Node> {
        self.nodes.get(usize::from(place)).copied()
    }

    /// Adds the places where a segment begins; `**` may take none.
    fn enter(&self, place: u16, places: &mut Places) {
        let mut place = place;
        while let Some(Node::Deep(_)) = self.node(place) {
            places.push(place);
            place = place.saturating_add(1);
        }
        self.close(place, places);
    }

    /// Adds a place inside a segment; `*` may take nothing.
    fn close(&self, place: u16, places: &mut Places) {
        let mut place = place;
        while let Some(Node::Star) = self.node(place) {
            places.push(place);
            place = place.saturating_add(1);
        }
        if self.node(place).is_some() {
            places.push(place);
        }
    }

    /// Sorts, and drops what is before the last `**`: whatever an earlier place could reach, that one reaches too,
    /// since every way on leads through it.
    fn tidy(&self, places: &mut Places) {
        places.sort_unstable();
        places.dedup();
        let deep = places.iter().rposition(|place| matches!(self.node(*place), Some(Node::Deep(_))));
        if let Some(at) = deep {
            places.drain(..at);
            if let Some(first) = places.first()
                && self.node(*first) == Some(Node::Deep(true))
            {
                places.truncate(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::glob::Glob;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]

        #[test]
        fn says_what_the_glob_says(
            pattern in "(\\*\\*|[ab*?]{1,3})(/(\\*\\*|[ab*?]{1,3})){0,4}",
            texts in proptest::collection::vec("[ab]{0,3}(/[ab]{0,3}){0,4}", 20),
        ) {
            let Ok(glob) = Glob::parse(&pattern, false) else { return Ok(()) };
            let automaton = Automaton::glob(glob.text(), false);
            for text in texts {
                prop_assert_eq!(automaton.matches(&text), glob.matches(&text), "{} {}", pattern, text);
            }
        }
    }

    #[test]
    fn a_plain_text_matches_itself_alone() {
        let automaton = Automaton::text("a*/?");
        assert!(automaton.matches("a*/?") && !automaton.matches("ab/c") && !automaton.matches("a*/?/"));
        assert!(Automaton::text("").matches("") && !Automaton::text("").matches("a"));
    }
}
