use proptest::prelude::*;

use super::*;

fn read_all(input: &[u8], limit: usize) -> Vec<(Line, Vec<u8>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut lines = Lines::new(input, limit);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push((line, lines.bytes().to_vec()));
        }
        all
    })
}

#[test]
fn lines_lose_their_ends_and_an_unfinished_one_is_said_to_be() {
    let table: [(&[u8], &[&[u8]]); 5] = [
        (b"", &[]),
        (b"a\nb\r\n", &[b"a", b"b"]),
        (b"\n\n", &[b"", b""]),
        (b"a\ncut off", &[b"a", b"cut off"]),
        (b"a\rb\n", &[b"a\rb"]),
    ];
    for (input, expected) in table {
        let found = read_all(input, 100);
        let lines: Vec<&[u8]> = found.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        assert_eq!(lines, expected, "{input:?}");
        let ends = found.iter().map(|(line, bytes)| (*line == Line::CutOff, bytes == b"cut off"));
        assert!(ends.into_iter().all(|(cut, last)| cut == last), "{input:?}");
    }
}

#[test]
fn a_line_over_the_limit_is_read_past_and_its_beginning_kept() {
    let long = vec![b'x'; 50_000];
    let input = [b"before\n".as_slice(), &long, b"\nafter\n"].concat();
    let found = read_all(&input, 10_000);
    let expected = [
        (Line::Whole, b"before".to_vec()),
        (Line::TooLong, vec![b'x'; BEGINNING]),
        (Line::Whole, b"after".to_vec()),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_end_of_a_line_over_the_limit_is_kept() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for length in [10, END - 1, END, END + 1, 8 * 1024, 50_000] {
            let text: Vec<u8> = (0..length).map(|number| b'a' + u8::try_from(number % 23).unwrap()).collect();
            let input = [text.as_slice(), b"\nshort\n"].concat();
            let mut lines = Lines::new(input.as_slice(), 9);
            assert_eq!(lines.next().await.unwrap(), Some(Line::TooLong));
            let whole = &input[..=length];
            assert_eq!(lines.end(), &whole[whole.len().saturating_sub(END)..], "{length}");
            assert_eq!(lines.next().await.unwrap(), Some(Line::Whole));
            assert_eq!((lines.bytes(), lines.end()), (b"short".as_slice(), b"".as_slice()));
        }
    });
}

#[test]
fn the_limit_counts_the_end_of_the_line() {
    assert_eq!(read_all(b"1234\n", 5), [(Line::Whole, b"1234".to_vec())]);
    assert_eq!(read_all(b"12345\n", 5), [(Line::TooLong, b"12345\n".strip_suffix(b"\n").unwrap().to_vec())]);
}

proptest! {
    #[test]
    fn whatever_comes_as_many_lines_go_in_as_come_out(input in proptest::collection::vec(any::<u8>(), 0..2_000), limit in 1_usize..200) {
        let found = read_all(&input, limit);
        prop_assert_eq!(found.len(), input.split_inclusive(|byte| *byte == b'\n').count());
        for ((line, bytes), whole) in found.iter().zip(input.split_inclusive(|byte| *byte == b'\n')) {
            let expected = match (whole.ends_with(b"\n"), whole.len() > limit) {
                (false, _) => Line::CutOff,
                (true, true) => Line::TooLong,
                (true, false) => Line::Whole,
            };
            prop_assert_eq!(*line, expected);
            prop_assert!(whole.starts_with(bytes));
        }
    }
}
