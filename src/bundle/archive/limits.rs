//! How much an archive may ask for.

const MEBI: u64 = 1 << 20;
const GIBI: u64 = 1 << 30;

/// How much an archive may ask for before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most entries, folders among them.
    pub entries: u64,
    /// The most bytes of one entry when unpacked.
    pub entry_size: u64,
    /// The most bytes of all entries together when unpacked.
    pub total_size: u64,
    /// The most bytes that a packed byte may stand for, in entries of more than [`ratio_from`](Self::ratio_from) bytes.
    pub ratio: u64,
    /// Entries up to this size may be packed as tightly as they like.
    pub ratio_from: u64,
}

impl Default for Limits {
    /// 200,000 entries, 64 GiB an entry, 1 TiB in all, and 200:1 for entries of more than 10 MiB.
    fn default() -> Self {
        Self { entries: 200_000, entry_size: 64 * GIBI, total_size: 1024 * GIBI, ratio: 200, ratio_from: 10 * MEBI }
    }
}

impl Limits {
    /// Whether `packed` bytes may stand for `size` bytes.
    pub(super) fn allow_ratio(&self, size: u64, packed: u64) -> bool {
        size <= self.ratio_from || size.div_ceil(self.ratio.max(1)) <= packed
    }
}
