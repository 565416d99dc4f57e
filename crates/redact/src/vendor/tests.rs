use super::{Piece, VENDORS, Vendor};
use crate::tests::{Draw, clean, hides, keeps};

const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token of this row, as its issuer would draw it.
fn token(draw: &mut Draw, vendor: &Vendor, prefix: &str) -> String {
    let of = |class: crate::bytes::Class| -> String {
        ALPHABET.chars().filter(|&sign| class.has(u8::try_from(sign).unwrap())).collect()
    };
    let lead = vendor.lead.map_or(String::new(), |lead| draw.text(&of(lead.class), lead.least));
    let body: String = vendor
        .shape
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Run(run) => draw.text(&of(run.class), run.least),
        })
        .collect();
    format!("{lead}{prefix}{body}")
}

fn every_row(mut check: impl FnMut(&Vendor, &str, &str)) {
    let mut draw = Draw(7);
    for vendor in VENDORS {
        for prefix in vendor.prefixes {
            for _ in 0..3 {
                let token = token(&mut draw, vendor, prefix);
                check(vendor, prefix, &token);
            }
        }
    }
}

#[test]
fn every_shape_is_found_wherever_a_token_stands() {
    let places = [
        "§",
        "a § b",
        "\"§\"",
        "(§)",
        "x=§;",
        "say §, then",
        "a\\n§\\nb",
        "%20§%20",
        "é§é",
        "\u{1b}[31m§\u{1b}[0m",
    ];
    every_row(|vendor, _, token| {
        for place in places {
            let text = place.replace('§', token);
            let seen = clean(&text);
            // Punctuation that some alphabets contain may go with the token.
            let expected = place.replace('§', "***");
            let swallowed = [",", "%20", "\\n"].iter().any(|end| place.contains(&format!("§{end}")));
            let last = vendor.shape.iter().rev().find_map(|piece| match piece {
                Piece::Run(run) => Some(run.class),
                Piece::Text(_) => None,
            });
            let taken = place
                .split_once('§')
                .and_then(|(_, after)| after.bytes().next())
                .is_some_and(|sign| last.is_some_and(|class| class.has(sign)));
            let close = (swallowed || taken) && !seen.contains(token);
            assert!(seen == expected || close, "{}: {place:?} became {seen:?}", vendor.id);
        }
    });
}

#[test]
fn a_finding_names_its_rule() {
    every_row(|vendor, prefix, token| {
        let findings = crate::Redactor::new().find(token);
        assert_eq!(findings.len(), 1, "{prefix}");
        assert_eq!(findings[0].span, 0..token.len(), "{prefix}");
        let same = VENDORS
            .iter()
            .any(|row| row.id == findings[0].rule && row.prefixes.iter().any(|p| token.contains(p)));
        assert!(same, "{prefix} of {} was called {}", vendor.id, findings[0].rule);
    });
}

#[test]
fn a_prefix_alone_is_innocent() {
    for vendor in VENDORS {
        for prefix in vendor.prefixes {
            keeps(&format!("tokens begin with {prefix} and go on"));
            keeps(&format!("{prefix}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
            keeps(&format!("{prefix}your-key-goes-here"));
        }
    }
}

#[test]
fn a_word_that_ends_in_a_prefix_is_innocent() {
    let mut draw = Draw(3);
    for (word, length) in [("task-", 32), ("disk-", 40), ("monkey-", 32), ("msg.", 22)] {
        keeps(&format!("{word}{}", draw.hex(length)));
    }
    keeps("the risk-proj-management-and-planning-course-of-2024");
    keeps(".sk-fading-circle .sk-circle12:before { animation-delay: -0.1s }");
}

#[test]
fn prefixes_are_told_by_their_case() {
    let mut draw = Draw(4);
    keeps(&format!("GHP_{}", draw.alnum(36)));
    hides("§", &format!("{}{}", "ghp_", draw.alnum(36)));
}

/// The gateway's own: what signs its audit log must not be read through it, and what verifies that log may be.
#[test]
fn the_half_of_a_note_key_that_signs_is_hidden() {
    let half = format!("example.com/gitoma+0a1b2c3d+{}", Draw(7).text(ALPHABET, 44));
    for place in ["§", "  \"content\": \"§\\n\"", "the file\n§\nand so on"] {
        hides(place, &format!("PRIVATE+KEY+{half}"));
    }
    keeps(&half);
}
