use std::ops::Range;

use super::{Fault, FilePatch, Sign, apply, parse};

fn one(patch: &str) -> FilePatch {
    let mut files = parse(patch).unwrap_or_else(|fault| panic!("{fault:?}\n{patch}"));
    assert_eq!(files.len(), 1);
    files.remove(0)
}

fn patched(text: &str, patch: &str) -> Option<String> {
    apply(text, &[], &one(patch)).ok().map(|applied| applied.text)
}

const PATCH: &str = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n";

#[test]
fn names_lose_gits_prefixes_only_where_both_have_them() {
    let names = |from: &str, to: &str| {
        let file = one(&format!("--- {from}\n+++ {to}\n@@ -1 +1 @@\n-a\n+b\n"));
        (file.old, file.new)
    };
    let path = |name: &str| Some(name.to_owned());
    assert_eq!(names("a/x", "b/x"), (path("x"), path("x")));
    assert_eq!(names("a/x", "a/x"), (path("a/x"), path("a/x")));
    assert_eq!(names("/dev/null", "b/x"), (None, path("x")));
    assert_eq!(names("a/x", "/dev/null"), (path("x"), None));
    assert_eq!(names("x y\t2024-01-01", "x y\t2024-01-02"), (path("x y"), path("x y")));
    assert_eq!(names("\"a/\\303\\244\"", "\"b/\\303\\244\""), (path("ä"), path("ä")));
}

#[test]
fn git_heads_are_read() {
    let made = one(
        "diff --git a/x b/x\nnew file mode 100755\nindex 000..111\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n",
    );
    assert_eq!((made.old, made.new.as_deref(), made.executable), (None, Some("x"), Some(true)));
    let gone =
        one("diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
    assert_eq!((gone.old.as_deref(), gone.new), (Some("x"), None));
    let moved = one("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n");
    assert_eq!((moved.old.as_deref(), moved.new.as_deref()), (Some("x"), Some("y")));
    let mode = one("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n");
    assert_eq!(
        (mode.old.as_deref(), mode.new.as_deref(), mode.executable),
        (Some("x"), Some("x"), Some(true))
    );
    let empty = one("diff --git a/x b/x\nnew file mode 100644\nindex 000..e69\n");
    assert_eq!((empty.old, empty.new.as_deref()), (None, Some("x")));
    let quoted = one("diff --git \"a/\\303\\274\" \"b/\\303\\274\"\nnew file mode 100644\nindex 000..e69\n");
    assert_eq!((quoted.old, quoted.new.as_deref()), (None, Some("\u{fc}")));
    let other = "diff --git \"a/\\303\\274\" \"b/\\303\\275\"\nnew file mode 100644\nindex 000..e69\n";
    assert!(parse(other).is_err());
}

#[test]
fn what_is_never_done_is_refused() {
    for (line, rule) in [
        ("new file mode 120000", "change:symbolic-link"),
        ("old mode 120000", "change:symbolic-link"),
        ("index 1..2 120000", "change:symbolic-link"),
        ("new file mode 160000", "change:submodule"),
        ("index 1..2 160000", "change:submodule"),
        ("new mode 104755", "change:mode"),
        ("copy from y", "change:copy"),
        ("GIT binary patch", "change:binary"),
        ("Binary files a/x and b/x differ", "change:binary"),
    ] {
        let patch = format!("diff --git a/x b/x\n{line}\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n");
        assert_eq!(parse(&patch), Err(Fault::Refused { rule }), "{line}");
    }
}

#[test]
fn what_is_no_patch_is_refused_with_its_line() {
    for (patch, line) in [
        ("", 1),
        ("hello", 1),
        ("@@ -1 +1 @@\n-a\n+b", 1),
        ("--- a/x\n@@ -1 +1 @@\n-a\n+b", 2),
        ("--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n+b", 5),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+c", 6),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\nb", 5),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n+b\n+a", 5),
        ("--- a/x\n+++ b/x\n@@ nonsense @@\n", 3),
        ("--- a/x\n+++ b/x\n@@ -99999999999999999999 +1 @@\n-a\n+b", 3),
        ("--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b", 5),
        ("--- a/x\n+++ b/x\n", 2),
        ("--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b", 5),
        ("diff --git a/x b/y\nrename from x\nrename to y\n--- a/x\n+++ b/z\n@@ -1 +1 @@\n-a\n+b", 8),
    ] {
        let fault = parse(patch);
        assert!(matches!(fault, Err(Fault::Malformed { line: at, .. }) if at == line), "{patch}: {fault:?}");
    }
    let twice = format!("{PATCH}{PATCH}");
    assert!(matches!(parse(&twice), Err(Fault::Malformed { what: "it changes a file twice", .. })));
}

