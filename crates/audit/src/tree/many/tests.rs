use super::*;

fn entries(from: u64, to: u64) -> Vec<Digest> {
    (from..to).map(|seq| Digest::of(&seq.to_be_bytes())).collect()
}

#[test]
fn many_leaves_at_once_are_the_same_as_one_by_one() {
    let mut room = Vec::new();
    for begin in [0, 1, 2, 3, 7, 8, 100, 127, 1 << 40] {
        for count in (0..70).chain([255, 256, 257, 1_000]) {
            let entries = entries(begin, begin + count);
            let mut single = TreeRange::new(begin);
            entries.iter().for_each(|entry| single.append(entry));
            for parted in [0, count / 3, count] {
                let (one, other) = entries.split_at(usize::try_from(parted).unwrap());
                let mut many = TreeRange::new(begin);
                many.extend(one, &mut room);
                many.extend(other, &mut room);
                assert_eq!(many, single, "{begin} {count} {parted}");
            }
        }
    }
}
