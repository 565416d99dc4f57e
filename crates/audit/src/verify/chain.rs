//! Verifies one chain: looks at its folder, has its segments looked at, and says what it all amounts to.

use super::{Plan, VerifyError, crew, fault::FaultClass, join::Joiner, report::ChainReport, source::Source};
use crate::folder::{self, ChainFolder};

pub(super) fn verify(folder: &ChainFolder, plan: &Plan) -> Result<ChainReport, VerifyError> {
    let content = folder.content()?;
    let mut joiner = Joiner::new(folder, plan.depth);
    if content.misnamed > 0 {
        joiner.blame("", 0, 0, (FaultClass::SegmentName, "segment names of twenty digits".to_owned()));
    } else if content.segments.first() != Some(&0) {
        joiner.blame("", 0, 0, (FaultClass::SegmentMissing, folder::segment_name(0)));
    } else {
        let source = Source::new(folder, content.segments, plan.depth, plan.stretch);
        joiner = crew::verify(source, joiner, plan)?;
        joiner.announced()?;
    }
    Ok(joiner.finish(content.unexpected))
}
