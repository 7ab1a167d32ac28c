//! What both suites of snapshots need.

use std::fs;
use std::path::Path;

/// Compares what `expand` makes of the file with the snapshot of its name, which stands beside it.
pub(crate) fn compare(case: &Path, expand: fn(&str) -> String) {
    let expanded = expand(&fs::read_to_string(case).unwrap());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(case.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.remove_snapshot_suffix();
    settings.set_omit_expression(true);
    settings.remove_input_file();
    settings.bind(|| insta::assert_snapshot!(case.file_stem().unwrap().to_str().unwrap(), expanded));
}
