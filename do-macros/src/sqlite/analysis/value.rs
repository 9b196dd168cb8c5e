//! What an expression's value is: its class, and whether it may be NULL.

use super::scope::Scope;
use super::{Analysis, Told, Value, functions};
use crate::schema::Class;
use crate::sqlite::shape::{Expr, Literal, Node};

const EQUALS: [&str; 4] = ["=", "==", "IS", "<>"];
/// Functions that read a time.
const TIMES: [&str; 6] = ["date", "time", "datetime", "julianday", "unixepoch", "strftime"];
const COMPARES: [&str; 10] = ["=", "==", "<>", "!=", "<", "<=", ">", ">=", "IS", "IS NOT"];

impl Analysis<'_> {
    pub(super) fn value(&mut self, expr: &Expr, scope: &Scope<'_>) -> Value {
        match &expr.kind {
            Node::Literal(literal) => literal_value(literal),
            Node::Param(_) => Value::silent(),
            Node::Column { table, name } => scope.resolve(table.as_deref(), name),
            Node::Unary(operator, one) => {
                let value = self.value(one, scope);
                let number = value.class().filter(|class| matches!(class, Class::Integer | Class::Real));
                match (operator.as_str(), number) {
                    ("NOT" | "~", _) => Value::known(Class::Integer, value.nullable),
                    ("+", _) => Value { origin: None, place: None, ..value },
                    (_, Some(number)) => Value::known(number, value.nullable),
                    _ => Value::new(asked(&[&value]), value.nullable),
                }
            }
            Node::Binary(operator, left, right) => self.binary(operator, left, right, scope),
            Node::Between(one, low, high) => {
                let value = self.value(one, scope);
                self.ranged(&value);
                let bounds = [low, high].map(|bound| {
                    let other = self.value(bound, scope);
                    self.compared(&value, one, &other, bound);
                    other.nullable
                });
                Value::known(Class::Integer, value.nullable || bounds.contains(&true))
            }
            Node::InList(one, list) => {
                let value = self.value(one, scope);
                self.looked_up(&value);
                let mut nullable = value.nullable;
                for member in list {
                    let other = self.value(member, scope);
                    self.compared(&value, one, &other, member);
                    nullable |= other.nullable;
                }
                Value::known(Class::Integer, nullable)
            }
            Node::InSelect(one, select) => {
                let value = self.value(one, scope);
                self.looked_up(&value);
                let nullable =
                    self.limited_select(select, Some(scope), false).iter().any(|output| output.value.nullable);
                Value::known(Class::Integer, value.nullable || nullable)
            }
            Node::InTable(one) => {
                let value = self.value(one, scope);
                self.looked_up(&value);
                Value::known(Class::Integer, true)
            }
            Node::NullTest(one) => {
                let value = self.value(one, scope);
                self.looked_up(&value);
                Value::known(Class::Integer, false)
            }
            Node::Case { base, whens, otherwise } => self.case(base.as_deref(), whens, otherwise.as_deref(), scope),
            Node::Cast(one, ty) => {
                let value = self.value(one, scope);
                Value::new(cast_class(ty).map_or(Told::Silent, Told::Known), value.nullable)
            }
            Node::Call(call) => self.call(call, scope),
            Node::Exists(select) => {
                self.limited_select(select, Some(scope), true);
                Value::known(Class::Integer, false)
            }
            Node::Scalar(select) => self.scalar(select, scope),
            Node::Row(all) => {
                for one in all {
                    self.value(one, scope);
                }
                Value::silent()
            }
        }
    }

    fn binary(&mut self, operator: &str, left: &Expr, right: &Expr, scope: &Scope<'_>) -> Value {
        if let (Node::Row(lefts), Node::Row(rights)) = (&left.kind, &right.kind) {
            for (left, right) in lefts.iter().zip(rights) {
                self.binary(operator, left, right, scope);
            }
            return Value::known(Class::Integer, true);
        }
        let (one, other) = (self.value(left, scope), self.value(right, scope));
        let nullable = one.nullable || other.nullable;
        if COMPARES.contains(&operator) {
            self.compared(&one, left, &other, right);
            self.never_null(operator, [left, right]);
            for value in [&one, &other] {
                match operator {
                    _ if EQUALS[..3].contains(&operator) => self.looked_up(value),
                    "<" | "<=" | ">" | ">=" => self.ranged(value),
                    _ => {}
                }
            }
            return Value::known(Class::Integer, nullable && !operator.starts_with("IS"));
        }
        match operator {
            "AND" | "OR" | "&" | "|" | "<<" | ">>" => Value::known(Class::Integer, nullable),
            "||" => Value::known(Class::Text, nullable),
            "->" => Value::known(Class::Text, true),
            "->>" => Value::silent(),
            "+" | "-" | "*" | "/" | "%" => {
                // `/` and `%` give NULL where the divisor is zero.
                let nullable = nullable || matches!(operator, "/" | "%");
                Value::new(arithmetic(&one, &other), nullable)
            }
            _ => {
                // LIKE, GLOB, REGEXP, MATCH and their opposites.
                if let ("MATCH", Some((table, column))) = (operator, one.origin) {
                    let table = &self.schema.tables[table];
                    let (table, column) = (&table.name, &table.columns[column].name);
                    let hint = format!("declare `search = {column}`, and ask `{table}_search`");
                    self.problem(left.at, format!("MATCH finds words in full text, and `{table}` is none: {hint}"));
                }
                self.tell(right, Class::Text);
                if one.class() != Some(Class::Integer) {
                    self.tell(left, Class::Text);
                }
                Value::known(Class::Integer, nullable)
            }
        }
    }

    fn case(
        &mut self,
        base: Option<&Expr>,
        whens: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        scope: &Scope<'_>,
    ) -> Value {
        let base = base.map(|base| (self.value(base, scope), base));
        let mut results = Vec::new();
        for (when, then) in whens {
            let value = self.value(when, scope);
            if let Some((base_value, base)) = &base {
                self.compared(base_value, base, &value, when);
            }
            results.push((self.value(then, scope), then));
        }
        let complete = otherwise.is_some();
        results.extend(otherwise.map(|otherwise| (self.value(otherwise, scope), otherwise)));
        one_of(&results).or_null(!complete)
    }

    /// Notes what a comparison tells of its sides.
    fn compared(&mut self, one: &Value, left: &Expr, other: &Value, right: &Expr) {
        for (value, told) in [(one, right), (other, left)] {
            match value.told {
                Told::Known(class) => self.tell(told, class),
                Told::Own(table, column) => self.tell_own(told, (table, column)),
                Told::Mixed(..) | Told::Ask | Told::Silent => {}
            }
            self.never_equal(value, told);
        }
    }

    /// Notes the class of a parameter.
    pub(super) fn tell(&mut self, expr: &Expr, class: Class) {
        if let Node::Param(name) = &expr.kind {
            self.told.push((name.clone(), class));
        }
    }

    /// Notes the column of a parameter.
    pub(super) fn tell_own(&mut self, expr: &Expr, column: (usize, usize)) {
        if let Node::Param(name) = &expr.kind {
            self.told_own.push((name.clone(), column));
        }
    }

    /// A column is never equal to a literal that SQLite doesn't convert to its class.
    fn never_equal(&mut self, column: &Value, literal: &Expr) {
        let (Some((table, position)), Some(class), Node::Literal(found)) =
            (column.origin, column.class(), &literal.kind)
        else {
            return;
        };
        let wrong = match (class, found) {
            (Class::Integer | Class::Real, Literal::Text(text)) => !may_be_a_number(text) && !self.is_a_clock(literal),
            (Class::Integer | Class::Real | Class::Text, Literal::Blob) => true,
            (Class::Blob, Literal::Text(_) | Literal::Integer | Literal::Real) => true,
            _ => false,
        };
        if wrong {
            let column = &self.schema.tables[table].columns[position].name;
            let found = found_sql(found);
            self.problem(literal.at, format!("`{column}` is {}, and never equal to {found}", class.sql()));
        }
    }

    /// What is compared with NULL is NULL, which is neither true nor false.
    fn never_null(&mut self, operator: &str, sides: [&Expr; 2]) {
        let is = match operator {
            "=" | "==" => "IS NULL",
            "<>" | "!=" => "IS NOT NULL",
            _ => return,
        };
        if let Some(null) = sides.iter().find(|side| matches!(side.kind, Node::Literal(Literal::Null))) {
            self.problem(null.at, format!("nothing is `{operator} NULL`: write `{is}`"));
        }
    }

    /// A LIMIT or an OFFSET.
    pub(super) fn count(&mut self, bound: &Expr) {
        match &bound.kind {
            Node::Param(name) => self.counts.push(name.clone()),
            Node::Literal(Literal::Text(text)) if text.trim().parse::<i64>().is_err() => {
                self.problem(bound.at, "LIMIT and OFFSET take an integer".to_owned());
            }
            Node::Literal(Literal::Null | Literal::Blob) => {
                self.problem(bound.at, "LIMIT and OFFSET take an integer".to_owned());
            }
            Node::Literal(Literal::Real) if !self.is_whole(bound) => {
                self.problem(bound.at, "LIMIT and OFFSET take an integer".to_owned());
            }
            _ => {}
        }
        self.tell(bound, Class::Integer);
    }

    /// Whether a number with a point or an exponent is an integer nevertheless.
    pub(super) fn is_whole(&self, number: &Expr) -> bool {
        let text = &self.sql[number.at..];
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !['.', '_', '+', '-'].contains(&c));
        let text = text[..end.unwrap_or(text.len())].replace('_', "");
        // `1.5-x` is longer than its number.
        text.parse::<f64>().is_ok_and(|number| number.fract() == 0.0 && number.abs() < 9.3e18)
            || text.parse::<f64>().is_err()
    }

    /// CURRENT_TIME and its kind are texts, but not in quotes.
    pub(super) fn is_a_clock(&self, literal: &Expr) -> bool {
        !self.sql[literal.at..].starts_with('\'')
    }

    /// Each problem is told once, however often its place is looked at.
    pub(super) fn problem(&mut self, at: usize, message: String) {
        if !self.problems.iter().any(|(known, _)| *known == at) {
            self.problems.push((at, message));
        }
    }
}

