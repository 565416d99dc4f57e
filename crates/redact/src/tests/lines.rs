//! Values that stand on lines and in structures of their own, and those that hold signs which end others.

use super::{Draw, clean, hides, keeps};
use crate::Redactor;
use serde_json::json;

#[test]
fn what_stands_below_its_name() {
    let mut draw = Draw(71);
    for template in [
        "password: |\n  §\n",
        "password: >-\n  §\nuser: ada",
        "  password: |\n    §\n  user: ada",
        "db_password:\n  §",
        "+password: |\n+  §\n+user: ada",
        "passwords:\n  - §\n",
        "passwords:\n- §\nuser: ada",
        "api_key: # of the vault\n  §",
        "api_keys = [\"§\"]",
        "{\"tokens\": [\"§\", \"and words\"]}",
        "{\"password\": [\n  \"§\"\n]}",
        "{\"api_key\": {\"value\": \"§\", \"set\": true}}",
        "password = \"\"\"\n§\n\"\"\"",
    ] {
        hides(template, &draw.alnum(24));
    }
    let (one, two) = (draw.alnum(20), draw.alnum(20));
    assert_eq!(
        clean(&format!("passwords:\n  - {one}\n  - '{two}'\nx: 1")),
        "passwords:\n  - ***\n  - '***'\nx: 1"
    );
}

#[test]
fn what_stands_below_another_name_stays() {
    for text in [
        "password:\n  type: string\n  description: at least 8 signs, 1 digit\n",
        "password:\n    required field of 12 signs\n",
        "Password:\n\n  see the page of account42 below\n",
        "password:\nuser42: ada",
        "  password:\n  user42abc",
        "passwords: 4\nusers:\n  - ada42lovelace\n",
        "{\"MasterUserPassword\": [\"MasterUsername\"]}",
        "{\"errors\": {\"password\": [\"is too short (minimum is 8 characters)\"]}}",
        "password: z.string().min(8).regex(/[0-9]/), token: z.string().uuid()",
        "token: format!(\"{token:?}\")",
        "tokens:\n  - ident32\n  - uint64x\n",
        "\"tokens\": [\"<s>\", \"int32\", \"Ident4\"]",
        "secrets:\n  - name: db\n    source: vault2\n",
        "{\"password\": {\"type\": \"string\", \"minLength\": 8}}",
        "    if token:\n        raise Error42x\n",
    ] {
        keeps(text);
    }
}

#[test]
fn values_with_signs_that_end_others() {
    for template in [
        "DB_PASSWORD=§",
        "export DB_PASSWORD=§\nB=2",
        "password: §",
        "db.password = §",
        "# DB_PASSWORD=§",
        "// DB_PASSWORD=§",
        "; DB_PASSWORD=§",
        "12:DB_PASSWORD=§",
        "src/.env:12:DB_PASSWORD=§\nsrc/.env:13:B=2",
        "src/.env-12-DB_PASSWORD=§",
        "    12\tDB_PASSWORD=§",
        "12 | DB_PASSWORD=§",
    ] {
        for value in ["Zq7'vR2mLp9x", "hunter2\"s", "correct-horse", "Zq7`vR`2mLp9x"] {
            hides(template, value);
        }
    }
    hides("password: §\nuser: ada", "Zq7 vR2 mLp9x");
    hides("password = § # of May", "horse9bat tery4x");
    hides("{\"a\": \"DB_PASSWORD=§\\nB=2\"}", "Zq7vR2mLp9x");
    hides("ALTER ROLE a PASSWORD '§';", "Zq7''vR2mLp9x");
    hides("curl -u \"ada:§\" https://git.test", "Zq7'vR2mLp9x");
    hides("curl -u 'ada:§' https://git.test", "Zq7 vR2\"mLp9x");
    for value in ["Zq7#vR2mLp9x", "Zq7/vR2mLp9x", "Zq7?vR2mLp9x", "Zq7[vR2(mLp,9x", "Zq7^vR2|mLp9x"] {
        hides("DATABASE_URL=postgres://app:§@db:5432/app", value);
    }
}

#[test]
fn signs_that_end_a_value_still_do() {
    for (text, expected) in [
        ("PASSWORD=hunter22\"", "PASSWORD=***\""),
        ("print('\nPASSWORD=hunter22')", "print('\nPASSWORD=***')"),
        ("PASSWORD=hunter22</pre>", "PASSWORD=***</pre>"),
        ("set(password='hunter22', user='', x='a')", "set(password='***', user='', x='a')"),
    ] {
        assert_eq!(clean(text), expected);
    }
    for text in [
        "password: at least 8 signs, 1 digit and no blank",
        "password: SHA256 hash of the word",
        "see http://host:8080/path/a1b2c3d4e5@2x.png",
        "http://localhost:3000/@fs/a1b2c3d4/x.js",
        "docker://registry/image:v1.2.3@sha256:0123456789abcdef",
        "git+ssh://git@git.test:acme/web1a2b3c.git",
    ] {
        keeps(text);
    }
}

#[test]
fn attributes_fallbacks_and_variables() {
    let mut draw = Draw(72);
    for template in [
        "<entry key=\"db.password\">§</entry>",
        "<string name=\"api_key\">§</string>",
        "<password value=\"§\"/>",
        "  password: process.env.PW || \"§\",",
        "password = os.environ.get('DB_PASSWORD') or '§'",
        "secret = ENV.fetch(:x) ?? '§'",
        "DB_PASSWORD=§ ./run",
        "docker run -e MYSQL_ROOT_PASSWORD=§ -p 3306:3306 mysql",
        "The password is §, is it not?",
        "{\"user\": \"ada\", \"pass\": \"§\"}",
        "x-functions-key: §",
        "zip -P § out.zip a",
        "unzip -P § out.zip",
        "7z a -p§ out.7z a",
        "mongodump -u ada -p § db",
        "az login --service-principal -u x -p § --tenant t",
        "smbclient //h/s -U ada%§",
        "xfreerdp /u:ada /p:§ /v:h",
        "vault login §",
        "aws configure set aws_secret_access_key §",
        "npm config set //registry.test/:_authToken §",
    ] {
        hides(template, &draw.alnum(22));
    }
    for text in [
        "<string name=\"password\">Password</string>",
        "<a class=\"token\">next 2 of 10</a>",
        "  password: options.read() || 'anonymous',",
        "{\"pass\": \"stage2\", \"fail\": 3}",
        "The password is hashed with bcrypt2.",
        "zip -r out.zip Profile42",
        "DB_PASSWORD=$(pass show db) ./run",
    ] {
        keeps(text);
    }
}

#[test]
fn lists_and_members_of_structured_values() {
    let secret = Draw(73).alnum(20);
    let mut value = json!({
        "passwords": ["hunter22", "hunter23"],
        "api_keys": [secret, "short"],
        "password": {"value": "hunter24", "set": true},
        "tokens": ["<s>", "ident32"],
    });
    Redactor::new().redact_json(&mut value);
    let expected = json!({
        "passwords": ["***", "***"],
        "api_keys": ["***", "short"],
        "password": {"value": "***", "set": true},
        "tokens": ["<s>", "ident32"],
    });
    assert_eq!(value, expected);
}
