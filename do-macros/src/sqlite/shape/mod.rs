//! The shape of a statement: who is joined with whom, what is selected, what is compared.
//!
//! SQLite has the last word on what is right. This tree answers what SQLite's metadata is silent about, so it
//! may be missing: whatever the parser does not understand is `None`, and nothing is claimed of it then.

mod expression;
mod parser;
mod select;
mod statement;

pub(super) use parser::parse;

#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) ctes: Vec<Cte>,
    pub(super) body: Body,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Select(Select),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
}

/// The table that a statement writes.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) table: String,
    pub(super) alias: Option<String>,
    pub(super) at: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Insert {
    pub(super) target: Target,
    /// The columns that are named, and where.
    pub(super) columns: Option<Vec<(String, usize)>>,
    /// `None` for DEFAULT VALUES.
    pub(super) source: Option<Select>,
    pub(super) upserts: Vec<Upsert>,
    pub(super) returning: Vec<Item>,
}

#[derive(Debug, Clone)]
pub(super) struct Upsert {
    pub(super) sets: Vec<Assignment>,
    pub(super) filters: Vec<Expr>,
}

#[derive(Debug, Clone)]
pub(super) struct Update {
    pub(super) target: Target,
    pub(super) sets: Vec<Assignment>,
    pub(super) from: Vec<Source>,
    pub(super) filter: Option<Expr>,
    pub(super) returning: Vec<Item>,
}

#[derive(Debug, Clone)]
pub(super) struct Delete {
    pub(super) target: Target,
    pub(super) filter: Option<Expr>,
    pub(super) returning: Vec<Item>,
}

/// `a = x`, or `(a, b) = (x, y)`.
#[derive(Debug, Clone)]
pub(super) struct Assignment {
    pub(super) columns: Vec<String>,
    pub(super) value: Expr,
}

#[derive(Debug, Clone)]
pub(super) struct Cte {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) select: Select,
}

#[derive(Debug, Clone)]
pub(super) struct Select {
    pub(super) ctes: Vec<Cte>,
    pub(super) arms: Vec<Arm>,
    /// Whether all arms are put together by UNION ALL, so that rows flow as they come.
    pub(super) streams: bool,
    pub(super) order: Vec<Term>,
    pub(super) limit: Option<Expr>,
    pub(super) offset: Option<Expr>,
}

#[derive(Debug, Clone)]
pub(super) enum Arm {
    Query(Query),
    Values(Vec<Vec<Expr>>),
}

#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) items: Vec<Item>,
    pub(super) from: Vec<Source>,
    pub(super) filter: Option<Expr>,
    pub(super) group: Vec<Expr>,
    pub(super) having: Option<Expr>,
}

/// One item of a select list.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) what: Selected,
    pub(super) at: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Selected {
    Star,
    StarOf(String),
    Value { value: Expr, alias: Option<String> },
}

#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) value: Expr,
    pub(super) descending: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) join: Join,
    pub(super) what: From,
    pub(super) alias: Option<String>,
    pub(super) on: Option<Expr>,
    pub(super) using: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    Inner,
    Left,
    Right,
    Full,
}

#[derive(Debug, Clone)]
pub(super) enum From {
    Table(String),
    Function(String, Vec<Expr>),
    Subquery(Box<Select>),
    Nested(Vec<Source>),
}

#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub(super) at: usize,
    pub(super) kind: Node,
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    Literal(Literal),
    Param(String),
    Column {
        table: Option<String>,
        name: String,
    },
    /// The operator in capitals: `NOT`, `-`, `+` or `~`.
    Unary(String, Box<Expr>),
    /// The operator in capitals; `IS`, `IS NOT`, `LIKE`, `NOT LIKE` and so on among them.
    Binary(String, Box<Expr>, Box<Expr>),
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    InList(Box<Expr>, Vec<Expr>),
    InSelect(Box<Expr>, Box<Select>),
    InTable(Box<Expr>),
    /// `IS NULL`, `ISNULL`, `NOT NULL` and the like.
    NullTest(Box<Expr>),
    Case {
        base: Option<Box<Expr>>,
        whens: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Cast(Box<Expr>, String),
    Call(Call),
    Exists(Box<Select>),
    Scalar(Box<Select>),
    Row(Vec<Expr>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Null,
    Integer,
    Real,
    Text(String),
    Blob,
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    /// In lower case.
    pub(super) name: String,
    pub(super) arguments: Vec<Expr>,
    pub(super) filter: Option<Box<Expr>>,
    pub(super) over: Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// An ordinary call.
    No,
    /// A window whose frame holds the current row.
    Current,
    /// A window with a frame of its own, or a named one.
    Framed,
}

impl Call {
    /// Whether it makes one value of many rows.
    pub(super) fn is_aggregate(&self) -> bool {
        let several = matches!(self.name.as_str(), "min" | "max") && self.arguments.len() > 1;
        self.over == Over::No && AGGREGATES.contains(&self.name.as_str()) && !several
    }
}

const AGGREGATES: [&str; 15] = [
    "count",
    "sum",
    "total",
    "avg",
    "min",
    "max",
    "group_concat",
    "string_agg",
    "json_group_array",
    "json_group_object",
    "jsonb_group_array",
    "jsonb_group_object",
    "median",
    "percentile",
    "percentile_cont",
];