/// What comes out if it is one of these; a NULL written out has any class.
pub(super) fn one_of(results: &[(Value, &Expr)]) -> Value {
    let is_null = |expr: &Expr| matches!(expr.kind, Node::Literal(Literal::Null));
    let nulls = results.iter().any(|(_, expr)| is_null(expr));
    let values = results.iter().filter(|(_, expr)| !is_null(expr)).map(|(value, _)| value.clone());
    let one = values.reduce(|one, other| one.either(&other)).unwrap_or_else(Value::silent).or_null(nulls);
    Value { origin: None, place: None, ..one }
}

/// The class of a value that a function makes of others, if only a trial can tell.
pub(super) fn asked(values: &[&Value]) -> Told {
    let unknown = values.iter().any(|value| matches!(value.told, Told::Silent | Told::Own(..)));
    if unknown { Told::Silent } else { Told::Ask }
}

fn arithmetic(one: &Value, other: &Value) -> Told {
    match (one.class(), other.class()) {
        (Some(Class::Integer), Some(Class::Integer)) => Told::Known(Class::Integer),
        (Some(Class::Integer | Class::Real), Some(Class::Integer | Class::Real)) => Told::Known(Class::Real),
        _ => asked(&[one, other]),
    }
}

fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::silent(),
        Literal::Integer => Value::known(Class::Integer, false),
        Literal::Real => Value::known(Class::Real, false),
        Literal::Text(_) => Value::known(Class::Text, false),
        Literal::Blob => Value::known(Class::Blob, false),
    }
}

