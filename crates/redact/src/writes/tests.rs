//! What may be written and what not, as whoever writes meets it.

use proptest::prelude::*;

use super::{MOST, Refused, RefusedFor};
use crate::tests::Draw;
use crate::{PLACEHOLDER, Redactor};

fn refusals(result: Result<(), Vec<Refused>>) -> Vec<(usize, RefusedFor)> {
    result.err().unwrap_or_default().into_iter().map(|refused| (refused.line, refused.reason)).collect()
}

fn content(before: &str, after: &str) -> Vec<(usize, RefusedFor)> {
    refusals(Redactor::new().check_content("app.conf", Some(before), after))
}

fn patch(before: &str, patch: &str) -> Vec<(usize, RefusedFor)> {
    refusals(Redactor::new().check_patch(patch, |path| (path == "app.conf").then(|| before.to_owned())))
}

const SECRET: RefusedFor = RefusedFor::Secret("secret-setting");

#[test]
fn a_secret_that_was_not_there_is_refused_with_its_line_and_rule() {
    let mut draw = Draw(20);
    let (one, two) = (draw.alnum(20), draw.alnum(20));
    let before = format!("user = ada\ndb_password = {one}\n");
    assert_eq!(content(&before, &before), []);
    assert_eq!(content(&before, &format!("# more\ndb_password = {one}\nuser = eve\n")), []);
    assert_eq!(content(&before, &before.replace(&one, &two)), [(2, SECRET)]);
    assert_eq!(content("", &before), [(2, SECRET)]);
    let token = format!("ghp_{}", draw.alnum(36));
    let refused = Redactor::new().check_content("a.md", None, &format!("x\n\ntry {token}\n")).unwrap_err();
    assert_eq!(refused[0].reason, RefusedFor::Secret("github-token"));
    let said = format!("{} {:?}", refused[0], refused[0]);
    assert!(
        said.starts_with("a.md line 3: holds a secret (rule github-token)")
            && !said.contains(token.get(4..).unwrap())
    );
    assert_eq!(refusals(Redactor::new().check_message(&format!("fix\n\nwith {token}"))).len(), 1);
    assert_eq!(Redactor::new().check_message("fix: keep the placeholder ***"), Ok(()));
}

#[test]
fn a_path_that_holds_a_secret_is_not_echoed() {
    let token = format!("ghp_{}", Draw(21).alnum(36));
    let path = format!("{token}\u{1b}[2J");
    let refused = Redactor::new().check_content(&path, None, &token).unwrap_err();
    let said = format!("{} {:?}", refused[0], refused[0]);
    assert!(!said.contains(token.get(4..).unwrap()) && !said.contains('\u{1b}'), "{said:?}");
}

/// Every way a secret is shown to somebody who may write it back.
#[test]
fn what_was_read_redacted_is_not_written_over_the_secret() {
    let mut draw = Draw(22);
    let (word, token) = (draw.alnum(20), format!("ghp_{}", draw.alnum(36)));
    let body: Vec<String> = (0..3).map(|_| draw.base64(64)).collect();
    for before in [
        format!("a = 1\ndb_password = {word}\nb = 2\n"),
        format!("{{\n  \"password\": \"{word}\",\n  \"user\": \"ada\"\n}}\n"),
        format!("auth:\n  api_key: '{word}' # rotate\n"),
        format!("url = https://ci:{word}@git.test/app\n"),
        format!("curl -H 'Authorization: Bearer {word}' https://a.test\n"),
        format!("deploy with {token} today\n"),
        format!("<password>{word}</password>\n"),
        format!(
            "key:\n-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
            body.join("\n")
        ),
        "{\"password\": 12345678, \"a\": 1}\n".to_owned(),
    ] {
        let shown = Redactor::new().redact(&before).text.into_owned();
        assert!(shown.contains(PLACEHOLDER), "{before}");
        let line = shown.lines().position(|line| line.contains(PLACEHOLDER)).unwrap() + 1;
        let moved = format!("# a new first line\n{shown}");
        assert_eq!(content(&before, &shown), [(line, RefusedFor::ReplacesSecret)], "{before}");
        assert_eq!(content(&before, &moved), [(line + 1, RefusedFor::ReplacesSecret)], "{before}");
        assert_eq!(content(&before, &shown.replace(PLACEHOLDER, "")), [], "{before}");
    }
    // nearly the same line: the name is, and so is the word before a token
    let before = format!("db_password = {word}\ndeploy with {token} today\n");
    let after = "export DB_PASSWORD=\"***\"\ndeploy with *** tomorrow\n";
    assert_eq!(content(&before, after), [(1, RefusedFor::ReplacesSecret), (2, RefusedFor::ReplacesSecret)]);
}

