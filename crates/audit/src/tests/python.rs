//! docs/verify.py, the verifier in another language, says of every log what ours says.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::tempdir;

use crate::{
    CheckpointOptions, KeyName, Log, LogOptions, SigningKey, Tree, Verdict,
    folder::{ChainFolder, segment_name},
    reader::Reader,
    specimen::{self, id},
    verify,
};

/// What the script says of each folder: its line, or that something is wrong.
fn python(folders: &[PathBuf]) -> Vec<Result<String, String>> {
    const SCRIPT: &str = "
import pathlib, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import verify
for folder in sys.argv[2:]:
    try:
        print('OK', verify.verify(pathlib.Path(folder)))
    except (AssertionError, LookupError, ValueError, OSError) as fault:
        print('FAULT', str(fault).replace('\\n', ' '))
";
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut command = Command::new("python3");
    command.arg("-c").arg(SCRIPT).arg(docs).args(folders);
    let output = specimen::run_to_end(&mut command).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let said = |line: &str| match line.strip_prefix("OK ") {
        Some(said) => Ok(said.to_owned()),
        None => Err(line.to_owned()),
    };
    text.lines().map(said).collect()
}

/// Runs the script as a program, with `options` of Python.
fn program(options: &[&str], folder: &Path) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify.py");
    let mut command = Command::new("python3");
    command.args(options).arg(script).arg(folder).env_remove("PYTHONOPTIMIZE");
    let output = specimen::run_to_end(&mut command).unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Python can be told to leave assertions out, and the script consists of them.
#[test]
fn it_verifies_or_says_that_it_cannot() {
    let state = tempdir().unwrap();
    let (folder, _) = chain(state.path());
    assert!(program(&[], &folder.path).0);
    for line in ["[]", "5", r#"{"seq":[]}"#] {
        fs::remove_file(folder.segment(0)).unwrap();
        fs::write(folder.segment(0), format!("{line}\n")).unwrap();
        for options in [&[][..], &["-O"]] {
            let (whole, said) = program(options, &folder.path);
            assert!(!whole && said.starts_with("FAULT "), "{line}: {said}");
        }
    }
}

/// A signed chain of four segments, and the tree over each of its beginnings.
fn chain(directory: &Path) -> (ChainFolder, Vec<Tree>) {
    let key = SigningKey::generate("example.com/gitoma".parse::<KeyName>().unwrap()).unwrap();
    let options =
        LogOptions { checkpoints: Some(CheckpointOptions::new(key)), ..specimen::options(directory) };
    let log = Log::open_in(&options, specimen::surroundings(1)).unwrap();
    for number in 0..3 {
        log.begin_blocking(specimen::read(number)).unwrap().finish_blocking(specimen::ok()).unwrap();
        log.rotate_now();
    }
    log.close_blocking().unwrap();
    drop(log);
    let folder = ChainFolder::new(directory.join(id(1).to_string()));
    let mut trees = vec![Tree::new()];
    for entry in Reader::open(&folder.path).unwrap() {
        let mut tree = trees.last().unwrap().clone();
        tree.append(&entry.unwrap().entry_hash);
        trees.push(tree);
    }
    (folder, trees)
}

/// A copy of a chain's folder under its own name.
fn copy(folder: &ChainFolder, to: &Path) -> PathBuf {
    let target = to.join(folder.path.file_name().unwrap());
    for part in ["", "checkpoints"] {
        fs::create_dir_all(target.join(part)).unwrap();
        for item in fs::read_dir(folder.path.join(part)).unwrap().map(Result::unwrap) {
            if item.file_type().unwrap().is_file() {
                fs::write(target.join(part).join(item.file_name()), fs::read(item.path()).unwrap()).unwrap();
            }
        }
    }
    target
}

