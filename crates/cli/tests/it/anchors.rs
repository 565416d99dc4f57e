//! `gitoma-audit verify --key --anchor`: what is anchored and what is not, in words, as JSON and as exit code.

use std::path::{Path, PathBuf};

use gitoma_audit::{Checkpoint, Digest, Reader, SigningKey, Tree};
use serde_json::Value;

use crate::support::Place;

/// A chain that began with a key, and the key.
struct Signed {
    place: Place,
    key: SigningKey,
    /// The file of its public half.
    public: String,
}

#[expect(clippy::disallowed_methods, reason = "files of the test")]
impl Signed {
    /// A chain with one call.
    fn new() -> Self {
        let place = Place::new();
        place.on_web(&["call", "git_log"]).ends(0);
        let key = SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap();
        let public = place.named("gitoma.pub", &format!("{}\n", key.verifier()));
        let signed = Self { place, key, public };
        signed.adopt();
        signed
    }

    /// Writes the chain anew as one that began with the key.
    fn adopt(&self) {
        let text = String::from_utf8(self.place.read(&self.place.log())).unwrap();
        let format = "\"format\":\"gitoma.audit/1\"";
        let named = format!("{format},\"checkpoint_key\":\"{}\"", self.key.verifier());
        let (mut previous, mut anew) = (Digest::ZERO, String::new());
        for line in text.lines() {
            let (body, _) = line.split_once(",\"prev_hash\":\"").unwrap();
            let body = format!("{},\"prev_hash\":\"{previous}\"", body.replace(format, &named));
            previous = Digest::of(body.as_bytes());
            anew.push_str(&format!("{body},\"entry_hash\":\"{previous}\"}}\n"));
        }
        std::fs::write(self.place.log(), anew).unwrap();
    }

    /// One call more, by a process that ended before it signed anything of it.
    fn go_on(&self) {
        let notes = self.chain().join("checkpoints");
        let names = || std::fs::read_dir(&notes).unwrap().map(|item| item.unwrap().path());
        let before: Vec<_> = names().collect();
        self.key.create(&self.place.path("gitoma.key")).unwrap();
        let config = self.place.file("signed.yaml", "audit: { checkpoints: { key: gitoma.key } }\n");
        self.place.on_web(&["call", "git_log", "--config", &config]).ends(0);
        names().filter(|name| !before.contains(name)).for_each(|new| std::fs::remove_file(new).unwrap());
    }

    fn chain(&self) -> PathBuf {
        self.place.log().parent().unwrap().to_owned()
    }

    /// The name and the text of a note of everything that is there.
    fn note(&self, key: &SigningKey) -> (String, String) {
        let (mut tree, mut chain) = (Tree::new(), None);
        for entry in Reader::open(&self.chain()).unwrap() {
            let entry = entry.unwrap();
            tree.append(&entry.entry_hash);
            chain = Some(entry.chain_id);
        }
        let checkpoint = Checkpoint { chain_id: chain.unwrap(), head: tree.head() };
        (format!("{:020}.note", tree.size()), checkpoint.sign(&[key]).unwrap())
    }

    /// Keeps such a note in a folder.
    fn keep(&self, folder: &Path, key: &SigningKey) -> PathBuf {
        std::fs::create_dir_all(folder).unwrap();
        let (name, note) = self.note(key);
        std::fs::write(folder.join(&name), note).unwrap();
        folder.join(name)
    }

    fn verify(&self, more: &[&str]) -> crate::support::Said {
        let mut arguments = vec!["verify", "state/audit"];
        arguments.extend(more);
        self.place.audit(&arguments)
    }

    /// Cuts the last line off.
    fn cut(&self) {
        let log = self.place.log();
        let text = String::from_utf8(self.place.read(&log)).unwrap();
        let end = text.trim_end().rfind('\n').unwrap() + 1;
        std::fs::write(log, text.get(..end).unwrap()).unwrap();
    }
}

#[test]
fn a_key_demands_that_everything_is_anchored() {
    let signed = Signed::new();
    let with_key = ["--key", signed.public.as_str()];
    let said = signed.verify(&with_key).ends(3);
    assert!(said.out.contains(": intact, but not anchored as demanded\n"), "{}", said.out);
    for expected in ["checkpoints: none; key in force: example.com/gitoma ", "anchored: nothing", "--anchor"]
    {
        assert!(said.out.contains(expected), "{expected}: {}", said.out);
    }
    // a note of everything, then one entry more
    signed.keep(&signed.chain().join("checkpoints"), &signed.key);
    let last = signed.place.entries().len() - 1;
    let said = signed.verify(&with_key).ends(0);
    assert!(
        said.out.contains(&format!("anchored through seq {last}, by a checkpoint beside")),
        "{}",
        said.out
    );
    assert!(said.out.contains("epoch 0, trusted\n"), "{}", said.out);
    let said = signed.verify(&[]).ends(0);
    assert!(said.out.contains(&format!("checkpoints: 1, through seq {last}; key in force")), "{}", said.out);
    assert!(!said.out.contains("anchored"), "{}", said.out);
    signed.go_on();
    let said = signed.verify(&with_key).ends(3);
    let more = signed.place.entries().len() - 1 - last;
    assert!(said.out.contains(&format!("{more} entries behind that are not anchored")), "{}", said.out);
    // youth is no excuse where nobody is writing
    signed.verify(&["--key", &signed.public, "--recent", "1000000"]).ends(3);
    let json = signed.verify(&["--key", &signed.public, "--json"]).ends(3).json();
    let chain = &json["directories"][0]["chains"][0];
    assert_eq!((&json["verdict"], &chain["verdict"]), (&"not_anchored".into(), &"not_anchored".into()));
    assert_eq!((&chain["unanchored"], &chain["anchored"]["through_seq"]), (&more.into(), &last.into()));
    assert_eq!(
        (&chain["anchored"]["by"], &chain["anchored"]["signature_checked"]),
        (&"checkpoint".into(), &true.into())
    );
    assert_eq!(
        (&chain["checkpoints"]["count"], &chain["checkpoints"]["key"]["trusted"]),
        (&1.into(), &true.into())
    );
    // a key of somebody else
    let other = SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap();
    let other = signed.place.named("other.pub", &other.verifier().to_string());
    let said = signed.verify(&["--key", &other]).ends(3);
    assert!(said.out.contains("NOT trusted") && said.out.contains("right one"), "{}", said.out);
    signed.verify(&["--key", &other, "--key", &signed.public]).ends(3);
}

