//! Page buffers to be used again, so that a small commit allocates none.
//!
//! They belong to the thread and not to the image: an idle object keeps no buffers.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use super::Page;
use super::delta::ZERO;

/// 256 KiB a thread.
const KEPT: usize = 64;

thread_local! {
    static SPARES: RefCell<Vec<Arc<Page>>> = const { RefCell::new(Vec::new()) };
}

/// A page of its own with this content.
pub(super) fn filled(content: &Page) -> Arc<Page> {
    let spare = SPARES.try_with(|spares| spares.borrow_mut().pop()).ok().flatten();
    if let Some(mut page) = spare
        && let Some(bytes) = Arc::get_mut(&mut page)
    {
        bytes.copy_from_slice(content);
        return page;
    }
    Arc::new(*content)
}

/// Keeps a page for [`filled`], if nobody else holds it.
pub(super) fn give_back(mut page: Arc<Page>) {
    if Arc::get_mut(&mut page).is_some() {
        // A thread that is ending has no spares any more.
        let _ = SPARES.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.len() < KEPT {
                spares.push(page);
            }
        });
    }
}

/// The page of zeros that all images share.
pub(super) fn zero() -> Arc<Page> {
    static PAGE_OF_ZEROS: OnceLock<Arc<Page>> = OnceLock::new();
    PAGE_OF_ZEROS.get_or_init(|| Arc::new(ZERO)).clone()
}
