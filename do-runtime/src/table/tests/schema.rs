use super::sample::{CartItem, Message, Tag};
use crate::table::{Table, TableDef, schema_fingerprint};

fn with_schema(schema: &'static str) -> TableDef {
    let TableDef { name, rust_name, types, columns, key, assigned, indexes, references, expiry, .. } = *Tag::DEF;
    TableDef { name, rust_name, schema, types, columns, key, assigned, indexes, references, expiry }
}

#[test]
fn the_placeholders_of_a_schema_are_filled_in() {
    let ddl = CartItem::DEF.ddl();
    assert!(ddl.contains("quantity INTEGER NOT NULL CHECK"), "{ddl}");
    assert!(!ddl.contains('{'), "{ddl}");
    assert_eq!(Message::DEF.ddl(), Message::DEF.schema);
}

#[test]
fn a_fingerprint_tells_schemas_apart_but_not_layouts() {
    let base = schema_fingerprint(&[&with_schema("CREATE TABLE t (a TEXT DEFAULT 'x y', b TEXT);")]);
    let same = schema_fingerprint(&[&with_schema("\nCREATE TABLE t (a TEXT\n    DEFAULT 'x y', b TEXT);\n")]);
    assert_eq!(base, same);
    let other_text = schema_fingerprint(&[&with_schema("CREATE TABLE t (a TEXT DEFAULT 'x  y', b TEXT);")]);
    assert_ne!(base, other_text);
    let other_column = schema_fingerprint(&[&with_schema("CREATE TABLE t (a TEXT DEFAULT 'x y', c TEXT);")]);
    assert_ne!(base, other_column);
    assert_ne!(schema_fingerprint(&[Message::DEF, Tag::DEF]), schema_fingerprint(&[Tag::DEF, Message::DEF]));
    assert_ne!(schema_fingerprint(&[]), base);
}
