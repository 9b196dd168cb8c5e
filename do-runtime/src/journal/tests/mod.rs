//! The journal on the simulated disk, from outside.

mod closing;
mod crash;
mod damage;
mod fixture;
mod flight;
mod gate;
mod room;
mod round_trip;
