//! Secrets that are told by where they stand.

use super::{Draw, clean, hides, keeps};
use crate::bytes;

#[test]
fn values_of_secret_settings() {
    let mut draw = Draw(11);
    let templates = [
        "API_KEY=§",
        "export GITHUB_TOKEN=§\n",
        "export API_TOKEN=\"§\"",
        "DB_PASSWORD='§'",
        "  - SECRET_KEY=§",
        "+SECRET_KEY_BASE=§",
        "-SECRET_KEY_BASE: §",
        " client_secret: §\n next: 1",
        "api_key: \"§\"",
        "api_key: '§' # from the vault",
        "api-key = §",
        "app.datasource.password=§",
        "{\"token\": \"§\"}",
        "{\"user\":\"a\",\"password\":\"§\",\"b\":1}",
        "{\"log\": \"{\\\"api_key\\\": \\\"§\\\", \\\"b\\\": 1}\"}",
        "{\"env\": \"A=1\\nDB_PASSWORD=§\\nB=2\"}",
        "'password' => '§',",
        "let token = \"§\";",
        "const TOKEN: &'static str = \"§\";",
        "let password: String = \"§\".to_owned();",
        "const apiKey: string = '§';",
        "token := \"§\"",
        "TOKEN ?= §",
        "os.environ[\"API_TOKEN\"] = \"§\"",
        "config.secret_key = b\"§\"",
        "if password == \"§\" {",
        "connect(host=\"a\", password=\"§\", port=1)",
        "Secret: SecretString::from(\"§\")",
        "client_secret = Secret::new(\"§\")",
        "set_password(\"§\")",
        ".env(\"API_TOKEN\", \"§\")",
        "<password>§</password>",
        "<ns:ApiKey>§</ns:ApiKey>",
        "<db user=\"a\" password=\"§\"/>",
        "<add key=\"ApiKey\" value=\"§\" />",
        "- name: DB_PASSWORD\n  value: §\n- name: X",
        "- name: DB_PASSWORD\n  value: \"§\"\n",
        "{\"name\": \"API_TOKEN\", \"value\": \"§\"}",
        "Server=db;User Id=sa;Password=§;Encrypt=true",
        "AccountName=a;AccountKey=§;EndpointSuffix=core",
        "tool --password § --verbose",
        "tool --token=§ --verbose",
        "tool --api-key '§'",
        "[\"--password\", \"§\"]",
        "machine git.test login ada password §",
        "ALTER USER ada WITH PASSWORD '§';",
        "CREATE USER ada IDENTIFIED BY '§';",
        "ENV API_TOKEN §",
        "//registry.test/:_authToken=§",
        "API key: §",
        "secret access key: §",
        "X-Api-Key: §",
        "X-Auth-Token: §\r\nHost: a",
        "x-auth-key: §",
        "Api-Key: §",
        "Apikey: §",
        "X-Goog-Api-Key: §",
        "X-OpenAI-Key: §",
        "X-Anthropic-Key: §",
        "curl -H 'X-Api-Key: §' https://a.test",
        "curl -H \"PRIVATE-TOKEN: §\" https://a.test",
        "PGPASSWORD=§ psql -h db",
    ];
    for template in templates {
        for _ in 0..20 {
            hides(template, &draw.alnum(24));
            hides(template, &draw.hex(32));
            hides(template, &draw.alnum(40));
        }
    }
}

#[test]
fn passwords_that_people_choose() {
    for password in ["hunter2", "Tr0ub4dor&3", "p@ssw0rd!", "s3cr3t-word"] {
        for template in
            ["DB_PASSWORD=§", "password: §\n", "\"password\": \"§\"", "passwd = \"§\"", "--password § x"]
        {
            hides(template, password);
        }
    }
    hides("{\"password\": \"§\"}", "correct horse battery staple");
    hides("{\"password\": \"§\"}", "quote\\\"back\\\\slash");
    hides("password = \"§\"", "swordfish");
    assert_eq!(clean("{\"password\": 12345678, \"n\": 1}"), "{\"password\": \"***\", \"n\": 1}");
}

