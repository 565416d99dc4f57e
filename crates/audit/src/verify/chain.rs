//! Verifies one chain: looks at its folder, has its segments looked at, and says what it all amounts to.

use uuid::Uuid;

use super::{
    Demand, Plan, VerifyError, crew,
    evidence::Evidence,
    fault::FaultClass,
    front::{self, Front},
    join::Joiner,
    progress::Wrong,
    report::ChainReport,
    source::Source,
};
use crate::folder::{self, ChainFolder, Content};

/// Verifies the chain in `folder`, which is called `chain`.
pub(super) fn verify(target: &Target<'_>, plan: &Plan, demand: &Demand) -> Result<ChainReport, VerifyError> {
    verify_by(target, plan, demand, |source, joiner, wanted| crew::verify(source, joiner, plan, wanted))
}

/// A chain to look at.
#[derive(Debug)]
pub(super) struct Target<'folder> {
    pub(super) folder: &'folder ChainFolder,
    /// How it is called, by its folder or its first line.
    pub(super) chain: Option<Uuid>,
}

/// As [`verify`]; its segments are looked at by `look`, which gets the sizes at which the tree's root is wanted.
pub(super) fn verify_by(
    target: &Target<'_>,
    plan: &Plan,
    demand: &Demand,
    look: impl for<'chain> FnOnce(
        Source<'chain>,
        Joiner<'chain>,
        Option<&[u64]>,
    ) -> Result<Joiner<'chain>, VerifyError>,
) -> Result<ChainReport, VerifyError> {
    let folder = target.folder;
    // the notes before the segments, and names before lengths: of a chain that grows meanwhile, what a note covers is there
    let notes = folder.checkpoints().list()?;
    let content = folder.content()?;
    let unexpected = content.unexpected.saturating_add(notes.unexpected);
    let (front, wrong) = match begin(folder, &content, demand)? {
        Ok(front) => (front, None),
        Err(wrong) => (None, Some(wrong)),
    };
    let evidence = Evidence::new(folder, target.chain, notes.notes, front, plan.depth, demand);
    let mut joiner = Joiner::new(folder, plan.depth, &evidence);
    if let Some(wrong) = wrong {
        joiner.blame("", 0, 0, wrong);
    } else if joiner.set_out()? {
        let source = Source::new(folder, content.segments, plan.depth, plan.stretch);
        joiner = look(source, joiner, evidence.wanted())?;
        joiner.announced()?;
        joiner.arrived()?;
    }
    Ok(joiner.finish(unexpected, &demand.recent))
}

/// What stands for the front, if the first segment is not the first of the chain; or what is wrong with the folder.
fn begin(
    folder: &ChainFolder,
    content: &Content,
    demand: &Demand,
) -> Result<Result<Option<Front>, Wrong>, VerifyError> {
    if content.misnamed > 0 {
        return Ok(Err((FaultClass::SegmentName, "segment names of twenty digits".to_owned())));
    }
    match content.segments.first() {
        Some(0) => Ok(Ok(None)),
        Some(_) => Ok(front::find(folder, &content.segments, &demand.keys)?.map(Some)),
        None => Ok(Err((FaultClass::SegmentMissing, folder::segment_name(0)))),
    }
}
