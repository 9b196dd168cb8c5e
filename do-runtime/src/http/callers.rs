//! Who calls, and what of it each may do.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;

use super::allowance::Allowance;
use super::problem::Problem;
use super::serve::Peer;
use crate::Timestamp;
use crate::metadata::Caller;

/// What a server lets each caller do. Nothing is looked at of what is not set.
#[derive(Default)]
pub(super) struct Callers {
    pub(super) calls: Option<Allowance>,
    pub(super) new_objects: Option<Allowance>,
    pub(super) wrong_credentials: Option<Allowance>,
}

/// A caller, as far as limits tell them apart: a hash, so that what is kept of it is small whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Who([u8; 16]);

/// Who makes a request.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    pub(super) caller: Caller,
    /// Whose allowances it takes, if there are any.
    who: Option<Who>,
}

impl Callers {
    /// Who makes a request, once that is known.
    pub(super) fn asker(&self, caller: Caller, head: &Parts) -> Asker {
        let is_counted = self.calls.is_some() || self.new_objects.is_some();
        let who = is_counted.then(|| match caller.principal() {
            Some(name) => Who::named(name),
            None => Who::at(address(head)),
        });
        Asker { caller, who }
    }

    /// Refuses a request before its credentials are looked at, if too many of its address were wrong.
    pub(super) fn check_guesses(&self, head: &Parts, now: Timestamp) -> Result<(), Problem> {
        match (&self.wrong_credentials, address(head)) {
            (Some(allowance), Some(address)) => {
                allowance.look(Who::at(Some(address)), now).map_err(|wait| over(allowance, wait))
            }
            _ => Ok(()),
        }
    }

    /// Counts credentials that are wrong.
    pub(super) fn count_guess(&self, head: &Parts, now: Timestamp) {
        if let (Some(allowance), Some(address)) = (&self.wrong_credentials, address(head)) {
            // What it comes to is told to the next request.
            let _ = allowance.take(Who::at(Some(address)), now);
        }
    }

    /// Counts a request of nobody who is known: as a call of its address.
    pub(super) fn count_unknown(&self, head: &Parts, now: Timestamp) -> Result<(), Problem> {
        match &self.calls {
            Some(allowance) => take(allowance, Who::at(address(head)), now),
            None => Ok(()),
        }
    }

    /// Takes one of an allowance for somebody who is known.
    pub(super) fn count(allowance: &Allowance, asker: &Asker, now: Timestamp) -> Result<(), Problem> {
        asker.who.map_or(Ok(()), |who| take(allowance, who, now))
    }
}

fn take(allowance: &Allowance, who: Who, now: Timestamp) -> Result<(), Problem> {
    allowance.take(who, now).map_err(|wait| over(allowance, wait))
}

#[cold]
fn over(allowance: &Allowance, wait: Duration) -> Problem {
    Problem::overloaded(allowance.sentence()).after(wait)
}

impl Who {
    /// The principal of a name.
    pub(super) fn named(principal: &str) -> Self {
        Who::hashed(b'p', principal.as_bytes())
    }

    /// Whoever comes from an address; all together, if it is not known.
    fn at(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => Who::hashed(b'4', &address.octets()),
            Some(IpAddr::V6(address)) => Who::hashed(b'6', &network(address)),
            None => Who::hashed(b'a', b""),
        }
    }

    fn hashed(kind: u8, name: &[u8]) -> Self {
        let mut hash = [0; 16];
        blake3::Hasher::new().update(&[kind]).update(name).finalize_xof().fill(&mut hash);
        Who(hash)
    }
}

/// The first half: a customer has at least all of the other.
fn network(address: Ipv6Addr) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = address.octets();
    [a, b, c, d, e, f, g, h]
}

/// Where a request comes from: as the server has accepted it, or as another one says that serves the router.
pub(super) fn address(head: &Parts) -> Option<IpAddr> {
    let own = head.extensions.get::<Arc<Peer>>().map(|peer| peer.address);
    own.or_else(|| head.extensions.get::<ConnectInfo<SocketAddr>>().map(|connected| connected.0.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Who {
        Who::at(Some(address.parse().expect("an address")))
    }

    #[test]
    fn addresses_of_one_network_are_one_caller_and_a_principal_is_never_an_address() {
        assert_eq!(at("2001:db8::1"), at("2001:db8:0:0:ffff::2"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
        assert_eq!(at("192.0.2.1"), at("::ffff:192.0.2.1"), "as a socket for both gives it");
        assert_ne!(at("192.0.2.1"), Who::named("192.0.2.1"));
        assert_ne!(Who::at(None), at("0.0.0.0"));
        assert_ne!(Who::at(None), Who::named(""));
    }
}
