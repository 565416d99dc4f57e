//! The shapes of issued tokens, from the issuers' published formats and, where none is published, from the
//! length and alphabet of tokens in use. A row lists prefixes, then what follows; examples are made from the row by
//! the tests, so that no token stands in the source.

use super::{Demand, Piece, Run, Vendor};
use crate::bytes::Class;

const ALNUM: Class = Class::ALNUM;
const B64: Class = Class::BASE64;
const B64U: Class = Class::BASE64_URL;
const DIGIT: Class = Class::DIGIT;
const DOTTED: Class = Class::DOTTED;
const HEX: Class = Class::HEX;
const LOWER: Class = Class::LOWER_NUM;
const UPPER: Class = Class::UPPER_NUM;
const WORD: Class = Class::WORD;
const OPAQUE: Class = Class::OPAQUE;
const DASHED: Class = Class::ALNUM.with(b'-');
const PATH: Class = Class::BASE64_URL.with(b'/').with(b'@');
/// The name of a key that signs notes: what can be seen, but for the plus that ends it, the quotation mark and the backslash.
const NOTE: Class =
    Class::between(b'#', b'*').or(Class::between(b',', b'[')).or(Class::between(b']', b'~')).with(b'!');
const TILDE: Class = Class::DOTTED.with(b'~');
/// The alphabet of crypt(5).
const CRYPT: Class = Class::ALNUM.with(b'.').with(b'/');
/// `m=65536,t=3,p=4`
const PARAMETERS: Class = Class::ALNUM.with(b'=').with(b',');
const PLUS_SLASH: Class = Class::ALNUM.with(b'+').with(b'/');

/// Exactly `count` characters.
const fn n(class: Class, count: usize) -> Piece {
    Piece::Run(Run { class, least: count, most: count })
}

/// From `least` to `most` characters.
const fn to(class: Class, least: usize, most: usize) -> Piece {
    Piece::Run(Run { class, least, most })
}

/// `least` characters or more.
const fn up(class: Class, least: usize) -> Piece {
    to(class, least, usize::MAX)
}

const fn row(id: &'static str, prefixes: &'static [&'static str], shape: &'static [Piece]) -> Vendor {
    Vendor { id, prefixes, lead: None, shape, demand: Demand::Issued }
}

const fn led(
    id: &'static str,
    (class, least, most): (Class, usize, usize),
    prefixes: &'static [&'static str],
    shape: &'static [Piece],
) -> Vendor {
    Vendor { id, prefixes, lead: Some(Run { class, least, most }), shape, demand: Demand::Issued }
}

/// A row whose prefix is enough: a token without any digit is one too.
const fn sure(row: Vendor) -> Vendor {
    Vendor { demand: Demand::Varied, ..row }
}

/// A row whose prefix is a word with other uses.
const fn drawn(row: Vendor) -> Vendor {
    Vendor { demand: Demand::Drawn, ..row }
}

const DASH: Piece = Piece::Text("-");
const DOT: Piece = Piece::Text(".");
const DOLLAR: Piece = Piece::Text("$");
const SLASH: Piece = Piece::Text("/");
const PLUS: Piece = Piece::Text("+");
const UNDERSCORE: Piece = Piece::Text("_");
/// A UUID: 8-4-4-4-12 hexadecimal digits (RFC 9562).
const UUID: &[Piece] = &[n(HEX, 8), DASH, n(HEX, 4), DASH, n(HEX, 4), DASH, n(HEX, 4), DASH, n(HEX, 12)];

