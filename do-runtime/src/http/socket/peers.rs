//! How many sockets each address has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// The sockets of each address.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Peers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One socket of an address, as long as it is held.
#[derive(Debug)]
pub(super) struct Seat {
    peers: Peers,
    address: IpAddr,
}

impl Peers {
    /// One more socket, unless the address has as many as it may.
    pub(super) fn take(&self, address: IpAddr, most: usize) -> Option<Seat> {
        let mut counts = self.0.lock();
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat { peers: self.clone(), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.peers.0.lock();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}
