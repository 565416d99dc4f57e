use std::time::{Duration, Instant};

use tempfile::tempdir;

use crate::{
    private::{PrivateFolder, Subject},
    specimen::{self, id},
};

/// The syncer comes by between an entry and what opens its commitment, and then nothing else happens.
#[test]
fn what_comes_behind_a_sync_is_written_too() {
    let state = tempdir().unwrap();
    let log = specimen::log(state.path(), 1);
    log.begin_blocking(specimen::write(10)).unwrap().finish_blocking(specimen::ok()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let wait = |done: &dyn Fn() -> bool| {
        while !done() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(done());
    };
    wait(&|| log.status().unsynced == 0 && log.shared.lock().dirty_since.is_none());
    log.shared.disclose(log.shared.now(), id(10), Subject::Result, Some(&specimen::commitment()));
    let folder = PrivateFolder::of(&state.path().join(id(1).to_string()));
    wait(&|| folder.find(id(10)).unwrap().len() == 1);
    assert_eq!(log.status().unsynced, 0);
}