/// `Key` and `PWD` stand in these by chance, in pieces too short for words, or in cases that nobody writes.
#[test]
fn a_draw_with_a_word_in_it_is_a_draw() {
    for secret in ["7VSSbIuN4jJjKeyq", "7NHkbRRE4PWdKdcs", "7w1p7RMaeAbXXxXg"] {
        hides("DB_PASSWORD=§\n", secret);
        hides("{\"password\": \"§\"}", secret);
    }
    for name in [
        "x25519_private_key",
        "s3AccessKeyId",
        "newPasswordField",
        "E2E_TEST_TOKEN",
        "useAuthTokenV2",
        "APIKeyName",
        "k8s_s3_key_id",
        "Xxxx-Xxxx-Xxxx",
    ] {
        keeps(&format!("{{\"password\": \"{name}\"}}"));
    }
}

/// What is longer than what is looked at goes to the end of its line: more credentials may follow, and more cookies.
#[test]
fn nothing_follows_a_long_header() {
    let mut draw = Draw(14);
    let secret = draw.alnum(24);
    for length in [260, 300, 4_000] {
        let long = draw.alnum(length);
        for template in [
            "Authorization: Bearer <>, Basic §",
            "Authorization: Bearer <>; mac=§",
            "Authorization: Macaroon <> §",
            "Authorization: GNAP <>, httpsig §",
            "Proxy-Authorization: <> §",
            "Cookie: s=<>; laravel_session=§; theme=dark",
            "Cookie: a=1; _ga=GA1.2.95.71; s=<>; PHPSESSID=§; t=<>; u=§; w=<>; z=§",
            "Set-Cookie: sid=<>; Path=/; u=§",
            "{\"headers\": {\"Cookie\": \"a=<>; laravel_session=§; b=1\"}}",
            "{\"Authorization\": \"Bearer <>, mac=§\"}",
            "curl -H 'Cookie: a=<>; laravel_session=§; b=1' https://git.test",
        ] {
            let text = template.replace("<>", &long).replace('§', &secret);
            let seen = clean(&text);
            assert!(!seen.contains(&secret) && !seen.contains(&long), "{template:?} became {seen:?}");
        }
    }
}

#[test]
fn authorisation_headers_keep_their_scheme() {
    let mut draw = Draw(12);
    let templates = [
        "Authorization: Bearer §",
        "authorization: bearer §\r\nHost: a",
        "Authorization: token §",
        "Authorization: Basic §",
        "Proxy-Authorization: Basic §\n",
        "Authorization: ApiKey §",
        "Authorization: SSWS §",
        "Authorization: §",
        "{\"Authorization\": \"Bearer §\"}",
        "{\"headers\": \"Authorization: Bearer §\\r\\nHost: a\"}",
        "curl -H 'Authorization: Bearer §' https://a.test",
        "headers = {'Authorization': 'Bearer §'}",
        ".header(\"Authorization\", \"Bearer §\")",
        "headers[\"Authorization\"] = \"Bearer §\"",
        "sent Bearer § to the server",
        "Authorization: AWS4-HMAC-SHA256 §",
    ];
    for template in templates {
        for length in [24, 40, 1500] {
            hides(template, &draw.alnum(length));
        }
    }
    let signed = format!("Credential=abc/2024/eu, SignedHeaders=host, Signature={}", draw.hex(64));
    hides("Authorization: AWS4-HMAC-SHA256 §\nHost: a", &signed);
}

#[test]
fn cookies_keep_their_names() {
    assert_eq!(clean("Cookie: a=b1c2d3; theme=dark\r\nHost: x"), "Cookie: a=***; theme=***\r\nHost: x");
    assert_eq!(clean("Set-Cookie: sid=abc123; Path=/; HttpOnly"), "Set-Cookie: sid=***; Path=/; HttpOnly");
    assert_eq!(clean("{\"cookie\": \"sid=abc123\"}"), "{\"cookie\": \"sid=***\"}");
}

