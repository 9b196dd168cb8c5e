//! Whether the columns of a checked query fit the type that its rows are read as. It is computed while the user's crate
//! is compiled, where both are known by their real types, however these are called where the query stands.

use super::TableDef;
use super::message::Message;
use crate::value::Column;

/// What a type reads from a row.
#[derive(Debug, Clone, Copy)]
pub enum RowShape {
    /// It is written by hand, and reads what it likes.
    Unknown,
    /// The only column.
    Value(ValueShape),
    /// The columns by position.
    Tuple(&'static [ValueShape]),
    /// The columns by name: a struct with `#[derive(Row)]`.
    Fields(&'static str, &'static [(&'static str, ValueShape)]),
    /// The columns by name: a table.
    Table(&'static TableDef),
}

/// What a type can hold.
#[derive(Debug, Clone, Copy)]
pub struct ValueShape {
    /// Its class: `INTEGER`, `REAL`, `TEXT` or `BLOB`.
    pub sql_type: &'static str,
    /// Whether it can be NULL.
    pub null: bool,
}

impl ValueShape {
    /// What a column type can hold.
    pub const fn of<T: Column>() -> Self {
        ValueShape { sql_type: T::SQL_TYPE, null: T::NULL }
    }
}

/// A column that a query gives.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// Its name.
    pub name: &'static str,
    /// Its class, empty if it can't be told.
    pub sql_type: &'static str,
    /// Whether it may be NULL.
    pub null: bool,
    /// The line of SQL where it stands, with a mark under it; or empty.
    pub excerpt: &'static str,
}

/// Does not compile, unless rows of these columns can be read as a type of this shape.
#[track_caller]
pub const fn row_fits(shape: RowShape, columns: &[Given]) {
    let message = match shape {
        RowShape::Unknown => Message::NONE,
        RowShape::Value(value) => match columns {
            [column] => value_fits(value, column, Place::Row),
            _ => Message::NONE
                .add("the query gives ")
                .number(columns.len())
                .add(" columns, and its row type holds one: name a tuple, or a struct with `#[derive(Row)]`"),
        },
        RowShape::Tuple(values) => tuple_fits(values, columns),
        RowShape::Fields(name, fields) => struct_fits(name, Fields::Row(fields), columns),
        RowShape::Table(table) => struct_fits(table.rust_name, Fields::Table(table), columns),
    };
    if !message.is_empty() {
        panic!("{}", message.text());
    }
}

const fn tuple_fits(values: &[ValueShape], columns: &[Given]) -> Message {
    if values.len() != columns.len() {
        return Message::NONE
            .add("the query gives ")
            .number(columns.len())
            .add(if columns.len() == 1 { " column, and the tuple has " } else { " columns, and the tuple has " })
            .number(values.len())
            .add(": write a type for each column");
    }
    let mut index = 0;
    while index < values.len() {
        let message = value_fits(values[index], &columns[index], Place::Element(index));
        if !message.is_empty() {
            return message;
        }
        index += 1;
    }
    Message::NONE
}

/// The fields of a struct.
#[derive(Clone, Copy)]
enum Fields<'a> {
    Row(&'a [(&'static str, ValueShape)]),
    Table(&'a TableDef),
}

impl Fields<'_> {
    const fn len(&self) -> usize {
        match self {
            Fields::Row(fields) => fields.len(),
            Fields::Table(table) => table.columns.len(),
        }
    }

    const fn name(&self, index: usize) -> &'static str {
        match self {
            Fields::Row(fields) => fields[index].0,
            Fields::Table(table) => table.columns[index].name,
        }
    }

    const fn shape(&self, index: usize) -> ValueShape {
        match self {
            Fields::Row(fields) => fields[index].1,
            Fields::Table(table) => {
                let column = &table.columns[index];
                ValueShape { sql_type: column.sql_type, null: column.null }
            }
        }
    }

    /// Where a field with this name is, or `len` if there is none.
    const fn position(&self, name: &str) -> usize {
        let mut index = 0;
        while index < self.len() && !same(self.name(index), name) {
            index += 1;
        }
        index
    }

