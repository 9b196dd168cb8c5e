//! Versions of one class, `Room`, each with tables and migrations of its own, that run any SQL.

use do_runtime::__private::{Method, Migration, Ran, Run, Step, TableDef, TypedStub};
use do_runtime::{Call, Cx, Dispatch, Error, Object, Result, Stub};

/// A version of the class.
pub(crate) trait Program: Dispatch<Request = Request, Stub = RoomStub<Self>> {}

impl<P: Dispatch<Request = Request, Stub = RoomStub<P>>> Program for P {}

pub(crate) enum Request {
    Run(&'static [&'static str]),
    Rows(&'static str),
}

static RUN: Method = Method::new("run");
static ROWS: Method = Method::new("rows");

/// What can be called.
pub(crate) trait Room<P: Dispatch> {
    /// Runs statements.
    fn run(&self, statements: &'static [&'static str]) -> Call<P, ()>;
    /// The rows of a query, of one column.
    fn rows(&self, query: &'static str) -> Call<P, Vec<String>>;
}

pub(crate) struct RoomStub<P: Dispatch>(Stub<P>);

impl<P: Dispatch<Request = Request>> Room<P> for RoomStub<P> {
    fn run(&self, statements: &'static [&'static str]) -> Call<P, ()> {
        self.0.call(&RUN, Request::Run(statements))
    }

    fn rows(&self, query: &'static str) -> Call<P, Vec<String>> {
        self.0.call(&ROWS, Request::Rows(query))
    }
}

impl<P: Dispatch> Clone for RoomStub<P> {
    fn clone(&self) -> Self {
        RoomStub(self.0.clone())
    }
}

impl<P: Dispatch> From<Stub<P>> for RoomStub<P> {
    fn from(stub: Stub<P>) -> Self {
        RoomStub(stub)
    }
}

impl<P: Dispatch> TypedStub for RoomStub<P> {
    type Object = P;

    fn stub(&self) -> &Stub<P> {
        &self.0
    }
}

/// Runs a request of any version.
pub(crate) fn dispatch<P: Dispatch>(request: Request, run: Run<'_, P>) -> Ran {
    match request {
        Request::Run(statements) => run.exclusive(|_, cx| {
            statements.iter().try_for_each(|sql| cx.sql_unchecked(sql, ()).run().map(drop))?;
            Ok::<_, Error>(())
        }),
        Request::Rows(query) => run.shared(|_, cx| rows(cx, query)),
    }
}

fn rows<P: Object>(cx: &Cx<P>, query: &str) -> Result<Vec<String>> {
    let query = format!("SELECT CAST(x AS TEXT) FROM (SELECT NULL AS x WHERE false UNION ALL SELECT * FROM ({query}))");
    cx.sql_unchecked(&query, ()).all()
}

pub(crate) const fn table(name: &'static str, schema: &'static str) -> TableDef {
    TableDef {
        name,
        rust_name: name,
        schema,
        types: &[],
        columns: &[],
        key: &[],
        assigned: None,
        indexes: &[],
        references: &[],
        expiry: None,
    }
}

pub(crate) const fn sql<P>(version: u32, sql: &'static str) -> Migration<P> {
    Migration { version, step: Step::Sql(sql) }
}

pub(crate) const fn backfill<P>(version: u32, name: &'static str, run: fn(&mut Cx<P>) -> Result) -> Migration<P> {
    Migration { version, step: Step::Backfill { name, run } }
}

/// Makes a version of the class.
macro_rules! program {
    ($program:ident, [$($table:expr),*], [$($step:expr),*] $(, init: $init:expr)?) => {
        struct $program;

        impl do_runtime::Object for $program {
            const CLASS: &'static str = "Room";
            const TABLES: &'static [&'static do_runtime::__private::TableDef] = &[$(&$table),*];
            const MIGRATIONS: &'static [do_runtime::__private::Migration<Self>] = &[$($step),*];
            const LIMITS: do_runtime::Limits = do_runtime::Limits::DEFAULT;
            const JURISDICTION: Option<&'static str> = None;

            fn sendable() -> do_runtime::__private::Sendable<Self> {
                do_runtime::__private::Sendable::new()
            }

            fn wake(_: &mut do_runtime::__private::StoredReader<'_>) -> do_runtime::Result<Self> {
                Ok($program)
            }

            fn store(&self, _: &mut do_runtime::__private::StoredWriter<'_>) -> do_runtime::Result {
                Ok(())
            }

            fn restore(&mut self, _: &mut do_runtime::__private::StoredReader<'_>) -> do_runtime::Result {
                Ok(())
            }
        }

        impl do_runtime::Dispatch for $program {
            type Request = $crate::programs::Request;
            type Stub = $crate::programs::RoomStub<Self>;
            type Schedule<'a> = do_runtime::Schedule<'a>;

            $(
                const HAS_INIT: bool = true;

                fn init(&mut self, _: &mut Cx<Self>) -> Result {
                    $init
                }
            )?

            fn dispatch(
                request: Self::Request,
                run: do_runtime::__private::Run<'_, Self>,
            ) -> do_runtime::__private::Ran {
                $crate::programs::dispatch(request, run)
            }
        }
    };
}
pub(crate) use program;
