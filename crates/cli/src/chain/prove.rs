//! `gitoma-audit prove` and `check-proof`: a small file that shows to who has nothing else but a public key that an entry is in a chain.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use gitoma_audit::{
    Entry, OFFLINE_PROOF_BYTES, OfflineProof, ProveError, SignedCheckpoint, TrustedKeys, VerifierKey,
};

use super::{
    UNKNOWN,
    arguments::{CheckProofArguments, ProveArguments},
    explained, row,
};
use crate::console::Console;
use crate::failure::Failure;

/// Writes the proof of an entry.
pub(super) fn run(arguments: &ProveArguments, console: &Console) -> Result<u8, Failure> {
    let proof = match gitoma_audit::prove(&arguments.directory, arguments.seq) {
        Ok(proof) => proof,
        Err(error) => {
            console.tell(&format!("error: {}", said(&error)));
            return Ok(if matches!(error, ProveError::Mismatch(_)) { 1 } else { UNKNOWN });
        }
    };
    let Some(file) = &arguments.output else {
        console.print(&proof.text())?;
        return Ok(0);
    };
    let unwritten = |source| Failure::Unwritten { what: file.display().to_string(), source };
    File::create_new(file)
        .and_then(|mut output| output.write_all(proof.text().as_bytes()))
        .map_err(unwritten)?;
    console.tell(&format!(
        "{} proves entry {}; who has the public key checks it with `gitoma-audit check-proof FILE --key KEY`",
        file.display(),
        arguments.seq
    ));
    Ok(0)
}

fn said(error: &ProveError) -> String {
    match error {
        ProveError::Log(error) => explained(error),
        other => other.to_string(),
    }
}

/// Checks a proof file and shows the entry.
pub(super) fn check(arguments: &CheckProofArguments, console: &Console) -> Result<u8, Failure> {
    let trusted = keys(&arguments.key)?;
    let bytes = read(&arguments.file).map_err(|source| input(&arguments.file, source))?;
    let checked = OfflineProof::parse(&bytes).map_err(|error| error.to_string()).and_then(|proof| {
        let line = proof.extra().ok_or("the proof does not hold the entry itself")?;
        let entry =
            Entry::parse(line).map_err(|class| format!("the line in the proof is no entry ({class})"))?;
        let signed = proof.verify(&entry.entry_hash, &trusted).map_err(|error| error.to_string())?;
        // the tree proves the hash at its place; the entry must say the same of itself
        if entry.seq != proof.index() || entry.chain_id != signed.checkpoint.chain_id {
            return Err("the entry does not belong where the proof places it".to_owned());
        }
        Ok((entry, signed))
    });
    match checked {
        Ok((entry, signed)) if arguments.json => {
            console.print(&format!("{}\n", entry.raw))?;
            console.tell(&about(&entry, &signed));
            Ok(0)
        }
        Ok((entry, signed)) => {
            console.show(&format!("{}\n{}", about(&entry, &signed), row::row(&entry, None)))?;
            Ok(0)
        }
        Err(reason) => {
            console.tell(&format!("error: nothing is proved: {reason}"));
            Ok(1)
        }
    }
}

fn about(entry: &Entry, signed: &SignedCheckpoint) -> String {
    let signers: Vec<_> = signed.signers.iter().map(|key| format!("{} {}", key.name(), key.id())).collect();
    format!(
        "entry {} of chain {} is proved: among the first {} entries, signed by {}",
        entry.seq,
        entry.chain_id,
        signed.checkpoint.head.size,
        signers.join(", ")
    )
}

/// Reads the public keys that are trusted.
pub(super) fn keys(files: &[std::path::PathBuf]) -> Result<TrustedKeys, Failure> {
    let mut keys = TrustedKeys::default();
    for file in files {
        let named = |error: String| Failure::Usage(format!("{}: {error}", file.display()));
        let key = VerifierKey::read(file).map_err(|error| named(error.to_string()))?;
        keys.add(key).map_err(|error| named(error.to_string()))?;
    }
    Ok(keys)
}

#[expect(clippy::disallowed_methods, reason = "a file that the user names, not a repository path")]
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(OFFLINE_PROOF_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn input(file: &Path, source: io::Error) -> Failure {
    Failure::Input { what: file.display().to_string(), source }
}
