use super::*;

mod gateway;

fn parsed(text: &str) -> (bool, bool, Option<Vec<String>>) {
    let Restriction { narrowing, dry_run } =
        Restriction::parse(text).unwrap_or_else(|bad| panic!("{text:?}: {bad}"));
    (narrowing.read_only, dry_run, narrowing.repositories)
}

fn names(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn what_is_given_up_is_read() {
    for (text, expected) in [
        ("read-only", (true, false, None)),
        ("dry-run", (false, true, None)),
        ("repos=a/b", (false, false, names(&["a/b"]))),
        ("repos=web a/b\tweb", (false, false, names(&["a/b", "web"]))),
        (" read-only\t,, dry-run ,repos= a_.-/B ,", (true, true, names(&["a_.-/B"]))),
        ("read-only,read-only", (true, false, None)),
    ] {
        assert_eq!(parsed(text), expected, "{text:?}");
    }
}

#[test]
fn an_element_more_tightens() {
    assert_eq!(parsed("repos=a b, repos=b c"), (false, false, names(&["b"])));
    assert_eq!(parsed("repos=a, repos=b"), (false, false, names(&[])));
    assert_eq!(parsed("repos=a, read-only"), (true, false, names(&["a"])));
    let [left, right] =
        ["dry-run, repos=a b", "read-only, repos=b c"].map(|text| Restriction::parse(text).unwrap());
    let both = Restriction::parse("read-only, dry-run, repos=b").unwrap();
    assert_eq!(left.clone().and(right.clone()), both);
    assert_eq!(right.and(left.clone()), both);
    assert_eq!(left.clone().and(Restriction::default()), left);
    assert_eq!(Restriction::default().and(left.clone()), left);
}

#[test]
fn everything_else_is_refused_and_not_repeated() {
    let long = format!("repos={}", "echo ".repeat(Restriction::MAX_BYTES / 5));
    for (text, expected) in [
        ("", BadRestriction::Empty),
        (" ,\t, ", BadRestriction::Empty),
        ("echo", BadRestriction::Unknown),
        ("read-only, echo=1", BadRestriction::Unknown),
        ("Read-Only", BadRestriction::Unknown),
        ("read-write", BadRestriction::Unknown),
        ("read-only dry-run", BadRestriction::Unknown),
        ("read-only; dry-run", BadRestriction::Unknown),
        ("repos =echo", BadRestriction::Unknown),
        ("read-only\ndry-run", BadRestriction::Unknown),
        ("read-only=false", BadRestriction::Value),
        ("dry-run=", BadRestriction::Value),
        ("repos", BadRestriction::NoRepository),
        ("repos=", BadRestriction::NoRepository),
        ("repos= \t", BadRestriction::NoRepository),
        ("repos=, echo", BadRestriction::NoRepository),
        ("repos=\"echo\"", BadRestriction::NoAlias),
        ("repos=echo;read-only", BadRestriction::NoAlias),
        ("repos=a=echo", BadRestriction::NoAlias),
        ("repos=*", BadRestriction::NoAlias),
        ("repos=\u{e9}cho", BadRestriction::NotText),
        (&long, BadRestriction::TooLong),
    ] {
        let bad = text.parse::<Restriction>().unwrap_err();
        assert_eq!(bad, expected, "{text:?}");
        let said = bad.to_string();
        assert!(said.contains("`repos=ALIAS`") && !said.contains("echo"), "{said}");
    }
    let fits = format!("repos={}", "a".repeat(Restriction::MAX_BYTES - 6));
    assert_eq!(fits.len(), Restriction::MAX_BYTES);
    assert!(Restriction::parse(&fits).is_ok());
}

#[test]
fn several_values_are_one_list() {
    assert_eq!(Restriction::parse_all([]), Ok(Restriction::default()));
    assert_eq!(
        Restriction::parse_all([Some("repos=a b"), Some("read-only, repos=b")]),
        Restriction::parse("read-only, repos=b")
    );
    assert_eq!(Restriction::parse_all([Some(""), Some("")]), Err(BadRestriction::Empty));
    assert_eq!(Restriction::parse_all([Some("read-only"), None]), Err(BadRestriction::NotText));
}
