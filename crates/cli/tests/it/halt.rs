//! `gitoma halt` and `gitoma resume`: calls are refused between the two, by whoever makes them.

use crate::support::Place;

#[test]
fn what_is_halted_stays_so_until_it_is_resumed() {
    let place = Place::new();
    let call = || place.on_web(&["call", "git_log", "--json"]);
    call().ends(0);
    // Nothing else of the settings need hold.
    let broken = place.file("broken.yaml", "version: 2\n");
    let halted =
        place.gitoma(&["halt", "--reason", "a bad day", "--state", "state", "--policy", &broken]).ends(0);
    assert_eq!(halted.out, "halted: every call is refused until gitoma resume\n");
    place.gitoma(&["halt", "--state", "state"]).ends(0);
    let refused = call().ends(3);
    assert_eq!(refused.json()["code"], "halted", "{}", refused.out);
    assert!(refused.err.contains("the operator has halted the gateway") || refused.out.contains("halted"));
    // Whoever keeps the policy may still ask what it says.
    place.on_web(&["policy", "explain", "git_log"]).ends(0);
    place.named("state/halt.admin", "");
    let still = place.gitoma(&["resume", "--state", "state"]).ends(3);
    assert!(still.out.contains("gitoma resume --all"), "{}", still.out);
    call().ends(3);
    place.gitoma(&["resume", "--all", "--state", "state"]).ends(0);
    call().ends(0);
    place.gitoma(&["resume", "--state", "state"]).ends(0);
}
