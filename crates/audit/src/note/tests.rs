use proptest::prelude::*;

use super::*;

const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn trusted(keys: &[&str]) -> TrustedKeys {
    TrustedKeys::new(keys.iter().map(|key| key.parse().unwrap())).unwrap()
}

fn note(lines: &[&str]) -> String {
    format!("{TEXT}\n{}", lines.concat())
}

/// Opens a note; what is returned is the names of who signed.
fn open(note: impl AsRef<[u8]>, keys: &[&str]) -> Result<Vec<String>, NoteError> {
    let note = UnverifiedNote::parse(note.as_ref())?.verify(&trusted(keys))?;
    Ok(note.signers().iter().map(|key| key.name().as_str().to_owned()).collect())
}

/// From C2SP signed-note, "Example".
#[test]
fn the_note_of_the_specification_is_verified() {
    let note = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let keys = trusted(&["example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"]);
    let opened = UnverifiedNote::parse(note.as_bytes()).unwrap().verify(&keys).unwrap();
    assert_eq!(opened.text(), "This is an example message.\n");
    assert_eq!(opened.signers(), keys.keys());
}

/// From the documentation of golang.org/x/mod/sumdb/note; Ed25519 always makes the same signature.
#[test]
fn the_note_of_the_reference_is_made_byte_for_byte() {
    let key: SigningKey = PETER_SECRET.parse().unwrap();
    assert_eq!(key.verifier().to_string(), PETER);
    assert_eq!(sign_note(TEXT, &[&key]).unwrap(), note(&[PETER_LINE]));
}

/// The cases of Go's tests.
#[test]
fn trusted_signatures_count_and_unknown_ones_do_not() {
    let both = note(&[PETER_LINE, ENOCH_LINE]);
    assert_eq!(open(&both, &[PETER]), Ok(vec!["PeterNeumann".into()]));
    assert_eq!(open(&both, &[ENOCH]), Ok(vec!["EnochRoot".into()]));
    assert_eq!(open(&both, &[ENOCH, PETER]), Ok(vec!["PeterNeumann".into(), "EnochRoot".into()]));
    assert_eq!(open(&both, &[]), Err(NoteError::Unsigned));
    assert_eq!(open(note(&[ENOCH_LINE]), &[PETER]), Err(NoteError::Unsigned));
    // unknown signatures may be repeated and wrong
    let wrong = ENOCH_LINE.replace("rwz+eBzm", "rwz+eBzn");
    assert_eq!(
        open(note(&[&wrong, PETER_LINE, ENOCH_LINE, ENOCH_LINE]), &[PETER]),
        Ok(vec!["PeterNeumann".into()])
    );
}

#[test]
fn a_known_key_signs_once_and_well() {
    assert_eq!(open(note(&[PETER_LINE, PETER_LINE]), &[PETER]), Err(NoteError::Twice));
    for (from, to) in
        [("x08go/ZJ", "x08go/ZK"), ("x08go/ZJ", "x08go/ZJABCD"), ("wJnAM=", "wJng=="), ("uBS9UG/S", "")]
    {
        let wrong = PETER_LINE.replace(from, to);
        assert_ne!(wrong, PETER_LINE);
        assert_eq!(open(note(&[&wrong]), &[PETER]), Err(NoteError::BadSignature), "{to}");
        assert_eq!(open(note(&[ENOCH_LINE, &wrong]), &[PETER, ENOCH]), Err(NoteError::BadSignature), "{to}");
    }
    let changed = note(&[PETER_LINE]).replace("answer", "Answer");
    assert_eq!(open(changed, &[PETER]), Err(NoteError::BadSignature));
    // a known name with another id, and a known id with another name, are unknown keys
    assert_eq!(open(note(&[&PETER_LINE.replace("x08g", "x08h")]), &[PETER]), Err(NoteError::Unsigned));
    assert_eq!(open(note(&[&PETER_LINE.replace("Peter", "Carme")]), &[PETER]), Err(NoteError::Unsigned));
}

