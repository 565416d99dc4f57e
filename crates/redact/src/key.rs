//! Names of settings: which of them announce a secret. A name is cut into words, whatever its spelling, and its last
//! word decides, so that `api_key` is one and `monkey`, `public_key` and `TOKEN_NAME` are not.

use crate::bytes::{at, sub};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

/// How sure a name makes us that its value is secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The operator says so: whatever stands there is secret, unless it is plainly something else.
    Own,
    /// A password: whatever stands there is one, however simple.
    Password,
    /// A token, key or secret that a machine made.
    Secret,
    /// A word for passwords with other uses, such as `pass`: a value counts that looks random, however short.
    Doubtful,
    /// A name with other uses; only a long value that looks random counts.
    Weak,
}

/// What a name introduces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// A single value.
    Setting(Kind),
    /// An authentication scheme and its credentials (RFC 9110 §11).
    Authorization,
    /// Pairs of names and values (RFC 6265); only the first pair if it is the setting header.
    Cookie { setting: bool },
}

/// Names longer than this are judged by their last bytes.
pub(crate) const MOST_NAME: usize = 80;

/// What a word says in a name: a set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Roles(u16);

impl Roles {
    const NONE: Self = Self(0);
    const PASSWORD: Self = Self(1);
    /// Whose `pass` is a password.
    const PASS_OWNER: Self = Self(1 << 1);
    const SECRET: Self = Self(1 << 2);
    /// Whose `key` is a secret.
    const KEY_OWNER: Self = Self(1 << 3);
    /// Whose `token` belongs to a grammar, a page or a scheduler.
    const TOKEN_OWNER: Self = Self(1 << 4);
    const WEAK: Self = Self(1 << 5);
    /// Says more about the word before it.
    const QUALIFIER: Self = Self(1 << 6);
    /// Begins a name that says yes or no.
    const QUESTION: Self = Self(1 << 7);
    const HARMLESS: Self = Self(1 << 8);

    const fn has(self, role: Self) -> bool {
        self.0 & role.0 != 0
    }

    /// Of a word of a name.
    fn of(word: &[u8]) -> Self {
        if word.len() > LONGEST_WORD {
            return Self::NONE;
        }
        ROLES.get(word).copied().unwrap_or(Self::NONE)
    }
}

/// No word of the lists is longer.
const LONGEST_WORD: usize = {
    let (mut longest, mut list) = (0, 0);
    while list < LISTS.len() {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        let length = longest_word(LISTS[list].1);
        longest = if length > longest { length } else { longest };
        list += 1;
    }
    longest
};

/// The length of the longest of words that blanks separate.
pub(crate) const fn longest_word(words: &str) -> usize {
    let words = words.as_bytes();
    let (mut longest, mut length, mut index) = (0, 0, 0);
    while index < words.len() {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        let blank = words[index].is_ascii_whitespace();
        length = if blank { 0 } else { length + 1 };
        longest = if length > longest { length } else { longest };
        index += 1;
    }
    longest
}

const LISTS: [(Roles, &str); 9] = [
    (
        Roles::PASSWORD,
        "password passwd passphrase passwort pwd passcode userpass dbpass pgpass psk requirepass masterauth \
    storepass keypass",
    ),
    (
        Roles::PASS_OWNER,
        "db user smtp mail email mysql pg postgres redis root admin ftp ssh login become sudo default ansible \
    broker bind keystore truststore proxy ldap mongo mongodb rabbitmq mq amqp wifi snmp service account backup \
    deploy git basic master superuser oracle mssql sql elastic kibana grafana vault relay auth app mailer",
    ),
    (
        Roles::SECRET,
        "secret token apikey secretkey privatekey accesskey authkey encryptionkey signingkey masterkey \
    accountkey sharedaccesskey accesstoken authtoken refreshtoken apitoken bottoken sessiontoken \
    presharedkey identitytoken clientsecret appsecret apisecret jwtsecret idtoken bearertoken usertoken secrettoken \
    webhooksecret clientkey pat secretaccesskey",
    ),
    (
        Roles::KEY_OWNER,
        "api secret private access encryption signing auth authentication master account storage shared \
    service ssh deploy app application client session cipher aes hmac jwt webhook subscription admin \
    consumer crypto decryption rsa license ai openai anthropic gemini mistral cohere groq mailgun \
    mailchimp sendgrid stripe datadog twilio heroku algolia google aws azure cloudflare pagerduty \
    segment mixpanel sentry grafana elastic okta auth0 docker npm pypi slack discord telegram github \
    gitlab huggingface preshared write rapidapi nonce rest facebook functions function \
    twitter linkedin instagram square paypal mapbox dropbox zendesk intercom amplitude launchdarkly",
    ),
    (
        Roles::TOKEN_OWNER,
        "page next continuation pagination sync cancel cancellation eos bos pad unk mask sep cls stop \
    start end special current last first prev previous lookahead csrf xsrf progress input output",
    ),
    (Roles::WEAK, "psk auth credential credentials creds secrets signature"),
    (
        Roles::QUALIFIER,
        "value base64 b64 prod production dev development staging stage test live raw plain plaintext \
    text cleartext default old new base main primary secondary hex data",
    ),
    (Roles::QUESTION, "is has allow allows needs need require requires no use uses show"),
    (Roles::HARMLESS, "public publishable pub foreign pk"),
];