/// Every shape known. Matching cost does not grow with the number of rows.
pub(crate) static VENDORS: &[Vendor] = &[
    // Code hosting and continuous integration
    row("github-token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], &[up(ALNUM, 36)]),
    row("github-fine-grained-token", &["github_pat_"], &[up(WORD, 22)]),
    row(
        "gitlab-token",
        &[
            "glpat-",
            "gldt-",
            "glrt-",
            "glrtr-",
            "glcbt-",
            "glptt-",
            "glft-",
            "glsoat-",
            "glimt-",
            "glagent-",
            "glwt-",
            "GR1348941",
        ],
        &[up(DOTTED, 20)],
    ),
    row("gitlab-oauth-secret", &["gloas-", "glffct-"], &[up(B64U, 20)]),
    row("bitbucket-token", &["ATBB"], &[up(ALNUM, 24)]),
    row("atlassian-token", &["ATATT3", "ATCTT3"], &[up(OPAQUE, 60)]),
    row("bitbucket-token", &["BBDC-"], &[up(B64, 40)]),
    row("trello-token", &["ATTA"], &[n(HEX, 64), to(UPPER, 0, 12)]),
    row("azure-key", &["JQQJ99"], &[up(ALNUM, 24)]),
    led("azure-key", (ALNUM, 52, 52), &["JQQJ99"], &[up(ALNUM, 18)]),
    led(
        "azure-key",
        (PLUS_SLASH, 76, 76),
        &["+ASt", "+ABa", "+AMC", "ACDb"],
        &[n(PLUS_SLASH, 6), Piece::Text("==")],
    ),
    led(
        "azure-key",
        (PLUS_SLASH, 33, 33),
        &["+AEh", "+ARm", "AIoT", "AzCa", "+ASb"],
        &[n(PLUS_SLASH, 6), Piece::Text("=")],
    ),
    led("azure-key", (PLUS_SLASH, 42, 42), &["AzSe", "+ACR"], &[n(PLUS_SLASH, 6)]),
    led("azure-key", (ALNUM, 76, 76), &["AZDO"], &[n(ALNUM, 4)]),
    led("azure-key", (B64U, 44, 44), &["AzFu"], &[n(B64U, 6), Piece::Text("==")]),
    row("buildkite-token", &["bkua_", "bkaj_", "bkct_"], &[n(LOWER, 40)]),
    row("circleci-token", &["CCIPAT_", "CCIPRJ_"], &[n(ALNUM, 22), UNDERSCORE, n(HEX, 40)]),
    row("harness-token", &["pat.", "sat."], &[n(B64U, 22), DOT, n(ALNUM, 24), DOT, n(ALNUM, 20)]),
    row("octopus-token", &["API-"], &[n(UPPER, 26)]),
    row("sonar-token", &["sqp_", "squ_", "sqa_"], &[n(LOWER, 40)]),
    row("sourcegraph-token", &["sgp_"], &[to(HEX, 16, 40), UNDERSCORE, n(HEX, 40)]),
    row("sourcegraph-token", &["sgp_", "sgp_local_"], &[n(HEX, 40)]),
    row("chromatic-token", &["chpt_"], &[up(HEX, 12)]),
    row("apify-token", &["apify_api_"], &[up(ALNUM, 36)]),
    row("dependency-track-key", &["odt_"], &[up(ALNUM, 32)]),
    row("snyk-token", &["snyk_uat.", "snyk_sat.", "snyk_at."], &[up(DOTTED, 30)]),
    // Package registries
    row("npm-token", &["npm_"], &[n(ALNUM, 36)]),
    row("pypi-token", &["pypi-"], &[up(B64U, 50)]),
    row("crates-io-token", &["cio"], &[n(ALNUM, 32)]),
    row("rubygems-token", &["rubygems_"], &[n(HEX, 48)]),
    row("nuget-key", &["oy2"], &[n(LOWER, 43)]),
    row("clojars-token", &["CLOJARS_"], &[n(ALNUM, 60)]),
    row("docker-token", &["dckr_pat_", "dckr_oat_"], &[up(B64U, 27)]),
    row("artifactory-key", &["AKCp"], &[n(ALNUM, 69)]),
    row("artifactory-token", &["cmVmdGtu"], &[up(ALNUM, 56)]),
    // Clouds and hosting
    sure(row("aws-access-key-id", &["AKIA", "ASIA", "ABIA", "ACCA"], &[n(UPPER, 16)])),
    row("aws-access-key-id", &["A3T"], &[n(UPPER, 17)]),
    row("aws-bedrock-key", &["ABSK", "bedrock-api-key-"], &[up(B64, 100)]),
    row("aws-session-token", &["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz"], &[up(OPAQUE, 100)]),
    row("google-api-key", &["AIza"], &[n(B64U, 35)]),
    row("google-oauth-token", &["ya29."], &[up(B64U, 20)]),
    row("google-oauth-token", &["ya29.c."], &[up(DOTTED, 60)]),
    row("google-oauth-secret", &["GOCSPX-"], &[to(B64U, 24, 32)]),
    row("google-refresh-token", &["1//0"], &[up(B64U, 40)]),
    led("azure-client-secret", (TILDE, 4, 4), &["Q~"], &[to(TILDE, 31, 34)]),
    row("alibaba-access-key-id", &["LTAI"], &[to(ALNUM, 16, 24)]),
    row("tencent-secret-id", &["AKID"], &[n(ALNUM, 32)]),
    row("baidu-key", &["bce-v3/ALTAK-"], &[n(ALNUM, 21), SLASH, n(HEX, 40)]),
    row("scaleway-access-key-id", &["SCW"], &[n(UPPER, 17)]),
    row("akamai-token", &["akab-"], &[n(LOWER, 16), DASH, n(LOWER, 16)]),
    row("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], &[n(HEX, 64)]),
    row("heroku-key", &["HRKU-"], &[up(B64U, 36)]),
    row("netlify-token", &["nfp_", "nfc_", "nfo_", "nfu_", "nfb_"], &[up(ALNUM, 36)]),
    row("vercel-token", &["vercel_blob_rw_"], &[up(WORD, 30)]),
    row("deno-token", &["ddp_", "ddo_", "ddw_"], &[n(ALNUM, 36)]),
    row("vercel-token", &["vcp_", "vci_", "vca_", "vcr_", "vck_"], &[up(ALNUM, 24)]),
    row("fly-token", &["fm1_", "fm2_", "fm1a_", "fm1r_"], &[up(B64, 100)]),
    row("fly-token", &["fo1_"], &[n(B64U, 43)]),
    row("render-key", &["rnd_"], &[up(ALNUM, 28)]),
    row("cloudflare-token", &["cfut_", "cfat_", "cfk_"], &[up(ALNUM, 40)]),
    row("cloudflare-origin-key", &["v1.0-"], &[n(HEX, 24), DASH, n(HEX, 146)]),
    row("fastly-key", &["fastly_"], &[up(B64U, 32)]),
    row("pulumi-token", &["pul-"], &[n(HEX, 40)]),
    led("terraform-token", (ALNUM, 14, 14), &[".atlasv1."], &[up(OPAQUE, 60)]),
    row("vault-token", &["hvs.", "hvb.", "hvr."], &[up(B64U, 24)]),
    drawn(row("vault-token", &["s."], &[n(ALNUM, 24)])),
    row("infisical-token", &["st."], &[n(HEX, 24), DOT, n(HEX, 32), DOT, n(HEX, 32)]),
    row("doppler-token", &["dp.pt.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."], &[up(ALNUM, 40)]),
    row("doppler-token", &["dp.st."], &[up(DOTTED, 40)]),
    row("infracost-key", &["ico-"], &[n(ALNUM, 32)]),
    row("openshift-token", &["sha256~"], &[n(B64U, 43)]),
    row("prefect-token", &["pnu_"], &[n(ALNUM, 36)]),
    row("tailscale-key", &["tskey-"], &[up(DASHED, 20)]),
    row("netbird-token", &["nbp_"], &[n(ALNUM, 36)]),
    row("defined-networking-key", &["dnkey-"], &[up(B64U, 60)]),
    row("scalingo-token", &["tk-us-", "tk-osc-"], &[n(B64U, 48)]),
    row(
        "authress-key",
        &["sc_", "ext_", "scauth_", "authress_"],
        &[
            to(LOWER, 5, 30),
            DOT,
            to(LOWER, 4, 6),
            Piece::Text(".acc-"),
            to(DASHED, 10, 32),
            DOT,
            up(OPAQUE, 30),
        ],
    ),
    row("1password-token", &["ops_eyJ"], &[up(OPAQUE, 100)]),
    row(
        "1password-secret-key",
        &["A3-"],
        &[
            n(UPPER, 6),
            DASH,
            n(UPPER, 6),
            DASH,
            n(UPPER, 5),
            DASH,
            n(UPPER, 5),
            DASH,
            n(UPPER, 5),
            DASH,
            n(UPPER, 5),
        ],
    ),
    row(
        "1password-secret-key",
        &["A3-"],
        &[n(UPPER, 6), DASH, n(UPPER, 11), DASH, n(UPPER, 5), DASH, n(UPPER, 5), DASH, n(UPPER, 5)],
    ),
    row("age-secret-key", &["AGE-SECRET-KEY-1", "AGE-SECRET-KEY-PQ-1"], &[up(UPPER, 58)]),
    row("minisign-secret-key", &["RWRTY0Iy"], &[up(B64, 80)]),
    row("signify-secret-key", &["RWRCSwAAA"], &[up(B64, 80)]),
    // What crypt(5), LDAP (RFC 2307) and frameworks store in place of passwords
    row("password-hash", &["$2a$", "$2b$", "$2x$", "$2y$"], &[n(DIGIT, 2), DOLLAR, n(CRYPT, 53)]),
    row("password-hash", &["$1$", "$apr1$"], &[to(CRYPT, 1, 8), DOLLAR, n(CRYPT, 22)]),
    row("password-hash", &["$5$"], &[to(CRYPT, 1, 16), DOLLAR, n(CRYPT, 43)]),
    row("password-hash", &["$8$", "$9$"], &[n(CRYPT, 14), DOLLAR, n(CRYPT, 43)]),
    row("kerberos-hash", &["$krb5asrep$23$"], &[n(HEX, 32), DOLLAR, up(HEX, 64)]),
    row("password-hash", &["$6$"], &[to(CRYPT, 1, 16), DOLLAR, n(CRYPT, 86)]),
    row(
        "password-hash",
        &["$5$rounds=", "$6$rounds="],
        &[to(DIGIT, 4, 9), DOLLAR, to(CRYPT, 1, 16), DOLLAR, to(CRYPT, 43, 86)],
    ),
    row(
        "password-hash",
        &["$y$", "$gy$", "$7$"],
        &[to(CRYPT, 1, 16), DOLLAR, to(CRYPT, 1, 86), DOLLAR, n(CRYPT, 43)],
    ),
    row(
        "password-hash",
        &["$argon2id$v=", "$argon2i$v=", "$argon2d$v="],
        &[n(DIGIT, 2), DOLLAR, to(PARAMETERS, 8, 60), DOLLAR, up(B64, 11), DOLLAR, up(B64, 16)],
    ),
    row(
        "password-hash",
        &["$pbkdf2-sha256$", "$pbkdf2-sha512$", "$pbkdf2$"],
        &[to(DIGIT, 3, 9), DOLLAR, up(CRYPT, 8), DOLLAR, up(CRYPT, 27)],
    ),
    row(
        "password-hash",
        &["pbkdf2_sha256$", "pbkdf2_sha1$"],
        &[to(DIGIT, 3, 9), DOLLAR, to(ALNUM, 8, 32), DOLLAR, up(B64, 27)],
    ),
    row(
        "password-hash",
        &["{SSHA}", "{SHA}", "{SMD5}", "{SSHA256}", "{SHA256}", "{SSHA512}", "{SHA512}"],
        &[up(B64, 20)],
    ),
    // what signs notes (C2SP signed-note, Go's checksum database), and so what signs our own audit log
    row("note-signing-key", &["PRIVATE+KEY+"], &[to(NOTE, 1, 255), PLUS, n(HEX, 8), PLUS, up(B64, 44)]),
    // Databases and data
    row("planetscale-token", &["pscale_tkn_", "pscale_oauth_", "pscale_pw_"], &[up(DOTTED, 32)]),
    row("supabase-token", &["sbp_"], &[n(ALNUM, 40)]),
    row("supabase-secret-key", &["sb_secret_"], &[up(B64U, 22)]),
    row("neon-key", &["napi_"], &[up(LOWER, 40)]),
    row("databricks-token", &["dapi"], &[n(HEX, 32), DASH, n(DIGIT, 1)]),
    row("databricks-token", &["dapi"], &[n(HEX, 32)]),
    row("clickhouse-secret", &["4b1d"], &[n(ALNUM, 38)]),
    row("databricks-token", &["dose", "dkea"], &[n(HEX, 32)]),
    row("dbt-token", &["dbtc_", "dbtu_"], &[up(B64U, 32)]),
    row("mongodb-secret", &["mdb_sa_sk_"], &[up(B64U, 36)]),
    row("cockroach-key", &["CCDB1_"], &[n(ALNUM, 22), UNDERSCORE, n(ALNUM, 40)]),
    row("aiven-password", &["AVNS_"], &[up(B64U, 16)]),
    row("xata-key", &["xau_"], &[up(ALNUM, 36)]),
    row("confluent-secret", &["cflt"], &[n(PLUS_SLASH, 60)]),
    row("fauna-key", &["fnAE", "fnAF"], &[up(B64U, 36)]),
    row("airtable-token", &["pat"], &[n(ALNUM, 14), DOT, n(HEX, 64)]),
    row("pinecone-key", &["pcsk_"], &[up(WORD, 40)]),
    // Models
    row("openai-key", &["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"], &[up(B64U, 20)]),
    row("openai-key", &["sk-"], &[up(ALNUM, 32)]),
    row("anthropic-key", &["sk-ant-"], &[up(B64U, 20)]),
    row("openrouter-key", &["sk-or-v1-"], &[n(HEX, 64)]),
    row("langfuse-key", &["sk-lf-"], UUID),
    row("huggingface-token", &["hf_"], &[n(ALNUM, 34)]),
    row("huggingface-token", &["api_org_"], &[n(ALNUM, 34)]),
    row("replicate-token", &["r8_"], &[up(ALNUM, 37)]),
    row("groq-key", &["gsk_"], &[up(ALNUM, 48)]),
    row("xai-key", &["xai-"], &[up(ALNUM, 64)]),
    row("perplexity-key", &["pplx-"], &[up(ALNUM, 48)]),
    row("nvidia-key", &["nvapi-"], &[up(B64U, 60)]),
    row("cerebras-key", &["csk-"], &[up(LOWER, 40)]),
    row("tavily-key", &["tvly-"], &[up(DASHED, 28)]),
    row("e2b-key", &["e2b_"], &[n(HEX, 40)]),
    row("firecrawl-key", &["fc-"], &[n(HEX, 32)]),
    row("langsmith-key", &["lsv2_pt_", "lsv2_sk_"], &[n(HEX, 32), UNDERSCORE, n(HEX, 10)]),
    row("helicone-key", &["sk-helicone-"], &[up(DASHED, 24)]),
    row("elevenlabs-key", &["sk_"], &[n(HEX, 48)]),
    row("together-key", &["tgp_v1_"], &[n(B64U, 43)]),
    drawn(row("fireworks-key", &["fw_"], &[n(ALNUM, 24)])),
    drawn(row("voyage-key", &["pa-"], &[n(B64U, 43)])),
    row("jina-key", &["jina_"], &[n(HEX, 32), n(B64U, 28)]),
    row("runpod-key", &["rpa_"], &[up(ALNUM, 40)]),
    row("llama-cloud-key", &["llx-"], &[n(ALNUM, 48)]),
    row("mem0-key", &["m0-"], &[n(ALNUM, 40)]),
    drawn(row("brave-key", &["BSA"], &[to(B64U, 27, 28)])),
    row("wandb-key", &["wandb_v1_"], &[up(WORD, 40)]),
    // Messages
    row("slack-token", &["xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xoxo-", "xoxc-"], &[up(DASHED, 10)]),
    row("slack-token", &["xoxd-"], &[up(OPAQUE, 20)]),
    row("slack-token", &["xoxe.xoxb-", "xoxe.xoxp-", "xoxe-"], &[up(DASHED, 20)]),
    row("slack-app-token", &["xapp-", "xwfp-"], &[up(DASHED, 20)]),
    row(
        "slack-webhook",
        &["hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/"],
        &[up(PATH, 36)],
    ),
    row(
        "discord-webhook",
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        &[to(DIGIT, 17, 20), Piece::Text("/"), up(B64U, 60)],
    ),
    row("zapier-webhook", &["hooks.zapier.com/hooks/catch/"], &[to(DIGIT, 4, 12), SLASH, up(ALNUM, 6)]),
    row("teams-webhook", &["webhook.office.com/webhookb2/", "outlook.office.com/webhook/"], &[up(PATH, 60)]),
    led("telegram-bot-token", (DIGIT, 8, 10), &[":AA"], &[to(B64U, 32, 34)]),
    row("twilio-key", &["SK"], &[n(HEX, 32)]),
    row("sendgrid-key", &["SG."], &[to(B64U, 16, 32), DOT, to(B64U, 16, 64)]),
    row("brevo-key", &["xkeysib-", "xsmtpsib-"], &[n(HEX, 64), DASH, n(ALNUM, 16)]),
    row("mailgun-key", &["key-"], &[n(HEX, 32)]),
    led("mailchimp-key", (HEX, 32, 32), &["-us"], &[to(DIGIT, 1, 2)]),
    row("onesignal-key", &["os_v2_app_", "os_v2_org_"], &[up(LOWER, 60)]),
    row("klaviyo-key", &["pk_"], &[n(HEX, 34)]),
    drawn(row("telnyx-key", &["KEY"], &[n(B64U, 55)])),
    drawn(row("courier-key", &["pk_prod_", "pk_test_"], &[n(UPPER, 28)])),
    row("intercom-token", &["dG9rO"], &[up(B64, 50)]),
    row("pubnub-key", &["sec-c-"], &[up(B64U, 36)]),
    row("resend-key", &["re_"], &[n(ALNUM, 8), UNDERSCORE, n(ALNUM, 24)]),
    // Money and shops
    row(
        "stripe-key",
        &["sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_"],
        &[up(ALNUM, 10)],
    ),
    row("stripe-webhook-secret", &["whsec_"], &[up(B64, 24)]),
    row("shopify-token", &["shpat_", "shpca_", "shppa_", "shpss_", "shpua_", "shptka_"], &[n(HEX, 32)]),
    row("square-token", &["sq0atp-"], &[n(B64U, 22)]),
    row("square-secret", &["sq0csp-"], &[n(B64U, 43)]),
    row("square-token", &["EAAA"], &[to(B64U, 60, 64)]),
    row(
        "braintree-token",
        &["access_token$production$", "access_token$sandbox$"],
        &[n(LOWER, 16), DOLLAR, n(HEX, 32)],
    ),
    // behind the second dash stand signs of every kind; the runs are bounded, for a prefix may stand in them
    row("adyen-key", &["AQE"], &[to(B64, 60, 200), DASH, to(B64, 20, 120), DASH, to(NOTE, 8, 64)]),
    drawn(row("mollie-key", &["live_", "test_"], &[n(ALNUM, 30)])),
    row("lob-key", &["live_", "test_"], &[n(HEX, 35)]),
    drawn(row("gocardless-token", &["live_", "sandbox_"], &[n(B64U, 40)])),
    row(
        "paddle-key",
        &["pdl_live_apikey_", "pdl_sdbx_apikey_"],
        &[n(LOWER, 26), UNDERSCORE, n(ALNUM, 22), UNDERSCORE, n(ALNUM, 3)],
    ),
    row("woocommerce-key", &["ck_", "cs_"], &[n(HEX, 40)]),
    row("plaid-token", &["access-production-", "access-sandbox-", "access-development-"], UUID),
    row("easypost-key", &["EZAK", "EZTK"], &[n(ALNUM, 54)]),
    row("shippo-token", &["shippo_live_", "shippo_test_"], &[n(HEX, 40)]),
    row("flutterwave-key", &["FLWSECK-", "FLWSECK_TEST-"], &[up(DASHED, 16)]),
    row("duffel-token", &["duffel_live_", "duffel_test_"], &[n(B64U, 43)]),
    row("facebook-token", &["EAA"], &[up(ALNUM, 100)]),
    row("instagram-token", &["IGQ"], &[up(ALNUM, 100)]),
    row("twitter-token", &["AAAAAAAAAAAAAAAAAAAAA"], &[up(ALNUM.with(b'%'), 80)]),
    row("salesforce-session", &["00D"], &[to(ALNUM, 12, 15), Piece::Text("!"), up(DOTTED, 80)]),
    // Watching and working
    row("new-relic-key", &["NRAK-"], &[n(UPPER, 27)]),
    row("new-relic-key", &["NRII-", "NRIQ-"], &[n(B64U, 32)]),
    row("new-relic-key", &["NRAA-"], &[n(HEX, 27)]),
    row("new-relic-key", &["NRRA-"], &[n(HEX, 42)]),
    row("new-relic-browser-key", &["NRJS-"], &[n(HEX, 19)]),
    led("new-relic-licence-key", (LOWER, 36, 36), &["NRAL"], &[]),
    drawn(row("ubidots-key", &["BBFF-"], &[n(ALNUM, 30)])),
    row("teamwork-token", &["tkn.v1_"], &[up(B64, 60)]),
    row("honeycomb-key", &["hcaik_", "hcxik_", "hcalk_", "hcamk_", "hcxmk_"], &[n(LOWER, 58)]),
    row("axiom-token", &["xaat-", "xapt-"], UUID),
    row("dynatrace-token", &["dt0c01.", "dt0s01.", "dt0s02."], &[n(UPPER, 24), DOT, n(UPPER, 64)]),
    row("grafana-cloud-token", &["glc_"], &[up(B64, 32)]),
    row("grafana-service-token", &["glsa_"], &[n(ALNUM, 32), UNDERSCORE, n(HEX, 8)]),
    row("grafana-key", &["eyJrIjoi"], &[up(B64, 60)]),
    row("sentry-token", &["sntrys_"], &[up(OPAQUE, 60)]),
    row("sentry-token", &["sntryu_"], &[n(HEX, 64)]),
    row("posthog-key", &["phx_", "phs_"], &[up(ALNUM, 32)]),
    row("launchdarkly-key", &["sdk-", "api-"], UUID),
    row("postman-key", &["PMAK-"], &[n(HEX, 24), DASH, n(HEX, 34)]),
    row("readme-key", &["rdme_"], &[up(LOWER, 70)]),
    row("linear-key", &["lin_api_"], &[n(ALNUM, 40)]),
    row("linear-oauth-token", &["lin_oauth_"], &[n(HEX, 64)]),
    row("notion-token", &["ntn_"], &[up(ALNUM, 40)]),
    row("notion-token", &["secret_"], &[n(ALNUM, 43)]),
    drawn(row("statsig-key", &["secret-"], &[n(ALNUM, 43)])),
    row("clickup-token", &["pk_"], &[to(DIGIT, 5, 10), UNDERSCORE, n(UPPER, 32)]),
    row("frameio-token", &["fio-u-"], &[n(B64U, 64)]),
    led("maxmind-key", (WORD, 36, 36), &["_mmk"], &[]),
    row("settlemint-token", &["sm_aat_", "sm_pat_", "sm_sat_"], &[n(ALNUM, 16)]),
    row("intra42-secret", &["s-s4t2ud-", "s-s4t2af-"], &[n(HEX, 64)]),
    row("ory-token", &["ory_at_", "ory_rt_", "ory_ac_", "ory_st_", "ory_pat_"], &[up(DOTTED, 32)]),
    row("figma-token", &["figd_", "figo_", "figu_"], &[up(B64U, 38)]),
    row("typeform-token", &["tfp_"], &[up(DOTTED, 58)]),
    row("contentful-token", &["CFPAT-"], &[n(B64U, 43)]),
    row("dropbox-token", &["sl."], &[up(B64U, 100)]),
    row("adafruit-key", &["aio_"], &[n(ALNUM, 28)]),
    row("adobe-secret", &["p8e-"], &[n(ALNUM, 32)]),
    row("mapbox-secret-token", &["sk.eyJ"], &[up(B64U, 40), DOT, n(B64U, 22)]),
    row("hubspot-token", &["pat-na1-", "pat-na2-", "pat-eu1-"], UUID),
    row("yandex-key", &["AQVN"], &[to(B64U, 35, 38)]),
    row("yandex-token", &["y0_", "y1_", "y2_", "y3_"], &[up(B64U, 50)]),
    row("yandex-token", &["t1."], &[up(B64U, 20), DOT, n(B64U, 86)]),
];
