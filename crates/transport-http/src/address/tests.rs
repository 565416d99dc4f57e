use super::*;

#[test]
fn own_addresses_need_no_opt_in() {
    for (text, expected) in [
        ("127.0.0.1:4310", "127.0.0.1:4310"),
        ("127.9.9.9:0", "127.9.9.9:0"),
        ("localhost:80", "127.0.0.1:80"),
        ("[::1]:4310", "[::1]:4310"),
        ("[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1"),
        (DEFAULT_ADDRESS, DEFAULT_ADDRESS),
    ] {
        let address = ListenAddress::parse(text, false).unwrap();
        assert_eq!(address, ListenAddress::Tcp(expected.parse().unwrap()), "{text}");
        assert!(!address.is_exposed(), "{text}");
    }
}

#[test]
fn reachable_addresses_need_the_opt_in() {
    for text in ["0.0.0.0:4310", "[::]:4310", "192.168.1.5:80", "[::ffff:10.0.0.1]:1", "[fe80::1]:1"] {
        assert_eq!(ListenAddress::parse(text, false), Err(AddressError::Exposed), "{text}");
        assert!(ListenAddress::parse(text, true).unwrap().is_exposed(), "{text}");
    }
}

#[test]
fn what_is_no_address_is_refused_either_way() {
    for text in [
        "",
        "4310",
        ":4310",
        "localhost",
        "localhost:",
        "localhost:99999",
        "127.0.0.1",
        "example.com:80",
        "::1:80",
        "unix:",
        "unix:relative/path",
    ] {
        assert_eq!(ListenAddress::parse(text, true), Err(AddressError::Malformed), "{text}");
    }
}

#[test]
fn a_sockets_file_is_named_by_its_path() {
    let address = ListenAddress::parse("unix:/run/gitoma.sock", false).unwrap();
    assert_eq!(address, ListenAddress::File("/run/gitoma.sock".into()));
    assert!(!address.is_exposed());
}
