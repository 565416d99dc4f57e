//! A corpus of texts with secrets in known places, and of texts without any, drawn anew from templates for each seed. The
//! templates stand in the text files beside this one; no token stands in them.

use std::ops::Range;

use crate::random::Random;

/// A text, and where its secrets stand.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) text: String,
    /// Sorted and apart; none if the text is innocent.
    pub(crate) secrets: Vec<Range<usize>>,
}

impl Case {
    /// The parts of its secrets that none of `spans` covers.
    pub(crate) fn left(&self, spans: &[Range<usize>]) -> Vec<&str> {
        let mut left = Vec::new();
        for secret in &self.secrets {
            let mut from = secret.start;
            let mut spans: Vec<_> = spans.iter().filter(|span| span.end > secret.start).collect();
            spans.sort_by_key(|span| span.start);
            for span in spans {
                if span.start > from {
                    left.push(self.text.get(from..span.start.min(secret.end)).unwrap_or_default());
                }
                from = from.max(span.end).min(secret.end);
            }
            left.push(self.text.get(from..secret.end).unwrap_or_default());
        }
        left.retain(|part| !part.is_empty());
        left
    }
}

const TOKENS: &str = include_str!("tokens.txt");
const PLACES: &str = include_str!("places.txt");
const KEYED: &str = include_str!("keyed.txt");
const KEYED_PLACES: &str = include_str!("keyed-places.txt");
const CONTEXTS: &str = include_str!("contexts.txt");
const INNOCENT: &str = include_str!("innocent.txt");

/// Texts with secrets: every token in every place, every setting in every spelling, every context, every dress of a key.
pub(crate) fn positive(random: &mut Random) -> Vec<Case> {
    let mut cases = Vec::new();
    for (family, token) in lines(TOKENS) {
        for place in blocks(PLACES) {
            let name = family.replace('-', "_").to_uppercase();
            let template = place.template.replace("⟨KEY⟩", &name).replace("⟨TOKEN⟩", token);
            let group = if place.name == "keyed" { "token, keyed" } else { "token, bare" };
            cases.push(case(random, group, &format!("{family} / {}", place.name), &template));
        }
    }
    for (key, value) in lines(KEYED) {
        for place in blocks(KEYED_PLACES) {
            let template = place
                .template
                .replace("⟨KEY⟩", key)
                .replace("⟨key⟩", &key.to_lowercase())
                .replace("⟨Key⟩", &camel(key))
                .replace("⟨VALUE⟩", &format!("«{value}»"));
            cases.push(case(random, "setting", &format!("{key} / {}", place.name), &template));
        }
    }
    for block in blocks(CONTEXTS) {
        let group = if block.group == "lines" { "several" } else { "context" };
        cases.push(case(random, group, &format!("{} / {}", block.group, block.name), &block.template));
    }
    cases.extend(crate::keys::cases(random));
    cases
}

/// Texts without secrets.
pub(crate) fn innocent(random: &mut Random) -> Vec<Case> {
    blocks(INNOCENT)
        .into_iter()
        .map(|block| {
            case(random, &block.group, &format!("{} / {}", block.group, block.name), &block.template)
        })
        .collect()
}

struct Block {
    group: String,
    name: String,
    template: String,
}

/// The lines of a table of two columns.
fn lines(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ').map(|(name, rest)| (name, rest.trim())))
}

/// The templates of a file: `## group`, `=== name`, and the lines that follow.
fn blocks(file: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut group = String::new();
    for line in file.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            blocks.push(Block { group: group.clone(), name: name.to_owned(), template: String::new() });
        } else if let Some(name) = line.strip_prefix("## ").filter(|_| !line.starts_with("##[")) {
            name.clone_into(&mut group);
        } else if let Some(block) = blocks.last_mut() {
            block.template.push_str(line);
            block.template.push('\n');
        }
    }
    blocks
}

fn camel(key: &str) -> String {
    let mut words = key.split('_').map(str::to_lowercase);
    let mut spelled = words.next().unwrap_or_default();
    for word in words {
        let (head, tail) = word.split_at(1);
        spelled.push_str(&head.to_uppercase());
        spelled.push_str(tail);
    }
    spelled
}

/// Draws the text of a template.
pub(crate) fn case(random: &mut Random, group: &str, name: &str, template: &str) -> Case {
    let mut text = String::new();
    let mut secrets: Vec<Range<usize>> = Vec::new();
    let mut begin = 0;
    let mut rest = template;
    while let Some(place) = rest.find(['«', '»', '⟨']) {
        let (plain, tail) = rest.split_at(place);
        text.push_str(plain);
        let mut signs = tail.chars();
        match signs.next() {
            Some('«') => begin = text.len(),
            Some('»') => secrets.push(begin..text.len()),
            _ => {
                let (code, after) = signs.as_str().split_once('⟩').unwrap_or_default();
                let drawn = random.text(code);
                assert!(drawn.is_some(), "unknown ⟨{code}⟩ in {name}");
                text.push_str(&drawn.unwrap_or_default());
                rest = after;
                continue;
            }
        }
        rest = signs.as_str();
    }
    text.push_str(rest);
    // half of the texts end without a line end
    if random.below(2) == 0 {
        text.truncate(text.trim_end_matches('\n').len());
    }
    Case { group: group.to_owned(), name: name.to_owned(), text, secrets }
}