#[test]
fn credentials_in_urls() {
    let mut draw = Draw(13);
    let templates = [
        "https://ada:§@git.test/app.git",
        "postgres://ada:§@db:5432/app?sslmode=require",
        "\"redis://:§@cache:6379/0\"",
        "https://§@git.test/app.git",
        "git clone https://oauth2:§@git.test/app",
        "{\"url\": \"https:\\/\\/ada:§@git.test\\/\"}",
        "https://a.test/x?token=§&b=1",
        "https://a.test/x?a=1&access_token=§",
        "https://a.test/x?a=1&amp;api_key=§",
        "https://a.test/#access_token=§",
        "https://maps.test/js?key=§",
        "https://blob.test/c?sv=2022&sig=§",
        "curl -u ada:§ https://a.test",
        "curl --user 'ada:§' https://a.test",
    ];
    for template in templates {
        hides(template, &draw.alnum(32));
        hides(template, &draw.alnum(44));
    }
    hides("https://ada:§@git.test", "s3cr3t");
    hides("curl -u ada:§ https://a.test", "s3cr3t");
    assert_eq!(
        clean(&format!("https://{}:x-oauth-basic@git.test", draw.alnum(40))),
        "https://***:x-oauth-basic@git.test"
    );
}

#[test]
fn web_tokens() {
    let mut draw = Draw(14);
    let header = format!("eyJ{}", draw.alnum(30));
    let signed = format!("{header}.eyJ{}.{}", draw.alnum(60), draw.alnum(43));
    let encrypted = format!("{header}..{}.{}.{}", draw.alnum(16), draw.alnum(5000), draw.alnum(22));
    for token in [&signed, &encrypted, &format!("{header}.{}", draw.alnum(80))] {
        for template in ["§", "id: § x", "\"§\"", "a\\n§\\nb", "?jwt=§&x=1", "the token §."] {
            hides(template, token);
        }
    }
}

#[test]
fn vendor_name_wins_over_context() {
    let token = format!("{}{}", "ghp_", Draw(15).alnum(36));
    let findings = crate::Redactor::new().find(&format!("GITHUB_TOKEN={token}"));
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["github-token"]);
}

#[test]
fn structures_that_are_secret_as_a_whole() {
    let mut draw = Draw(16);
    let (sealed, member) = (draw.base64(40), draw.alnum(43));
    let mut reply = serde_json::json!([
        {"kind": "Secret", "metadata": {"name": "db"}, "data": {"url": sealed, "ref": "${URL}"}, "type": "Opaque"},
        {"kind": "ConfigMap", "data": {"url": "postgres"}},
        {"kty": "EC", "crv": "P-256", "x": member, "d": member},
    ]);
    crate::Redactor::new().redact_json(&mut reply);
    assert_eq!(
        reply,
        serde_json::json!([
            {"kind": "Secret", "metadata": {"name": "db"}, "data": {"url": "***", "ref": "${URL}"}, "type": "Opaque"},
            {"kind": "ConfigMap", "data": {"url": "postgres"}},
            {"kty": "EC", "crv": "P-256", "x": member, "d": "***"},
        ])
    );
    let manifest = format!(
        "kind: ConfigMap\ndata:\n  url: {sealed}\n---\nkind: Secret\ndata:\n  url: §\n---\ndata:\n  x: {sealed}"
    );
    hides(&manifest, &sealed.to_lowercase());
}

/// Commands, calls and structures look around an anchor; none may have the same bytes be read again for each.
#[test]
fn looking_around_is_linear() {
    let units = [
        "mysql -p",
        "curl -b ",
        "curl -u a:",
        "sshpass -p 'a",
        "getConnection(",
        "new PDO(a, \"b\", ",
        "kind: Secret\ndata:\n",
        "kind: Secret data",
        "\"kind\": \"Secret\", \"data\": {",
        "\"d\":\"a\"",
        "a:b@tcp(",
        "oracle:thin:a/",
        "h:5432:d:u:",
        "\tTRUE\t",
        "<password>a",
        "<password>\n",
        "variable \"password\" {",
        "cookies={\"a\":",
        "Cookie: a=b;",
        "password is ",
        "token a b ",
        "AKIAABCDEFGHIJKLMNOP ",
        "---- BEGIN SSH2 PRIVATE KEY ----\n",
        "Private-Lines: 1\n",
        "-----BEGIN PRIVATE KEY-----\nA: b\n",
        "identified with a by '",
    ];
    for unit in units {
        let read = |size: usize| {
            bytes::work::take();
            let _ = crate::Redactor::new().redact(&unit.repeat(size / unit.len()));
            bytes::work::take()
        };
        let (once, more) = (read(40_000), read(160_000));
        assert!(more <= once * 5 + 10_000, "{unit:?}: {once} became {more}");
        assert!(once <= 40_000 * 400, "{unit:?}: {once} for 40,000 bytes");
    }
}
