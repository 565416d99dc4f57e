//! `gitoma policy fmt`: lays policy files and suites out in the one way, or says which are not.

use super::FormatArguments;
use super::text::Text;
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;

pub(super) fn run(arguments: &FormatArguments, console: &Console) -> Result<Status, Failure> {
    let mut status = Status::Done;
    for file in &arguments.files {
        let text = Text::read("the file", file)?;
        match gitoma_policy::format(text.source()) {
            Ok(formatted) if formatted == text.text => {}
            Ok(_) if arguments.check => {
                console.show(&format!("{}: laid out otherwise", text.name))?;
                status = Status::Failed;
            }
            Ok(formatted) => write(file, &formatted)?,
            Err(error) => {
                console.tell(&error.to_string());
                status = Status::Failed;
            }
        }
    }
    Ok(status)
}

/// Puts `text` in the place of the file's content, all of it or nothing: a crash leaves the one or the other.
fn write(file: &std::path::Path, text: &str) -> Result<(), Failure> {
    crate::replace::replace(file, text.as_bytes())
        .map_err(|source| Failure::Unwritten { what: format!("the file {}", file.display()), source })
}
