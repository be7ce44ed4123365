//! The bits of a scan (annex C.1).

/// Reads bits, the highest of a byte first. After a byte of ones the next one's highest bit is stuffing.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    next: usize,
    /// Bits read ahead, left-aligned.
    ahead: u64,
    count: u32,
    stuffed: bool,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, next: 0, ahead: 0, count: 0, stuffed: false }
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let Some(byte) = self.data.get(self.next).copied() else { return };
            // A set bit in place of the stuffing: a marker.
            if self.stuffed && byte >= 0x80 {
                return;
            }
            let width = if self.stuffed { 7 } else { 8 };
            self.ahead |= u64::from(byte) << (64 - width) >> self.count;
            self.count += width;
            self.stuffed = byte == 0xff;
            self.next += 1;
        }
    }

    /// The next `width` bits, at most 16; `None` after the end.
    pub(super) fn take(&mut self, width: u32) -> Option<u32> {
        if width == 0 {
            return Some(0);
        }
        if self.count < width {
            self.fill();
        }
        self.count = self.count.checked_sub(width)?;
        let value = (self.ahead >> (64 - width)) as u32;
        self.ahead <<= width;
        Some(value)
    }

    /// The number of zeros before the next one, which is taken too; `None` for more than `most` and after the end.
    pub(super) fn zeros(&mut self, most: u32) -> Option<u32> {
        let mut zeros = 0;
        loop {
            if self.count == 0 {
                self.fill();
            }
            let run = self.ahead.leading_zeros().min(self.count);
            zeros += run;
            if zeros > most || self.count == 0 {
                return None;
            }
            if run < self.count {
                self.count -= run + 1;
                // Twice, for a run of 63.
                self.ahead = self.ahead << run << 1;
                return Some(zeros);
            }
            (self.count, self.ahead) = (0, 0);
        }
    }

    /// Where the marker after the scan begins.
    pub(super) fn end(&self) -> usize {
        let mut at = self.next;
        // The first byte of a marker may have been read ahead as data.
        if self.stuffed && at > 0 {
            at -= 1;
        }
        let tail = &self.data[at..];
        at + tail.array_windows::<2>().position(|[a, b]| *a == 0xff && *b >= 0x80).unwrap_or(tail.len())
    }
}