/// The class a CAST gives, by SQLite's rules of affinity. NUMERIC may be either.
fn cast_class(ty: &str) -> Option<Class> {
    let ty = ty.to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| ty.contains(part));
    if has(&["INT"]) {
        Some(Class::Integer)
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Some(Class::Text)
    } else if has(&["BLOB"]) {
        Some(Class::Blob)
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Some(Class::Real)
    } else {
        None
    }
}

/// Whether SQLite may take a text for a number: it ignores blanks around it.
pub(super) fn may_be_a_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok()
}

pub(super) fn found_sql(literal: &Literal) -> &'static str {
    match literal {
        Literal::Null => "NULL",
        Literal::Integer => "an integer",
        Literal::Real => "a REAL",
        Literal::Text(_) => "this text",
        Literal::Blob => "a BLOB",
    }
}

impl Analysis<'_> {
    fn call(&mut self, call: &crate::sqlite::shape::Call, scope: &Scope<'_>) -> Value {
        let aggregate = call.is_aggregate();
        // Inside an aggregate there are rows again.
        let inner = Scope { bare: scope.bare && !aggregate, ..*scope };
        let arguments: Vec<Value> = call.arguments.iter().map(|argument| self.value(argument, &inner)).collect();
        if let Some(filter) = &call.filter {
            self.value(filter, &inner);
        }
        if aggregate
            && matches!(call.name.as_str(), "min" | "max")
            && let Some(value) = arguments.first()
        {
            self.ordered(value, call.name == "max");
        }
        let result = functions::result(call, &arguments, scope.bare);
        match (call.name.as_str(), call.arguments.as_slice()) {
            ("snippet" | "highlight", [table, column, ..]) => match self.searched(table, column, scope) {
                Some(column) => Value { nullable: column.nullable, ..result },
                None => result,
            },
            (name, arguments) if TIMES.contains(&name) && self.has_a_time(name, arguments) => {
                Value { nullable: false, ..result }
            }
            _ => result,
        }
    }

    /// Whether SQLite can read a time that is written out, with all its modifiers.
    fn has_a_time(&self, name: &str, arguments: &[Expr]) -> bool {
        let texts = arguments.iter().map(|argument| match &argument.kind {
            Node::Literal(Literal::Text(text)) => Some(text.as_str()),
            _ => None,
        });
        let Some(texts) = texts.collect::<Option<Vec<_>>>() else { return false };
        let places = vec!["?"; texts.len()].join(", ");
        let ask = format!("SELECT {name}({places}) IS NOT NULL");
        self.worlds.empty.query_row(&ask, rusqlite::params_from_iter(texts), |row| row.get(0)).unwrap_or(false)
    }

    /// The column of `snippet(table, 1, …)`.
    fn searched(&self, table: &Expr, column: &Expr, scope: &Scope<'_>) -> Option<Value> {
        let (Node::Column { name, .. }, Node::Literal(Literal::Integer)) = (&table.kind, &column.kind) else {
            return None;
        };
        let digits = &self.sql[column.at..];
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        scope.searched(name, digits[..end].parse().ok()?)
    }
}
