//! Names of settings: which of them announce a secret. A name is cut into words, whatever its spelling, and its last
//! word decides, so that `api_key` is one and `monkey`, `public_key` and `TOKEN_NAME` are not.

use crate::bytes::{Class, at, sub};
use std::collections::HashSet;
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

static PASSWORDS: WordList = LazyLock::new(|| {
    word_list(
        "password passwd passphrase passwort pwd passcode userpass dbpass pgpass psk requirepass masterauth \
    storepass keypass",
    )
});
static PASS_OWNERS: WordList = LazyLock::new(|| {
    word_list(
        "db user smtp mail email mysql pg postgres redis root admin ftp ssh login become sudo default ansible \
    broker bind keystore truststore proxy ldap mongo mongodb rabbitmq mq amqp wifi snmp service account backup \
    deploy git basic master superuser oracle mssql sql elastic kibana grafana vault relay auth app mailer",
    )
});
static SECRET_WORDS: WordList = LazyLock::new(|| {
    word_list(
        "secret token apikey secretkey privatekey accesskey authkey encryptionkey signingkey masterkey \
    accountkey sharedaccesskey accesstoken authtoken refreshtoken apitoken bottoken sessiontoken \
    presharedkey identitytoken clientsecret appsecret apisecret jwtsecret idtoken bearertoken usertoken secrettoken \
    webhooksecret clientkey pat secretaccesskey",
    )
});
static KEY_OWNERS: WordList = LazyLock::new(|| {
    word_list(
        "api secret private access encryption signing auth authentication master account storage shared \
    service ssh deploy app application client session cipher aes hmac jwt webhook subscription admin \
    consumer crypto decryption rsa license ai openai anthropic gemini mistral cohere groq mailgun \
    mailchimp sendgrid stripe datadog twilio heroku algolia google aws azure cloudflare pagerduty \
    segment mixpanel sentry grafana elastic okta auth0 docker npm pypi slack discord telegram github \
    gitlab huggingface preshared write rapidapi nonce rest facebook functions function \
    twitter linkedin instagram square paypal mapbox dropbox zendesk intercom amplitude launchdarkly",
    )
});
/// Tokens of grammars, pages and schedulers.
static HARMLESS_TOKENS: WordList = LazyLock::new(|| {
    word_list(
        "page next continuation pagination sync cancel cancellation eos bos pad unk mask sep cls stop \
    start end special current last first prev previous lookahead csrf xsrf progress input output",
    )
});
static WEAK_WORDS: WordList =
    LazyLock::new(|| word_list("psk auth credential credentials creds secrets signature"));
static QUALIFIERS: WordList = LazyLock::new(|| {
    word_list(
        "value base64 b64 prod production dev development staging stage test live raw plain plaintext \
    text cleartext default old new base main primary secondary hex data",
    )
});
/// Words that a name which says yes or no begins with.
static QUESTIONS: WordList =
    LazyLock::new(|| word_list("is has allow allows needs need require requires no use uses show"));
static HARMLESS_WORDS: WordList = LazyLock::new(|| word_list("public publishable pub foreign pk"));

/// Words to look one up among.
pub(crate) type WordList = LazyLock<HashSet<&'static str, BuildHasherDefault<WordHasher>>>;

/// Makes a list of words that blanks separate.
pub(crate) fn word_list(words: &'static str) -> HashSet<&'static str, BuildHasherDefault<WordHasher>> {
    words.split_whitespace().collect()
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

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Says what the name introduces, if anything secret.
pub(crate) fn judge(name: &[u8]) -> Option<Name> {
    let spelled = words(sub(name, name.len().saturating_sub(MOST_NAME)..name.len()));
    match spelled.as_str() {
        "authorization" | "proxy_authorization" | "x_authorization" | "http_authorization" => {
            return Some(Name::Authorization);
        }
        "cookie" | "http_cookie" => return Some(Name::Cookie { setting: false }),
        "set_cookie" => return Some(Name::Cookie { setting: true }),
        "auth_salt" | "secure_auth_salt" | "logged_in_key" | "logged_in_salt" | "nonce_salt" => {
            return Some(Name::Setting(Kind::Secret));
        }
        // a token, for all its name
        "sonar_login" => return Some(Name::Setting(Kind::Secret)),
        // the names that frameworks give their session's cookie
        "phpsessid" | "jsessionid" | "sessionid" | "asp_net_session_id" | "connect_sid" => {
            return Some(Name::Setting(Kind::Weak));
        }
        _ => {}
    }
    let mut rest = spelled.as_str();
    let (owners, last) = loop {
        let (owners, last) = rest.rsplit_once('_').unwrap_or(("", rest));
        let qualifies = QUALIFIERS.contains(last) || last.bytes().all(|byte| byte.is_ascii_digit());
        if owners.is_empty() || !qualifies {
            break (owners, last.trim_end_matches(|digit: char| digit.is_ascii_digit()));
        }
        rest = owners;
    };
    let owner = owners.rsplit('_').next().unwrap_or_default();
    let kind = setting(last, owner)?;
    let harmless = owners.split('_').any(|word| HARMLESS_WORDS.contains(word))
        || owners.split('_').next().is_some_and(|word| QUESTIONS.contains(word));
    (!harmless).then_some(Name::Setting(kind))
}

fn setting(last: &str, owner: &str) -> Option<Kind> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| last.ends_with(ending));
    let harmless =
        (last == "token" && HARMLESS_TOKENS.contains(owner)) || (last == "pat" && owner.is_empty());
    let password = PASSWORDS.contains(last)
        || ends(&["password", "passwd", "passphrase"])
        || (matches!(last, "pass" | "pw") && PASS_OWNERS.contains(owner));
    let secret = SECRET_WORDS.contains(last)
        || ends(&["apikey", "secret"])
        || (last == "key" && KEY_OWNERS.contains(owner));
    if harmless {
        None
    } else if password {
        Some(Kind::Password)
    } else if secret {
        Some(Kind::Secret)
    } else if matches!(last, "pass" | "pw") {
        Some(Kind::Doubtful)
    } else {
        WEAK_WORDS.contains(last).then_some(Kind::Weak)
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
    let spelled = words(name);
    match spelled.as_str() {
        "key" | "sig" | "signature" | "code" | "x_amz_signature" | "x_goog_signature" | "hmac" => {
            Some(Kind::Weak)
        }
        _ => match judge(name) {
            Some(Name::Setting(kind)) => Some(kind),
            Some(Name::Authorization) => Some(Kind::Secret),
            _ => None,
        },
    }
}

/// Writes a name in lower case with an underscore between its words: `X-Api-Key`, `xApiKey` → `x_api_key`.
pub(crate) fn words(name: &[u8]) -> String {
    let mut spelled = String::with_capacity(name.len() + 8);
    let mut previous = 0_u8;
    for (index, &byte) in name.iter().enumerate() {
        let starts_word = byte.is_ascii_uppercase()
            && (previous.is_ascii_lowercase()
                || (previous.is_ascii_uppercase() && at(name, index + 1).is_ascii_lowercase())
                || previous.is_ascii_digit());
        if starts_word {
            spelled.push('_');
        }
        if Class::ALNUM.has(byte) {
            spelled.push(char::from(byte.to_ascii_lowercase()));
        } else if !spelled.ends_with('_') {
            spelled.push('_');
        }
        previous = byte;
    }
    spelled.trim_matches('_').to_owned()
}