/// A placeholder says nothing of where it came from; that a secret goes at the same time does.
#[test]
fn a_placeholder_that_comes_while_a_secret_goes_stands_for_it() {
    let mut draw = Draw(26);
    let (word, token) = (draw.alnum(20), format!("ghp_{}", draw.alnum(36)));
    let before = format!("keys:\n  - {token}\nuser: ada\n");
    for after in [
        "keys:\n  - \"***\"\nuser: ada\n",
        "keys:\n  - *** # old\nuser: ada\n",
        "keys: [\n***]\nuser: ada\n",
        "user: ada\nkeys: [ada, ***]\n",
    ] {
        let line = after.lines().position(|line| line.contains(PLACEHOLDER)).unwrap() + 1;
        assert_eq!(content(&before, after), [(line, RefusedFor::ReplacesSecret)], "{after}");
        let keeps = format!("{after}# {token}\n");
        assert_eq!(content(&before, &keeps), [], "{keeps}");
    }
    let before = format!("db:\n  password: {word}\n");
    for after in
        ["db:\n  password: |\n    ***\n", "db:\n  password:\n    ***\n", "db:\n  pass_word: &a ***\n"]
    {
        let line = after.lines().position(|line| line.contains(PLACEHOLDER)).unwrap() + 1;
        assert_eq!(content(&before, after), [(line, RefusedFor::ReplacesSecret)], "{after}");
    }
    let patch_of = |new: &str| {
        format!("--- a/app.conf\n+++ b/app.conf\n@@ -1,2 +1,3 @@\n db:\n-  password: {word}\n{new}")
    };
    assert_eq!(patch(&before, &patch_of("+  password: |\n+    ***\n")), [(3, RefusedFor::ReplacesSecret)]);
    assert_eq!(patch(&before, &patch_of("+  password: ${DB}\n+\n")), []);
    assert_eq!(content(&token, "***\n"), [(1, RefusedFor::ReplacesSecret)], "a file that is one secret");
    let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", draw.base64(64));
    assert_eq!(content(&key, &format!("{key}\n***\n\nmore\n")), [], "a line of a key is shown like a break");
    // a secret may go, and asterisks that are none may come with it
    assert_eq!(content(&before, "db:\n  password: ${DB}\n\n***\n\n***bold***, and ****\n"), []);
}

#[test]
fn a_key_that_is_quoted_otherwise_is_the_same_key() {
    let mut draw = Draw(27);
    let body: Vec<String> = (0..3).map(|_| draw.base64(64)).collect();
    let key =
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n", body.join("\n"));
    let quoted = format!("key: \"{}\"\n", key.replace('\n', "\\n"));
    let indented: String = key.lines().map(|line| format!("    {line}\r\n")).collect();
    for (before, after) in [(&key, &quoted), (&quoted, &key), (&key, &indented), (&quoted, &indented)] {
        assert_eq!(content(before, after), [], "{after}");
    }
}

#[test]
fn a_new_name_is_written_too() {
    let token = format!("ghp_{}", Draw(28).alnum(36));
    let named = RefusedFor::SecretInName("github-token");
    let check = |before| Redactor::new().check_content(&format!("docs/{token}.txt"), before, "x\n");
    let refused = check(None).unwrap_err();
    assert_eq!((refused[0].line, refused[0].reason), (1, named));
    assert!(!refused[0].to_string().contains(token.get(4..).unwrap()));
    assert_eq!(check(Some("y\n")), Ok(()), "it has that name already");
    let moved =
        format!("diff --git a/a b/{token}\nsimilarity index 100%\nrename from a\nrename to {token}\n");
    assert_eq!(patch("x\n", &moved), [(1, named)]);
    let new = format!("--- /dev/null\n+++ b/{token}\n@@ -0,0 +1 @@\n+x\n");
    assert_eq!(patch("", &new), [(1, named)]);
    let gone = format!("--- a/{token}\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n");
    assert_eq!(patch("x\n", &gone), []);
}

