use super::{super::tests::*, *};
use crate::{InclusionBuilder, SigningKey};

fn entry(seq: u64) -> Digest {
    Digest::of(&seq.to_be_bytes())
}

fn inclusion(index: u64, size: u64) -> InclusionProof {
    let mut builder = InclusionBuilder::new(index, size).unwrap();
    (0..size).for_each(|seq| builder.append(&entry(seq)));
    builder.finish().unwrap()
}

fn proof(index: u64, size: u64, extra: Option<&[u8]>) -> (OfflineProof, SigningKey) {
    let key = key("example.com/gitoma");
    let note = checkpoint(size).sign(&[&key]).unwrap();
    (OfflineProof::new(inclusion(index, size), &note, extra).unwrap(), key)
}

#[test]
fn a_proof_is_written_as_documented() {
    let (proof, _) = proof(1, 2, Some(b"{\"v\":1,...".as_slice()));
    let text = proof.text();
    let mut lines = text.lines();
    assert_eq!(lines.next().unwrap(), "c2sp.org/tlog-proof@v1");
    assert_eq!(lines.next().unwrap(), "extra eyJ2IjoxLC4uLg==");
    assert_eq!(lines.next().unwrap(), "index 1");
    let mut sibling = String::new();
    base64::write(crate::tree::leaf_hash(entry(0).bytes()).bytes(), &mut sibling);
    assert_eq!(lines.next().unwrap(), sibling);
    assert_eq!(lines.next().unwrap(), "");
    assert_eq!(lines.next().unwrap(), "gitoma.audit/019aa5b4-2c00-7000-8000-000000000001");
    assert!(text.ends_with(&proof.note));
}

#[test]
fn a_third_party_verifies_a_proof_from_the_file_alone() {
    for (index, size) in [(0, 1), (0, 2), (1, 2), (6, 7), (40, 70), (69, 70)] {
        for extra in [None, Some(&b"line\n"[..])] {
            let (proof, key) = proof(index, size, extra);
            let read = OfflineProof::parse(proof.text().as_bytes()).unwrap();
            assert_eq!(read, proof);
            assert_eq!((read.index(), read.extra()), (index, extra));
            let signed = read.verify(&entry(index), &trust(&key)).unwrap();
            assert_eq!(signed.checkpoint, checkpoint(size));
        }
    }
}

#[test]
fn a_proof_for_something_else_is_refused() {
    let (proof, key) = proof(5, 9, None);
    assert_eq!(proof.verify(&entry(6), &trust(&key)), Err(ProofError::Root.into()));
    let unsigned = Err(OfflineProofError::Checkpoint(NoteError::Unsigned.into()));
    assert_eq!(proof.verify(&entry(5), &trust(&super::super::tests::key("example.com/gitoma"))), unsigned);
    let note = checkpoint(9).sign(&[&key]).unwrap();
    for (index, path) in [(4, inclusion(5, 9).path), (9, inclusion(5, 9).path), (5, inclusion(4, 9).path)] {
        let other = OfflineProof::new(InclusionProof { index, path }, &note, None).unwrap();
        assert!(matches!(other.verify(&entry(5), &trust(&key)), Err(OfflineProofError::Proof(_))), "{index}");
    }
    let note = checkpoint(8).sign(&[&key]).unwrap();
    let other = OfflineProof::new(inclusion(5, 9), &note, None).unwrap();
    assert!(matches!(other.verify(&entry(5), &trust(&key)), Err(OfflineProofError::Proof(_))));
}

