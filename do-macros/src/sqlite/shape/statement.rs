//! INSERT, UPDATE, DELETE.

use super::parser::Parser;
use super::{Assignment, Delete, Insert, Item, Target, Update, Upsert};

impl Parser<'_> {
    pub(super) fn insert(&mut self) -> Option<Insert> {
        self.next()?;
        self.or_action()?;
        self.need("INTO")?;
        let mut target = self.target()?;
        target.alias = if self.take("AS") { Some(self.name()?) } else { None };
        let columns = if self.take("(") {
            let columns = self.list(Parser::placed_name)?;
            self.need(")")?;
            Some(columns)
        } else {
            None
        };
        let source = if self.take_all(&["DEFAULT", "VALUES"]) { None } else { Some(self.select()?) };
        let mut upserts = Vec::new();
        while self.take_all(&["ON", "CONFLICT"]) {
            upserts.push(self.upsert()?);
        }
        Some(Insert { target, columns, source, upserts, returning: self.returning()? })
    }

    fn upsert(&mut self) -> Option<Upsert> {
        let mut filters = Vec::new();
        if self.sees("(") {
            self.skip_parentheses()?;
            filters.extend(self.clause("WHERE")?);
        }
        self.need("DO")?;
        if self.take("NOTHING") {
            return Some(Upsert { sets: Vec::new(), filters });
        }
        self.need("UPDATE")?;
        let sets = self.sets()?;
        filters.extend(self.clause("WHERE")?);
        Some(Upsert { sets, filters })
    }

    pub(super) fn update(&mut self) -> Option<Update> {
        self.next()?;
        self.or_action()?;
        let mut target = self.target()?;
        target.alias = self.target_alias()?;
        let sets = self.sets()?;
        let from = if self.take("FROM") { self.sources()? } else { Vec::new() };
        let filter = self.clause("WHERE")?;
        Some(Update { target, sets, from, filter, returning: self.returning()? })
    }

    pub(super) fn delete(&mut self) -> Option<Delete> {
        self.next()?;
        self.need("FROM")?;
        let mut target = self.target()?;
        target.alias = self.target_alias()?;
        let filter = self.clause("WHERE")?;
        Some(Delete { target, filter, returning: self.returning()? })
    }

    /// `OR IGNORE` and the like.
    fn or_action(&mut self) -> Option<()> {
        if self.take("OR") {
            self.next()?;
        }
        Some(())
    }

    fn target(&mut self) -> Option<Target> {
        let (mut table, mut at) = self.placed_name()?;
        if self.take(".") {
            (table, at) = self.placed_name()?;
        }
        Some(Target { table, alias: None, at })
    }

    fn target_alias(&mut self) -> Option<Option<String>> {
        let alias = if self.take("AS") { Some(self.name()?) } else { self.alias() };
        if self.take("INDEXED") {
            self.need("BY")?;
            self.name()?;
        }
        self.take_all(&["NOT", "INDEXED"]);
        Some(alias)
    }

    fn sets(&mut self) -> Option<Vec<Assignment>> {
        self.need("SET")?;
        self.list(|parser| {
            let columns = if parser.take("(") {
                let columns = parser.list(Parser::name)?;
                parser.need(")")?;
                columns
            } else {
                vec![parser.name()?]
            };
            parser.need("=")?;
            Some(Assignment { columns, value: parser.expr()? })
        })
    }

    fn returning(&mut self) -> Option<Vec<Item>> {
        if self.take("RETURNING") { self.items() } else { Some(Vec::new()) }
    }
}
