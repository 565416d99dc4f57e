//! JSON Schemas of the files, for editors. They are written by hand for the words that an editor shows, and tests keep
//! their keys equal to those of the loader. The loader itself does not use them, and says more.

/// The JSON Schema (draft 2020-12) of a policy file; its source is `policies/policy.schema.json`.
pub const SCHEMA: &str = include_str!("../../../policies/policy.schema.json");

/// The JSON Schema (draft 2020-12) of a suite file; its source is `policies/suite.schema.json`.
pub const SUITE_SCHEMA: &str = include_str!("../../../policies/suite.schema.json");

#[cfg(test)]
mod tests;
