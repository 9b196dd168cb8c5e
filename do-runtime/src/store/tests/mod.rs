//! Tests of the store as a whole, on a simulated disk.

mod checkpoints;
mod crashes;
mod damage;
mod listing;
mod model;
mod pages;
mod pending;
mod replays;
mod wakes;
mod world;
