use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::{FORWARDED_FOR, Peer, TrustedProxies};

fn proxies(configured: &[&str]) -> TrustedProxies {
    let configured: Vec<String> = configured.iter().map(|text| (*text).to_owned()).collect();
    TrustedProxies::new(&configured).unwrap()
}

fn caller(configured: &[&str], peer: &str, headers: &[&str]) -> String {
    let mut map = HeaderMap::new();
    for header in headers {
        map.append(FORWARDED_FOR, HeaderValue::from_bytes(header.as_bytes()).unwrap());
    }
    match proxies(configured).caller(peer.parse().unwrap(), &map) {
        Peer::Address(address) | Peer::Forwarded(address) => address.to_string(),
        Peer::Local => panic!("a socket has an address"),
    }
}

#[test]
fn a_network_of_wrapped_addresses_is_the_one_it_wraps() {
    for network in ["::ffff:10.0.0.0/104", "::ffff:a00:0/104"] {
        assert_eq!(caller(&[network], "10.1.2.3", &["198.51.100.7"]), "198.51.100.7", "{network}");
        assert_eq!(caller(&[network], "11.1.2.3", &["198.51.100.7"]), "11.1.2.3", "{network}");
    }
    let everybody = ["::ffff:0:0/96".to_owned()];
    assert!(TrustedProxies::new(&everybody).is_err(), "every address of IPv4");
}

#[test]
fn only_the_word_of_a_configured_proxy_counts() {
    let ours = &["10.0.0.0/8", "2001:db8::1"][..];
    for (peer, headers, expected) in [
        ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
        ("10.1.2.3", &["198.51.100.7"], "198.51.100.7"),
        ("10.1.2.3", &[], "10.1.2.3"),
        ("2001:db8::1", &["198.51.100.7"], "198.51.100.7"),
        ("2001:db8::2", &["198.51.100.7"], "2001:db8::2"),
        // What the caller wrote itself stands to the left of what the proxy saw.
        ("10.1.2.3", &["127.0.0.1, 198.51.100.7"], "198.51.100.7"),
        ("10.1.2.3", &["127.0.0.1", "198.51.100.7"], "198.51.100.7"),
        ("10.1.2.3", &["127.0.0.1, 198.51.100.7 , 10.9.9.9,10.8.8.8"], "198.51.100.7"),
        ("10.1.2.3", &["198.51.100.7, 10.9.9.9", "10.8.8.8"], "198.51.100.7"),
        ("10.1.2.3", &["::ffff:198.51.100.7"], "198.51.100.7"),
        ("10.1.2.3", &["::ffff:10.7.7.7, ::ffff:10.9.9.9"], "10.1.2.3"),
        // What is no address is nobody's word.
        ("10.1.2.3", &["198.51.100.7, unknown"], "10.1.2.3"),
        ("10.1.2.3", &["198.51.100.7,"], "10.1.2.3"),
        ("10.1.2.3", &["198.51.100.7:"], "198.51.100.7"),
        ("10.1.2.3", &["198.51.100.7:4711"], "198.51.100.7"),
        ("10.1.2.3", &["\"198.51.100.7:4711\""], "198.51.100.7"),
        ("10.1.2.3", &["[2001:db8::7]:4711, [2001:db8::1]"], "2001:db8::7"),
        ("10.1.2.3", &["fe80::1%eth0"], "fe80::1"),
        ("10.1.2.3", &["[2001:db8::7"], "10.1.2.3"),
        ("10.1.2.3", &["198.51.100.7\u{a0}"], "10.1.2.3"),
        ("10.1.2.3", &[""], "10.1.2.3"),
    ] {
        assert_eq!(caller(ours, peer, headers), expected, "{peer} {headers:?}");
    }
    let long = ["10.0.0.1"; 16].join(",");
    assert_eq!(caller(ours, "10.1.2.3", &[&format!("198.51.100.7,{long}")]), "10.1.2.3");
    assert_eq!(caller(&[], "127.0.0.1", &["198.51.100.7"]), "127.0.0.1");
}

#[test]
fn what_is_no_network_and_everybody_are_refused() {
    for text in ["", "10.0.0.0/33", "ten", "0.0.0.0/0", "::/0", "10.0.0.0/8 ", "localhost"] {
        assert!(TrustedProxies::new(&[text.to_owned()]).is_err(), "{text:?}");
    }
}

proptest! {
    /// Whatever a caller writes, its proxy's entry decides.
    #[test]
    fn a_caller_cannot_choose_its_address(words in "[ -~]{0,64}", last in any::<[u8; 4]>()) {
        let seen = IpAddr::from(last);
        prop_assume!(last[0] != 10);
        let header = format!("{words}, {seen}");
        prop_assert_eq!(caller(&["10.0.0.0/8"], "10.0.0.1", &[&header]), seen.to_string());
        prop_assert_eq!(caller(&["10.0.0.0/8"], "192.0.2.1", &[&header]), "192.0.2.1");
    }
}
