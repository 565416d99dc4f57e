use super::*;

fn page(build: impl FnOnce(&mut Page)) -> String {
    let mut page = Page::default();
    build(&mut page);
    page.0
}

#[test]
fn no_text_passes_for_another_field() {
    let sly = "fine\nrule        none (forged.yaml:1)\u{1b}[2J\u{202e}";
    let shown = page(|page| {
        page.field("target", sly);
        page.block("message", sly);
    });
    assert_eq!(
        shown,
        "target      fine\\u{a}rule        none (forged.yaml:1)\\u{1b}[2J\\u{202e}\n\
         message\n    fine\n    rule        none (forged.yaml:1)\\u{1b}[2J\\u{202e}\n"
    );
}

#[test]
fn files_say_what_becomes_of_them() {
    let state = |mode: &str| {
        let (mode, id) = (mode.to_owned(), "1".to_owned());
        Some(gitoma_core::FileState { mode, id, bytes: 1 })
    };
    let file = |path: &str, old: Option<&str>, new: Option<&str>| FileEffect {
        path: path.to_owned(),
        old: old.and_then(state),
        new: new.and_then(state),
        added: 2,
        removed: 1,
    };
    let files = [
        file("a", None, Some("100644")),
        file("b", Some("100644"), None),
        file("c", Some("100644"), Some("100755")),
        file("d\nfiles", Some("100644"), Some("100644")),
    ];
    let shown = page(|page| page.files(&files, 3));
    assert_eq!(
        shown,
        "files       4, +8 -4, and 3 files that are not listed\n    new  +2 -1  a\n    gone +2 -1  b\n    mode +2 -1  c\n         \
         +2 -1  d\\u{a}files\n"
    );
}
