//! SQLite itself: the VFS and the connection of an object.
