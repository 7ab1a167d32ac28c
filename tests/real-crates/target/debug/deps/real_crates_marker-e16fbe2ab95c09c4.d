/work/main/tests/real-crates/target/debug/deps/real_crates_marker-e16fbe2ab95c09c4.d: /work/main/clippy.toml marker/src/lib.rs Cargo.toml

/work/main/tests/real-crates/target/debug/deps/libreal_crates_marker-e16fbe2ab95c09c4.rmeta: /work/main/clippy.toml marker/src/lib.rs Cargo.toml

/work/main/clippy.toml:
marker/src/lib.rs:
Cargo.toml:

# env-dep:CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
# env-dep:CLIPPY_CONF_DIR
