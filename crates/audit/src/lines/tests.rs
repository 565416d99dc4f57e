use super::Lines;
use crate::limit;

fn cut(input: &[u8]) -> Vec<(Vec<u8>, u64, bool)> {
    // three bytes at a time, so that lines cross the borders of the source
    let mut lines = Lines::new(std::io::BufReader::with_capacity(3, input));
    let mut all = Vec::new();
    while let Some(line) = lines.next().unwrap() {
        assert_eq!(line.number, all.len() as u64 + 1);
        all.push((line.bytes.to_vec(), line.offset, line.ended));
    }
    all
}

#[test]
fn cuts_at_line_feeds_only() {
    assert_eq!(cut(b""), []);
    assert_eq!(
        cut(b"ab\r\n\n\xe2\x80\xa8longer\nend"),
        [
            (b"ab\r".to_vec(), 0, true),
            (b"".to_vec(), 4, true),
            ("\u{2028}longer".as_bytes().to_vec(), 5, true),
            (b"end".to_vec(), 15, false),
        ]
    );
}

#[test]
fn keeps_only_the_begin_of_an_endless_line() {
    let mut input = vec![b'x'; 3 * limit::LINE_BYTES];
    input.extend_from_slice(b"\nnext\n");
    let lines = cut(&input);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].0.len(), limit::LINE_BYTES);
    assert_eq!(lines[1], (b"next".to_vec(), 3 * limit::LINE_BYTES as u64 + 1, true));
}
