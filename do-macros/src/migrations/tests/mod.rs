mod forms;

#[cfg(feature = "checked-sql")]
mod generated;
#[cfg(feature = "checked-sql")]
mod proposals;
#[cfg(feature = "checked-sql")]
mod steps;
#[cfg(feature = "checked-sql")]
mod support;