#[test]
fn placeholders_that_the_file_has_stay() {
    let word = Draw(23).alnum(20);
    let before = "# sample\npassword = ***\ntoken: \"***\"\nurl = https://ci:***@git.test\n";
    assert_eq!(content(before, before), []);
    assert_eq!(content(before, &format!("\n{before}user = ada\n")), []);
    assert_eq!(content(before, "password = *** # set it\nmore = 1\n"), [], "its line may change");
    assert_eq!(
        content(before, &format!("{before}password = ***\n")),
        [(5, RefusedFor::Placeholder)],
        "one more than there were"
    );
    // beside a real one of that name, one may stay and no more
    let mixed = format!("password = ***\n[live]\npassword = {word}\n");
    assert_eq!(content(&mixed, &mixed), []);
    assert_eq!(
        content(&mixed, "password = ***\n[live]\npassword = ***\n"),
        [(3, RefusedFor::ReplacesSecret)]
    );
}

#[test]
fn a_new_placeholder_belongs_nowhere_that_a_secret_does() {
    for after in [
        "db_password = ***\n",
        "{\"api_key\": \"***\"}\n",
        "Authorization: Bearer ***\n",
        "url = https://ci:***@git.test/app\n",
        "mysql --password=*** app\n",
    ] {
        assert_eq!(content("", after), [(1, RefusedFor::Placeholder)], "{after}");
    }
    let own = Redactor::new().with_names(["db_conn"]);
    assert_eq!(refusals(own.check_content("a", None, "db_conn = ***\n")), [(1, RefusedFor::Placeholder)]);
}

#[test]
fn asterisks_are_asterisks() {
    for after in [
        "this is ***important*** and so is the password\n",
        "# Title\n\n***\n\ntext about a token\n\n*****\n",
        "- ***token***: what it is\n- **password** ***\n",
        "password: ***must*** be long\n",
        "char ***argv;\nint ***password;\n",
        "/*** secret ***/\n/*****\n * password\n *****/\n",
        "cron: '0 3 * * *'\nglob = src/***/a\n",
        "print('***')\nx = a *** b\n",
    ] {
        assert_eq!(content("", after), [], "{after}");
        let before = format!("password = {}\n", Draw(24).alnum(20));
        assert_eq!(content(&before, &format!("{before}{after}")), [], "{after}");
    }
}

#[test]
fn only_what_a_patch_adds_counts_with_the_lines_of_the_new_file() {
    let mut draw = Draw(25);
    let (one, two) = (draw.alnum(20), draw.alnum(20));
    let before = format!("a = 1\ndb_password = {one}\nb = 2\nc = 3\n");
    let head = "--- a/app.conf\n+++ b/app.conf\n";
    let clean = format!("{head}@@ -1,4 +1,4 @@\n-a = 1\n+a = 2\n db_password = {one}\n b = 2\n c = 3\n");
    assert_eq!(patch(&before, &clean), []);
    let adds = format!("{head}@@ -3,2 +3,3 @@\n b = 2\n+api_secret = {two}\n c = 3\n");
    assert_eq!(patch(&before, &adds), [(4, SECRET)]);
    let git = format!("diff --git a/app.conf b/app.conf\nindex 1234567..89abcde 100644\n{adds}");
    assert_eq!(patch(&before, &git), [(4, SECRET)]);
    // it is judged in the place where it will stand, not by its own lines alone
    let key = "- name: DB_PASSWORD\n  value: x\n";
    let value = format!("{head}@@ -2 +2 @@\n-  value: x\n+  value: {two}\n");
    assert_eq!(patch(key, &value), content(key, &format!("- name: DB_PASSWORD\n  value: {two}\n")));
    assert_eq!(patch(key, &value), [(2, SECRET)]);
    let writes_back = format!("{head}@@ -2 +2 @@\n-db_password = {one}\n+db_password = ***\n");
    assert_eq!(patch(&before, &writes_back), [(2, RefusedFor::ReplacesSecret)]);
    // a secret that moves within its file is no news; one that goes is none either
    let moves =
        format!("{head}@@ -1,3 +1,3 @@\n+db_password = {one}\n a = 1\n-db_password = {one}\n b = 2\n");
    assert_eq!(patch(&before, &moves), []);
}

