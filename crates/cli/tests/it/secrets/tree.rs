//! Searching directories: what is found, what is left out and said so, and what is never gone into.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::Scene;

#[test]
fn a_directory_is_searched_whole_and_nothing_outside() {
    let scene = Scene::new();
    let (token, password) = (&scene.planted.token, &scene.planted.password);
    scene.place.file("outside.txt", token);
    scene.place.file("plain/a.env", &format!("REGION=eu\r\nDB_PASSWORD={password}\r\n"));
    scene.place.file("plain/deep/b.txt", &format!("é {token}\nagain {token}"));
    scene.place.file("plain/deep/key.txt", &format!("x\n{}", scene.planted.key));
    scene.place.file("plain/clean.txt", "nothing\n");
    scene.bytes(b"plain/image", &[b"\0".as_slice(), token.as_bytes()].concat());
    symlink("../outside.txt", scene.place.path("plain/leaf")).unwrap();
    symlink("..", scene.place.path("plain/out")).unwrap();
    symlink("deep", scene.place.path("plain/twice")).unwrap();
    let said = scene.secrets(&["scan", "plain"]).ends(1);
    assert_eq!(
        said.out,
        "a.env:2:13 secret-setting\ndeep/b.txt:1:3 github-token\ndeep/b.txt:2:7 github-token\n\
         deep/key.txt:3:1 private-key\n"
    );
    assert_eq!(said.err, "4 secrets in 4 files; skipped: 1 binary, 3 links\n");
    let said = scene.secrets(&["scan", "plain/a.env"]).ends(1);
    assert_eq!(said.out, "a.env:2:13 secret-setting\n");
    assert_eq!(scene.secrets(&["scan", "plain/clean.txt"]).ends(0).out, "");
    // whoever names a link means what it leads to
    assert_eq!(scene.secrets(&["scan", "plain/leaf"]).ends(1).out, "outside.txt:1:1 github-token\n");
}

#[test]
fn in_a_work_tree_it_is_what_git_would_take() {
    let scene = Scene::new();
    let token = &scene.planted.token;
    scene.place.file("web/.gitignore", "*.log\n/built\n");
    for (name, _) in [("tracked.log", 1), ("new.txt", 2), ("old.log", 3), (".env", 4), ("deep/c.txt", 5)] {
        scene.place.file(&format!("web/{name}"), token);
    }
    std::fs::create_dir_all(scene.place.path("web/built/x")).unwrap();
    scene.place.file("web/built/x/d.txt", token);
    scene.place.git(&["add", "-f", "tracked.log"]);
    let found = |said: crate::support::Said| -> Vec<String> {
        said.ends(1).out.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect()
    };
    assert_eq!(found(scene.in_web(&["scan"])), [".env", "deep/c.txt", "new.txt", "tracked.log"]);
    assert_eq!(
        found(scene.secrets(&["scan", "web/deep"])),
        ["deep/c.txt"],
        "paths are those of the repository"
    );
    assert_eq!(found(scene.secrets(&["scan", "web/built"])), ["built/x/d.txt"], "who names it means it");
    assert_eq!(found(scene.secrets(&["scan", "web/old.log"])), ["old.log"]);
    assert_eq!(
        found(scene.in_web(&["scan", "--all"])),
        [".env", "built/x/d.txt", "deep/c.txt", "new.txt", "old.log", "tracked.log"]
    );
    // git's own directory never
    scene.place.file("web/.git/description", token);
    assert_eq!(found(scene.in_web(&["scan", "--all", "deep"])), ["deep/c.txt"]);
    // a file that git tracks and the work tree has not
    #[expect(clippy::disallowed_methods, reason = "a file of the test")]
    std::fs::remove_file(scene.place.path("web/tracked.log")).unwrap();
    assert_eq!(found(scene.in_web(&["scan"])), [".env", "deep/c.txt", "new.txt"]);
}

