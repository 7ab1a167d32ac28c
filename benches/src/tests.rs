//! That every group measures, and that the report shows it.

use std::collections::HashSet;
use std::{env, fs, process};

use crate::effort::Effort;
use crate::groups::ALL;
use crate::{Asked, USAGE, parse, run};

fn parsed(arguments: &[&str]) -> Result<Option<Asked>, lexopt::Error> {
    parse(lexopt::Parser::from_args(arguments))
}

/// All in one test, for they take turns at the machine, and at the one counter of allocations.
#[test]
fn every_group_measures_something() {
    let out = env::temp_dir().join(format!("bridge-benches-{}", process::id()));
    let asked = Asked { effort: Effort::smoke(), out: out.clone(), groups: ALL.to_vec() };
    run(&asked).unwrap();

    let report = fs::read_to_string(out.join("README.md")).unwrap();
    for (name, _) in ALL {
        assert!(report.contains(&format!("\n## {name}\n")), "{name} is missing");
    }
    assert!(!report.contains("NaN"), "something was not measured:\n{report}");
    for picture in ["hot", "cold", "crowd", "in_flight"] {
        let drawn = fs::read_to_string(out.join(picture).with_extension("svg")).unwrap();
        assert!(drawn.contains("<polyline"), "{picture} has no curve");
        assert!(report.contains(&format!("({picture}.svg)")), "{picture} is not shown");
    }
    for picture in ["real", "busy"] {
        let drawn = fs::read_to_string(out.join(picture).with_extension("svg")).unwrap();
        assert!(drawn.matches("<rect").count() > 16, "{picture} has no bars");
        assert!(report.contains(&format!("({picture}.svg)")), "{picture} is not shown");
    }
    fs::remove_dir_all(out).unwrap();
}

#[test]
fn groups_have_names_of_their_own() {
    let names: HashSet<&str> = ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), ALL.len());
}

#[test]
fn the_command_line_names_groups() {
    let asked = parsed(&["--quick", "cold", "--out", "elsewhere", "hot"]).unwrap().unwrap();
    assert_eq!(asked.groups.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["cold", "hot"]);
    assert_eq!((asked.effort.name, asked.out.to_str()), ("quick", Some("elsewhere")));
    assert_eq!(parsed(&[]).unwrap().unwrap().groups.len(), ALL.len());
}

#[test]
fn what_the_command_line_does_not_know_is_an_error() {
    assert!(parsed(&["--help"]).unwrap().is_none());
    assert!(parsed(&["--fast"]).is_err());
    assert!(parsed(&["warm"]).unwrap_err().to_string().contains(USAGE));
}
