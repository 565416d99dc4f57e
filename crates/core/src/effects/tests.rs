use super::{Effects, FileEffect, FileState};

fn effects() -> Effects {
    let state = |id: &str| FileState { mode: "100644".to_owned(), id: id.to_owned(), bytes: 3 };
    Effects {
        target: "branch `agent/fix` of acme/web".to_owned(),
        base: Some("b".to_owned()),
        head: Some("h".to_owned()),
        message: Some("m".to_owned()),
        files: vec![FileEffect {
            path: "src/a.rs".to_owned(),
            old: Some(state("o")),
            new: Some(state("n")),
            added: 1,
            removed: 2,
        }],
        diff: Some("d".to_owned()),
    }
}

#[test]
fn every_field_is_in_the_digest() {
    let changes: [fn(&mut Effects); 16] = [
        |effects| effects.target.push('x'),
        |effects| effects.base = None,
        |effects| effects.base = Some(String::new()),
        |effects| effects.head = None,
        |effects| effects.head = Some("x".to_owned()),
        |effects| effects.message = None,
        |effects| effects.message = Some("x".to_owned()),
        |effects| effects.diff = None,
        |effects| effects.files.clear(),
        |effects| effects.files.extend(self::effects().files),
        |effects| effects.files[0].path.push('x'),
        |effects| effects.files[0].old = None,
        |effects| effects.files[0].new.as_mut().unwrap().mode = "100755".to_owned(),
        |effects| effects.files[0].new.as_mut().unwrap().bytes = 4,
        |effects| effects.files[0].added = 2,
        |effects| effects.files[0].removed = 1,
    ];
    let mut digests = vec![effects().digest()];
    for change in changes {
        let mut changed = effects();
        change(&mut changed);
        digests.push(changed.digest());
    }
    assert_eq!(effects().digest(), effects().digest());
    let count = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), count, "two different effects have one digest");
}

#[test]
fn texts_do_not_run_into_each_other() {
    let pair = |base: &str, head: &str| Effects {
        base: Some(base.to_owned()),
        head: Some(head.to_owned()),
        ..effects()
    };
    assert_ne!(pair("ab", "c").digest(), pair("a", "bc").digest());
}
