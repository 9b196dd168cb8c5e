//! Which columns an expression can see.

use super::{Analysis, Output, Told, Use, Value};
use crate::schema::Class;
use crate::sqlite::shape::{Expr, From, Join, Node, Source};
use crate::sqlite::worlds::Virtual;

/// The hidden column of a full-text table: how well a row fits.
const RANK: &str = "rank";

/// What one source of a FROM shows.
#[derive(Debug, Clone)]
pub(super) struct Visible {
    alias: String,
    pub(super) columns: Vec<Output>,
    /// It has columns that are not listed.
    open: bool,
    rowid: Option<Value>,
    /// Columns that `*` does not show.
    hidden: Vec<Output>,
    /// Columns of USING, which `*` shows once.
    pub(super) joined: Vec<String>,
}

/// The sources around an expression.
#[derive(Clone, Copy)]
pub(super) struct Scope<'p> {
    pub(super) sources: &'p [Visible],
    pub(super) outer: Option<&'p Scope<'p>>,
    /// An aggregate without GROUP BY gives a row where there is none.
    pub(super) bare: bool,
}

impl Visible {
    fn lose(&mut self) {
        let rowid = self.rowid.iter_mut();
        let columns = self.columns.iter_mut().chain(&mut self.hidden);
        columns.map(|column| &mut column.value).chain(rowid).for_each(|value| value.nullable = true);
    }

    /// Rows that were searched for have a rank.
    fn rank_is_there(&mut self) {
        let ranks = self.hidden.iter_mut().filter(|column| column.name == RANK);
        ranks.for_each(|rank| rank.value.nullable = false);
    }

    /// Where all rows of a query have to MATCH.
    pub(super) fn searched_for(&mut self, filter: &Expr) {
        let Node::Binary(operator, left, right) = &filter.kind else { return };
        match (operator.as_str(), &left.kind) {
            ("AND", _) => [left, right].into_iter().for_each(|side| self.searched_for(side)),
            ("MATCH" | "=", Node::Column { table, name }) => {
                let mine = table.as_deref().is_none_or(|table| self.is_called(table));
                let whole =
                    self.is_called(name) || self.hidden.iter().any(|column| column.name == *name && name != RANK);
                let searched = whole || operator == "MATCH" && self.columns.iter().any(|column| column.name == *name);
                if mine && searched && !self.hidden.is_empty() {
                    self.rank_is_there();
                }
            }
            _ => {}
        }
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.alias.eq_ignore_ascii_case(name)
    }

    fn column(&self, name: &str) -> Option<Value> {
        let listed = self.columns.iter().chain(&self.hidden).find(|column| column.name.eq_ignore_ascii_case(name));
        let is_rowid = ["rowid", "oid", "_rowid_"].iter().any(|rowid| rowid.eq_ignore_ascii_case(name));
        listed.map(|column| column.value.clone()).or_else(|| self.rowid.clone().filter(|_| is_rowid))
    }
}

impl Scope<'_> {
    /// A column of a full-text table by its number, as `snippet` and `highlight` have it.
    pub(super) fn searched(&self, table: &str, number: usize) -> Option<Value> {
        let source = self.sources.iter().find(|source| source.hidden.iter().any(|column| column.name == table))?;
        source.columns.get(number).map(|column| column.value.clone().or_null(self.bare))
    }

    /// What a name means here.
    pub(super) fn resolve(&self, table: Option<&str>, name: &str) -> Value {
        let candidates = || self.sources.iter().filter(|source| table.is_none_or(|table| source.is_called(table)));
        if let Some(value) = candidates().find_map(|source| source.column(name)) {
            return value.or_null(self.bare);
        }
        if candidates().any(|source| source.open) {
            return Value::silent();
        }
        self.outer.map_or_else(Value::silent, |outer| outer.resolve(table, name))
    }
}