#[test]
fn what_is_no_proof_file_is_refused() {
    let text = proof(5, 9, Some(b"x")).0.text();
    let first = text.lines().nth(3).unwrap();
    let part = |from: &str, to: &str| text.replacen(from, to, 1);
    let header_alone = "c2sp.org/tlog-proof@v1\nindex 0\n".to_owned();
    for (file, error) in [
        (String::new(), OfflineProofError::Form),
        (part("@v1", "@v2"), OfflineProofError::Form),
        (part("c2sp", " c2sp"), OfflineProofError::Form),
        (part("extra eA==\n", "extra eA==\nextra eA==\n"), OfflineProofError::Form),
        (part("extra eA==", "extra "), OfflineProofError::Extra),
        (part("extra eA==", "extra eA="), OfflineProofError::Extra),
        (part("extra eA==\nindex 5\n", "index 5\nextra eA==\n"), OfflineProofError::Path),
        (part("index 5\n", ""), OfflineProofError::Form),
        (part("index 5", "index 05"), OfflineProofError::Index),
        (part("index 5", "index -5"), OfflineProofError::Index),
        (part("index 5", "index 9007199254740992"), OfflineProofError::Index),
        (part("index 5", "index 5 "), OfflineProofError::Index),
        (part(first, first.get(..40).unwrap()), OfflineProofError::Path),
        (part(first, &format!("{first} ")), OfflineProofError::Path),
        (part(first, &vec![first; 62].join("\n")), OfflineProofError::Path),
        (part(first, &format!("{first}\n")), OfflineProofError::Checkpoint(NoteError::Unsigned.into())),
        (part("\n\n", "\n"), OfflineProofError::Path),
        (part("—", "-"), NoteError::Signature.into()),
        (header_alone.clone(), OfflineProofError::Form),
        (format!("{header_alone}\n"), NoteError::Form.into()),
        (text.replace('\n', "\r\n"), OfflineProofError::Form),
        ("x".repeat(OFFLINE_PROOF_BYTES + 1), OfflineProofError::TooLong),
    ] {
        let parsed = OfflineProof::parse(file.as_bytes());
        if error == OfflineProofError::Checkpoint(NoteError::Unsigned.into()) {
            // what is left of the path is above the checkpoint's text, which nobody has signed
            assert!(parsed.unwrap().verify(&entry(5), &trust(&key("other"))).is_err());
            continue;
        }
        assert_eq!(parsed, Err(error), "{file}");
    }
    assert_eq!(OfflineProof::parse(&[0xff]), Err(OfflineProofError::Form));
}

#[test]
fn every_bit_of_a_proof_counts() {
    let (proof, key) = proof(5, 9, None);
    let good = proof.text().into_bytes();
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[place] ^= 1 << bit;
            let read = OfflineProof::parse(&changed);
            assert!(read.and_then(|read| read.verify(&entry(5), &trust(&key))).is_err(), "{place} {bit}");
        }
    }
}

#[test]
fn the_greatest_parts_fit_a_file_and_greater_ones_are_refused() {
    let key = key("example.com/gitoma");
    let note = checkpoint(1).sign(&[&key]).unwrap();
    let padded = format!("{note}{}", "— example.com/witness AAAAAAA=\n".repeat(63));
    let path = vec![Digest::ZERO; PATH_HASHES];
    let extra = vec![b'x'; limit::LINE_BYTES];
    let greatest = InclusionProof { index: limit::INTEGER, path: path.clone() };
    let text = OfflineProof::new(greatest.clone(), &padded, Some(&extra)).unwrap().text();
    assert!(text.len() - padded.len() + NOTE_BYTES <= OFFLINE_PROOF_BYTES);
    OfflineProof::parse(text.as_bytes()).unwrap();
    let new = |proof, extra: &[u8]| OfflineProof::new(proof, &note, Some(extra)).unwrap_err();
    assert_eq!(new(greatest.clone(), &[b'x'; limit::LINE_BYTES + 1]), OfflineProofError::Extra);
    assert_eq!(new(greatest, b""), OfflineProofError::Extra);
    assert_eq!(new(InclusionProof { index: limit::INTEGER + 1, path }, b"x"), OfflineProofError::Index);
    let path = vec![Digest::ZERO; PATH_HASHES + 1];
    assert_eq!(new(InclusionProof { index: 0, path }, b"x"), OfflineProofError::Path);
}