#[test]
fn a_removed_line_may_look_like_a_head() {
    let file = one("--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n--- a/y\n keep\n");
    assert_eq!(file.hunks[0].lines[0].sign, Sign::Removed);
    assert_eq!(file.hunks[0].lines[0].text, "-- a/y");
}

#[test]
fn mail_around_a_patch_is_no_part_of_it() {
    let mail = format!(
        "From 1 Mon\nSubject: x\n\n---\n x | 2 +-\n\ndiff --git a/x b/x\nindex 1..2 100644\n{PATCH}-- \n2.47.0\n\n"
    );
    assert_eq!(one(&mail).hunks.len(), 1);
}

#[test]
fn hunks_are_applied_where_their_lines_are() {
    assert_eq!(patched("one\ntwo\nthree\n", PATCH).as_deref(), Some("one\n2\nthree\n"));
    assert_eq!(patched("zero\none\ntwo\nthree\n", PATCH).as_deref(), Some("zero\none\n2\nthree\n"));
    assert_eq!(patched("one\n2\nthree\n", PATCH), None);
    assert_eq!(patched("one\ntwo", PATCH), None);
    // The nearest of two places.
    let twice = "one\ntwo\nthree\n\none\ntwo\nthree\n";
    assert_eq!(
        patched(twice, &PATCH.replace("-1,3 +1,3", "-5,3 +5,3")).as_deref(),
        Some("one\ntwo\nthree\n\none\n2\nthree\n")
    );
}

#[test]
fn ends_of_files_are_kept() {
    assert_eq!(patched("one\ntwo\nthree", PATCH).as_deref(), Some("one\n2\nthree"));
    let last =
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n";
    assert_eq!(patched("a", last).as_deref(), Some("b"));
    assert_eq!(patched("a\n", last), None);
    let appended = "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n a\n+b\n";
    assert_eq!(patched("a", appended).as_deref(), Some("a\nb\n"));
    let new = "--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n";
    assert_eq!(patched("", new).as_deref(), Some("a\nb\n"));
    assert_eq!(patched("one\r\ntwo\r\nthree\r\n", PATCH).as_deref(), Some("one\r\n2\r\nthree\r\n"));
}

/// A line without an end would become one with the line after it.
#[test]
fn a_line_without_a_line_feed_is_put_at_the_end_only() {
    let open = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+admin=\n\\ No newline at end of file\n";
    assert_eq!(patched("a\n", open).as_deref(), Some("admin="));
    assert_eq!(patched("a\nb\n", open), None);
    assert_eq!(patched("a\nb\na\n", open).as_deref(), Some("a\nb\nadmin="));
    let only = "--- a/x\n+++ b/x\n@@ -1,0 +2 @@\n+b\n\\ No newline at end of file\n";
    assert_eq!(patched("a\n", only).as_deref(), Some("a\nb"));
    assert_eq!(patched("a\nc\n", only), None);
    let within = "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n+b\n\\ No newline at end of file\n a\n";
    assert!(matches!(parse(within), Err(Fault::Malformed { line: 6, .. })));
}

#[test]
fn no_hunk_matches_a_line_with_a_secret() {
    let text = "one\ntwo\nthree\n";
    let secret: Range<usize> = 4..7;
    assert!(apply(text, &[secret], &one(PATCH)).is_err());
    let beside: Range<usize> = 14..20;
    assert!(apply("one\ntwo\nthree\nsecret\n", &[beside], &one(PATCH)).is_ok());
}

#[test]
fn added_lines_are_marked() {
    let applied = apply("one\ntwo\nthree\n", &[], &one(PATCH)).unwrap();
    let added: Vec<_> = applied.added.iter().map(|range| applied.text.get(range.clone()).unwrap()).collect();
    assert_eq!(added, ["2\n"]);
}

#[test]
fn a_hostile_patch_is_given_up() {
    let text = "a\n".repeat(200_000);
    let mut hunk = " a\n".repeat(4_000);
    hunk.push_str("-b\n");
    let patch = format!("--- a/x\n+++ b/x\n@@ -100000,4001 +100000,4000 @@\n{hunk}");
    assert!(apply(&text, &[], &one(&patch)).is_err());
}
