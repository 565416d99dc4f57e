use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::codes;

#[test]
fn every_endpoint_is_described_whole() {
    let mut ids = BTreeSet::new();
    let mut endpoints = BTreeMap::new();
    for route in all() {
        let named = (route.method.as_str(), route.path);
        assert!(ids.insert(route.id), "two endpoints are called {}", route.id);
        assert!(endpoints.insert(named, route.id).is_none(), "{named:?} is there twice");
        assert!(route.summary.ends_with('.'), "{named:?}");
        assert!(!route.answers.is_empty(), "{named:?}");
        for code in route.codes.iter().chain(route.who.codes()).chain(AROUND) {
            assert!(codes::status(code).is_some(), "{named:?}: {code}");
        }
        let in_path: BTreeSet<_> =
            route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let described: BTreeSet<_> = route
            .parameters
            .iter()
            .filter(|parameter| parameter.place == Place::Path)
            .map(|parameter| parameter.name)
            .collect();
        assert_eq!(in_path, described, "{named:?}");
    }
}

#[test]
fn the_page_names_every_endpoint() {
    let page = include_str!("../../../../docs/http.md");
    let (_, table) = page.split_once("| endpoint | needs | answers |").unwrap();
    let rows: Vec<_> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    for route in all() {
        // one row may stand for two that end differently
        let stem = route.path.rsplit_once("/deny").map_or(route.path, |(_, _)| "…/deny");
        let named = rows.iter().any(|row| row.contains(stem));
        assert!(named, "docs/http.md lacks {} {}", route.method.as_str(), route.path);
    }
}
