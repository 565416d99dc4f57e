//! Drives the endpoint over real sockets, with requests that are written by hand: against a gateway with tools that do as they are told,
//! and against the real `gitoma-mcp`.

#[cfg(test)]
mod cancelling;
#[cfg(test)]
mod conversation;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod house;
#[cfg(test)]
mod news;
#[cfg(test)]
mod process;
#[cfg(test)]
mod progress;
#[cfg(test)]
#[path = "../world/promised.rs"]
mod promised;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod restricted;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod told;
#[cfg(test)]
mod wire;
#[cfg(test)]
#[path = "../world/mod.rs"]
mod world;
