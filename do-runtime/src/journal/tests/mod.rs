//! The journal on the simulated disk, from outside.

mod closing;
mod crash;
mod damage;
mod fixture;
mod flight;
mod room;
mod round_trip;
