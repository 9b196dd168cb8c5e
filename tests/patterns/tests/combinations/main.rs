//! What people build of several of the examples at once. The examples are as they stand; what joins them is here.

mod chat_with_a_limit;
mod counter_that_forgets;
mod session_with_analytics;
