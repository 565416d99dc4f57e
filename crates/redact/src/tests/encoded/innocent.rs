//! What is encoded and holds no secret, and what only looks encoded.

use super::super::{Draw, keeps};
use super::{base64, fresh, wide};

#[test]
fn digits_that_spell_no_text() {
    let seed = fresh();
    println!("GITOMA_SEED={seed}");
    let mut draw = Draw(seed);
    for _ in 0..40 {
        let uuid = [8, 4, 4, 4, 12].map(|length| draw.hex(length)).join("-");
        let image: Vec<u8> = b"\x89PNG\r\n\x1a\n"
            .iter()
            .copied()
            .chain((0..600).map(|_| draw.number().to_le_bytes()[0]))
            .collect();
        let image = base64(&image, false, true);
        let dump: Vec<String> = (0..40).map(|_| draw.hex(2)).collect();
        for text in [
            format!("commit {}\nindex {}..{}", draw.hex(40), draw.hex(7), draw.hex(7)),
            format!("{{\"entry_hash\":\"{}\",\"prev_hash\":\"{}\"}}", draw.hex(64), draw.hex(64)),
            format!("\"integrity\": \"sha512-{}==\",", draw.base64(86)),
            format!(
                "golang.org/x/net v0.1.0 h1:{}=\ngolang.org/x/net v0.1.0/go.mod h1:{}=",
                draw.base64(43),
                draw.base64(43)
            ),
            format!("[[package]]\nname = \"a\"\nchecksum = \"{}\"", draw.hex(64)),
            format!("id: {uuid}, trace {}", draw.hex(32)),
            format!("<img src=\"data:image/png;base64,{image}\">"),
            image
                .as_bytes()
                .chunks(76)
                .map(|line| str::from_utf8(line).unwrap())
                .collect::<Vec<_>>()
                .join("\n"),
            format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{} ada@host", draw.base64(43)),
            format!("fingerprint {}", dump.join(":")),
            format!("00000000  {}  |................|", dump.join(" ")),
            format!("/usr/lib/{}/{}/index.js", draw.alnum(20), draw.hex(16)),
            format!("static/chunks/{}-{}.js?v={}", draw.alnum(12), draw.hex(16), draw.alnum(8)),
            format!("etag W/\"{}\" request-id {}", draw.alnum(27), draw.alnum(32)),
        ] {
            keeps(&text);
        }
    }
}

#[test]
fn texts_without_secrets() {
    let texts = [
        "password: ${DB_PASSWORD}\n",
        "apiVersion: v1\nkind: Secret\ndata:\n  token: {{ .Values.token }}\n",
        "fn password(&self) -> &str { self.password.expose() } // the token is read from the environment\n",
        "export GITHUB_TOKEN=$GITHUB_TOKEN && curl -H 'Authorization: Bearer <token>' https://api.test/\n",
        "const apiKey = process.env.API_KEY;\nmodule.exports = { apiKey };\n",
        "{\"version\":3,\"sources\":[\"token.js\"],\"names\":[\"secret\",\"password\"],\"mappings\":\"AAAA,SAASA\"}",
        "The quick brown fox jumps over the lazy dog, again and again, until the secret is out.",
        "https://user:password@example.test/ and git@github.test:acme/web.git",
    ];
    for text in texts {
        let hexadecimal: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let pairs: Vec<String> = text.bytes().map(|byte| format!("0x{byte:02X}")).collect();
        let percent: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let references: String = text.bytes().map(|byte| format!("&#{byte};")).collect();
        let digits = base64(text.as_bytes(), false, true);
        let wrapped: Vec<&str> =
            digits.as_bytes().chunks(60).map(|line| str::from_utf8(line).unwrap()).collect();
        for encoded in [
            digits.clone(),
            base64(text.as_bytes(), true, false),
            base64(digits.as_bytes(), false, true),
            wide(text),
            wrapped.join("\n    "),
            wrapped.join("\\n"),
            hexadecimal,
            pairs.join(", "),
            percent,
            references,
            serde_json::Value::from(text).to_string(),
        ] {
            keeps(&encoded);
            keeps(&format!("{{\"content\": {}}}", serde_json::Value::from(encoded)));
        }
    }
}

#[test]
fn escapes_in_plain_texts() {
    for text in [
        "let re = /[\\u200b-\\u200f\\x00-\\x1f]+/g; s.replace(re, '\\u0020');",
        "printf(\"\\x1b[31m%s\\x1b[0m token: %d\\n\", name, 12);",
        "echo -e '\\033[1mtests pass\\033[0m: 12'",
        "\u{1b}[32mok\u{1b}[0m token refreshed, \u{1b}[1mpassword\u{1b}[0m prompt follows",
        "\u{1b}[01;32m+password: ${DB_PASSWORD}\u{1b}[m",
        "grep\u{1b}[35mcrates/a.rs\u{1b}[36m:\u{1b}[mlet \u{1b}[01;31mtoken\u{1b}[m = next_token();",
        "https://a.test/?next=%2Flogin%3Ftoken%3D&state=%7B%22password%22%3A%22%22%7D",
        "https://a.test/search?q=password%20reset%20for%20ada",
        "width: 50%; margin: 5%auto; 100%25 of it",
        "&lt;password&gt;&lt;/password&gt; and &lt;token&gt;your-token&lt;/token&gt;",
        "Authorization: Bearer &lt;token&gt;",
        "<p>Set <code>API_KEY=&quot;your-api-key&quot;</code> &amp; restart</p>",
        "if (a &lt; b &amp;&amp; token == next_token) { return &amp;token; }",
        "OPENAI_API=\nKEY=abc123def456\nDB_PASSWORD=\nDB_USER=ada\nTOKEN_TTL=3600\n",
        "x =\n    token_of(y)\nlet password =\n    read_password()?;\n",
        "RUN apt-get update && \\\n    apt-get install -y --no-install-recommends \\\n    ca-certificates curl\n",
        "#define TOKEN(a, b) \\\n    a##b \\\n    + password\n",
        "ein Ge\u{ad}heim\u{ad}nis ist kein Pass\u{ad}wort: es ist ein Wort",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} token \u{2764}\u{fe0f} password 1\u{fe0f}\u{20e3}",
        "\u{feff}# password file\ntoken = \"<your token>\"\n",
        "{\"a\": \"\\u4e2d\\u6587 password \\u3a6d\", \"t\": \"\\u0022token\\u0022: null\"}",
        "C:\\Users\\ada\\x64\\Release\\token.obj and \\\\server\\share\\u0041",
        "mail: Gr=C3=B6=C3=9Fe=20word=3D=20none=\n at all, key=3D value=\nless",
        "\\u{1F600} \\N{BULLET} \\101\\102\\103 \\e[0m \\xff\\xfe",
    ] {
        keeps(text);
    }
}

/// What is read around an escape begins at most so far before it, and then in the middle of a word.
#[test]
fn the_rest_of_a_word_is_no_word() {
    let mut draw = Draw(73);
    for far in 4340..4365 {
        let word = format!("task-{}-", draw.hex(32));
        keeps(&format!("{}{word}{}%41", "b".repeat(600), "b".repeat(far + 2 - word.len())));
    }
}
