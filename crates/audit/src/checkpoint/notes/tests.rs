#![expect(clippy::disallowed_methods, reason = "tests look at files of their own making")]

use std::{fs, io::ErrorKind};

use super::{NoteFolder, Notes};

fn folder() -> (tempfile::TempDir, NoteFolder) {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = NoteFolder::new(directory.path().join("checkpoints"));
    (directory, folder)
}

#[test]
fn what_is_kept_is_found_by_number() {
    let (_directory, folder) = folder();
    assert_eq!(folder.list().expect("a list"), Notes::default());
    assert_eq!(folder.note(3).expect("no note"), None);
    for size in [100, 3, 20] {
        folder.keep_note(size, &format!("note {size}")).expect("kept");
    }
    folder.keep_tree(20, "state").expect("kept");
    let expected = Notes { notes: vec![3, 20, 100], trees: vec![20], unexpected: 0 };
    assert_eq!(folder.list().expect("a list"), expected);
    assert_eq!(folder.note(20).expect("a note").as_deref(), Some(&b"note 20"[..]));
    assert_eq!(folder.tree(20).expect("a state").as_deref(), Some(&b"state"[..]));
    folder.forget_note(3).expect("gone");
    folder.forget_note(3).expect("gone already");
    folder.forget_tree(20).expect("gone");
    assert_eq!(folder.list().expect("a list"), Notes { notes: vec![20, 100], trees: vec![], unexpected: 0 });
}

#[test]
fn a_note_is_never_replaced_and_a_state_is() {
    let (_directory, folder) = folder();
    folder.keep_note(3, "one").expect("kept");
    folder.keep_note(3, "one").expect("the same again");
    assert_eq!(folder.keep_note(3, "two").expect_err("a fork").kind(), ErrorKind::AlreadyExists);
    assert_eq!(folder.note(3).expect("a note").as_deref(), Some(&b"one"[..]));
    folder.keep_tree(3, "one").expect("kept");
    folder.keep_tree(3, "two").expect("replaced");
    assert_eq!(folder.tree(3).expect("a state").as_deref(), Some(&b"two"[..]));
}

#[test]
fn other_names_are_counted_and_what_is_too_long_is_not_read() {
    let (directory, folder) = folder();
    folder.keep_note(1, "one").expect("kept");
    let path = directory.path().join("checkpoints");
    for name in
        ["1.note", "00000000000000000001.NOTE", "0000000000000000000a.note", "x", "00000000000000000001"]
    {
        fs::write(path.join(name), "").expect("written");
    }
    // what a crash leaves is no part of it
    fs::write(path.join(".new-00000000000000000002.note"), "half").expect("written");
    let expected = Notes { notes: vec![1], trees: vec![], unexpected: 5 };
    assert_eq!(folder.list().expect("a list"), expected);
    folder.sweep().expect("swept");
    assert!(!path.join(".new-00000000000000000002.note").exists());
    folder.keep_note(2, "whole").expect("kept");
    assert_eq!(folder.note(2).expect("a note").as_deref(), Some(&b"whole"[..]));

    fs::write(path.join("00000000000000000009.note"), vec![b'x'; 1 << 20]).expect("written");
    assert_eq!(folder.note(9).expect_err("too long").kind(), ErrorKind::FileTooLarge);
    std::os::unix::fs::symlink(
        path.join("00000000000000000002.note"),
        path.join("00000000000000000010.note"),
    )
    .expect("linked");
    folder.note(10).expect_err("a link");
}
