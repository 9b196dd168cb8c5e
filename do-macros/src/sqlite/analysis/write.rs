//! INSERT, UPDATE and DELETE: what is put where, and what they return.

use super::scope::{Scope, Visible};
use super::value::{found_sql, may_be_a_number};
use super::{Analysis, Output};
use crate::schema::Class;
use crate::sqlite::shape::{Arm, Assignment, Delete, Expr, Insert, Literal, Node, Select, Selected, Target, Update};
use crate::suggest::listed;

impl Analysis<'_> {
    pub(super) fn insert(&mut self, insert: &Insert) -> Vec<Output> {
        if let Some(select) = &insert.source {
            self.limited_select(select, None, false);
        }
        let Some(table) = self.table(&insert.target.table) else { return Vec::new() };
        let columns: Vec<Option<usize>> = match &insert.columns {
            Some(named) => named.iter().map(|(name, _)| self.column(table, name)).collect(),
            None => (0..self.schema.tables[table].columns.len()).map(Some).collect(),
        };
        if insert.columns.is_some() || insert.source.is_none() {
            self.missing(insert, table, if insert.source.is_none() { &[] } else { &columns });
        }
        self.repeated(insert);
        if let Some(select) = &insert.source {
            self.put_each(select, table, &columns);
        }
        let visible = self.target(&insert.target, table);
        let mut excluded = self.table_source(table, "excluded", true);
        excluded.joined.clear();
        let sources = [visible, excluded];
        let both = Scope { sources: &sources, outer: None, bare: false };
        for upsert in &insert.upserts {
            self.assign(&upsert.sets, table, &both);
            for filter in &upsert.filters {
                self.value(filter, &both);
            }
        }
        self.items(&insert.returning, &Scope { sources: &sources[..1], ..both })
    }

    pub(super) fn update(&mut self, update: &Update) -> Vec<Output> {
        let Some(table) = self.table(&update.target.table) else { return Vec::new() };
        let mut sources = vec![self.target(&update.target, table)];
        sources.extend(self.sources(&update.from, None, false));
        let scope = Scope { sources: &sources, outer: None, bare: false };
        self.assign(&update.sets, table, &scope);
        if let Some(filter) = &update.filter {
            self.value(filter, &scope);
            self.hindered(filter);
        }
        self.items(&update.returning, &Scope { sources: &sources[..1], ..scope })
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> Vec<Output> {
        let Some(table) = self.table(&delete.target.table) else { return Vec::new() };
        let sources = [self.target(&delete.target, table)];
        let scope = Scope { sources: &sources, outer: None, bare: false };
        if let Some(filter) = &delete.filter {
            self.value(filter, &scope);
            self.hindered(filter);
        }
        self.items(&delete.returning, &scope)
    }

    fn target(&mut self, target: &Target, table: usize) -> Visible {
        self.table_source(table, target.alias.as_deref().unwrap_or(&target.table), false)
    }

    fn column(&self, table: usize, name: &str) -> Option<usize> {
        self.schema.tables[table].columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// What is put into the columns one by one.
    fn put_each(&mut self, select: &Select, table: usize, columns: &[Option<usize>]) {
        for arm in &select.arms {
            match arm {
                Arm::Values(rows) => {
                    for (value, column) in rows.iter().flat_map(|row| row.iter().zip(columns)) {
                        self.put(value, table, *column);
                    }
                }
                Arm::Query(query) => {
                    let values: Option<Vec<&Expr>> = query
                        .items
                        .iter()
                        .map(|item| match &item.what {
                            Selected::Value { value, .. } => Some(value),
                            Selected::Star | Selected::StarOf(_) => None,
                        })
                        .collect();
                    for (value, column) in values.iter().flatten().zip(columns) {
                        self.put(value, table, *column);
                    }
                }
            }
        }
    }

    fn assign(&mut self, sets: &[Assignment], table: usize, scope: &Scope<'_>) {
        for set in sets {
            self.value(&set.value, scope);
            let columns: Vec<Option<usize>> = set.columns.iter().map(|name| self.column(table, name)).collect();
            match &set.value.kind {
                Node::Row(values) => {
                    for (value, column) in values.iter().zip(&columns) {
                        self.put(value, table, *column);
                    }
                }
                _ => {
                    self.put(&set.value, table, columns[0]);
                    self.and_for_comma(&set.value, table, columns[0]);
                }
            }
        }
    }

    /// A parameter has the class of the column it is put into, and a literal has to fit.
    fn put(&mut self, value: &Expr, table: usize, column: Option<usize>) {
        let Some(position) = column else { return };
        let column = &self.schema.tables[table].columns[position];
        let declared = self.worlds.columns[table][position];
        match column.class {
            Some(class) => self.tell(value, class),
            None => self.tell_own(value, (table, position)),
        }
        let Node::Literal(literal) = &value.kind else { return };
        if *literal == Literal::Null {
            if declared.not_null && !declared.rowid {
                self.problem(value.at, format!("`{}` may not be NULL", column.name));
            }
            return;
        }
        let wrong = match (column.class, literal) {
            (Some(Class::Integer | Class::Real), Literal::Text(text)) => {
                !may_be_a_number(text) && !self.is_a_clock(value)
            }
            (Some(Class::Integer), Literal::Real) => !self.is_whole(value),
            (Some(Class::Integer | Class::Real | Class::Text), Literal::Blob) => true,
            (Some(Class::Blob), Literal::Text(_) | Literal::Integer | Literal::Real) => true,
            _ => false,
        };
        if let (Some(class), true) = (column.class, wrong) {
            let message = format!("`{}` is {}, and can't hold {}", column.name, class.sql(), found_sql(literal));
            self.problem(value.at, message);
        }
    }

    /// `SET a = 1 AND b = 2` puts a comparison into `a`.
    fn and_for_comma(&mut self, value: &Expr, table: usize, column: Option<usize>) {
        let Node::Binary(operator, _, right) = &value.kind else { return };
        let Node::Binary(equals, next, _) = &right.kind else { return };
        let Node::Column { table: None, name } = &next.kind else { return };
        if operator == "AND" && equals == "=" && column.is_some() && self.column(table, name).is_some() {
            self.problem(next.at, "write a comma instead of AND between the columns of SET".to_owned());
        }
    }

    /// Columns that are named twice: SQLite would take the first value and drop the other.
    fn repeated(&mut self, insert: &Insert) {
        let named = insert.columns.iter().flatten().enumerate();
        for (position, (name, at)) in named {
            let earlier = insert.columns.iter().flatten().take(position);
            if earlier.into_iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
                self.problem(*at, format!("the INSERT names `{name}` twice: write it once"));
            }
        }
    }

    /// Columns that have to be named, and are not.
    fn missing(&mut self, insert: &Insert, table: usize, named: &[Option<usize>]) {
        let declared = self.worlds.columns[table].iter().enumerate();
        let missing: Vec<&str> = declared
            .filter(|(position, column)| column.required && !named.contains(&Some(*position)))
            .map(|(position, _)| self.schema.tables[table].columns[position].name.as_str())
            .collect();
        if missing.is_empty() {
            return;
        }
        let name = &self.schema.tables[table].name;
        let needs = if missing.len() == 1 { "it has no default" } else { "they have no default" };
        let message =
            format!("the INSERT gives no value for {} of `{name}`: {needs}, and may not be NULL", listed(&missing));
        self.problem(insert.target.at, message);
    }
}