    /// A name that was probably meant, or an empty one.
    const fn near(&self, name: &str) -> &'static str {
        let mut index = 0;
        while index < self.len() {
            if is_near(self.name(index), name) {
                return self.name(index);
            }
            index += 1;
        }
        ""
    }
}

const fn struct_fits(name: &'static str, fields: Fields<'_>, columns: &[Given]) -> Message {
    let mut index = 0;
    while index < columns.len() {
        let column = &columns[index];
        let mut earlier = 0;
        while earlier < index {
            if same(columns[earlier].name, column.name) {
                return Message::NONE
                    .add("the query gives two columns called `")
                    .add(column.name)
                    .add("`: name one of them with `AS`")
                    .excerpt(column);
            }
            earlier += 1;
        }
        if fields.position(column.name) == fields.len() {
            let message =
                Message::NONE.add("`").add(name).add("` has no field for the column `").add(column.name).add("`");
            let near = fields.near(column.name);
            let message = match near.is_empty() {
                true => message.add(": leave it out, or add the field"),
                false => {
                    message.add(": did you mean `").add(near).add("`? Leave it out, or write `AS ").add(near).add("`")
                }
            };
            return message.excerpt(column);
        }
        index += 1;
    }
    let mut field = 0;
    while field < fields.len() {
        let mut index = 0;
        while index < columns.len() && !same(columns[index].name, fields.name(field)) {
            index += 1;
        }
        if index == columns.len() {
            return Message::NONE
                .add("the query gives no column `")
                .add(fields.name(field))
                .add("`, which `")
                .add(name)
                .add("` needs: select it, or read the rows as a struct with `#[derive(Row)]`, a tuple, or without a row type");
        }
        let message = value_fits(fields.shape(field), &columns[index], Place::Field(name, fields.name(field)));
        if !message.is_empty() {
            return message;
        }
        field += 1;
    }
    Message::NONE
}

/// What a column is read into.
#[derive(Clone, Copy)]
enum Place {
    Row,
    Element(usize),
    Field(&'static str, &'static str),
}

const fn value_fits(value: ValueShape, column: &Given, place: Place) -> Message {
    let class_fits = column.sql_type.is_empty()
        || same(value.sql_type, column.sql_type)
        || same(value.sql_type, "REAL") && same(column.sql_type, "INTEGER");
    let mixed = !column.sql_type.is_empty() && !is_class(column.sql_type);
    if !class_fits {
        let message = Message::NONE
            .add("the column `")
            .add(column.name)
            .add("` is ")
            .add(column.sql_type)
            .add(", and ")
            .place(place)
            .add(" holds ")
            .add(value.sql_type);
        let message = match mixed {
            true => message.add(": write `CAST(… AS ").add(value.sql_type).add(")`, so that it is of one class"),
            false => message.add(": use `").rust(column.sql_type, column.null).add("`"),
        };
        return message.excerpt(column);
    }
    if column.null && !value.null {
        let message = Message::NONE
            .add("the column `")
            .add(column.name)
            .add("` may be NULL, and ")
            .place(place)
            .add(" can't: use `");
        let class = if column.sql_type.is_empty() { value.sql_type } else { column.sql_type };
        let message = message.rust(class, true).add("`");
        // What is computed is called as it is written, until it has a name.
        let name = if is_name(column.name) { column.name } else { "name" };
        let message = message.add(", or write `AS \"").add(name).add("!\"` if it never is");
        return message.excerpt(column);
    }
    Message::NONE
}

impl Message {
    const fn place(self, place: Place) -> Self {
        match place {
            Place::Row => self.add("the row type"),
            Place::Element(index) => self.add("`.").number(index).add("` of the tuple"),
            Place::Field(name, field) => self.add("`").add(name).add("::").add(field).add("`"),
        }
    }

    /// The Rust type that holds a class.
    const fn rust(self, sql_type: &str, null: bool) -> Self {
        let rust = match sql_type.as_bytes() {
            b"INTEGER" => "i64",
            b"REAL" => "f64",
            b"TEXT" => "String",
            _ => "Vec<u8>",
        };
        if null { self.add("Option<").add(rust).add(">") } else { self.add(rust) }
    }

