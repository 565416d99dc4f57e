//! Recall by group, as a redactor (every byte of every secret of the text is gone) and as a scanner (something is found in a
//! text that has secrets), and how many innocent texts are changed.

use std::collections::BTreeMap;

use crate::Options;
use crate::cases;
use crate::encoded;
use crate::peer::Engine;
use crate::random::Random;

#[derive(Default)]
struct Score {
    cases: usize,
    gone: usize,
    flagged: usize,
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    let seed = options.seed.unwrap_or_else(Random::fresh_seed);
    let random = &mut Random::new(seed);
    let (mut positive, innocent) = (cases::positive(random), cases::innocent(random));
    positive.extend(encoded::cases(random));
    println!("Seed {seed}: {} texts with secrets, {} without.\n", positive.len(), innocent.len());
    let mut table: Vec<(String, BTreeMap<&str, Score>, usize)> = Vec::new();
    for mut engine in Engine::all(options)? {
        let mut groups: BTreeMap<&str, Score> = BTreeMap::new();
        for case in &positive {
            let found = engine.find(&case.text)?;
            let score = groups.entry(&case.group).or_default();
            score.cases += 1;
            if case.left(&found.spans).is_empty() {
                score.gone += 1;
            } else if options.samples > 0 {
                eprintln!("{} misses {}: {}", engine.name(), case.group, case.name);
            }
            score.flagged += usize::from(!found.spans.is_empty());
        }
        let mut changed = 0;
        for case in &innocent {
            if !engine.find(&case.text)?.spans.is_empty() {
                changed += 1;
                if options.samples > 0 {
                    eprintln!("{} changes {}", engine.name(), case.name);
                }
            }
        }
        table.push((engine.name().to_owned(), groups, changed));
    }
    print(&table, innocent.len());
    Ok(())
}

fn print(table: &[(String, BTreeMap<&str, Score>, usize)], innocent: usize) {
    let Some((_, first, _)) = table.first() else { return };
    let heads: Vec<String> =
        first.iter().map(|(group, score)| format!("{group} ({})", score.cases)).collect();
    println!("| as a redactor | {} | all | innocent changed |", heads.join(" | "));
    println!("|:--|{}", "--:|".repeat(heads.len() + 2));
    for (name, groups, changed) in table {
        let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        let cells: Vec<String> =
            groups.values().map(|score| format!("{:.1} %", share(score.gone, score.cases))).collect();
        let sum = |of: fn(&Score) -> usize| groups.values().map(of).sum::<usize>();
        let all = sum(|score| score.cases);
        println!(
            "| {name} | {} | {:.1} % | {changed} of {innocent} |",
            cells.join(" | "),
            share(sum(|score| score.gone), all)
        );
        println!(
            "| {name}, as a scanner | {} | {:.1} % | |",
            " | ".repeat(heads.len() - 1),
            share(sum(|score| score.flagged), all)
        );
    }
}
