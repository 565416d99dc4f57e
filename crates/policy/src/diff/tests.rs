mod brute;
mod table;

use super::*;
use crate::{Catalogue, Source};

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::built_in();
    catalogue.insert("job_start", Capability::Automation);
    catalogue
}

fn load(name: &str, text: &str) -> PolicySet {
    // Random policies have rules that decide nothing, which the loader refuses.
    crate::compile::load_with(Source { name, text }, &catalogue(), |_, _| ())
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn compare(before: &PolicySet, after: &PolicySet) -> Difference {
    diff(before, after, &catalogue(), Bounds::default())
}
