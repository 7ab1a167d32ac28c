/work/main/tests/real-crates/target/debug/deps/real_crates_marker-a8c068c419fbb068.d: /work/main/clippy.toml marker/src/lib.rs Cargo.toml

/work/main/tests/real-crates/target/debug/deps/libreal_crates_marker-a8c068c419fbb068.rmeta: /work/main/clippy.toml marker/src/lib.rs Cargo.toml

/work/main/clippy.toml:
marker/src/lib.rs:
Cargo.toml:

# env-dep:CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
# env-dep:CLIPPY_CONF_DIR