    const fn excerpt(self, column: &Given) -> Self {
        if column.excerpt.is_empty() { self } else { self.add("\n").add(column.excerpt) }
    }
}

/// Whether it is one class, and not one of two.
const fn is_class(sql_type: &str) -> bool {
    matches!(sql_type.as_bytes(), b"INTEGER" | b"REAL" | b"TEXT" | b"BLOB")
}

/// Whether a name of a column needs no quotes, if it is given with `AS`.
const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if !(bytes[index].is_ascii_alphanumeric() || bytes[index] == b'_' || bytes[index] >= 0x80) {
            return false;
        }
        index += 1;
    }
    !bytes.is_empty()
}

/// Whether two names are the same to SQLite.
const fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether two names differ in one letter, one more or less, or two that changed places.
const fn is_near(one: &str, other: &str) -> bool {
    let (long, short) = match one.len() >= other.len() {
        true => (one.as_bytes(), other.as_bytes()),
        false => (other.as_bytes(), one.as_bytes()),
    };
    if short.len() < 3 || long.len() - short.len() > 1 {
        return false;
    }
    let mut start = 0;
    while start < short.len() && long[start].eq_ignore_ascii_case(&short[start]) {
        start += 1;
    }
    let mut end = 0;
    while end < short.len() - start && long[long.len() - 1 - end].eq_ignore_ascii_case(&short[short.len() - 1 - end]) {
        end += 1;
    }
    let rest = short.len() - start - end;
    rest <= 1
        || rest == 2
            && long.len() == short.len()
            && long[start].eq_ignore_ascii_case(&short[start + 1])
            && long[start + 1].eq_ignore_ascii_case(&short[start])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: ValueShape = ValueShape { sql_type: "TEXT", null: false };
    const FIELDS: RowShape =
        RowShape::Fields("Line", &[("author", TEXT), ("at", ValueShape { sql_type: "INTEGER", null: true })]);

    const fn given(name: &'static str, sql_type: &'static str, null: bool) -> Given {
        Given { name, sql_type, null, excerpt: "" }
    }

    fn message(shape: RowShape, columns: &[Given]) -> String {
        let panic = std::panic::catch_unwind(|| row_fits(shape, columns)).expect_err("it does not fit");
        panic.downcast_ref::<String>().cloned().expect("a text")
    }

    #[test]
    fn columns_fit_by_name_in_any_order_and_letter_case() {
        const { row_fits(FIELDS, &[given("AT", "INTEGER", true), given("author", "TEXT", false)]) };
        const { row_fits(RowShape::Tuple(&[TEXT]), &[given("anything", "", false)]) };
        const { row_fits(RowShape::Value(ValueShape { sql_type: "REAL", null: false }), &[given("n", "INTEGER", false)]) };
    }

    #[test]
    fn each_misfit_says_what_to_write() {
        let at = given("at", "INTEGER", false);
        for (columns, expected) in [
            (
                &[given("author", "TEXT", true), at][..],
                "the column `author` may be NULL, and `Line::author` can't: use `Option<String>`, or write `AS \"author!\"` if it never is",
            ),
            (
                &[given("author", "INTEGER", false), at],
                "the column `author` is INTEGER, and `Line::author` holds TEXT: use `i64`",
            ),
            (
                &[given("auhtor", "TEXT", false), at],
                "`Line` has no field for the column `auhtor`: did you mean `author`? Leave it out, or write `AS author`",
            ),
            (&[at, at], "the query gives two columns called `at`: name one of them with `AS`"),
            (
                &[at],
                "the query gives no column `author`, which `Line` needs: select it, or read the rows as a struct with `#[derive(Row)]`, a tuple, or without a row type",
            ),
        ] {
            assert_eq!(message(FIELDS, columns), expected);
        }
        assert_eq!(
            message(RowShape::Tuple(&[TEXT]), &[]),
            "the query gives 0 columns, and the tuple has 1: write a type for each column"
        );
    }
}
