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
    cd tests/peers && cargo run --release --locked -p gitoma-peers-policy -- --self-test
    cd tests/peers && cargo run --release --locked -p gitoma-peers-policy

# Advisories, licences, sources and bans (needs cargo-deny).
deny:
    cargo deny check
