//! `gitoma secrets fingerprint`: what a policy allows by it shows.

use super::Scene;
use crate::support::feed;

#[test]
fn a_value_or_the_findings_of_a_file_or_a_line() {
    let scene = Scene::new();
    let (token, password) = (&scene.planted.token, &scene.planted.password);
    scene.place.file("plain/a:1", &format!("x\nDB_PASSWORD={password}\nkey {token}\n"));
    let piped = |value: &str| {
        let said = feed(scene.place.command(&["secrets", "fingerprint"]), value.as_bytes());
        scene.planted.unseen(&said);
        said
    };
    let value = piped(&format!("{password}\n")).ends(0).out.trim().to_owned();
    assert!(value.starts_with("sha256:") && value.len() == 71, "{value}");
    assert_eq!(piped(&format!("{password}\r\n")).ends(0).out.trim(), value);
    let all = scene.secrets(&["fingerprint", "plain/a:1"]).ends(0).out;
    let lines: Vec<_> = all.lines().collect();
    assert_eq!(lines.len(), 2, "{all}");
    assert_eq!(lines[0], format!("{value} plain/a:1:2:13 secret-setting"));
    assert!(lines[1].ends_with(" plain/a:1:3:5 github-token"));
    assert_eq!(scene.secrets(&["fingerprint", "plain/a:1:3"]).ends(0).out, format!("{}\n", lines[1]));
    assert_eq!(scene.secrets(&["fingerprint", "plain/a:1:1"]).ends(1).out, "");
    piped("").ends(2);
    piped("\n").ends(2);
    scene.secrets(&["fingerprint", "plain/none"]).ends(2);
    let help = scene.secrets(&["fingerprint", "--help"]).ends(0).out;
    assert!(help.contains("guesses"), "{help}");
}
