use super::*;

/// From C2SP signed-note, "Verifier keys".
const FOO: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
/// From the documentation of golang.org/x/mod/sumdb/note.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

#[test]
fn the_published_keys_are_read_and_written() {
    for (text, name, id) in [(FOO, "example.com/foo", "530d903a"), (PETER, "PeterNeumann", "c74f20a3")] {
        let key: VerifierKey = text.parse().unwrap();
        assert_eq!(key.name().as_str(), name);
        assert_eq!(key.id().to_string(), id);
        assert_eq!(key.to_string(), text);
    }
}

/// The manglings of Go's own test.
#[test]
fn no_part_of_a_key_and_no_changed_key_is_one() {
    for from in 0..=PETER.len() {
        for to in from..=PETER.len() {
            let whole = from == 0 && to == PETER.len();
            assert_eq!(PETER.get(from..to).unwrap().parse::<VerifierKey>().is_ok(), whole);
        }
    }
    for place in 0..PETER.len() {
        let mut changed = PETER.as_bytes().to_vec();
        changed[place] += 1;
        String::from_utf8(changed).unwrap().parse::<VerifierKey>().unwrap_err();
    }
}

#[test]
fn what_is_wrong_with_a_key_is_told() {
    let long = format!("{}+00000000+", "a".repeat(129));
    // ids that fit the wrong bytes are those of Go's tests
    for (text, error) in [
        ("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==", KeyError::Form),
        ("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Type),
        ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
        ("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
        ("PaterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
        ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T", KeyError::Form),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Name),
        ("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Name),
        (&long, KeyError::Name),
        ("", KeyError::Form),
        ("PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", KeyError::Form),
    ] {
        assert_eq!(text.parse::<VerifierKey>(), Err(error), "{text}");
    }
}

/// With such a key, one signature is good for many texts; RFC 8032 lets it pass.
#[test]
fn a_key_of_small_order_is_refused() {
    let mut neutral = [0; 33];
    neutral[..2].copy_from_slice(&[ED25519, 1]);
    let name: KeyName = "weak".parse().unwrap();
    let id = KeyId::of(&name, neutral[1..].try_into().unwrap());
    let mut text = format!("{name}+{id}+");
    base64::write(&neutral, &mut text);
    assert_eq!(text.parse::<VerifierKey>(), Err(KeyError::Point));
}

#[test]
fn names_stand_in_notes_keys_and_lines_as_they_are() {
    for good in ["a", "example.com/gitoma", "host:1_~", &"x".repeat(128)] {
        assert_eq!(good.parse::<KeyName>().unwrap().as_str(), good);
    }
    for bad in
        ["", "a b", "a+b", "a\"b", "a\\b", "a\nb", "a\u{7f}", "a\u{a0}", "\u{202e}a", "é", &"x".repeat(129)]
    {
        assert_eq!(bad.parse::<KeyName>(), Err(KeyError::Name), "{bad:?}");
    }
}
