//! As much of HTTP as it takes to know that an answer is whole.

/// The bytes of a reply so far.
#[derive(Default)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    /// The status of the reply, once all of it has come.
    pub(crate) fn whole(&self) -> Option<u16> {
        self.status_and_length().map(|(status, _)| status)
    }

    fn status_and_length(&self) -> Option<(u16, usize)> {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = std::str::from_utf8(&self.bytes[..end]).ok()?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        })?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        (self.bytes.len() >= end + length).then_some((status, end + length))
    }

    /// Goes on to what came behind the reply.
    pub(crate) fn next(&mut self) {
        let length = self.status_and_length().map_or(0, |(_, length)| length);
        self.bytes.drain(..length);
    }

    /// Makes room for the next one; what was said must have been yes.
    pub(crate) fn accept(&mut self, status: u16) -> anyhow::Result<()> {
        anyhow::ensure!(status == 200, "{}", String::from_utf8_lossy(&self.bytes));
        self.bytes.clear();
        Ok(())
    }
}