#[test]
fn a_rename_takes_what_the_file_held_with_it() {
    let word = Draw(26).alnum(20);
    let before = format!("a = 1\ndb_password = {word}\n");
    let hunk = format!("@@ -1,2 +1,3 @@\n a = 1\n+b = 2\n+# was: db_password = {word}\n");
    let hunk = hunk.replace("-1,2 +1,3", "-1 +1,3");
    let git = |from: &str, heads: &str| {
        format!(
            "diff --git a/{from} b/new.conf\nsimilarity index 90%\n{heads}--- a/{from}\n+++ b/new.conf\n{hunk}"
        )
    };
    let renamed = git("app.conf", "rename from app.conf\nrename to new.conf\n");
    assert_eq!(patch(&before, &renamed), []);
    let plain =
        "diff --git a/app.conf b/new.conf\nsimilarity index 100%\nrename from app.conf\nrename to new.conf\n";
    assert_eq!(patch(&before, plain), []);
    let other = Redactor::new().check_patch(&git("none", "rename from none\nrename to new.conf\n"), |_| None);
    assert_eq!(refusals(other), [(3, SECRET)]);
    // without a word of a rename, or with another one, nobody can say what is meant
    for contradicting in [git("app.conf", ""), git("app.conf", "rename from none\nrename to new.conf\n")] {
        let refused = patch(&before, &contradicting);
        assert!(refused.iter().any(|(_, reason)| *reason == RefusedFor::Unreadable), "{contradicting}");
    }
}

#[test]
fn a_patch_made_from_redacted_text_is_told_why_it_cannot_apply() {
    let word = Draw(27).alnum(20);
    let before = format!("a = 1\ndb_password = {word}\nb = 2\n");
    let head = "--- a/app.conf\n+++ b/app.conf\n";
    let context = format!("{head}@@ -1,3 +1,3 @@\n-a = 1\n+a = 2\n db_password = ***\n b = 2\n");
    assert_eq!(patch(&before, &context), [(2, RefusedFor::ExpectsPlaceholder)]);
    let removed = format!("{head}@@ -1,3 +1,2 @@\n a = 1\n-db_password = ***\n b = 2\n");
    assert_eq!(patch(&before, &removed), [(2, RefusedFor::ExpectsPlaceholder)]);
    // where the file has the placeholder, all is well
    let literal = "a = 1\ndb_password = ***\nb = 2\n";
    assert_eq!(patch(literal, &context), []);
    // what does not fit for another reason is still judged by what it adds
    let stale = format!("{head}@@ -7,2 +9,3 @@\n z = 1\n+db_secret = {word}x\n y = 2\n");
    assert_eq!(patch(&before, &stale), [(10, SECRET)]);
}

#[test]
fn what_is_no_patch_of_text_is_refused() {
    let unreadable = |text: &str| {
        let refused = patch("a\n", text);
        assert!(
            refused.iter().any(|(_, reason)| *reason == RefusedFor::Unreadable),
            "{text:?} was taken: {refused:?}"
        );
    };
    let head = "--- a/app.conf\n+++ b/app.conf\n";
    for text in [
        "diff --git a/x b/x\nGIT binary patch\nliteral 3\nKcmZ\n".to_owned(),
        "Binary files a/x and b/x differ\n".to_owned(),
        format!("{head}@@ -1 +1 @@\n"),
        format!("{head}@@ -1,2 +1,2 @@\n a\n"),
        format!("{head}@@ -1 +1 @@\n-a\n+b\n+c\n"),
        format!("{head}@@ -1 +1 @@\n*a\n"),
        format!("{head}@@ -x +1 @@\n-a\n+b\n"),
        format!("{head}@@ -1 +99999999999999999999999 @@\n-a\n+b\n"),
        format!("{head}@@ -1 +1 @@\n-a\n+b\n{head}@@ -1 +1 @@\n-b\n+c\n"),
        "@@ -1 +1 @@\n-a\n+b\n".to_owned(),
        "+++ b/app.conf\n@@ -1 +1 @@\n-a\n+b\n".to_owned(),
        "--- a/app.conf\n+++ \"b/app\\9.conf\"\n@@ -1 +1 @@\n-a\n+b\n".to_owned(),
        "--- a/one\n+++ b/two\n@@ -1 +1 @@\n-a\n+b\n".to_owned(),
    ] {
        unreadable(&text);
    }
    for text in ["", "\n", "nothing to see\n", "--- a/app.conf\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"] {
        assert_eq!(patch("a\n", text), [], "{text:?}");
    }
    let created = "--- /dev/null\n+++ \"b/caf\\303\\251.conf\"\t2026-01-01\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n-- \n2.40\n";
    assert_eq!(patch("a\n", created), []);
    // what stands around the files is text that somebody will read
    let token = format!("ghp_{}", Draw(28).alnum(36));
    assert_eq!(patch("a\n", &format!("Subject: use it\n\n{token}\n---\n a | 1 +\n{created}")).len(), 1);
}