/// The same point with a scalar that is greater by the order of the group: RFC 8032 forbids it, careless verifiers take it.
#[test]
fn a_signature_has_one_spelling() {
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let value = base64::read(PETER_LINE.trim_end().rsplit(' ').next().unwrap()).unwrap();
    let mut greater = value.clone();
    let mut carry = 0;
    for (byte, more) in greater[36..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert_ne!(greater, value);
    let mut line = "— PeterNeumann ".to_owned();
    base64::write(&greater, &mut line);
    line.push('\n');
    assert_eq!(open(note(&[&line]), &[PETER]), Err(NoteError::BadSignature));
}

/// Made with the private key, but with a point of small order, of which RFC 8032 lets every verifier think what it likes.
#[test]
fn a_signature_of_small_order_is_refused() {
    let line = "— EnochRoot rwz+eAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAcWlWbet2RRehVqX1x1hhP3i7ANMpGjoBch68Wtr7Fgc=\n";
    let made = base64::read(line.trim_end().rsplit(' ').next().unwrap()).unwrap();
    let lax = ed25519_dalek::Signature::from_slice(&made[4..]).unwrap();
    let zero = ed25519_dalek::SigningKey::from_bytes(&[0; 32]);
    ed25519_dalek::Verifier::verify(&zero.verifying_key(), TEXT.as_bytes(), &lax).unwrap();
    assert_eq!(open(note(&[line]), &[ENOCH]), Err(NoteError::BadSignature));
}

#[test]
fn what_is_no_note_is_refused() {
    let line = PETER_LINE;
    let long = format!("{}\n{line}", "x\n".repeat(NOTE_BYTES / 2));
    for (note, error) in [
        (String::new(), NoteError::Form),
        ("\n".into(), NoteError::Form),
        ("\n\n".into(), NoteError::Form),
        (TEXT.into(), NoteError::Form),
        (format!("{TEXT}\n"), NoteError::Form),
        (format!("{TEXT}{line}"), NoteError::Form),
        (format!("\n{line}"), NoteError::Form),
        (format!("{TEXT}\n{}", line.trim_end()), NoteError::Form),
        (format!("{TEXT}\n{line}\n"), NoteError::Form),
        (format!("\u{1}{TEXT}\n{line}"), NoteError::Control),
        (format!("{TEXT}\n{line}").replace('\n', "\r\n"), NoteError::Control),
        (format!("\t{TEXT}\n{line}"), NoteError::Control),
        (format!("\u{1b}[2J{TEXT}\n{line}"), NoteError::Control),
        (format!("\u{9b}2J{TEXT}\n{line}"), NoteError::Control),
        (format!("{TEXT}\n{line}Unexpected line.\n"), NoteError::Signature),
        (format!("{TEXT}\n{}", line.replace("— ", "- ")), NoteError::Signature),
        (format!("{TEXT}\n{}", line.replace("— ", "—")), NoteError::Signature),
        (format!("{TEXT}\n{}", line.replace("PeterNeumann", "Bad Name")), NoteError::Signature),
        (format!("{TEXT}\n{}", line.replace("PeterNeumann", "Bad\u{a0}Name")), NoteError::Signature),
        (format!("{TEXT}\n{}", line.replace("PeterNeumann", "a+b")), NoteError::Signature),
        (format!("{TEXT}\n{}", line.replace("PeterNeumann", "")), NoteError::Signature),
        (format!("{TEXT}\n— PeterNeumann x08g\n"), NoteError::Signature),
        (format!("{TEXT}\n— PeterNeumann x08gow==\n"), NoteError::Signature),
        (format!("{TEXT}\n— PeterNeumann \n"), NoteError::Signature),
        (format!("{TEXT}\n— PeterNeumann\n"), NoteError::Signature),
        (format!("{TEXT}\n{}", line.replace("=\n", " =\n")), NoteError::Signature),
        (format!("{TEXT}\n{}", line.replace("AM=", "AN=")), NoteError::Signature),
        (format!("{TEXT}\n{}", line.repeat(65)), NoteError::TooManySignatures),
        (long, NoteError::TooLong),
    ] {
        assert_eq!(open(&note, &[PETER]), Err(error), "{note:?}");
    }
    let mut bytes = note(&[line]).into_bytes();
    bytes[0] = 0xff;
    assert_eq!(open(bytes, &[PETER]), Err(NoteError::Encoding));
}

#[test]
fn the_most_that_is_allowed_is_accepted() {
    let line = "— example.com/witness AAAAAAA=\n";
    let text = note(&[&line.repeat(NOTE_SIGNATURES - 1), PETER_LINE]);
    assert_eq!(open(text, &[PETER]).unwrap(), ["PeterNeumann"]);
    // sixteen of the longest that are assigned: id, time and an ML-DSA-44 signature
    let mut long = "— example.com/witness ".to_owned();
    base64::write(&[7; 4 + 8 + 2_420], &mut long);
    long.push('\n');
    assert_eq!(open(note(&[&long.repeat(15), PETER_LINE]), &[PETER]).unwrap(), ["PeterNeumann"]);
}

/// The last blank line parts text and signatures, so a text cannot bring signatures along.
#[test]
fn a_text_may_have_blank_lines_and_look_like_a_note() {
    let (one, two) = (
        SigningKey::generate("one".parse().unwrap()).unwrap(),
        SigningKey::generate("two".parse().unwrap()).unwrap(),
    );
    let keys = TrustedKeys::new([one.verifier().clone(), two.verifier().clone()]).unwrap();
    let inner = sign_note("a\n\nb\n", &[&one]).unwrap();
    for text in ["\n", "\n\n", "a\n\nb\n", "a\n\n", &inner] {
        let outer = sign_note(text, &[&two]).unwrap();
        let opened = UnverifiedNote::parse(outer.as_bytes()).unwrap().verify(&keys).unwrap();
        assert_eq!((opened.text(), opened.signers()), (text, &[two.verifier().clone()][..]));
    }
}

#[test]
fn what_cannot_be_read_is_not_signed() {
    let key: SigningKey = PETER_SECRET.parse().unwrap();
    for (text, error) in [
        ("", NoteError::Form),
        ("abc", NoteError::Form),
        ("a\rb\n", NoteError::Control),
        (&"x\n".repeat(NOTE_BYTES / 2), NoteError::TooLong),
    ] {
        assert_eq!(sign_note(text, &[&key]), Err(error));
    }
    assert_eq!(sign_note(TEXT, &[]), Err(NoteError::Form));
    assert_eq!(sign_note(TEXT, &[&key, &key]), Err(NoteError::Twice));
}

#[test]
fn a_list_has_each_key_once() {
    let peter: VerifierKey = PETER.parse().unwrap();
    assert_eq!(
        TrustedKeys::new([peter.clone(), ENOCH.parse().unwrap(), peter.clone()]),
        Err(KeyError::Twice)
    );
    // one key under two names would count as two signers
    let mut keys = TrustedKeys::new([peter.clone()]).unwrap();
    let text = PETER_SECRET.parse::<SigningKey>().unwrap();
    assert!(text.verifier().same_key(&peter));
    assert_eq!(keys.add(peter), Err(KeyError::Twice));
    assert_eq!(keys.keys().len(), 1);
}

#[test]
fn every_bit_of_a_note_counts() {
    let good = note(&[PETER_LINE]).into_bytes();
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[place] ^= 1 << bit;
            open(&changed, &[PETER]).unwrap_err();
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_signed_is_opened(lines in prop::collection::vec("[^\\p{Cc}]{0,20}", 1..6), count in 1_usize..4) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let keys: Vec<_> = (0..count).map(|number| SigningKey::generate(format!("key{number}").parse().unwrap()).unwrap()).collect();
        let note = sign_note(&text, &keys.iter().collect::<Vec<_>>()).unwrap();
        let trusted = TrustedKeys::new(keys.iter().map(|key| key.verifier().clone())).unwrap();
        let opened = UnverifiedNote::parse(note.as_bytes()).unwrap().verify(&trusted).unwrap();
        prop_assert_eq!(opened.text(), text);
        prop_assert_eq!(opened.signers(), trusted.keys());
    }

    #[test]
    fn hostile_notes_end(note in "[a\n +=—\u{1}]{0,40}") {
        prop_assert!(open(note, &[PETER]).is_err());
    }
}
