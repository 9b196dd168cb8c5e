//! The differences of images, as recovery applies them.

use crate::error::Result;
use crate::image::Page;
use crate::image::delta::{self, PagesMut};
use crate::store::DeltaPages;

/// Applies the byte differences of a commit.
pub(super) fn apply_delta(delta: &[u8], pages: u32, target: &mut dyn DeltaPages) -> Result<()> {
    delta::apply(delta, pages, &mut Target(target))
}

struct Target<'a>(&'a mut dyn DeltaPages);

impl PagesMut for Target<'_> {
    fn page_mut(&mut self, number: u32) -> Result<&mut Page> {
        self.0.page_mut(number)
    }
}
