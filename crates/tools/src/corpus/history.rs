//! The texts of commits and of the index. Trees are unfolded here, within bounds: a tree may name the same tree many times, so a
//! dozen small objects can stand for more files than fit into memory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use gitoma_confine::Revision;
use gix::ObjectId;
use gix::index::entry::Mode;
use gix::objs::tree::EntryKind;

use super::{Corpus, CorpusError, CorpusText, Place, Skipped, repository};

/// How many entries trees may unfold to.
const MOST_ENTRIES: usize = 1_000_000;
/// How many bytes the paths of all those entries may take together.
const MOST_PATH_BYTES: usize = 256 * 1024 * 1024;

/// The files of a tree by path.
type Files = BTreeMap<Vec<u8>, ObjectId>;

/// A repository, and which part of it is meant.
struct Scene {
    engine: gix::Repository,
    shared: gix::ThreadSafeRepository,
    root: std::path::PathBuf,
    beneath: Vec<u8>,
    skipped: Skipped,
}

/// What the index adds to the commit that is checked out.
pub(super) fn staged(path: &Path, restricted: bool) -> Result<Corpus, CorpusError> {
    let mut scene = Scene::open(path, restricted)?;
    let head = scene.engine.head_tree_id_or_empty().map_err(CorpusError::engine)?.detach();
    let old = scene.unfold(head)?;
    let index = scene.engine.index_or_empty().map_err(CorpusError::engine)?;
    let mut new = Files::new();
    for entry in index.entries() {
        match entry.mode {
            Mode::FILE | Mode::FILE_EXECUTABLE => {
                new.insert(entry.path(&index).to_vec(), entry.id);
            }
            Mode::SYMLINK => scene.skipped.links += 1,
            _ => {}
        }
    }
    // What is only intended to be added has no content yet.
    new.retain(|_, id| !id.is_empty_blob());
    Ok(scene.differences(&old, new))
}

/// The files of a commit, or what a range adds.
pub(super) fn revision(path: &Path, restricted: bool, text: &str) -> Result<Corpus, CorpusError> {
    let mut scene = Scene::open(path, restricted)?;
    let Some((from, to)) = text.split_once("..") else {
        let tree = scene.tree_of(scene.commit(text)?)?;
        let files = scene.unfold(tree)?;
        let texts = files.into_iter().map(|(path, id)| (path, Place::Blob(id))).collect();
        return Ok(scene.corpus(texts));
    };
    let merged = to.strip_prefix('.');
    let (mut from, to) = (scene.commit(from)?, scene.commit(merged.unwrap_or(to))?);
    if merged.is_some() {
        let base = scene.engine.merge_base(from, to).map_err(CorpusError::engine)?;
        from = base.ok_or(CorpusError::NoMergeBase)?.detach();
    }
    let (old, new) = (scene.tree_of(from)?, scene.tree_of(to)?);
    let old = scene.unfold(old)?;
    scene.skipped = Skipped::default();
    let new = scene.unfold(new)?;
    Ok(scene.differences(&old, new))
}

impl Scene {
    fn open(path: &Path, restricted: bool) -> Result<Self, CorpusError> {
        let path = repository::canonical_if_there(path)?;
        let root = repository::top_of(&path).ok_or(CorpusError::NoRepository)?.to_owned();
        let shared = repository::open(&root)?;
        let beneath = path.strip_prefix(&root).ok().filter(|_| restricted);
        let beneath = beneath.map(|path| std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec());
        let engine = shared.to_thread_local();
        Ok(Self { engine, shared, root, beneath: beneath.unwrap_or_default(), skipped: Skipped::default() })
    }

    /// The commit of that name. The grammar is confinement's closed one: nothing in it searches or reads a log of references.
    fn commit(&self, name: &str) -> Result<ObjectId, CorpusError> {
        let name = if name.is_empty() { "HEAD" } else { name };
        Revision::parse(name).map_err(CorpusError::Revision)?;
        let found = self.engine.rev_parse_single(format!("{name}^{{commit}}").as_str());
        found.map(gix::Id::detach).map_err(|_| CorpusError::UnknownRevision)
    }

    fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, CorpusError> {
        let commit = self.engine.find_commit(commit).map_err(CorpusError::engine)?;
        commit.tree_id().map(gix::Id::detach).map_err(CorpusError::engine)
    }

    /// Every file of a tree.
    fn unfold(&mut self, tree: ObjectId) -> Result<Files, CorpusError> {
        let mut files = Files::new();
        let (mut entries, mut bytes) = (0_usize, 0_usize);
        let mut waiting = vec![(Vec::new(), tree)];
        while let Some((prefix, id)) = waiting.pop() {
            let tree = self.engine.find_tree(id).map_err(CorpusError::engine)?;
            for entry in tree.iter() {
                let entry = entry.map_err(CorpusError::engine)?;
                let mut path = prefix.clone();
                path.extend_from_slice(entry.filename());
                entries += 1;
                bytes = bytes.saturating_add(path.len());
                if entries > MOST_ENTRIES || bytes > MOST_PATH_BYTES {
                    return Err(CorpusError::TooLarge { limit: MOST_ENTRIES, bytes: MOST_PATH_BYTES });
                }
                match entry.mode().kind() {
                    EntryKind::Tree => {
                        path.push(b'/');
                        waiting.push((path, entry.object_id()));
                    }
                    EntryKind::Blob | EntryKind::BlobExecutable => {
                        files.insert(path, entry.object_id());
                    }
                    EntryKind::Link => self.skipped.links += 1,
                    EntryKind::Commit => {}
                }
            }
        }
        Ok(files)
    }

    /// The files that are new or other than they were. One that only has another name adds nothing.
    fn differences(self, old: &Files, new: Files) -> Corpus {
        let gone: HashSet<&ObjectId> =
            old.iter().filter(|(path, _)| !new.contains_key(*path)).map(|(_, id)| id).collect();
        let changed: HashMap<Vec<u8>, Place> = new
            .into_iter()
            .filter_map(|(path, id)| match old.get(&path) {
                Some(before) if *before == id => None,
                Some(before) => Some((path, Place::Added(id, Some(*before)))),
                None if gone.contains(&id) => None,
                None => Some((path, Place::Added(id, None))),
            })
            .collect();
        self.corpus(changed)
    }

    fn corpus(self, texts: HashMap<Vec<u8>, Place>) -> Corpus {
        let within = |path: &[u8]| {
            let rest = path.strip_prefix(self.beneath.as_slice());
            self.beneath.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        let mut texts: Vec<CorpusText> = texts
            .into_iter()
            .filter(|(path, _)| within(path))
            .map(|(path, place)| CorpusText { path, place })
            .collect();
        texts.sort_by(|one, other| one.path.cmp(&other.path));
        let Self { shared, root, skipped, .. } = self;
        Corpus { root, tree: None, engine: Some(shared), texts, skipped, unread: Vec::new() }
    }
}