#[test]
fn anchors_show_what_a_chain_alone_does_not() {
    let signed = Signed::new();
    let sink = signed.place.path("sink");
    let chain = signed.chain();
    let file = signed.keep(&sink.join(chain.file_name().unwrap()), &signed.key);
    let file = file.to_str().unwrap();
    for anchor in ["sink", file] {
        let said = signed.verify(&["--anchor", anchor]).ends(0);
        assert!(said.out.contains("an anchor whose signature was not checked"), "{}", said.out);
        let said = signed.verify(&["--anchor", anchor, "--key", &signed.public]).ends(0);
        assert!(said.out.contains(", by an anchor\n"), "{}", said.out);
        signed.verify(&["--anchor", anchor, "--key", &signed.public, "--fast"]).ends(0);
    }
    signed.cut();
    signed.verify(&[]).ends(0);
    signed.verify(&["--key", &signed.public]).ends(3);
    for arguments in [&["--anchor", "sink"][..], &["--anchor", file, "--key", &signed.public, "--fast"]] {
        let said = signed.verify(arguments).ends(1);
        assert!(said.out.contains(": TAMPERED\n") && said.out.contains("\n  truncated: "), "{}", said.out);
        assert!(said.out.contains("an older state was put back"), "{}", said.out);
    }
    // the whole chain
    #[expect(clippy::disallowed_methods, reason = "the log of the test")]
    std::fs::remove_dir_all(&chain).unwrap();
    signed.verify(&[]).ends(2);
    let said = signed.verify(&["--anchor", "sink"]).ends(1);
    assert!(said.out.contains("\n  chain_missing: an anchor speaks of a chain"), "{}", said.out);
    let json = signed.verify(&["--anchor", "sink", "--key", &signed.public, "--json"]).ends(1).json();
    assert_eq!(json["directories"][0]["chains"][0]["fault"]["class"], "chain_missing");
}

#[test]
fn what_is_no_key_and_no_anchor_ends_with_two() {
    let signed = Signed::new();
    let secret = signed.place.path("gitoma.key");
    signed.key.create(&secret).unwrap();
    signed.place.file("text", "hello\n");
    #[expect(clippy::disallowed_methods, reason = "a file of the test")]
    std::fs::File::create(signed.place.path("long")).and_then(|file| file.set_len(1 << 30)).unwrap();
    let other = SigningKey::generate("b".parse().unwrap()).unwrap();
    let (name, note) = signed.note(&other);
    signed.place.file(&name, &note);
    let elsewhere = Signed::new();
    let (_, foreign) = elsewhere.note(&signed.key);
    signed.place.file("foreign", &foreign);
    let chain = signed.chain();
    let chain = chain.to_str().unwrap();
    for (arguments, expected) in [
        (&["--key", "gone"][..], "error: gone is not accepted as a public key: cannot open"),
        (&["--key", "text"], "text is not accepted as a public key"),
        (&["--key", "long"], "longer than 512 bytes"),
        (&["--key", "gitoma.key"], "gitoma.key is not accepted as a public key"),
        (&["--anchor", "gone"], "the anchor gone cannot be read: No such file"),
        (&["--anchor", "text"], "the anchor text is not accepted: "),
        (&["--anchor", "long"], "the anchor long is longer than 65,536 bytes"),
        (&["--anchor", "web"], "there is no anchor in web"),
        (&["--anchor", &name, "--key", &signed.public], "give the key that signed it with --key"),
        (&["--recent", "5"], "--key"),
    ] {
        for directory in ["state/audit", chain] {
            let mut all = vec!["verify", directory];
            all.extend(arguments);
            let said = signed.place.audit(&all).ends(2);
            assert!(said.err.contains(expected), "{arguments:?}: {}", said.err);
            assert_eq!(said.out, "", "{arguments:?}");
        }
    }
    // no key file is ever repeated
    let said = signed.verify(&["--key", "gitoma.key"]).ends(2);
    assert!(!said.err.contains("PRIVATE"), "{}", said.err);
    // of another chain: wrong for one chain, missing from all of them
    let said = signed.place.audit(&["verify", chain, "--anchor", "foreign"]).ends(2);
    assert!(
        said.err.contains("the anchor foreign is about chain 0") && said.err.contains("name its folder too")
    );
    let said = signed.verify(&["--anchor", "foreign"]).ends(1);
    assert!(said.out.contains(": TAMPERED\n") && said.out.contains("2 chains: TAMPERED"), "{}", said.out);
    let said = signed.place.audit(&["verify", chain, "--anchor", "foreign", "--json"]).ends(2);
    assert_eq!(said.json()["verdict"], Value::Null);
}
