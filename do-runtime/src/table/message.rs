//! Sentences that are put together while the user's crate is compiled, where nothing can be formatted.

/// A sentence that grows.
#[derive(Clone, Copy)]
pub(super) struct Message {
    bytes: [u8; Message::CAPACITY],
    length: usize,
}

impl Message {
    const CAPACITY: usize = 1024;
    pub(super) const NONE: Message = Message { bytes: [0; Message::CAPACITY], length: 0 };

    pub(super) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) const fn add(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut index = 0;
        // What does not fit is cut whole, so that no character is.
        while self.length + text.len() <= Message::CAPACITY && index < text.len() {
            self.bytes[self.length + index] = text[index];
            index += 1;
        }
        self.length += index;
        self
    }

    pub(super) const fn number(self, number: usize) -> Self {
        const DIGITS: &str = "0123456789";
        let larger = if number >= 10 { self.number(number / 10) } else { self };
        larger.add(DIGITS.split_at(number % 10).1.split_at(1).0)
    }

    pub(super) const fn text(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => panic!("a message is made of whole texts"),
        }
    }
}
