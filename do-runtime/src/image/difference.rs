//! How a new object differs from the template that it began as.

use std::sync::Arc;

use super::delta::{Encoder, ZERO};
use super::{Image, Page};
use crate::error::{Error, ErrorKind, Result};

impl Image {
    /// Appends the byte differences between `template`, which this image began as, and what it is now.
    ///
    /// # Errors
    /// `internal` while a transaction is open.
    pub fn difference(&self, template: &[Arc<Page>], delta: &mut Vec<u8>) -> Result<()> {
        if self.in_transaction() {
            return Err(Error::new(ErrorKind::Internal, "an image was compared in the middle of a transaction"));
        }
        let mut encoder = Encoder::new(delta);
        for number in 0..self.size() {
            // Pages of a new object are in memory, all of them: there is nowhere else for them to be.
            let now = self.resident(number);
            let before = template.get(number as usize);
            let shared = matches!((now, before), (Some(now), Some(before)) if Arc::ptr_eq(now, before));
            if !shared {
                encoder.page(number, before.map_or(&ZERO, |page| page), now.map_or(&ZERO, |page| page));
            }
        }
        Ok(())
    }
}
