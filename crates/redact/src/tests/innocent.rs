//! Texts that look like secrets and are none.

use super::{Draw, clean, keeps};

#[test]
fn references_placeholders_and_code_stay() {
    let texts = [
        "password: ${DB_PASSWORD}",
        "    generate_private_key: x25519_generate_private_key,",
        "UNRESERVED_PAT = r\"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._!\\-~\"",
        "- Fixed `Authorization`, `Proxy-Authorization`, `If-Modified-Since` and `Location`",
        "API_KEY=$API_KEY",
        "token: {{ vault.token }}",
        "token = \"<your token>\"",
        "password: \"changeme\"",
        "password=********",
        "api_key: YOUR_API_KEY",
        "api_key = \"your-api-key-here\"",
        "API_KEY=xxxxxxxxxxxxxxxxxxxx",
        "token: null",
        "\"token\": true",
        "{\"password\": {\"type\": \"string\"}}",
        "token: String,",
        "password: str",
        "    password: SecretStr",
        "token: Option<String>,",
        "token?: string;",
        "pub(crate) token: &'a str,",
        "let token = parse(input)?;",
        "let token = self.lexer.next();",
        "token = next_token",
        "password = os.environ[\"DB_PASSWORD\"]",
        "password = os.environ.get(\"DB_PASSWORD\")",
        "token := os.Getenv(\"API_TOKEN\")",
        "const token = process.env.TOKEN_V2;",
        "login(user, password=password)",
        "Foo { token, secret: secret.clone() }",
        "secret: Secret::new(value)",
        "fn password(&self) -> &str {",
        "match token { Token::Ident => 1 }",
        "if token == Token::Comma {",
        "assert_eq!(token, \"ident\");",
        "passwordField: \"user_password\"",
        "AUTH_HEADER_NAME = \"x-auth-token-v2\"",
        "SECRET_NAME=my-app-secret-2",
        "token_type: \"Bearer\"",
        "max_tokens: 4096",
        "\"total_tokens\": 123456",
        "next_page_token: \"CAUQAA12345678\"",
        "private_key: /etc/ssl/private/server.key",
        "private_key = \"keys/id_ed25519.pem\"",
        "\"key\": \"ctrl+shift+k\"",
        "public_key: \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\"",
        "monkey: \"banana4you2share\"",
        "auth_check: passed",
        "\"password\": \"Enter your password\"",
        "\"password\": \"Password must have 8 characters\"",
        "Password: enter it twice",
        "The token is then compared with the secret.",
        "Basic options: see below",
        "Authorization: Bearer <token>",
        "Authorization: Bearer ${TOKEN}",
        "headers[\"Authorization\"] = \"Bearer \" + token",
        "format!(\"Bearer {}\", token)",
        "authorization: Option<HeaderValue>,",
        "https://user:password@example.test/",
        "https://${USER}:${PASS}@git.test/",
        "git@github.test:acme/web.git",
        "http://localhost:8080/a@b",
        "https://a.test/?token=&next=1",
        "https://a.test/?key=name&code=200",
        "docker run -u 1000:1000 app",
        "chown -u root:root file",
        "the --token option takes a value",
        "tool --password-file /run/secrets/db",
        "tests pass: 12",
        "the item identified by `other_value2` is kept",
        "Token: '#f8d8f2',",
        "pub const SIGNATURE: Pkcs10AllowedSignatureTypes = 2;",
        "token=request.resource_owner_key):",
        "_token = r'(?:[%s]+|%s)' % (a, b)",
        "pub const TOKEN: &str = \"$serde_json::private::Number\";",
        "login will handle password aging",
        "headers['Authorization'] = '<SANITIZED>'",
        "Bearer https://tools.test/html/rfc6750",
        "compass = \"north-by-northwest\"",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEabcdefghijklmnop\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUabcdefghijklmnop\n-----END CERTIFICATE-----",
        "starts_with(\"-----BEGIN PRIVATE KEY-----\") && ends_with(\"-----END PRIVATE KEY-----\")",
        "a PEM file has `-----BEGIN PRIVATE KEY-----` and characteristically long lines",
        "AKIAIOSFODNN7EXAMPLE",
        "",
        "***",
    ];
    for text in texts {
        keeps(text);
    }
}

#[test]
fn hashes_and_identifiers_stay() {
    let mut draw = Draw(21);
    for _ in 0..20 {
        let (short, long) = (draw.hex(40), draw.hex(64));
        let integrity = draw.base64(86);
        let uuid = [8, 4, 4, 4, 12].map(|length| draw.hex(length)).join("-");
        for text in [
            format!("commit {short}"),
            format!("index {}..{} 100644", draw.hex(7), draw.hex(7)),
            format!("\"entry_hash\":\"{long}\",\"prev_hash\":\"{long}\""),
            format!("checksum = \"{long}\""),
            format!("\"integrity\": \"sha512-{integrity}==\""),
            format!("golang.org/x/net v0.1.0 h1:{}=", draw.base64(43)),
            format!("sha256:{long}"),
            format!("ETag: \"{short}\""),
            format!("\"id\": \"{uuid}\", \"key\": \"{uuid}\", \"node_id\": \"{}\"", draw.alnum(24)),
            format!("cache_key: {long}"),
            format!("idempotency-key: {uuid}"),
            format!("data:image/png;base64,{}", draw.base64(200)),
        ] {
            keeps(&text);
        }
    }
}

#[test]
fn home_directories_are_shortened_in_lines_alone() {
    let redactor = crate::Redactor::new();
    let cases = [
        ("open /home/ada/.config/x: denied", "open ~/.config/x: denied"),
        ("in /Users/ada.l/src", "in ~/src"),
        ("/root/.cache", "~/.cache"),
        ("/root", "~"),
        ("file:///home/ada/x", "file://~/x"),
        ("/rooted /srv/home/ada /home/ /var/root", "/rooted /srv/home/ada /home/ /var/root"),
        ("a/home/b", "a/home/b"),
    ];
    for (line, shown) in cases {
        assert_eq!(redactor.redact_line(line), shown);
        assert_eq!(redactor.redact_line(shown), shown);
        assert_eq!(clean(line), line);
    }
}
