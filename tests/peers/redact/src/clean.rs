//! A tree of real files that nobody put secrets in: what is found all the same, how many bytes that takes, and how fast.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Options;
use crate::peer::Engine;

/// Larger files are data.
const LARGEST: u64 = 4 << 20;
/// What stands around a finding when one is shown.
const AROUND: usize = 50;

pub fn run(options: &Options) -> anyhow::Result<()> {
    let mut files = Vec::new();
    for path in &options.paths {
        walk(path, &mut files)?;
    }
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    println!("{} files of text, {:.1} MB\n", files.len(), bytes as f64 / 1e6);
    println!("| | MB/s | findings | files | a MB | bytes taken |\n|:--|--:|--:|--:|--:|--:|");
    for mut engine in Engine::all(options)? {
        let (mut time, mut found, mut with, mut taken) = (Duration::ZERO, 0_usize, 0_usize, 0_usize);
        let mut rules: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (path, text) in &files {
            let here = engine.find(text)?;
            time += here.time;
            found += here.count;
            with += usize::from(!here.spans.is_empty());
            for (span, rule) in here.spans.iter().zip(&here.rules) {
                taken += span.len();
                let start = text.floor_char_boundary(span.start.saturating_sub(AROUND));
                let end = text.ceil_char_boundary((span.end.min(span.start + 100) + AROUND).min(text.len()));
                let shown = text.get(start..end).unwrap_or_default();
                rules.entry(rule).or_default().push(format!("{}: {shown:?}", path.display()));
            }
        }
        let megabytes = bytes as f64 / 1e6;
        println!(
            "| {} | {:.0} | {found} | {with} | {:.2} | {:.4} % |",
            engine.name(),
            megabytes / time.as_secs_f64(),
            found as f64 / megabytes,
            100.0 * taken as f64 / bytes as f64
        );
        if let (Engine::Gitoma(_), true) = (&engine, options.samples > 0) {
            show(&rules, options.samples);
        }
    }
    Ok(())
}

fn show(rules: &BTreeMap<&str, Vec<String>>, samples: usize) {
    for (rule, places) in rules {
        eprintln!("\n{rule}: {}", places.len());
        for place in places.iter().step_by(places.len().div_ceil(samples)) {
            eprintln!("  {place}");
        }
    }
}

/// Reads every text file beneath `path`, in the order of names.
fn walk(path: &Path, files: &mut Vec<(PathBuf, String)>) -> anyhow::Result<()> {
    let kind = fs::symlink_metadata(path)?;
    if kind.is_dir() {
        let mut entries =
            fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
        entries.sort();
        for entry in entries {
            walk(&entry, files)?;
        }
    } else if kind.is_file() && kind.len() <= LARGEST {
        let bytes = fs::read(path)?;
        if let Ok(text) = String::from_utf8(bytes)
            && !text.contains('\0')
        {
            files.push((path.to_owned(), text));
        }
    }
    Ok(())
}
