//! `gitoma-audit tail`: the last entries, and with `--follow` those that come, as they come.

use std::thread;
use std::time::Duration;

use gitoma_audit::{Follower, ReadError};

use super::{
    UNKNOWN,
    arguments::TailArguments,
    explained,
    listing::{Listing, gravest},
};
use crate::console::Console;
use crate::failure::Failure;

/// How often it looks for more.
const INTERVAL: Duration = Duration::from_millis(200);

pub(super) fn run(arguments: &TailArguments, console: &Console) -> Result<u8, Failure> {
    let limit = usize::try_from(arguments.lines).unwrap_or(usize::MAX);
    let mut listing = Listing::new(console, &arguments.filter, arguments.json, Some(limit));
    let mut followers = Vec::new();
    for directory in &arguments.directories {
        match Follower::open(directory) {
            Ok(follower) => followers.push((directory, follower)),
            Err(error) => {
                console.tell(&format!("error: {}: {}", directory.display(), explained(&error)));
                return Ok(UNKNOWN);
            }
        }
    }
    let (mut code, mut lost) = (0, false);
    loop {
        for (directory, follower) in &mut followers {
            let mut taken = Ok(());
            let polled = follower.poll(&mut |entry| {
                lost |= matches!(entry, Err(ReadError::Replaced { .. }));
                let took = listing.take(entry).map(|found| code = gravest([code, found]));
                if taken.is_ok() {
                    taken = took;
                }
            });
            taken?;
            if let Err(error) = polled {
                console.tell(&format!("error: {}: {}", directory.display(), explained(&error)));
                return Ok(UNKNOWN);
            }
        }
        listing.finish()?;
        if !arguments.follow || lost || console.is_closed() {
            return Ok(code);
        }
        thread::sleep(INTERVAL);
    }
}
