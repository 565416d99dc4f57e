//! The two programs as their users meet them: real processes, real repositories, exit codes and text.

#[cfg(test)]
mod anchors;
#[cfg(test)]
mod approvals;
#[cfg(test)]
mod askpass;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod call;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod document;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod halt;
#[cfg(test)]
mod install;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod redact;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod server;
#[cfg(test)]
mod support;
#[cfg(test)]
mod token;
mod tools;
#[cfg(test)]
mod upkeep;