/// Every word of the lists, found by one look.
static ROLES: LazyLock<HashMap<&'static [u8], Roles, BuildHasherDefault<WordHasher>>> = LazyLock::new(|| {
    let mut roles = HashMap::<&[u8], Roles, _>::default();
    for (role, words) in LISTS {
        for word in words.split_ascii_whitespace() {
            let known = roles.entry(word.as_bytes()).or_insert(Roles::NONE);
            *known = Roles(known.0 | role.0);
        }
    }
    roles
});

/// Words to look one up among.
pub(crate) type WordList = LazyLock<HashSet<&'static [u8], BuildHasherDefault<WordHasher>>>;

/// Makes a list of words that blanks separate.
pub(crate) fn word_list(words: &'static str) -> HashSet<&'static [u8], BuildHasherDefault<WordHasher>> {
    words.split_ascii_whitespace().map(str::as_bytes).collect()
}

/// FNV-1a. The lists are ours, so that nobody can fill one with words of the same hash, and a name is short.
#[derive(Debug)]
pub(crate) struct WordHasher(u64);

impl Default for WordHasher {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// The length of a word, which its bytes say already.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A name in lower case with an underscore between its words: `X-Api-Key`, `xApiKey` → `x_api_key`. It is held where it is
/// needed, for every name of a text is spelled.
struct Spelled {
    signs: [u8; 2 * MOST_NAME],
    length: usize,
}

impl Spelled {
    /// Of a name that is no longer than [`MOST_NAME`].
    fn new(name: &[u8]) -> Self {
        let mut spelled = Self { signs: [0; 2 * MOST_NAME], length: 0 };
        spell(name, |sign| {
            if let Some(slot) = spelled.signs.get_mut(spelled.length) {
                *slot = sign;
                spelled.length += 1;
            }
        });
        spelled
    }

    fn as_bytes(&self) -> &[u8] {
        let signs = self.signs.get(..self.length).unwrap_or_default();
        // one sign parts two words, so that there is one at either end at most
        let signs = signs.strip_prefix(b"_").unwrap_or(signs);
        signs.strip_suffix(b"_").unwrap_or(signs)
    }
}

/// Says what the name introduces, if anything secret.
pub(crate) fn judge(name: &[u8]) -> Option<Name> {
    let spelled = Spelled::new(sub(name, name.len().saturating_sub(MOST_NAME)..name.len()));
    let mut rest = spelled.as_bytes();
    if let Some(name) = whole(rest) {
        return Some(name);
    }
    let (owners, last) = loop {
        let (owners, last) = last_word(rest);
        let qualifies = !owners.is_empty()
            && (last.iter().all(u8::is_ascii_digit) || Roles::of(last).has(Roles::QUALIFIER));
        if !qualifies {
            let digits = last.iter().rev().take_while(|sign| sign.is_ascii_digit()).count();
            break (owners, last.get(..last.len() - digits).unwrap_or(last));
        }
        rest = owners;
    };
    let kind = setting(last, last_word(owners).1)?;
    let mut words = owners.split(|&sign| sign == b'_').map(Roles::of);
    let harmless = words.next().is_some_and(|first| first.has(Roles::QUESTION) || first.has(Roles::HARMLESS))
        || words.any(|word| word.has(Roles::HARMLESS));
    (!harmless).then_some(Name::Setting(kind))
}

/// What a name as a whole introduces, whatever its words say.
fn whole(spelled: &[u8]) -> Option<Name> {
    match spelled {
        b"authorization" | b"proxy_authorization" | b"x_authorization" | b"http_authorization" => {
            Some(Name::Authorization)
        }
        b"cookie" | b"http_cookie" => Some(Name::Cookie { setting: false }),
        b"set_cookie" => Some(Name::Cookie { setting: true }),
        b"auth_salt" | b"secure_auth_salt" | b"logged_in_key" | b"logged_in_salt" | b"nonce_salt" => {
            Some(Name::Setting(Kind::Secret))
        }
        // a token, for all its name
        b"sonar_login" => Some(Name::Setting(Kind::Secret)),
        // the names that frameworks give their session's cookie
        b"phpsessid" | b"jsessionid" | b"sessionid" | b"asp_net_session_id" | b"connect_sid" => {
            Some(Name::Setting(Kind::Weak))
        }
        _ => None,
    }
}

/// The words before the last one, and that.
fn last_word(spelled: &[u8]) -> (&[u8], &[u8]) {
    let Some(sign) = spelled.iter().rposition(|&sign| sign == b'_') else { return (&[], spelled) };
    (spelled.get(..sign).unwrap_or_default(), spelled.get(sign + 1..).unwrap_or_default())
}

fn setting(last: &[u8], owner: &[u8]) -> Option<Kind> {
    let roles = Roles::of(last);
    let short = matches!(last, b"pass" | b"pw");
    if last == b"token" && Roles::of(owner).has(Roles::TOKEN_OWNER) || last == b"pat" && owner.is_empty() {
        return None;
    }
    let password = roles.has(Roles::PASSWORD)
        || last.ends_with(b"password")
        || last.ends_with(b"passwd")
        || last.ends_with(b"passphrase")
        || short && Roles::of(owner).has(Roles::PASS_OWNER);
    if password {
        return Some(Kind::Password);
    }
    let secret = roles.has(Roles::SECRET)
        || last.ends_with(b"apikey")
        || last.ends_with(b"secret")
        || last == b"key" && Roles::of(owner).has(Roles::KEY_OWNER);
    if secret {
        Some(Kind::Secret)
    } else if short {
        Some(Kind::Doubtful)
    } else {
        roles.has(Roles::WEAK).then_some(Kind::Weak)
    }
}

/// Says what the name of several values introduces: `passwords`, `api_keys`. Only a list stands behind one.
pub(crate) fn judge_many(name: &[u8]) -> Option<Kind> {
    let one = name.strip_suffix(b"s").or_else(|| name.strip_suffix(b"S"))?;
    match judge(one)? {
        Name::Setting(Kind::Password) => Some(Kind::Password),
        // tokens are more often those of a grammar, and keys those of a map
        Name::Setting(_) => Some(Kind::Weak),
        Name::Authorization | Name::Cookie { .. } => None,
    }
}

/// Says how secret the parameter of a URL query is; some names are secrets there and nowhere else.
pub(crate) fn judge_parameter(name: &[u8]) -> Option<Kind> {
    let weak = |spelled: &[u8]| {
        matches!(
            spelled,
            b"key" | b"sig" | b"signature" | b"code" | b"x_amz_signature" | b"x_goog_signature" | b"hmac"
        )
    };
    let short = name.len() <= MOST_NAME;
    if if short { weak(Spelled::new(name).as_bytes()) } else { weak(words(name).as_bytes()) } {
        return Some(Kind::Weak);
    }
    match judge(name) {
        Some(Name::Setting(kind)) => Some(kind),
        Some(Name::Authorization) => Some(Kind::Secret),
        _ => None,
    }
}

/// Writes a name in lower case with an underscore between its words: `X-Api-Key`, `xApiKey` → `x_api_key`.
pub(crate) fn words(name: &[u8]) -> String {
    let mut spelled = String::with_capacity(name.len() + 8);
    spell(name, |sign| spelled.push(char::from(sign)));
    spelled.trim_matches('_').to_owned()
}

/// Spells a name, one sign after the other; nothing is before its first word and behind its last but an underscore.
fn spell(name: &[u8], mut write: impl FnMut(u8)) {
    let mut previous = 0_u8;
    let mut parted = false;
    for (index, &byte) in name.iter().enumerate() {
        let starts_word = byte.is_ascii_uppercase()
            && (previous.is_ascii_lowercase()
                || (previous.is_ascii_uppercase() && at(name, index + 1).is_ascii_lowercase())
                || previous.is_ascii_digit());
        if starts_word {
            write(b'_');
        }
        let alphanumeric = byte.is_ascii_alphanumeric();
        if alphanumeric {
            write(byte.to_ascii_lowercase());
        } else if !parted {
            write(b'_');
        }
        parted = !alphanumeric;
        previous = byte;
    }
}
