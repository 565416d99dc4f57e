use std::sync::mpsc::{Sender, channel};

use super::*;

/// Where lines are written to. What waits for `go_on` is a reader who does not read.
struct Out {
    written: Sender<String>,
    go_on: Option<Receiver<()>>,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(text.len() <= TOGETHER || text.lines().count() == 1, "{} bytes in one go", text.len());
        for line in text.split_inclusive('\n') {
            let _gone = self.written.send(line.to_owned());
        }
        if let Some(go_on) = &self.go_on {
            let _ended = go_on.recv();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn writer(every: Duration, go_on: Option<Receiver<()>>) -> (LogWriter, Receiver<String>) {
    let (written, lines) = channel();
    let clean = |logged: &Logged| std::str::from_utf8(&logged.line).unwrap().replace("secret", "***");
    (LogWriter::start_looking(every, Out { written, go_on }, clean).unwrap(), lines)
}

fn log(writer: &LogWriter, line: &str, urgent: bool) {
    writer.hand_over(Logged { line: line.into(), redactors: Vec::new() }, urgent);
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn every_line_is_written_clean_and_in_order_whether_or_not_the_thread_sleeps() {
    let every = Duration::from_millis(2);
    let (writer, lines) = writer(every, None);
    // It looks, falls asleep, sleeps.
    for pause in [Duration::ZERO, every, every * LOOKS, every * LOOKS * 3, Duration::ZERO] {
        std::thread::sleep(pause);
        for number in 0..200 {
            log(&writer, &format!("secret {number} {}\n", "x".repeat(number)), number % 7 == 3);
        }
        for number in 0..200 {
            let line = lines.recv_timeout(LONG).unwrap();
            assert_eq!(line, format!("*** {number} {}\n", "x".repeat(number)), "after {pause:?}");
        }
    }
}

#[test]
fn a_line_is_not_missed_by_a_thread_that_falls_asleep() {
    let every = Duration::from_millis(1);
    let (writer, lines) = writer(every, None);
    for round in 0..40 {
        // About when it does.
        std::thread::sleep(every * LOOKS - every + every * round / 10);
        log(&writer, "one\n", false);
        assert_eq!(lines.recv_timeout(LONG).unwrap(), "one\n");
    }
}

#[test]
fn what_nobody_reads_is_lost_and_counted_and_stops_nobody() {
    let (go_on, waits) = channel();
    let (writer, lines) = writer(EVERY, Some(waits));
    log(&writer, &format!("{}\n", "first ".repeat(TOGETHER)), true);
    // It is being written.
    lines.recv_timeout(LONG).unwrap();
    for _ in 0..WAITING + 10 {
        log(&writer, "more\n", false);
    }
    writer.flush();
    assert_eq!(writer.shared.unwritten.load(Ordering::Acquire), WAITING + 1);
    drop(go_on);
    let told: serde_json::Value = serde_json::from_str(&lines.recv_timeout(LONG).unwrap()).unwrap();
    assert_eq!((&told["level"], &told["lines"]), (&"WARN".into(), &10.into()));
    for _ in 0..WAITING {
        assert_eq!(lines.recv_timeout(LONG).unwrap(), "more\n");
    }
}

#[test]
fn what_cannot_be_written_is_counted() {
    struct Closed(u32, Sender<String>);
    impl Write for Closed {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if let Some(left) = self.0.checked_sub(1) {
                self.0 = left;
                return Err(std::io::ErrorKind::WouldBlock.into());
            }
            let _gone = self.1.send(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (written, lines) = channel();
    let clean = |logged: &Logged| String::from_utf8(logged.line.clone()).unwrap();
    let writer = LogWriter::start(Closed(1, written), clean).unwrap();
    log(&writer, "one\n", true);
    let told = lines.recv_timeout(LONG).unwrap();
    assert!(told.contains("\"lines\":1}"), "{told}");
}

#[test]
fn the_end_of_a_process_waits_for_no_look() {
    // It looks once a minute.
    let (writer, lines) = writer(LONG, None);
    log(&writer, "first\n", true);
    lines.recv_timeout(LONG).unwrap();
    log(&writer, "last\n", false);
    writer.flush();
    assert_eq!(lines.try_recv().unwrap(), "last\n");
}

#[test]
fn a_warning_waits_for_no_look_and_much_at_once_does_not_either() {
    let (writer, lines) = writer(LONG, None);
    log(&writer, "a call\n", false);
    log(&writer, "a warning\n", true);
    assert_eq!((lines.recv().unwrap(), lines.recv().unwrap()), ("a call\n".into(), "a warning\n".into()));
    for _ in 0..=WAITING / 2 {
        log(&writer, "a call\n", false);
    }
    assert_eq!(lines.recv_timeout(LONG / 2).unwrap(), "a call\n");
}
