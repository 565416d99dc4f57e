//! One pass over a text: an automaton finds every anchor (a token's prefix, the name of a setting, an armour line), and
//! the matcher of that anchor looks at a bounded neighbourhood. Matchers note how far they have read, so that no input
//! makes the same bytes be read again and again.

use crate::bytes::{Class, contains, sub, work};
use crate::credential::{WINDOW, bare_end};
use crate::finding::{Finding, PLACEHOLDER};
use crate::names::Names;
use crate::spans::{Match, Rank};
use crate::vendor::{Look, Reach, VENDORS};
use crate::{armour, assignment, command, credential, jwt, manifest, url};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::ops::Range;
use std::sync::LazyLock;

/// What an anchor asks for.
#[derive(Debug, Clone, Copy)]
enum Anchor {
    /// The prefix of the row of this index.
    Vendor(usize),
    /// The begin of an armoured key, by its place in [`armour::BEGINNINGS`].
    Armour(usize),
    /// The end of one.
    ArmourEnd,
    Token,
    /// Part of the name of a setting or header.
    Name,
    /// `://`, after which user information may stand.
    Authority,
    /// The scheme `Bearer` outside a header.
    Bearer,
    /// The option of a command that takes `user:password`.
    User,
    /// SQL's `IDENTIFIED BY`.
    Identified,
    /// The same with a plugin's name between.
    IdentifiedWith,
    /// A command whose options carry passwords.
    Command,
    /// A call that has a password among its arguments.
    Call,
    /// `@tcp(`, before which a data source names user and password.
    Source,
    /// `oracle:thin:`, after which user and password stand.
    Oracle,
    /// The port of PostgreSQL in its password file.
    Pgpass,
    /// A field of a cookie jar.
    Jar,
    /// The kind of a Kubernetes Secret.
    Manifest,
    /// A share of the key that unseals a vault.
    Unseal,
    /// A member of a JSON Web Key that only private keys have.
    KeyMember,
}

const ANCHORS: [(&str, Anchor); 47] = [
    ("-----END ", Anchor::ArmourEnd),
    ("bearer, ", Anchor::Bearer),
    ("--proxy-user", Anchor::User),
    ("identified with ", Anchor::IdentifiedWith),
    ("psk", Anchor::Name),
    ("_salt", Anchor::Name),
    ("_pat", Anchor::Name),
    ("sonar.login", Anchor::Name),
    ("sonar_login", Anchor::Name),
    ("unseal key ", Anchor::Unseal),
    ("sessid", Anchor::Name),
    ("sessionid", Anchor::Name),
    ("session_id", Anchor::Name),
    ("connect.sid", Anchor::Name),
    ("@tcp(", Anchor::Source),
    ("@unix(", Anchor::Source),
    ("oracle:thin:", Anchor::Oracle),
    (":5432:", Anchor::Pgpass),
    ("\tTRUE\t", Anchor::Jar),
    ("\tFALSE\t", Anchor::Jar),
    ("kind: Secret", Anchor::Manifest),
    ("kind\": \"Secret", Anchor::Manifest),
    ("kind\":\"Secret", Anchor::Manifest),
    ("\"d\"", Anchor::KeyMember),
    ("\"k\"", Anchor::KeyMember),
    ("\"p\"", Anchor::KeyMember),
    ("\"q\"", Anchor::KeyMember),
    ("\"dp\"", Anchor::KeyMember),
    ("\"dq\"", Anchor::KeyMember),
    ("\"qi\"", Anchor::KeyMember),
    ("eyJ", Anchor::Token),
    ("://", Anchor::Authority),
    (":\\/\\/", Anchor::Authority),
    ("bearer ", Anchor::Bearer),
    ("-u", Anchor::User),
    ("--user", Anchor::User),
    ("identified by", Anchor::Identified),
    ("pass", Anchor::Name),
    ("pw", Anchor::Name),
    ("secret", Anchor::Name),
    ("token", Anchor::Name),
    ("key", Anchor::Name),
    ("auth", Anchor::Name),
    ("cred", Anchor::Name),
    ("cookie", Anchor::Name),
    ("sig", Anchor::Name),
    ("code=", Anchor::Name),
];

/// The compiled rules: one automaton for every anchor.
struct Rules {
    automaton: Option<AhoCorasick>,
    anchors: Vec<Anchor>,
}

static RULES: LazyLock<Rules> = LazyLock::new(Rules::compile);

impl Rules {
    fn compile() -> Self {
        let shapes = VENDORS.iter().enumerate().flat_map(|(row, vendor)| {
            vendor.prefixes.iter().map(move |prefix| (*prefix, Anchor::Vendor(row)))
        });
        let armour = armour::BEGINNINGS.into_iter().enumerate();
        let (patterns, anchors): (Vec<&str>, Vec<Anchor>) = shapes
            .chain(ANCHORS)
            .chain(armour.map(|(index, (begin, _))| (begin, Anchor::Armour(index))))
            .chain(command::WORDS.map(|word| (word, Anchor::Command)))
            .chain(command::CALLS.map(|(call, _)| (call, Anchor::Call)))
            .unzip();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(patterns)
            .ok();
        Self { automaton, anchors }
    }
}

