/work/main/tests/real-crates/target/debug/deps/real_crates-8a2446d1de19134c.d: /work/main/clippy.toml src/main.rs src/annotate.rs src/check.rs src/find.rs src/report.rs src/scratch.rs src/work.rs Cargo.toml

/work/main/tests/real-crates/target/debug/deps/libreal_crates-8a2446d1de19134c.rmeta: /work/main/clippy.toml src/main.rs src/annotate.rs src/check.rs src/find.rs src/report.rs src/scratch.rs src/work.rs Cargo.toml

/work/main/clippy.toml:
src/main.rs:
src/annotate.rs:
src/check.rs:
src/find.rs:
src/report.rs:
src/scratch.rs:
src/work.rs:
Cargo.toml:

# env-dep:CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
# env-dep:CLIPPY_CONF_DIR
