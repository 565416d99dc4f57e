//! `gitoma-audit keygen`: makes a key that signs checkpoints.

use gitoma_audit::{KeyName, SigningKey};

use super::arguments::KeygenArguments;
use crate::console::Console;
use crate::failure::Failure;

pub(super) fn run(arguments: &KeygenArguments, console: &Console) -> Result<u8, Failure> {
    let name: KeyName = arguments.name.parse().map_err(|error| Failure::Usage(format!("--name: {error}")))?;
    let key = SigningKey::generate(name).map_err(|error| Failure::Usage(error.to_string()))?;
    key.create(&arguments.file).map_err(Failure::Key)?;
    let file = arguments.file.display();
    console.show(&format!("{}", key.verifier()))?;
    console.tell(&format!(
        "{file} holds the secret and is for the gateway alone; {file}.pub is for whoever verifies: keep it where the gateway's user \
         cannot write"
    ));
    Ok(0)
}
