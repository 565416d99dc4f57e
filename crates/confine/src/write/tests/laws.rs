//! Random changes leave what a map of names and contents says, and nothing else.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;

use super::{World, code, path};
use crate::write::Staged;

#[derive(Clone, Debug)]
enum Step {
    Put { bytes: Vec<u8>, executable: Option<bool>, publish: bool },
    Remove { prune: bool, publish: bool },
}

fn steps() -> impl Strategy<Value = Vec<(&'static str, Step)>> {
    // None is a directory of another, so that the model needs no directories.
    let name = prop::sample::select(vec!["a", "b", "c/a", "c/b", "c/d/a", "e/f/g/h", "e/f/i"]);
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        (0_usize..9000).prop_map(|length| vec![b'x'; length]),
    ];
    let step = prop_oneof![
        3 => (bytes, any::<Option<bool>>(), prop::bool::weighted(0.8))
            .prop_map(|(bytes, executable, publish)| Step::Put { bytes, executable, publish }),
        1 => (any::<bool>(), prop::bool::weighted(0.8)).prop_map(|(prune, publish)| Step::Remove { prune, publish }),
    ];
    prop::collection::vec((name, step), 0..40)
}

type Model = BTreeMap<&'static str, (Vec<u8>, bool)>;

fn apply(model: &mut Model, name: &'static str, step: &Step) {
    match step {
        Step::Put { bytes, executable, publish: true } => {
            let old = model.get(name).is_some_and(|(_, executable)| *executable);
            model.insert(name, (bytes.clone(), executable.unwrap_or(old)));
        }
        Step::Remove { publish: true, .. } => {
            model.remove(name);
        }
        Step::Put { .. } | Step::Remove { .. } => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_changes_leaves_what_it_says(steps in steps(), portable: bool) {
        let world = World::in_memory();
        let [(_, detected), (_, walk)] = world.both();
        let root = if portable { walk } else { detected };
        let mut model = Model::new();
        for (name, step) in &steps {
            let target = root.target(&path(name)).unwrap();
            let current = target.current().map(|current| (current.bytes.clone(), current.executable));
            prop_assert_eq!(current.as_ref(), model.get(name));
            let (staged, publish) = match step {
                Step::Put { bytes, executable, publish } => (target.stage(bytes, *executable), *publish),
                Step::Remove { prune, publish } => {
                    (target.removal().map(|staged| if *prune { staged.prune() } else { staged }), *publish)
                }
            };
            match (staged, model.contains_key(name)) {
                (Ok(staged), _) if publish => drop(Staged::publish(staged).unwrap()),
                (Ok(staged), _) => drop(staged),
                (refused, there) => {
                    prop_assert_eq!(code(refused), Some("not_found"));
                    prop_assert!(!there);
                }
            }
            apply(&mut model, name, step);
        }
        let root = world.at("root");
        let found: BTreeMap<String, (Vec<u8>, bool)> = world
            .everything()
            .into_iter()
            .filter(|(name, _)| name.starts_with(&root) && name.is_file())
            .map(|(name, (mode, bytes))| {
                (name.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), (bytes, mode & 0o111 != 0))
            })
            .collect();
        prop_assert_eq!(found, model.into_iter().map(|(name, file)| (name.to_owned(), file)).collect());
        prop_assert_eq!(fs::read(world.at("outside/secret")).unwrap(), b"outside");
    }
}
