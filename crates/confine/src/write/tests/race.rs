//! Directories and files that are exchanged for links while they are written, and two writers of one name. `just proof`
//! runs more of it.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{World, path, write};
use crate::root::RepoRoot;

/// How often each race is run, by each opener.
fn attempts() -> usize {
    std::env::var("GITOMA_RACE_ATTEMPTS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000)
}

/// Writes and removes `at` while another thread meddles, and shows that both outcomes were met and nothing got out.
fn race(world: &World, at: &str, meddle: impl Fn(&World) + Sync) {
    world.put("outside/dir/file", "outside");
    // An empty one, which a stray clean-up could remove.
    fs::create_dir(world.at("outside/dir/new")).unwrap();
    // With times: what was put there and taken back before anybody looked shows in those of the directory.
    let outside = || {
        let mut everything: Vec<_> = world.everything().into_iter().collect();
        everything.retain(|(name, _)| name.starts_with(world.at("outside")));
        let times = everything.iter().map(|(name, _)| fs::symlink_metadata(name).unwrap());
        let times: Vec<_> = times.map(|found| (found.ctime(), found.ctime_nsec())).collect();
        (everything, times)
    };
    let before = outside();
    for (opener, root) in world.both() {
        let done = AtomicBool::new(false);
        let (written, refused) = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    meddle(world);
                }
            });
            let outcome = run(&root, at);
            done.store(true, Ordering::Relaxed);
            outcome
        });
        assert_eq!(outside(), before, "{opener}");
        let left = world.everything().into_keys().find(|name| name.extension().is_some());
        assert_eq!(left, None, "{opener}");
        println!("{opener}: {written} written, {refused} refused");
        assert!(
            written > 0 && refused > 0,
            "{opener}: the race was not run: {written} written, {refused} refused"
        );
    }
}

/// Goes on past the count until both outcomes were met, so that the race was really run.
fn run(root: &RepoRoot, at: &str) -> (usize, usize) {
    let (mut written, mut refused, mut tried) = (0, 0, 0);
    let attempts = attempts();
    while tried < attempts || (written == 0 || refused == 0) && tried < 20 * attempts {
        tried += 1;
        let outcome = if tried % 8 == 0 {
            root.target(&path(at)).and_then(|target| target.removal()?.prune().publish().map(drop))
        } else {
            write(root, at, format!("content {tried}").as_bytes())
        };
        match outcome.map_err(|error| error.code()) {
            Ok(()) => written += 1,
            Err("conflict" | "link_refused" | "not_a_directory" | "not_found" | "not_a_file") => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    (written, refused)
}

/// Ignores what cannot be renamed just now: the writer removes and makes these names too.
fn try_rename(world: &World, from: &str, to: &str) {
    let _ = fs::rename(world.at(from), world.at(to));
}

#[test]
fn a_parent_that_is_exchanged_for_a_link_lets_nothing_out() {
    let world = World::in_memory();
    fs::create_dir(world.at("root/dir")).unwrap();
    symlink("../outside/dir", world.at("root/link")).unwrap();
    race(&world, "dir/file", |world| {
        try_rename(world, "root/dir", "root/away");
        try_rename(world, "root/link", "root/dir");
        try_rename(world, "root/dir", "root/link");
        try_rename(world, "root/away", "root/dir");
    });
}

#[test]
fn a_directory_above_the_parent_that_is_exchanged_for_a_link_lets_nothing_out() {
    let world = World::in_memory();
    fs::create_dir_all(world.at("root/up/dir")).unwrap();
    symlink("../outside", world.at("root/link")).unwrap();
    race(&world, "up/dir/new/file", |world| {
        try_rename(world, "root/up", "root/away");
        try_rename(world, "root/link", "root/up");
        try_rename(world, "root/up", "root/link");
        try_rename(world, "root/away", "root/up");
    });
}

#[test]
fn a_file_that_is_exchanged_for_a_link_lets_nothing_out() {
    let world = World::in_memory();
    fs::create_dir(world.at("root/dir")).unwrap();
    fs::write(world.at("root/dir/keep"), "").unwrap();
    race(&world, "dir/file", |world| {
        let _ = symlink("../../outside/dir/file", world.at("root/dir/link"));
        try_rename(world, "root/dir/link", "root/dir/file");
        let _ = fs::remove_file(world.at("root/dir/file"));
        std::thread::yield_now();
    });
}

#[test]
fn of_two_who_make_one_file_exactly_one_does() {
    let world = World::in_memory();
    for (opener, root) in world.both() {
        let barrier = Barrier::new(2);
        for attempt in 0..attempts() / 5 {
            let make = |bytes: &'static [u8]| {
                let staged = root.target(&path("file")).unwrap().stage(bytes, None).unwrap();
                barrier.wait();
                staged.publish().map_err(|error| error.code())
            };
            let (one, two) = std::thread::scope(|scope| {
                let one = scope.spawn(|| make(b"one"));
                let two = make(b"two");
                (one.join().unwrap(), two)
            });
            let content = fs::read(world.at("root/file")).unwrap();
            match (one, two) {
                (Ok(_), Err("conflict")) => assert_eq!(content, b"one", "{opener}: {attempt}"),
                (Err("conflict"), Ok(_)) => assert_eq!(content, b"two", "{opener}: {attempt}"),
                both => panic!("{opener}: {attempt}: {both:?}"),
            }
            fs::remove_file(world.at("root/file")).unwrap();
        }
    }
}
