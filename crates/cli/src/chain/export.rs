//! `gitoma-audit export`: entries as events of another schema, one JSON object a line.

mod cloudevents;
mod ocsf;

use std::path::Path;

use gitoma_audit::Reader;

use super::{
    UNKNOWN,
    arguments::{ExportArguments, Format},
    calls::Calls,
    explained,
    listing::{gravest, unreadable},
};
use crate::console::Console;
use crate::failure::Failure;
use crate::terminal;

/// How much is gathered before it is written, in bytes.
const CHUNK: usize = 64 * 1024;

pub(super) fn run(arguments: &ExportArguments, console: &Console) -> Result<u8, Failure> {
    let mut codes = Vec::new();
    for directory in &arguments.directories {
        codes.push(export(directory, arguments, console)?);
        if console.is_closed() {
            return Ok(0);
        }
    }
    Ok(gravest(codes))
}

/// Exports what is in `directory`; the answer is the exit code it amounts to.
fn export(directory: &Path, arguments: &ExportArguments, console: &Console) -> Result<u8, Failure> {
    let reader = match Reader::open(directory) {
        Ok(reader) => reader,
        Err(error) => {
            console.tell(&format!("error: {}: {}", directory.display(), explained(&error)));
            return Ok(UNKNOWN);
        }
    };
    let (mut calls, mut code, mut pending) = (Calls::default(), 0, String::new());
    for entry in reader {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                console.print(&std::mem::take(&mut pending))?;
                code = gravest([code, unreadable(&error, console)]);
                continue;
            }
        };
        let event = calls.with(entry, |entry, intent| {
            arguments.filter.wants(entry, intent).then(|| match arguments.format {
                Format::Ocsf => serde_json::to_string(&ocsf::event(entry, intent)).map(terminal::json),
                Format::Cloudevents => cloudevents::event(entry),
            })
        });
        let Some(event) = event.transpose()? else { continue };
        pending.push_str(&event);
        pending.push('\n');
        if pending.len() >= CHUNK {
            console.print(&std::mem::take(&mut pending))?;
        }
        if console.is_closed() {
            return Ok(0);
        }
    }
    console.print(&pending)?;
    Ok(code)
}