#[test]
fn a_linked_worktree_is_one_and_a_file_that_leads_elsewhere_is_none() {
    let scene = Scene::new();
    scene.place.git(&["worktree", "add", "-q", "../linked"]);
    scene.place.file("linked/.gitignore", "ignored.txt\n");
    scene.place.file("linked/ignored.txt", &scene.planted.token);
    scene.place.file("linked/seen.txt", &scene.planted.token);
    assert_eq!(scene.secrets(&["scan", "linked"]).ends(1).out, "seen.txt:1:1 github-token\n");
    // another directory that claims the same, and one that names a repository as a submodule does
    let pointer = scene.place.read(&scene.place.path("linked/.git"));
    for pointer in [pointer.as_slice(), b"gitdir: ../web/.git\n"] {
        scene.bytes(b"plain/.git", pointer);
        let said = scene.secrets(&["scan", "plain"]).ends(2);
        assert!(said.err.contains("git repository is refused; --all"), "{said:?}");
    }
    scene.secrets(&["scan", "plain", "--all"]).ends(0);
}

#[test]
fn what_cannot_be_read_is_said_and_never_passes() {
    let scene = Scene::new();
    scene.place.file("plain/a.txt", "clean\n");
    scene.place.file("plain/b.txt", &scene.planted.token);
    let closed = scene.place.path("plain/b.txt");
    let set = |mode| {
        #[expect(clippy::disallowed_methods, reason = "a file of the test")]
        let file = std::fs::File::open(scene.place.path("plain/b.txt")).unwrap();
        file.set_permissions(std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(0o000);
    // root reads everything; elsewhere the file is closed
    #[expect(clippy::disallowed_methods, reason = "asks whether this user may read everything")]
    let reads_all = std::fs::read(&closed).is_ok();
    if !reads_all {
        let said = scene.secrets(&["scan", "plain"]).ends(2);
        assert!(said.err.contains("not read: b.txt: path cannot be read: Permission denied"), "{said:?}");
        assert!(said.err.contains("; not read: 1\n"));
        let said = scene.secrets(&["scan", "plain", "--write-baseline", "base.json"]).ends(2);
        assert!(said.err.contains("no baseline is written") && !scene.place.path("base.json").exists());
    }
    // for every user: rules that are a pipe, which nothing may wait for
    let fifo = scene.place.path("web/deep/.gitignore");
    let made = crate::support::program("mkfifo", &scene.place.path("")).arg(&fifo).status().unwrap();
    assert!(made.success());
    scene.place.file("web/deep/c.txt", &scene.planted.token);
    let said = scene.in_web(&["scan", "--json"]).ends(2);
    assert_eq!(said.json()["unread"][0]["path"], "deep/.gitignore");
    assert_eq!(said.json()["findings"], serde_json::json!([]));
    let said = scene.in_web(&["scan", "--all"]).ends(1);
    assert_eq!(said.out, "deep/c.txt:1:1 github-token\n");
    assert!(said.err.contains("1 special"), "{said:?}");
    for missing in [&["scan", "none"][..], &["scan", "plain/none/none"], &["scan", "plain", "--staged"]] {
        scene.secrets(missing).ends(2);
    }
}

#[test]
fn names_and_contents_may_be_anything() {
    let scene = Scene::new();
    let token = &scene.planted.token;
    scene.bytes(b"plain/caf\xe9: 1\x1b[2J.txt", token.as_bytes());
    scene.bytes(b"plain/latin.txt", &[b"caf\xe9 ", token.as_bytes(), b" \xff\n"].concat());
    scene.bytes(format!("plain/{token}.txt").as_bytes(), token.as_bytes());
    let mut huge = "x ".repeat(5 << 20);
    huge.push_str(token);
    huge.push_str(&" y".repeat(5 << 20));
    scene.place.file("plain/huge.txt", &huge);
    let said = scene.secrets(&["scan", "plain"]).ends(1);
    assert_eq!(
        said.out,
        "caf\\xe9: 1\\u{1b}[2J.txt:1:1 github-token\n***.txt:1:1 github-token\n\
         huge.txt:1:10485761 github-token\nlatin.txt:1:6 github-token\n"
    );
    let sarif = scene.secrets(&["scan", "plain", "--sarif"]).ends(1).json();
    let uris: Vec<_> = sarif["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap())
        .collect();
    assert_eq!(uris, ["caf%E9%3A%201%1B%5B2J.txt", "%2A%2A%2A.txt", "huge.txt", "latin.txt"]);
}

/// As a shell of Windows writes what is sent to a file; git calls it binary.
#[test]
fn utf_16_is_text() {
    let scene = Scene::new();
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let text = format!("\u{feff}REGION=eu\r\né DB_PASSWORD={}\r\n", scene.planted.password);
    scene.bytes(b"plain/wide.env", &wide(&text));
    scene.bytes(b"plain/none.bin", &wide(text.trim_start_matches('\u{feff}')));
    let said = scene.secrets(&["scan", "plain"]).ends(1);
    assert_eq!(said.out, "wide.env:2:15 secret-setting\n");
    assert_eq!(said.err, "1 secret in 1 file; skipped: 1 binary\n");
    scene.bytes(b"web/wide.env", &wide("\u{feff}REGION=eu\r\n"));
    scene.place.git(&["add", "-A"]);
    scene.place.git(&["commit", "-q", "-m", "wide"]);
    scene.bytes(b"web/wide.env", &wide(&text));
    scene.place.git(&["add", "-A"]);
    assert_eq!(scene.in_web(&["scan", "--staged"]).ends(1).out, "wide.env:2:15 secret-setting\n");
    scene.place.git(&["commit", "-q", "-m", "wider"]);
    scene.bytes(b"web/wide.env", &wide(&format!("{text}more\r\n")));
    scene.place.git(&["add", "-A"]);
    assert_eq!(scene.in_web(&["scan", "--staged"]).ends(0).out, "", "what it adds is no secret");
    assert_eq!(scene.in_web(&["scan", "--ref", "HEAD"]).ends(1).out, "wide.env:2:15 secret-setting\n");
}

#[test]
fn comments_allow_unless_they_are_not_trusted() {
    let scene = Scene::new();
    let token = &scene.planted.token;
    let text = format!("a = {token} # gitoma:allow-secret: expired\n# gitoma:allow-secret\nb = {token}\n");
    scene.place.file("plain/a.txt", &text);
    let said = scene.secrets(&["scan", "plain"]).ends(0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("", "0 secrets in 1 file, 2 allowed by comments\n"));
    let said = scene.secrets(&["scan", "plain", "--no-inline"]).ends(1);
    assert_eq!(said.out, "a.txt:1:5 github-token\na.txt:3:5 github-token\n");
}

#[test]
fn a_policy_adds_patterns_and_names_and_lets_values_show() {
    let scene = Scene::new();
    let value = crate::support::feed(
        scene.place.command(&["secrets", "fingerprint"]),
        scene.planted.token.as_bytes(),
    );
    let fingerprint = value.ends(0).out.trim().to_owned();
    scene.place.file("plain/a.txt", &format!("{}\nACME-123456\ndb_conn = plainword\n", scene.planted.token));
    let policy = |redact: &str| scene.place.named("own.yaml", &format!("version: 1\nredact:\n{redact}"));
    policy(&format!(
        "  patterns: [{{ id: acme, pattern: 'ACME-[0-9]{{6}}' }}]\n  names: [db_conn]\n  allow: [{{ id: expired, fingerprint: \"{fingerprint}\" }}]\n"
    ));
    let said = scene.secrets(&["scan", "plain", "--policy", "own.yaml"]).ends(1);
    assert_eq!(said.out, "a.txt:2:1 operator-pattern\na.txt:3:11 secret-setting\n", "{said:?}");
    policy("  patterns: [{ id: any, pattern: '.*' }]\n");
    scene.secrets(&["scan", "plain", "--policy", "own.yaml"]).ends(2);
    scene.secrets(&["scan", "plain", "--policy", "none.yaml"]).ends(2);
}
