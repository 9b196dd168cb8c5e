//! Generic types of the user's own, as arguments, results and fields.
#![deny(warnings)]
#![allow(missing_docs)]

use std::collections::HashMap;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
}

// A name that the generated code would have liked for itself.
#[derive(Serialize, Deserialize)]
pub struct Request<T> {
    pub of: T,
}

#[durable_object]
pub struct Book {
    #[stored]
    pages: HashMap<String, Page<u8>>,
    #[ephemeral]
    open: Option<Page<Vec<String>>>,
}

#[durable_object]
impl Book {
    const PAGES: usize = 2;

    #[rpc]
    fn put(&mut self, name: String, page: Request<Page<u8>>) -> Result<Page<u8>> {
        self.open = None;
        Ok(self.pages.insert(name, page.of).unwrap_or_default())
    }

    #[rpc]
    fn array(&self, bytes: [u8; Self::PAGES]) -> Result<(u8, [u8; Self::PAGES])> {
        Ok((0, bytes))
    }

    #[rpc]
    async fn both(_first: Page<u8>, second: Option<Page<String>>) -> Result<Option<Page<String>>> {
        Ok(second)
    }
}

fn main() {}
