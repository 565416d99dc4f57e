use std::collections::BTreeSet;

use super::*;

/// The table under "Errors" of docs/http.md: status and codes of each row.
fn documented() -> BTreeSet<(String, String)> {
    let table = include_str!("../../../../docs/http.md").split_once("| status | `code` |").unwrap().1;
    let mut pairs = BTreeSet::new();
    for line in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let statuses: Vec<_> = cells[1].split(", ").collect();
        let codes: Vec<_> = cells[2].split(", ").map(|code| code.trim_matches('`')).collect();
        for (place, code) in codes.iter().enumerate() {
            let status = if statuses.len() == 1 { statuses[0] } else { statuses[place] };
            pairs.insert((status.to_owned(), (*code).to_owned()));
        }
    }
    pairs
}

#[test]
fn the_list_is_the_table_of_the_page() {
    let listed: BTreeSet<_> = ALL
        .iter()
        .flat_map(|row| row.codes.iter().map(|code| (row.status.as_str().to_owned(), (*code).to_owned())))
        .collect();
    assert_eq!(listed, documented());
}

#[test]
fn a_code_has_one_status() {
    let mut seen = BTreeSet::new();
    for code in ALL.iter().flat_map(|row| row.codes) {
        assert!(seen.insert(code), "{code}");
        assert!(status(code).is_some());
    }
    assert_eq!(status("no_such_code"), None);
}