impl Analysis<'_> {
    /// What the sources of a FROM show; each may be read to its end unless `limited`.
    pub(super) fn sources(&mut self, sources: &[Source], outer: Option<&Scope<'_>>, limited: bool) -> Vec<Visible> {
        let mut visible: Vec<Visible> = Vec::new();
        for source in sources {
            let mut here = self.source(source, &visible, outer, limited);
            if matches!(source.join, Join::Right | Join::Full) {
                visible.iter_mut().for_each(Visible::lose);
            }
            if matches!(source.join, Join::Left | Join::Full) {
                here.iter_mut().for_each(Visible::lose);
            }
            self.using(&source.using, &visible, &here);
            here.iter_mut().for_each(|right| right.joined.clone_from(&source.using));
            visible.extend(here);
        }
        let scope = Scope { sources: &visible, outer, bare: false };
        sources.iter().filter_map(|source| source.on.as_ref()).for_each(|on| {
            self.value(on, &scope);
        });
        visible
    }

    fn source(
        &mut self,
        source: &Source,
        before: &[Visible],
        outer: Option<&Scope<'_>>,
        limited: bool,
    ) -> Vec<Visible> {
        let alias = |name: &str| source.alias.clone().unwrap_or_else(|| name.to_owned());
        match &source.what {
            From::Nested(inner) => self.sources(inner, outer, limited),
            From::Subquery(select) => {
                let columns = self.limited_select(select, outer, limited);
                vec![Visible {
                    alias: alias(""),
                    columns,
                    open: false,
                    rowid: None,
                    hidden: Vec::new(),
                    joined: Vec::new(),
                }]
            }
            From::Function(name, arguments) => {
                let scope = Scope { sources: before, outer, bare: false };
                let is_search = self.search_table(name).is_some();
                for argument in arguments {
                    self.value(argument, &scope);
                    if is_search {
                        self.tell(argument, Class::Text);
                    }
                }
                if is_search {
                    let mut found = self.other_source(name, &alias(name));
                    found.rank_is_there();
                    return vec![found];
                }
                vec![Visible {
                    alias: alias(name),
                    columns: function_columns(name),
                    open: true,
                    rowid: None,
                    hidden: Vec::new(),
                    joined: Vec::new(),
                }]
            }
            From::Table(name) => vec![self.named(name, &alias(name), limited)],
        }
    }

    /// A table, a common table expression or a full-text table.
    fn named(&mut self, name: &str, alias: &str, limited: bool) -> Visible {
        let cte = self.ctes.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name));
        if let Some((_, columns)) = cte {
            return Visible {
                alias: alias.to_owned(),
                columns: columns.clone(),
                open: false,
                rowid: None,
                hidden: Vec::new(),
                joined: Vec::new(),
            };
        }
        match self.table(name) {
            Some(table) => self.table_source(table, alias, limited),
            None => self.other_source(name, alias),
        }
    }

    pub(super) fn table_source(&mut self, table: usize, alias: &str, limited: bool) -> Visible {
        let used = self.uses.len();
        let key = self.worlds.columns[table].iter().position(|declared| declared.rowid);
        self.uses.push(Use {
            alias: alias.to_owned(),
            table,
            rowid: key.map(|key| self.schema.tables[table].columns[key].name.clone()),
            limited,
            equal: Vec::new(),
            range: Vec::new(),
            order: Vec::new(),
        });
        let value = |position: usize| {
            let column = &self.schema.tables[table].columns[position];
            let declared = self.worlds.columns[table][position];
            Value {
                told: column.class.map_or(Told::Own(table, position), Told::Known),
                nullable: column.nullable && !declared.rowid || !declared.not_null,
                origin: Some((table, position)),
                place: Some((used, column.name.clone())),
            }
        };
        let columns: Vec<Output> = (self.schema.tables[table].columns.iter().enumerate())
            .map(|(position, column)| Output { name: column.name.clone(), value: value(position), at: 0 })
            .collect();
        let rowid = key.map_or_else(|| Value::known(Class::Integer, false), value);
        Visible {
            alias: alias.to_owned(),
            columns,
            open: false,
            rowid: Some(rowid),
            hidden: Vec::new(),
            joined: Vec::new(),
        }
    }

    /// A table that is not the object's own: of full text, or SQLite's.
    fn other_source(&self, name: &str, alias: &str) -> Visible {
        let search = self.search_table(name);
        let base = search.and_then(|search| self.table(search.name.strip_suffix("_search")?));
        let Some((search, table)) = search.zip(base) else {
            let alias = alias.to_owned();
            return Visible {
                alias,
                columns: Vec::new(),
                open: true,
                rowid: None,
                hidden: Vec::new(),
                joined: Vec::new(),
            };
        };
        let columns: Vec<Output> = search.columns.iter().map(|name| self.searched_column(table, name)).collect();
        let nullable = columns.iter().any(|column| column.value.nullable);
        let hidden = |name: &str, value| Output { name: name.to_owned(), value, at: 0 };
        Visible {
            alias: alias.to_owned(),
            columns,
            open: true,
            rowid: Some(Value::known(Class::Integer, false)),
            hidden: vec![
                hidden(&search.name, Value::known(Class::Text, nullable)),
                hidden(RANK, Value::known(Class::Real, true)),
            ],
            joined: Vec::new(),
        }
    }

    fn search_table(&self, name: &str) -> Option<&Virtual> {
        self.worlds.virtual_tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// A column of a full-text table: it is what it is in the table that is searched.
    fn searched_column(&self, table: usize, name: &str) -> Output {
        let columns = &self.schema.tables[table].columns;
        let position = columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
        let value = position.map_or_else(Value::silent, |position| {
            let column = &columns[position];
            let not_null = !column.nullable && self.worlds.columns[table][position].not_null;
            Value::new(column.class.map_or(Told::Own(table, position), Told::Known), !not_null)
        });
        Output { name: name.to_owned(), value, at: 0 }
    }

    /// A column of USING is compared on both sides.
    fn using(&mut self, using: &[String], left: &[Visible], right: &[Visible]) {
        for name in using {
            for value in left.iter().chain(right).filter_map(|source| source.column(name)) {
                self.looked_up(&value);
            }
        }
    }

    /// Notes that a column was compared with something for equality.
    pub(super) fn looked_up(&mut self, value: &Value) {
        if let Some((used, column)) = &value.place
            && !self.uses[*used].equal.contains(column)
        {
            self.uses[*used].equal.push(column.clone());
        }
    }

    /// Notes that a column was asked for a range.
    pub(super) fn ranged(&mut self, value: &Value) {
        if let Some((used, column)) = &value.place
            && !self.uses[*used].range.contains(column)
        {
            self.uses[*used].range.push(column.clone());
        }
    }

    /// Notes that rows were asked for in the order of a column.
    pub(super) fn ordered(&mut self, value: &Value, descending: bool) {
        if let Some((used, column)) = &value.place {
            let order = &mut self.uses[*used].order;
            if !order.iter().any(|(known, _)| known == column) {
                order.push((column.clone(), descending));
            }
        }
    }
}

/// The columns of a function in FROM.
fn function_columns(name: &str) -> Vec<Output> {
    if !["json_each", "json_tree", "jsonb_each", "jsonb_tree"].contains(&name.to_ascii_lowercase().as_str()) {
        return Vec::new();
    }
    let column = |name: &str, value| Output { name: name.to_owned(), value, at: 0 };
    vec![
        column("key", Value::silent()),
        column("value", Value::silent()),
        column("type", Value::known(Class::Text, false)),
        column("atom", Value::silent()),
        column("id", Value::known(Class::Integer, false)),
        column("parent", Value::known(Class::Integer, true)),
        column("fullkey", Value::known(Class::Text, false)),
        column("path", Value::known(Class::Text, false)),
    ]
}
