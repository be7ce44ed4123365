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

# The tests of models, with every step through memory watched on this processor.
sanitize:
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address cargo test --lib --target x86_64-unknown-linux-gnu --target-dir target/sanitize model::

# The kernels in plain Rust, interpreted (rustup toolchain install nightly --component miri).
miri:
    cargo +nightly miri test --lib --target-dir target/miri -- model::conv model::lanes model::matrix

# All that a change must pass, on a bare machine too.
ci:
    .ci/run

# Lint and test what only the feature `pdf` builds: a quarter of an hour the first time, so it is no part of `ci`.
pdf:
    cargo clippy --release --all-targets --features pdf -- -D warnings
    cargo test --release --features pdf pdf
