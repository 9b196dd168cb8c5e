//! SELECT, VALUES, FROM.

use super::parser::Parser;
use super::{Arm, Expr, From, Item, Join, Query, Select, Selected, Source, Term};

impl Parser<'_> {
    pub(super) fn select(&mut self) -> Option<Select> {
        let ctes = self.ctes()?;
        let mut arms = vec![self.arm()?];
        let mut streams = true;
        while self.sees_any(&["UNION", "EXCEPT", "INTERSECT"]) {
            let union = self.next()?.is("UNION");
            streams &= union && self.take("ALL");
            arms.push(self.arm()?);
        }
        let order = if self.take_all(&["ORDER", "BY"]) { self.list(Parser::term)? } else { Vec::new() };
        let (mut limit, mut offset) = (None, None);
        if self.take("LIMIT") {
            limit = Some(self.expr()?);
            if self.take("OFFSET") {
                offset = Some(self.expr()?);
            } else if self.take(",") {
                offset = limit.replace(self.expr()?);
            }
        }
        Some(Select { ctes, arms, streams, order, limit, offset })
    }

    fn arm(&mut self) -> Option<Arm> {
        if self.take("VALUES") {
            let rows = self.list(|parser| {
                parser.need("(")?;
                let row = parser.list(Parser::expr)?;
                parser.need(")")?;
                Some(row)
            })?;
            return Some(Arm::Values(rows));
        }
        self.need("SELECT")?;
        if !self.take("DISTINCT") {
            self.take("ALL");
        }
        let items = self.items()?;
        let from = if self.take("FROM") { self.sources()? } else { Vec::new() };
        let filter = self.clause("WHERE")?;
        let group = if self.take_all(&["GROUP", "BY"]) { self.list(Parser::expr)? } else { Vec::new() };
        let having = self.clause("HAVING")?;
        if self.take("WINDOW") {
            self.list(|parser| {
                parser.name()?;
                parser.need("AS")?;
                parser.skip_parentheses().map(drop)
            })?;
        }
        Some(Arm::Query(Query { items, from, filter, group, having }))
    }

    /// A clause of one expression: `Some(None)` if it is not there.
    pub(super) fn clause(&mut self, word: &str) -> Option<Option<Expr>> {
        if self.take(word) { self.expr().map(Some) } else { Some(None) }
    }

    pub(super) fn term(&mut self) -> Option<Term> {
        let value = self.expr()?;
        let descending = self.take("DESC");
        self.take("ASC");
        if self.take("NULLS") {
            self.next()?;
        }
        Some(Term { value, descending })
    }

    pub(super) fn items(&mut self) -> Option<Vec<Item>> {
        self.list(|parser| {
            let at = parser.peek()?.at;
            let dot_star = |parser: &Self| {
                parser.peek_at(1).is_some_and(|token| token.is("."))
                    && parser.peek_at(2).is_some_and(|token| token.is("*"))
            };
            let what = if parser.take("*") {
                Selected::Star
            } else if dot_star(parser) {
                let table = parser.name()?;
                parser.next();
                parser.next();
                Selected::StarOf(table)
            } else {
                let value = parser.expr()?;
                Selected::Value { value, alias: parser.alias() }
            };
            Some(Item { what, at })
        })
    }

    pub(super) fn sources(&mut self) -> Option<Vec<Source>> {
        let mut sources = vec![self.source(Join::Inner)?];
        loop {
            let join = if self.take(",") {
                Join::Inner
            } else if self.sees_any(&["NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "JOIN"]) {
                self.join()?
            } else {
                return Some(sources);
            };
            sources.push(self.source(join)?);
        }
    }

    fn join(&mut self) -> Option<Join> {
        let mut join = Join::Inner;
        loop {
            let word = self.next()?;
            match word.text.to_ascii_uppercase().as_str() {
                "LEFT" => join = Join::Left,
                "RIGHT" => join = Join::Right,
                "FULL" => join = Join::Full,
                "NATURAL" | "INNER" | "CROSS" | "OUTER" => {}
                "JOIN" => return Some(join),
                _ => return None,
            }
        }
    }

    fn source(&mut self, join: Join) -> Option<Source> {
        let what = self.nested(Parser::source_itself)?;
        let alias = self.alias();
        if self.take("INDEXED") {
            self.need("BY")?;
            self.name()?;
        }
        self.take_all(&["NOT", "INDEXED"]);
        let on = self.clause("ON")?;
        let using = if self.take("USING") {
            self.need("(")?;
            let columns = self.list(Parser::name)?;
            self.need(")")?;
            columns
        } else {
            Vec::new()
        };
        Some(Source { join, what, alias, on, using })
    }

    /// SQLite takes a text for a name where nothing else can stand.
    fn table_name(&mut self) -> Option<String> {
        let text = self.peek()?.text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        match text {
            Some(name) => {
                self.next();
                Some(name.replace("''", "'"))
            }
            None => self.name(),
        }
    }

    fn source_itself(&mut self) -> Option<From> {
        if self.take("(") {
            let what = if self.sees_any(&["SELECT", "WITH", "VALUES"]) {
                From::Subquery(Box::new(self.select()?))
            } else {
                From::Nested(self.sources()?)
            };
            self.need(")")?;
            return Some(what);
        }
        let mut name = self.table_name()?;
        if self.take(".") {
            name = self.table_name()?;
        }
        if !self.take("(") {
            return Some(From::Table(name));
        }
        let arguments = if self.sees(")") { Vec::new() } else { self.list(Parser::expr)? };
        self.need(")")?;
        Some(From::Function(name, arguments))
    }
}