/// The state of one pass.
#[derive(Debug)]
pub(crate) struct Scan<'t> {
    pub(crate) bytes: &'t [u8],
    pub(crate) found: Vec<Match>,
    /// How far names of settings have been read.
    pub(crate) names_end: usize,
    /// How far values without quotation marks have been read.
    pub(crate) values_end: usize,
    /// How far lines have been read for a pass phrase.
    pub(crate) phrases_end: usize,
    /// How many bytes behind the name that is looked at are read to decide.
    pub(crate) window: usize,
    /// The last names that were looked at, and those among them behind which no secret stood.
    names: Recent,
    barren: Recent,
    /// Whether the last of them stood in a crowd.
    crowd: bool,
    /// How far the lines of commands, and maps of cookies, have been read.
    pub(crate) commands_end: usize,
    /// How far the documents of Secrets have been read.
    pub(crate) manifests_end: usize,
    /// How far addresses of data sources, and lines of password files, have been read.
    pub(crate) fields_end: usize,
    armour_end: usize,
    tokens_end: usize,
    vendor_end: usize,
    vendor_reach: Reach,
}

/// Where the last names stood.
#[derive(Debug)]
struct Recent {
    starts: [usize; CROWD],
    next: usize,
}

impl Recent {
    const NONE: Self = Self { starts: [usize::MAX; CROWD], next: 0 };

    fn push(&mut self, start: usize) {
        if let Some(oldest) = self.starts.get_mut(self.next) {
            *oldest = start;
        }
        self.next = (self.next + 1) % CROWD;
    }

    /// Whether `count` names stand within so many bytes before `start`.
    fn within(&self, count: usize, room: usize, start: usize) -> bool {
        let first = self.starts.get((self.next + CROWD - count) % CROWD);
        first.is_some_and(|first| start.checked_sub(*first).is_some_and(|apart| apart < room))
    }
}

/// This many names within [`WINDOW`] bytes get a smaller one.
const DENSE: usize = 8;
/// This many within so many bytes are a crowd, which only hostile text has: what follows is replaced unseen, until as many take
/// twice the room. Replacing makes a text shorter, and must not make one crowd after another.
const CROWD: usize = 64;
const CROWDED: usize = 4 * 1024;

/// The rules beside those of issued tokens.
const PLACES: [&str; 14] = [
    "authorization-header",
    "aws-secret-access-key",
    "bearer-token",
    "command-credentials",
    "cookie",
    manifest::KEY,
    "json-web-token",
    manifest::SECRET,
    "pgpass",
    "private-key",
    "secret-setting",
    "sql-password",
    "url-credentials",
    "vault-unseal-key",
];

/// The ids of the standard rules.
pub(crate) fn rules() -> impl Iterator<Item = &'static str> {
    VENDORS.iter().map(|vendor| vendor.id).chain(PLACES)
}

/// Builds the automaton now, so that the first text does not wait for it.
pub(crate) fn prepare() {
    LazyLock::force(&RULES);
}

/// Finds what the standard rules find, in the order of the automaton. Should the automaton ever fail to build,
/// the whole text counts as secret.
pub(crate) fn standard(text: &str) -> Vec<Match> {
    let Some(automaton) = &RULES.automaton else {
        return vec![everything(text)];
    };
    let mut scan = Scan::new(text);
    for hit in automaton.find_overlapping_iter(text) {
        if let Some(anchor) = RULES.anchors.get(hit.pattern().as_usize()) {
            scan.visit(*anchor, hit.range());
        }
    }
    scan.found
}

/// Finds the values of settings that have one of these names.
pub(crate) fn named(text: &str, names: &Names) -> Vec<Match> {
    let mut scan = Scan::new(text);
    for hit in names.hits(text) {
        assignment::visit_own(&mut scan, &hit, names);
    }
    scan.found
}

/// The match that takes the whole text away, for a failure that must not let it pass.
pub(crate) fn everything(text: &str) -> Match {
    Match { rule: Finding::UNSEARCHED, rank: Rank::Known, start: 0, end: text.len(), quote: None }
}

impl<'t> Scan<'t> {
    const fn new(text: &'t str) -> Self {
        Self {
            bytes: text.as_bytes(),
            found: Vec::new(),
            names_end: 0,
            values_end: 0,
            phrases_end: 0,
            window: WINDOW,
            names: Recent::NONE,
            barren: Recent::NONE,
            crowd: false,
            commands_end: 0,
            manifests_end: 0,
            fields_end: 0,
            armour_end: 0,
            tokens_end: 0,
            vendor_end: 0,
            vendor_reach: Reach::NONE,
        }
    }
}

