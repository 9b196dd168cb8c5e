use super::sample::{CartItem, Message};
use crate::table::Table;

#[test]
fn the_placeholders_of_a_schema_are_filled_in() {
    let ddl = CartItem::DEF.ddl();
    assert!(ddl.contains("quantity INTEGER NOT NULL CHECK"), "{ddl}");
    assert!(!ddl.contains('{'), "{ddl}");
    assert_eq!(Message::DEF.ddl(), Message::DEF.schema);
}
