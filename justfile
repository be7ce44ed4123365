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

# Lint and test what only the feature `pdf` builds: a quarter of an hour the first time, so it is no part of `ci`.
pdf:
    cargo clippy --release --all-targets --features pdf -- -D warnings
    cargo test --release --features pdf pdf
