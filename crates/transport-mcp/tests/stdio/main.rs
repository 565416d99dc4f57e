//! Drives the real `gitoma-mcp` with hand-written JSON-RPC lines over its standard streams, against real repositories.

#[cfg(test)]
mod completion;
#[cfg(test)]
mod conversation;
#[cfg(test)]
mod eras;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod life;
#[cfg(test)]
mod news;
#[cfg(test)]
mod output;
#[cfg(test)]
mod progress;
#[cfg(test)]
#[path = "../world/promised.rs"]
mod promised;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod prompts;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod restricted;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod support;
#[cfg(test)]
#[path = "../world/mod.rs"]
mod world;
