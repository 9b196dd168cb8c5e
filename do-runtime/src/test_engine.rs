//! An engine over an in-memory SQLite, for tests of the data side.

use std::ops::ControlFlow;

use rusqlite::types::{ToSqlOutput, ValueRef as SqlRef};
use rusqlite::{Connection, OptionalExtension, Row, Statement};

use crate::Timestamp;
use crate::engine::{Engine, Executed, KeyRange, Params, RowAccess, Space};
use crate::error::{Error, ErrorKind, Result};
use crate::object::{Cx, Object};
use crate::value::{Value, ValueRef};

pub(crate) struct TestEngine {
    connection: Connection,
}

/// A context of `O` over an empty database with its tables, at the time 1,000.
pub(crate) fn cx<O: Object>() -> Cx<O> {
    Cx::new(Box::new(TestEngine::new::<O>()), Timestamp::from_millis(1_000))
}

impl TestEngine {
    pub(crate) fn new<O: Object>() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE kv (space, key, value, PRIMARY KEY (space, key)) WITHOUT ROWID")
            .unwrap();
        for table in O::TABLES {
            connection.execute_batch(&table.ddl()).unwrap();
        }
        TestEngine { connection }
    }

    fn bind(statement: &mut Statement<'_>, params: Params<'_>) -> Result<()> {
        match params {
            Params::Positional(values) => {
                if statement.parameter_count() != values.len() {
                    let wanted = statement.parameter_count();
                    return Err(Error::invalid(format!("{} parameters for {wanted}", values.len())));
                }
                for (index, value) in values.iter().enumerate() {
                    statement.raw_bind_parameter(index + 1, bound(value)).map_err(failed)?;
                }
            }
            Params::Named(values) => {
                for (name, value) in values {
                    let index = statement.parameter_index(&format!(":{name}")).map_err(failed)?;
                    let index = index.ok_or_else(|| Error::invalid(format!("no parameter {name}")))?;
                    statement.raw_bind_parameter(index, bound(value)).map_err(failed)?;
                }
            }
        }
        Ok(())
    }
}

fn bound<'v>(value: &'v Value<'_>) -> ToSqlOutput<'v> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => SqlRef::Null,
        Value::Integer(integer) => SqlRef::Integer(*integer),
        Value::Real(real) => SqlRef::Real(*real),
        Value::Text(text) => SqlRef::Text(text.as_bytes()),
        Value::Blob(blob) => SqlRef::Blob(blob),
    })
}

fn failed(error: rusqlite::Error) -> Error {
    let kind = match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => ErrorKind::Conflict,
        _ => ErrorKind::Invalid,
    };
    Error::with_source(kind, error.to_string(), error)
}

struct TestRow<'r, 's>(&'r Row<'s>);

impl RowAccess for TestRow<'_, '_> {
    fn columns(&self) -> usize {
        self.0.as_ref().column_count()
    }

    fn name(&self, column: usize) -> &str {
        self.0.as_ref().column_name(column).unwrap()
    }

    fn value(&self, column: usize) -> ValueRef<'_> {
        match self.0.get_ref(column).unwrap() {
            SqlRef::Null => ValueRef::Null,
            SqlRef::Integer(integer) => ValueRef::Integer(integer),
            SqlRef::Real(real) => ValueRef::Real(real),
            SqlRef::Text(text) => ValueRef::Text(std::str::from_utf8(text).unwrap()),
            SqlRef::Blob(blob) => ValueRef::Blob(blob),
        }
    }
}

impl Engine for TestEngine {
    fn query(
        &self,
        sql: &str,
        params: Params<'_>,
        each: &mut dyn FnMut(&dyn RowAccess) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        Self::bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(failed)? {
            if each(&TestRow(row))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn execute(&self, sql: &str, params: Params<'_>) -> Result<Executed> {
        self.query(sql, params, &mut |_| Ok(ControlFlow::Continue(())))?;
        Ok(Executed { changes: self.connection.changes(), last_key: self.connection.last_insert_rowid() })
    }

    fn kv_get(&self, space: Space, key: &str) -> Result<Option<Vec<u8>>> {
        self.connection
            .query_row("SELECT value FROM kv WHERE space = ? AND key = ?", (space as i64, key), |row| row.get(0))
            .optional()
            .map_err(failed)
    }

    fn kv_list(
        &self,
        space: Space,
        range: &KeyRange<'_>,
        each: &mut dyn FnMut(&str, &[u8]) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut all =
            self.connection.prepare("SELECT key, value FROM kv WHERE space = ? ORDER BY key").map_err(failed)?;
        let pairs = all.query_map([space as i64], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
        let mut pairs: Vec<(String, Vec<u8>)> = pairs.collect::<Result<_, _>>().map_err(failed)?;
        pairs.retain(|(key, _)| {
            range.prefix.is_none_or(|prefix| key.starts_with(prefix))
                && range.start.is_none_or(|start| key.as_str() >= start)
                && range.end.is_none_or(|end| key.as_str() < end)
        });
        if range.reverse {
            pairs.reverse();
        }
        let limit = range.limit.map_or(usize::MAX, |limit| limit as usize);
        for (key, value) in pairs.iter().take(limit) {
            if each(key, value)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn kv_put(&self, space: Space, key: &str, value: &[u8]) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO kv VALUES (?, ?, ?)";
        self.connection.execute(sql, (space as i64, key, value)).map(drop).map_err(failed)
    }

    fn kv_delete(&self, space: Space, key: &str) -> Result<bool> {
        let sql = "DELETE FROM kv WHERE space = ? AND key = ?";
        self.connection.execute(sql, (space as i64, key)).map(|rows| rows > 0).map_err(failed)
    }

    fn kv_clear(&self, space: Space) -> Result<()> {
        self.connection.execute("DELETE FROM kv WHERE space = ?", [space as i64]).map(drop).map_err(failed)
    }

    fn savepoint(&self, body: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        self.connection.execute_batch("SAVEPOINT part").map_err(failed)?;
        let done = body();
        let end = if done.is_ok() { "RELEASE part" } else { "ROLLBACK TO part; RELEASE part" };
        self.connection.execute_batch(end).map_err(failed)?;
        done
    }

    fn size(&self) -> u64 {
        0
    }
}
