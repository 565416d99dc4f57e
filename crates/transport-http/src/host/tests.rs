use axum::body::Body;

use super::*;

fn hosts(bound: &str, added: &[&str]) -> AllowedHosts {
    let added: Vec<_> = added.iter().map(|text| (*text).to_owned()).collect();
    AllowedHosts::new(Some(bound.parse().unwrap()), &added).unwrap()
}

fn allowed(hosts: &AllowedHosts, text: &str) -> bool {
    Authority::parse(text).is_some_and(|host| hosts.allows(&host))
}

#[test]
fn own_names_answer_on_the_own_port_alone() {
    let hosts = hosts("127.0.0.1:4310", &[]);
    for good in ["localhost:4310", "LocalHost:4310", "127.0.0.1:4310", "[::1]:4310"] {
        assert!(allowed(&hosts, good), "{good}");
    }
    for bad in [
        "localhost",
        "localhost:4311",
        "127.0.0.1",
        "localhost.:4310",
        "evil.example:4310",
        "127.0.0.1.evil.example:4310",
        "",
        ":4310",
        "user@localhost:4310",
        "localhost:4310:4310",
        "::1:4310",
        "[::1",
        "localhost:+4310",
        "localhost:4310/",
        "0:4310",
    ] {
        assert!(!allowed(&hosts, bad), "{bad}");
    }
}

#[test]
fn port_80_may_be_left_out() {
    let hosts = hosts("127.0.0.1:80", &[]);
    assert!(allowed(&hosts, "localhost") && allowed(&hosts, "localhost:80"));
}

#[test]
fn the_bound_address_is_a_name_of_its_own_unless_it_is_all_addresses() {
    assert!(allowed(&hosts("192.0.2.7:99", &[]), "192.0.2.7:99"));
    assert!(allowed(&hosts("[2001:db8::7]:99", &[]), "[2001:db8::7]:99"));
    assert!(!allowed(&hosts("0.0.0.0:99", &[]), "0.0.0.0:99"));
}

#[test]
fn added_names_hold_with_their_port_or_any() {
    let hosts = hosts("127.0.0.1:4310", &["Gitoma.example", "proxy.example:8443"]);
    assert!(allowed(&hosts, "gitoma.example") && allowed(&hosts, "gitoma.example:1"));
    assert!(allowed(&hosts, "proxy.example:8443"));
    assert!(!allowed(&hosts, "proxy.example") && !allowed(&hosts, "sub.gitoma.example"));
    for bad in ["", "*", "http://x", "a b", "x:y", "x:70000"] {
        let bound = Some("127.0.0.1:1".parse().unwrap());
        assert!(AllowedHosts::new(bound, &[bad.to_owned()]).is_err(), "{bad}");
    }
}

#[test]
fn a_request_names_one_host_and_its_target_no_other() {
    for (target, named, good) in [
        ("/", &["a:1"][..], true),
        ("/", &[], false),
        ("/", &["a:1", "a:1"], false),
        ("/", &["a:1", "b:1"], false),
        ("http://a:1/", &["a:1"], true),
        ("http://b:1/", &["a:1"], false),
    ] {
        let mut request = Request::builder().uri(target);
        for host in named {
            request = request.header(HOST, *host);
        }
        let request = request.body(Body::empty()).unwrap();
        assert_eq!(named_host(&request).is_some(), good, "{target} {named:?}");
    }
}

proptest::proptest! {
    /// Whatever is accepted is a name that is written the same way it is compared.
    #[test]
    fn parsing_is_total_and_folds(text in ".{0,40}") {
        if let Some(host) = Authority::parse(&text) {
            proptest::prop_assert!(text.to_ascii_lowercase().starts_with(&host.name));
            proptest::prop_assert!(host.name.is_ascii());
        }
    }
}

#[test]
fn over_a_sockets_file_any_port_of_a_loopback_name_will_do() {
    let hosts = AllowedHosts::new(None, &["gitoma.example".to_owned()]).unwrap();
    for (name, allowed) in [
        ("localhost", true),
        ("localhost:4310", true),
        ("127.0.0.1", true),
        ("gitoma.example", true),
        ("evil.example", false),
    ] {
        assert_eq!(hosts.allows(&Authority::parse(name).unwrap()), allowed, "{name}");
    }
}

/// A browser leaves out the port of the scheme.
#[test]
fn where_tls_is_spoken_no_port_is_443() {
    let configured = &["gitoma.example:443"];
    let (plain, secured) = (hosts("127.0.0.1:443", configured), hosts("127.0.0.1:443", configured).secured());
    for name in ["127.0.0.1", "localhost", "gitoma.example"] {
        assert!(allowed(&secured, name) && !allowed(&plain, name), "{name}");
        assert!(
            allowed(&secured, &format!("{name}:443")) && !allowed(&secured, &format!("{name}:80")),
            "{name}"
        );
    }
    let behind_eighty = hosts("127.0.0.1:80", &[]);
    assert!(allowed(&behind_eighty, "localhost") && !allowed(&behind_eighty.secured(), "localhost"));
}