#[test]
fn what_is_named_and_looked_at_is_bounded() {
    let mut draw = Draw(29);
    let many: String = (0..300).map(|_| format!("ghp_{}\n", draw.alnum(36))).collect();
    assert_eq!(content("", &many).len(), MOST);
    let large = "a line of text\n".repeat(5 << 20);
    let files: String =
        (0..2).map(|file| format!("--- a/{file}\n+++ b/{file}\n@@ -1 +1 @@\n-a\n+b\n")).collect();
    let refused = Redactor::new().check_patch(&files, |_| Some(large.clone()));
    assert!(refusals(refused).contains(&(1, RefusedFor::TooLarge)));
    // one line without end, and placeholders on it, take no time that grows faster than they
    let line = "password = *** ".repeat(10_000);
    let started = std::time::Instant::now();
    assert_eq!(content(&line.replace("***", "Zq7xV2mK9pL4"), &line).len(), 1);
    assert!(started.elapsed().as_secs() < 10);
}

/// Lines that patches are made of.
fn patch_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("diff --git a/app.conf b/app.conf"),
        Just("--- a/app.conf"),
        Just("+++ b/app.conf"),
        Just("--- /dev/null"),
        Just("rename from app.conf"),
        Just("rename to \"b\\303.conf\""),
        Just("@@ -1,2 +1,2 @@ fn"),
        Just("@@ -0,0 +1 @@"),
        Just("@@ -18446744073709551615,1 +18446744073709551615,1 @@"),
        Just(" password = ***"),
        Just("+password = ***"),
        Just("-password = ***"),
        Just("+token = Zq7xV2mK9pL4wR8t"),
        Just(" a = 1"),
        Just("\\ No newline at end of file"),
        Just(""),
        Just("é***é"),
    ]
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_patch_makes_it_fail(lines in prop::collection::vec(patch_line(), 0..14), bytes in ".{0,80}") {
        let redactor = Redactor::new();
        let text = lines.join("\n");
        let before = "password = Zq7xV2mK9pL4wR8t\na = 1\n";
        for patch in [text.clone(), format!("{text}\n{bytes}")] {
            for refused in redactor.check_patch(&patch, |_| Some(before.to_owned())).err().unwrap_or_default() {
                prop_assert!(!refused.to_string().contains("Zq7xV2mK9pL4wR8t"));
            }
        }
    }

    /// Nothing changes: nothing is refused. The redacted text written back: refused wherever redaction changed it.
    #[test]
    fn a_file_may_stay_as_it_is_and_never_becomes_its_redacted_self(
        lines in prop::collection::vec(prop_oneof![
            Just("password = Zq7xV2mK9pL4wR8t"), Just("password = ***"), Just("***"), Just("a: ***b***"),
            Just("url = https://ci:Zq7xV2mK9@git.test"), Just("\"token\": \"Zq7xV2mK9pL4wR8t\","), Just("plain"),
        ], 0..8),
        crlf in any::<bool>(),
    ) {
        let redactor = Redactor::new();
        let before = lines.join(if crlf { "\r\n" } else { "\n" });
        prop_assert_eq!(redactor.check_content("a", Some(&before), &before), Ok(()));
        let shown = redactor.redact(&before).text;
        prop_assert_eq!(redactor.check_content("a", Some(&before), &shown).is_err(), shown != before);
    }
}
