//! Repositories that attack whoever pushes from them.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{call, house, remote};

#[test]
fn nothing_of_the_repository_runs_or_leads_elsewhere() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    let scene = &house.scene;
    let (marks, trap) = (scene.outside("marks"), scene.outside("trap"));
    std::fs::create_dir(&marks).unwrap();
    std::fs::write(&trap, format!("#!/bin/sh\necho \"$0 $*\" >> {}/fired\nexit 1\n", marks.display()))
        .unwrap();
    std::fs::set_permissions(&trap, std::fs::Permissions::from_mode(0o755)).unwrap();
    let trap = trap.display().to_string();
    scene.git(&["init", "--quiet", "--bare", "../evil.git"]);
    let (evil, good) = (scene.outside("evil.git"), remote(scene));
    for (key, value) in [
        ("core.hooksPath", scene.outside("hooks").display().to_string()),
        ("core.fsmonitor", trap.clone()),
        ("core.sshCommand", trap.clone()),
        ("core.gitProxy", trap.clone()),
        ("core.askPass", trap.clone()),
        ("core.alternateRefsCommand", trap.clone()),
        ("credential.helper", format!("!{trap}")),
        ("gpg.program", trap.clone()),
        ("push.gpgSign", "true".into()),
        ("push.default", "matching".into()),
        ("push.followTags", "true".into()),
        ("push.pushOption", "ci.skip".into()),
        ("uploadpack.packObjectsHook", trap.clone()),
        ("filter.evil.clean", trap.clone()),
        ("filter.evil.smudge", trap.clone()),
        ("remote.origin.url", format!("file://{}", evil.display())),
        ("remote.origin.receivepack", trap.clone()),
        ("remote.pushDefault", "origin".into()),
        ("receive.denyNonFastForwards", "false".into()),
        ("protocol.ext.allow", "always".into()),
        ("core.editor", trap),
    ] {
        scene.git(&["config", key, &value]);
    }
    for rule in ["insteadOf", "pushInsteadOf"] {
        scene.git(&[
            "config",
            &format!("url.file://{}.{rule}", evil.display()),
            &format!("file://{}", good.display()),
        ]);
    }
    for hooks in [scene.outside("hooks"), scene.root().join(".git/hooks")] {
        std::fs::create_dir_all(&hooks).unwrap();
        for hook in
            ["pre-push", "pre-receive", "reference-transaction", "post-index-change", "push-to-checkout"]
        {
            std::fs::copy(scene.outside("trap"), hooks.join(hook)).unwrap();
        }
    }
    scene.write(".git/info/attributes", "* filter=evil diff=evil\n");
    scene.git_in(&scene.root(), &["-c", "core.hooksPath=/dev/null", "tag", "v1", "agent/x"]);
    house.push();
    assert!(!marks.join("fired").exists(), "{}", std::fs::read_to_string(marks.join("fired")).unwrap());
    assert_eq!(scene.git_in(&evil, &["for-each-ref"]), "");
    assert!(house.there().contains("refs/heads/agent/x") && !house.there().contains("refs/tags"));
    // The trap does work: real git walks into it.
    let url = format!("file://{}", good.display());
    let mut plain = std::process::Command::new("git");
    let _ = plain.args(["push", &url, "agent/x"]).current_dir(scene.root()).output().unwrap();
    assert!(marks.join("fired").exists());
}

/// What the repository shows in place of its objects is not what would be sent, so it is not what is judged.
#[test]
fn replaced_objects_and_grafts_hide_nothing() {
    let house = house();
    let clean = house.commit("src/a.rs", "pub fn a() {}\n");
    let scene = &house.scene;
    scene.write("app.yaml", "password: kX9vT2qLmP4sRw7z\n");
    let secret = house.commit_by_git("sneak it in");
    scene.git(&["replace", &secret, &clean]);
    let (code, words) = house.refused();
    assert!(code == "secret_found" && words.contains("app.yaml line 1"), "{words}");
    scene.git(&["replace", "--delete", &secret]);
    // The blob alone.
    let blob = scene.git(&["rev-parse", &format!("{secret}:app.yaml")]);
    scene.write("innocent", "user: ada\n");
    let innocent = scene.git(&["hash-object", "-w", "innocent"]);
    scene.git(&["replace", &blob, &innocent]);
    assert_eq!(house.refused().0, "secret_found");
    scene.git(&["replace", "--delete", &blob]);
    // A history that is said to end, or to lead elsewhere.
    let gone = scene.git(&["rm", "--quiet", "--cached", "app.yaml"]);
    assert_eq!(gone, "");
    std::fs::remove_file(scene.root().join("app.yaml")).unwrap();
    std::fs::remove_file(scene.root().join("innocent")).unwrap();
    let head = house.commit_by_git("and out again");
    let main = scene.git(&["rev-parse", "main"]);
    scene.write(".git/info/grafts", format!("{head} {main}\n"));
    assert_eq!(house.refused().0, "secret_found");
    std::fs::remove_file(scene.root().join(".git/info/grafts")).unwrap();
    scene.write(".git/shallow", format!("{head}\n"));
    assert_eq!(house.refused().0, "secret_found");
}

/// A repository that takes its objects from elsewhere is refused before anything is asked of the remote.
#[test]
fn objects_from_elsewhere_are_not_sent() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    let scene = &house.scene;
    scene.git(&["init", "--quiet", "--bare", "../private.git"]);
    let private = scene.outside("private.git/objects");
    scene.write(".git/objects/info/alternates", format!("{}\n", private.display()));
    let (code, words) = house.refused();
    assert!(code == "path_denied" && words.contains("repo:redirected"), "{words}");
}

/// The gateway's own repository is put right before each use.
#[test]
fn what_lies_about_in_the_state_directory_is_put_right() {
    let house = house();
    house.commit("src/a.rs", "pub fn a() {}\n");
    house.push();
    let push = house.stage.state().join("push");
    let own = std::fs::read_dir(&push).unwrap().next().unwrap().unwrap().path();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&push), mode(&own), mode(&own.join("git/config"))), (0o700, 0o700, 0o600));
    std::fs::write(own.join("git/config"), "[core]\n\tbare = maybe\n").unwrap();
    std::fs::write(own.join("git/HEAD"), "x").unwrap();
    std::fs::write(own.join("git/objects/info/alternates"), "/nonexistent\n").unwrap();
    house.commit("src/b.rs", "pub fn b() {}\n");
    assert_eq!(house.stage.call("git_push_branch", call("agent/x"))["changed"], json!(true));
}