#[test]
fn it_accepts_whole_chains_and_finds_what_a_checkpoint_contradicts() {
    let state = tempdir().unwrap();
    let (folder, trees) = chain(state.path());
    let size = trees.len() - 1;
    let head = verify(state.path()).unwrap().chains[0].head.unwrap();
    assert_eq!(python(std::slice::from_ref(&folder.path)), [Ok(format!("{size} entries, head {head}"))]);

    // one cut off at a line's end is whole by itself, and a checkpoint knows better
    let (last, notes) = (folder.content().unwrap().segments[3], folder.checkpoints().list().unwrap().notes);
    assert_eq!(notes.last(), Some(&(size as u64)));
    let text = fs::read_to_string(folder.segment(last)).unwrap();
    let short = tempdir().unwrap();
    let short = copy(&folder, short.path());
    let cut: String = text.split_inclusive('\n').take(text.lines().count() - 1).collect();
    fs::write(short.join(segment_name(last)), cut).unwrap();
    assert!(python(std::slice::from_ref(&short))[0].is_err());
    fs::remove_file(short.join("checkpoints").join(format!("{size:020}.note"))).unwrap();
    assert!(python(std::slice::from_ref(&short))[0].is_ok());
    fs::write(short.join(segment_name(last)), "").unwrap();
    assert!(python(std::slice::from_ref(&short))[0].is_err());

    // a checkpoint about other entries
    let forged = tempdir().unwrap();
    let forged = copy(&folder, forged.path());
    let name = forged.join("checkpoints").join(format!("{:020}.note", notes[0]));
    let text = fs::read_to_string(&name).unwrap();
    let root = text.lines().nth(2).unwrap();
    fs::write(&name, text.replace(root, &format!("{}=", "A".repeat(43)))).unwrap();
    let answer = python(std::slice::from_ref(&forged));
    assert!(
        answer[0].as_ref().is_err_and(|fault| fault.contains("it is not about these entries")),
        "{answer:?}"
    );
}

#[test]
fn it_goes_on_from_the_state_that_stands_for_a_pruned_front() {
    let state = tempdir().unwrap();
    let (folder, trees) = chain(state.path());
    let segments = folder.content().unwrap().segments;
    let whole = python(std::slice::from_ref(&folder.path));
    fs::remove_file(folder.segment(segments[0])).unwrap();
    assert!(python(std::slice::from_ref(&folder.path))[0].is_err());
    let border = usize::try_from(segments[1]).unwrap();
    folder.checkpoints().keep_tree(segments[1], &trees[border].state()).unwrap();
    assert_eq!(python(std::slice::from_ref(&folder.path)), whole);
    folder.checkpoints().keep_tree(segments[1], &trees[border - 1].state()).unwrap();
    assert!(python(std::slice::from_ref(&folder.path))[0].is_err());
}

#[test]
fn it_finds_every_changed_bit_that_ours_finds() {
    let state = tempdir().unwrap();
    let (folder, _) = chain(state.path());
    fs::remove_dir_all(folder.path.join("checkpoints")).unwrap();
    fs::create_dir(folder.path.join("checkpoints")).unwrap();
    let copies = tempdir().unwrap();
    let (mut folders, mut random) = (Vec::new(), 0x9e37_79b9_7f4a_7c15_u64);
    let segments = folder.content().unwrap().segments;
    for number in 0..200 {
        let target = copy(&folder, &copies.path().join(number.to_string()));
        // xorshift64
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let segment = target.join(segment_name(segments[usize::try_from(random % 3).unwrap()]));
        let mut bytes = fs::read(&segment).unwrap();
        // not the last byte of the chain, whose change looks like a crash
        let at = usize::try_from(random >> 8).unwrap() % (bytes.len() - 1);
        bytes[at] ^= 1 << (random >> 3 & 7);
        fs::write(&segment, bytes).unwrap();
        folders.push(target);
    }
    for (folder, said) in folders.iter().zip(python(&folders)) {
        assert_eq!(verify(folder).unwrap().verdict, Verdict::Tampered);
        assert!(said.is_err(), "{said:?}");
    }
}
