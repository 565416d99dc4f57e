//! What the redactor takes out of a corpus that is drawn anew in each run: recall by group, and precision, counted as one
//! who reads the output would. A secret of which a single byte is left counts as missed.

mod cases;
mod keys;
mod random;

use std::collections::BTreeMap;

use cases::Case;
use gitoma_redact::{RedactingStream, Redactor};
use random::Random;

/// How often a run draws the corpus: what fails by chance alone should show.
const ROUNDS: u64 = 3;

/// What is known to be missed: an unnamed pair, a token named by its host, a password of words.
const KNOWN: [&str; 3] = ["files / bundle", "files / composer token", "files / seed phrase"];

/// A new seed, or the one of a run that is to be repeated.
#[expect(clippy::disallowed_methods, reason = "the seed of a failing run is given back by hand")]
fn seed() -> u64 {
    let given = std::env::var("GITOMA_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(Random::fresh_seed)
}

fn draws(draw: fn(&mut Random) -> Vec<Case>) -> (u64, Vec<Case>) {
    let seed = seed();
    let rounds = (0..ROUNDS).flat_map(|round| draw(&mut Random::new(seed.wrapping_add(round)))).collect();
    (seed, rounds)
}

/// Tells whether a part of a secret is left, after the laws that hold for every text have been checked on this one.
fn left(redactor: &Redactor, case: &Case) -> bool {
    let redacted = redactor.redact(&case.text);
    let again = redactor.redact(&redacted.text);
    assert_eq!(again.text, redacted.text, "not idempotent: {:?}", case.text);
    let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
    assert!(!is_json(&case.text) || is_json(&redacted.text), "no longer JSON: {:?}", case.text);
    for finding in &redacted.findings {
        assert!(Redactor::rules().any(|rule| rule == finding.rule), "{} is not listed", finding.rule);
    }
    let spans: Vec<_> = redacted.findings.into_iter().map(|finding| finding.span).collect();
    !case.left(&spans).is_empty()
}

#[test]
fn what_is_secret_goes_whole() {
    let (seed, cases) = draws(cases::positive);
    let redactor = Redactor::new();
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut missed: BTreeMap<String, usize> = BTreeMap::new();
    for case in &cases {
        let (lost, all) = groups.entry(&case.group).or_default();
        *all += 1;
        if left(&redactor, case) {
            *lost += usize::from(!KNOWN.contains(&&*case.name));
            *missed.entry(format!("{}: {}", case.group, case.name)).or_default() += 1;
        }
    }
    println!("GITOMA_SEED={seed}; missed, times of {ROUNDS}: {missed:#?}");
    for (group, (lost, all)) in &groups {
        println!("{group}: {lost} of {all} missed");
    }
    for (group, (lost, all)) in groups {
        // chance has a part in what looks drawn; an armoured key needs none
        let most = if group == "armour" { 0 } else { 2 + all / 100 };
        assert!(lost <= most, "{lost} of {all} missed in {group:?}, seed {seed}");
    }
}

#[test]
fn what_is_innocent_stays() {
    let (seed, cases) = draws(cases::innocent);
    let redactor = Redactor::new();
    let changed: Vec<_> = cases
        .iter()
        .filter(|case| redactor.redact(&case.text).text != case.text)
        .map(|case| &case.name)
        .collect();
    println!("GITOMA_SEED={seed}; changed: {changed:#?}");
    assert!(
        cases.len() >= 150 && changed.len() * 100 <= cases.len() * 3,
        "{} changed, seed {seed}",
        changed.len()
    );
}

/// A stream takes its text up in steps, and lets leave what is far enough from the end: wherever the secret stands, the
/// stream says what the whole text says.
#[test]
fn no_edge_of_a_stream_cuts_a_secret() {
    let seed = seed();
    let random = &mut Random::new(seed);
    let redactor = Redactor::new();
    let filler = "The gateway decides every call before it runs.\n".repeat(1200);
    let mut cases = cases::positive(random);
    // one in eight, so that a run takes seconds
    cases.retain(|_| random.below(8) == 0);
    for case in &cases {
        // from before the first cut to behind the first window's end
        let before = 15 * 1024 + random.below(14 * 1024);
        let head = filler.get(..before).unwrap_or_default();
        let line = head.rfind('\n').map_or(0, |feed| feed + 1);
        let (head, after) = (head.get(..line).unwrap_or_default(), filler.get(..30_000).unwrap_or_default());
        let text = format!("{head}{}\n{after}", case.text);
        let whole = redactor.redact(&text);
        let mut stream = RedactingStream::new(redactor.clone());
        let mut clean = String::new();
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(rest.len().min(512));
            stream.push(piece, &mut clean);
            rest = tail;
        }
        let _ = stream.finish(&mut clean);
        assert_eq!(clean, whole.text, "{}, seed {seed}", case.name);
    }
}