impl Scan<'_> {
    fn visit(&mut self, anchor: Anchor, hit: Range<usize>) {
        match anchor {
            Anchor::Vendor(row) => self.vendor(row, hit),
            Anchor::Armour(beginning) => self.armour(&hit, beginning),
            Anchor::ArmourEnd => self.armour_tail(&hit),
            Anchor::Token => self.token(hit),
            Anchor::Name => assignment::visit(self, &hit),
            Anchor::Authority => url::visit(self, &hit),
            Anchor::Bearer => credential::visit_bearer(self, &hit),
            Anchor::User => credential::visit_user(self, &hit),
            Anchor::Identified => credential::visit_identified(self, &hit),
            Anchor::IdentifiedWith => credential::visit_identified_with(self, &hit),
            Anchor::Command => command::visit(self, &hit),
            Anchor::Call => command::visit_call(self, &hit),
            Anchor::Source => url::visit_source(self, &hit),
            Anchor::Oracle => url::visit_oracle(self, &hit),
            Anchor::Pgpass => command::visit_pgpass(self, &hit),
            Anchor::Jar => command::visit_jar(self, &hit),
            Anchor::Manifest => manifest::visit_secret(self, &hit),
            Anchor::Unseal => command::visit_unseal(self, &hit),
            Anchor::KeyMember => manifest::visit_key_member(self, &hit),
        }
    }

    fn vendor(&mut self, row: usize, hit: Range<usize>) {
        if hit.start < self.vendor_end {
            return;
        }
        let Some(vendor) = VENDORS.get(row) else { return };
        match vendor.look(self.bytes, hit, &mut self.vendor_reach) {
            Look::Token(span) => {
                self.vendor_end = span.end;
                if vendor.id == credential::ACCESS_KEY_ID {
                    credential::beside_access_key_id(self, span.end);
                }
                self.report(vendor.id, Rank::Shape, span);
            }
            Look::Barren(end) => self.vendor_end = end,
            Look::Nothing => {}
        }
    }

    fn armour(&mut self, hit: &Range<usize>, beginning: usize) {
        if hit.start < self.armour_end {
            return;
        }
        let header_end = armour::BEGINNINGS.get(beginning).and_then(|(_, read)| read(self.bytes, hit.end));
        let Some(header_end) = header_end else { return };
        let (spans, read) = armour::body(self.bytes, header_end);
        self.armour_end = read;
        for span in spans {
            self.report("private-key", Rank::Shape, span);
        }
    }

    /// An end whose begin was read has nothing before it that was not.
    fn armour_tail(&mut self, hit: &Range<usize>) {
        let Some(body) = armour::tail(self.bytes, hit.start) else { return };
        if body.start >= self.armour_end {
            self.report("private-key", Rank::Shape, body);
        }
    }

    fn token(&mut self, hit: Range<usize>) {
        // The automaton ignores case; a first segment is `eyJ` to the letter.
        if hit.start < self.tokens_end || self.bytes.get(hit.clone()) != Some(b"eyJ") {
            return;
        }
        let (span, read) = jwt::matched(self.bytes, hit.start);
        self.tokens_end = read;
        if let Some(span) = span {
            self.report("json-web-token", Rank::Shape, span);
        }
    }

    /// Looks at the value behind a name that announces a secret. Where names are close to each other the windows behind them lie on
    /// top of each other, so a part of each is read. In a crowd of names without a secret none is: there each name goes with
    /// what follows it on its line.
    pub(crate) fn look_behind(&mut self, name: &Range<usize>, look: impl FnOnce(&mut Self)) {
        let dense = self.names.within(DENSE, WINDOW, name.start);
        self.window = if dense { WINDOW / 4 } else { WINDOW };
        self.names.push(name.start);
        let (known, replaced) =
            (self.found.len(), contains(sub(self.bytes, name.end..name.end + 16), PLACEHOLDER.as_bytes()));
        let room = if self.crowd { 2 * CROWDED } else { CROWDED };
        self.crowd = self.barren.within(CROWD, room, name.start);
        if self.crowd && !replaced {
            self.skip_line(name);
        } else {
            look(self);
            if replaced || self.found.len() > known {
                return;
            }
        }
        self.barren.push(name.start);
    }

    /// Reports a name with what follows it on its line, and the word that a long line is cut in.
    fn skip_line(&mut self, name: &Range<usize>) {
        let bytes = self.bytes;
        let line = sub(bytes, name.end..name.end + WINDOW);
        let cut = name.end + memchr::memchr2(b'\n', b'\r', line).unwrap_or(line.len());
        let rest = bytes.get(cut..).unwrap_or_default();
        let word = rest.iter().position(|&byte| Class::SPACE.has(byte)).unwrap_or(rest.len());
        work::add(word);
        self.names_end = self.names_end.max(cut + word);
        self.report(Finding::UNSEARCHED, Rank::Known, name.start..cut + word);
    }

    pub(crate) fn report(&mut self, rule: &'static str, rank: Rank, span: Range<usize>) {
        self.found.push(Match { rule, rank, start: span.start, end: span.end, quote: None });
    }

    /// Carries the last match on to where bare text ends. Matchers decide on a window and call this once they
    /// have decided, so that a secret longer than the window is not cut, and its rest not read again.
    pub(crate) fn extend_last(&mut self, stops: Class) {
        if let Some(last) = self.found.last_mut() {
            last.end = bare_end(self.bytes, last.end, stops, usize::MAX);
            self.names_end = self.names_end.max(last.end);
        }
    }
}
