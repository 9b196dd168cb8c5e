//! A fuzzer's bytes as numbers, slices and choices, from the front on. When they are used up, zeros follow.

/// What is left of the bytes.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Input(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let bytes = self.slice(N);
        std::array::from_fn(|at| bytes.get(at).copied().unwrap_or_default())
    }

    /// A number below `bound`, which is at most 65,536 and not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        match bound {
            0..=256 => usize::from(self.byte()) % bound,
            _ => usize::from(u16::from_le_bytes(self.array())) % bound,
        }
    }

    /// A number of any size, small ones and those near the greatest more often.
    pub(crate) fn number(&mut self) -> u64 {
        match self.byte() % 6 {
            0 => u64::from(self.byte()),
            1 => u64::from(u16::from_le_bytes(self.array())),
            2 => u64::MAX - u64::from(self.byte()),
            3 => i64::MAX as u64 - u64::from(self.byte()),
            4 => u64::from(u32::MAX) - u64::from(self.byte()),
            _ => u64::from_le_bytes(self.array()),
        }
    }

    /// So many bytes, or as many as there are.
    pub(crate) fn slice(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Text of up to so many bytes.
    pub(crate) fn text(&mut self, most: usize) -> String {
        let length = self.below(most + 1);
        String::from_utf8_lossy(self.slice(length)).into_owned()
    }

    /// What is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        self.slice(usize::MAX)
    }
}
