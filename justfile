# Run an experiment.
run experiment="experiments/quickstart.toml" *options:
    cargo run --release -- run {{experiment}} {{options}}

# Run every test.
test:
    cargo test --release

# Check format and lints.
lint:
    cargo fmt --check
    cargo clippy --release --all-targets -- -D warnings
    cargo clippy --release --lib --features cuda-check -- -D warnings

# All that a change must pass, on a bare machine too.
ci:
    .ci/run
