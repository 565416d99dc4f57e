use std::path::PathBuf;
use std::sync::Arc;

use gitoma_core::config::RepositoryConfig;

use super::{KEPT, Opened};
use crate::repositories::Repository;

#[test]
fn those_that_nobody_works_in_go_first() {
    let directory = tempfile::tempdir().unwrap();
    gix::init(directory.path()).unwrap();
    let open = || {
        let config = RepositoryConfig { alias: "web".into(), path: directory.path().into(), git_dir: None };
        Arc::new(Repository::open("web".into(), &config).unwrap())
    };
    let mut opened = Opened::default();
    let busy = open();
    opened.keep(PathBuf::from("busy"), &busy);
    for number in 0..2 * KEPT {
        opened.keep(PathBuf::from(number.to_string()), &open());
        assert!(opened.by_place.len() <= KEPT);
    }
    let last = PathBuf::from((2 * KEPT - 1).to_string());
    assert!(opened.is_busy(&PathBuf::from("busy")));
    assert!(opened.by_place.contains_key(&last) && !opened.is_busy(&last));
    assert!(!opened.by_place.contains_key(&PathBuf::from("0")));
}
