//! Searching what is staged, commits, and what a branch adds.

use super::Scene;

#[test]
fn of_what_is_staged_only_added_lines_count() {
    let scene = Scene::new();
    let (token, password) = (&scene.planted.token, &scene.planted.password);
    scene.place.file("web/old.txt", &format!("one\n{token}\nthree\n"));
    scene.place.git(&["add", "-A"]);
    let said = scene.in_web(&["scan", "--staged"]).ends(1);
    assert_eq!(said.out, "old.txt:2:1 github-token\n");
    assert_eq!(said.err, "1 secret in 1 file\n");
    scene.place.git(&["commit", "-q", "-m", "in"]);
    scene.in_web(&["scan", "--staged"]).ends(0);
    // the lines move, one is new, and the work tree holds another that is not staged
    scene.place.file("web/old.txt", &format!("zero\none\n{token}\nthree\nDB_PASSWORD={password}\n"));
    scene.place.git(&["mv", "-k", "src/main.rs", "main.rs"]);
    scene.place.git(&["add", "-A"]);
    scene.place.file("web/old.txt", &format!("{token}\n{token}\n"));
    scene.place.file("web/new.txt", token);
    let said = scene.in_web(&["scan", "--staged"]).ends(1);
    assert_eq!(said.out, "old.txt:5:13 secret-setting\n", "positions are those of the new file");
    // of the whole repository, from wherever it is asked, unless a path says otherwise
    assert_eq!(scene.secrets(&["scan", "web/deep", "--staged"]).ends(0).out, "");
    let mut command = scene.place.command(&["secrets", "scan", "--staged"]);
    let below: crate::support::Said =
        command.current_dir(scene.place.path("web/deep")).output().unwrap().into();
    assert_eq!(below.ends(1).out, "old.txt:5:13 secret-setting\n");
    // the second of two equal lines is new
    scene.place.file("web/old.txt", &format!("one\n{token}\nthree\n{token}\n"));
    scene.place.git(&["add", "old.txt"]);
    assert_eq!(scene.in_web(&["scan", "--staged"]).ends(1).out, "old.txt:4:1 github-token\n");
    // a file that only has another name adds nothing
    scene.place.git(&["reset", "-q", "--hard"]);
    scene.place.git(&["mv", "old.txt", "renamed.txt"]);
    scene.in_web(&["scan", "--staged"]).ends(0);
}

#[test]
fn the_first_commit_is_all_new() {
    let scene = Scene::new();
    let web = scene.place.path("plain");
    let git = |arguments: &[&str]| {
        let mut git = crate::support::program("git", &scene.place.path(""));
        assert!(git.current_dir(&web).args(arguments).status().unwrap().success());
    };
    git(&["init", "-q", "-b", "main"]);
    scene.place.file("plain/a.txt", &scene.planted.token);
    git(&["add", "-A"]);
    assert_eq!(scene.secrets(&["scan", "plain", "--staged"]).ends(1).out, "a.txt:1:1 github-token\n");
    scene.secrets(&["scan", "plain", "--ref", "HEAD"]).ends(2);
}

#[test]
fn commits_branches_and_ranges() {
    let scene = Scene::new();
    let (token, password) = (&scene.planted.token, &scene.planted.password);
    let commit = |message: &str| {
        scene.place.git(&["add", "-A"]);
        scene.place.git(&["commit", "-q", "-m", message]);
    };
    scene.place.file("web/a.txt", &format!("{token}\n"));
    commit("a secret");
    scene.place.git(&["checkout", "-q", "-b", "side"]);
    scene.place.file("web/a.txt", &format!("first\n{token}\nDB_PASSWORD={password}\n"));
    commit("another");
    scene.place.git(&["tag", "v1"]);
    scene.place.git(&["checkout", "-q", "main"]);
    scene.place.file("web/b.txt", &format!("{token}\n"));
    scene.place.git(&["rm", "-q", "a.txt"]);
    commit("on main");
    // what is in the work tree does not matter
    scene.place.git(&["checkout", "-q", "HEAD~2"]);
    let found = |range: &str| scene.in_web(&["scan", "--ref", range]).ends(1).out;
    let both = "a.txt:2:1 github-token\na.txt:3:13 secret-setting\n";
    for whole in ["side", "v1", "refs/heads/side"] {
        assert_eq!(found(whole), both);
    }
    assert_eq!(found("main~1"), "a.txt:1:1 github-token\n");
    assert_eq!(found("main...side"), "a.txt:3:13 secret-setting\n", "what side adds since it left");
    assert_eq!(found("main..side"), both, "what main no longer has");
    assert_eq!(found("side..main"), "b.txt:1:1 github-token\n");
    assert_eq!(found("..main"), "b.txt:1:1 github-token\n");
    scene.in_web(&["scan", "--ref", "main~1..main~1"]).ends(0);
    assert_eq!(
        scene.secrets(&["scan", "web/b.txt", "--ref", "main"]).ends(1).out,
        "b.txt:1:1 github-token\n"
    );
    // a finding has one fingerprint, however it was come by
    scene.place.git(&["checkout", "-q", "side"]);
    let fingerprint = |arguments: &[&str]| {
        let json = scene.in_web(arguments).ends(1).json();
        json["findings"].as_array().unwrap().last().unwrap()["fingerprint"].as_str().unwrap().to_owned()
    };
    let one = fingerprint(&["scan", "--json"]);
    assert_eq!(one, fingerprint(&["scan", "--json", "--ref", "main...side"]));
    assert_eq!(one, fingerprint(&["scan", "--json", "--all", "a.txt"]));
    for bad in
        ["none", "main..none", "main^{/secret}", "@{1}", "-h", "main....side", ":/secret", "HEAD:a.txt"]
    {
        let argument = format!("--ref={bad}");
        let said = scene.in_web(&["scan", &argument]).ends(2);
        assert!(said.err.starts_with("error: revision"), "{bad}: {said:?}");
    }
    for conflicting in [&["--staged", "--ref=main"][..], &["--all", "--staged"], &["--json", "--sarif"]] {
        let mut arguments = vec!["scan"];
        arguments.extend(conflicting);
        scene.in_web(&arguments).ends(2);
    }
}

/// A dozen small objects that stand for billions of files.
#[test]
fn trees_that_unfold_without_end_are_refused() {
    let scene = Scene::new();
    let git = |arguments: &[&str], input: &str| {
        let mut git = crate::support::program("git", &scene.place.path(""));
        git.current_dir(scene.place.path("web")).args(arguments);
        crate::support::feed(git, input.as_bytes()).ends(0).out.trim().to_owned()
    };
    let mut object = git(&["hash-object", "-w", "--stdin"], "x");
    let mut kind = "100644 blob";
    for _ in 0..10 {
        let entries: String = (0..10).map(|number| format!("{kind} {object}\t{number}\n")).collect();
        object = git(&["mktree"], &entries);
        kind = "040000 tree";
    }
    let commit = git(&["commit-tree", "-m", "many", &object], "");
    let said = scene.in_web(&["scan", "--ref", &commit]).ends(2);
    assert!(said.err.contains("tree has more than 1000000 entries"), "{said:?}");
}
