//! Stand-in.
use crate::schema::{Class, Schema};
pub(crate) enum Access { Reads, Writes }
pub(crate) struct Checked { pub access: Access, pub params: Vec<Param>, pub columns: Vec<ResultColumn>, pub scan: Option<String> }
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form { One, List }
pub(crate) struct Param { pub name: String, pub places: Vec<usize>, pub form: Form, pub class: Option<Class>, pub excerpt: String }
pub(crate) struct ResultColumn { pub name: String, pub class: Option<Class>, pub nullable: bool, pub origin: Option<(usize, usize)>, pub excerpt: String }
pub(crate) fn check(s: &Schema, sql: &str) -> Result<Checked, String> {
    let columns = if sql.contains('*') { s.tables[0].columns.iter().enumerate().map(|(i, c)| ResultColumn { name: c.name.clone(), class: c.class, nullable: c.nullable, origin: Some((0, i)), excerpt: String::new() }).collect() } else { vec![] };
    let params = sql.match_indices(':').map(|(i, _)| { let name: String = sql[i+1..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect(); Param { form: if sql[..i].ends_with('(') { Form::List } else { Form::One }, class: match name.as_str() { "limit" => Some(Class::Integer), _ => None }, name, places: vec![i], excerpt: String::new() } }).collect();
    Ok(Checked { access: if sql.starts_with("SELECT") { Access::Reads } else { Access::Writes }, params, columns, scan: None })
}
