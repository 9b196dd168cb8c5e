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
        let count = counts.get(&address).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        counts.insert(address, count + 1);
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn of_an_address_without_sockets_nothing_is_kept() {
        let (peers, address) = (Peers::default(), IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert!(peers.take(address, 0).is_none());
        assert!(peers.0.lock().is_empty(), "nobody has any");
        let seat = peers.take(address, 1).expect("there is room");
        assert!(peers.take(address, 1).is_none());
        drop(seat);
        assert!(peers.0.lock().is_empty());
    }
}
