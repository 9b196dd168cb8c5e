//! Expressions, by the precedence of SQLite's operators.

use super::parser::{DEEPEST, Parser};
use super::{Call, Expr, Literal, Node, Over};
use crate::sqlite::lexer::{Kind, Token};

/// What binds more tightly has the higher number.
mod power {
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const EQUAL: u8 = 4;
    pub(super) const COMPARE: u8 = 5;
    pub(super) const BIT: u8 = 6;
    pub(super) const ADD: u8 = 7;
    pub(super) const MULTIPLY: u8 = 8;
    pub(super) const JOIN: u8 = 9;
    pub(super) const COLLATE: u8 = 10;
    pub(super) const SIGN: u8 = 11;
}

const MATCHING: [&str; 4] = ["LIKE", "GLOB", "REGEXP", "MATCH"];

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Option<Expr> {
        self.operand(power::OR)
    }

    /// An expression whose operators bind at least so tightly.
    fn operand(&mut self, least: u8) -> Option<Expr> {
        self.nested(|parser| {
            let mut left = parser.prefix()?;
            let mut length = 0;
            while let Some(operator) = parser.peek() {
                length += 1;
                // A long chain is a deep tree.
                if length > DEEPEST {
                    return None;
                }
                let word = operator.text.to_ascii_uppercase();
                if !matches!(operator.kind, Kind::Word | Kind::Symbol) {
                    break;
                }
                left = match parser.infix(&word, left, least)? {
                    Ok(longer) => longer,
                    Err(whole) => return Some(whole),
                };
            }
            Some(left)
        })
    }

    /// The expression with the operator that follows: `Err` if none that belongs to it does.
    fn infix(&mut self, word: &str, left: Expr, least: u8) -> Option<Result<Expr, Expr>> {
        let at = left.at;
        let done = |kind| Some(Ok(Expr { at, kind }));
        let Some(binds) = binding(word).filter(|binds| *binds >= least) else { return Some(Err(left)) };
        let left = Box::new(left);
        match word {
            "NOT" | "IN" | "BETWEEN" | "LIKE" | "GLOB" | "REGEXP" | "MATCH" => {
                let negated = self.take("NOT");
                if negated && self.take("NULL") {
                    return done(Node::NullTest(left));
                }
                let kind = self.test(left, negated)?;
                done(kind)
            }
            "ISNULL" | "NOTNULL" => {
                self.next();
                done(Node::NullTest(left))
            }
            "IS" => {
                self.next();
                let negated = self.take("NOT");
                if self.take("NULL") {
                    return done(Node::NullTest(left));
                }
                self.take_all(&["DISTINCT", "FROM"]);
                let right = Box::new(self.operand(power::COMPARE)?);
                done(Node::Binary(if negated { "IS NOT" } else { "IS" }.to_owned(), left, right))
            }
            "COLLATE" => {
                self.next();
                self.name()?;
                done(left.kind)
            }
            _ => {
                self.next();
                let right = Box::new(self.operand(binds + 1)?);
                done(Node::Binary(word.to_owned(), left, right))
            }
        }
    }

    /// What may follow `NOT` between operands.
    fn test(&mut self, left: Box<Expr>, negated: bool) -> Option<Node> {
        if self.take("BETWEEN") {
            let low = self.operand(power::COMPARE)?;
            self.need("AND")?;
            return Some(Node::Between(left, Box::new(low), Box::new(self.operand(power::COMPARE)?)));
        }
        if self.take("IN") {
            return self.membership(left);
        }
        let operator = self.next().filter(|token| token.is_any(&MATCHING))?.text.to_ascii_uppercase();
        let pattern = self.operand(power::COMPARE)?;
        if self.take("ESCAPE") {
            self.operand(power::COMPARE)?;
        }
        let operator = if negated { format!("NOT {operator}") } else { operator };
        Some(Node::Binary(operator, left, Box::new(pattern)))
    }

    fn membership(&mut self, left: Box<Expr>) -> Option<Node> {
        if !self.take("(") {
            self.name()?;
            if self.take(".") {
                self.name()?;
            }
            if self.sees("(") {
                self.skip_parentheses()?;
            }
            return Some(Node::InTable(left));
        }
        let node = if self.sees_any(&["SELECT", "WITH", "VALUES"]) {
            Node::InSelect(left, Box::new(self.select()?))
        } else if self.sees(")") {
            Node::InList(left, Vec::new())
        } else {
            Node::InList(left, self.list(Parser::expr)?)
        };
        self.need(")")?;
        Some(node)
    }

    fn prefix(&mut self) -> Option<Expr> {
        let first = self.peek()?;
        let at = first.at;
        let kind = match first.kind {
            Kind::Number => {
                self.next();
                let hexadecimal = first.text.starts_with("0x") || first.text.starts_with("0X");
                // An integer that is too large is a REAL; the least one has this without its sign.
                let whole = first.text.replace('_', "").parse::<u64>().is_ok_and(|number| number <= 1 << 63);
                let whole = hexadecimal || whole;
                Node::Literal(if whole { Literal::Integer } else { Literal::Real })
            }
            Kind::Text => {
                self.next();
                let inner = first.text.strip_prefix('\'')?.strip_suffix('\'')?;
                Node::Literal(Literal::Text(inner.replace("''", "'")))
            }
            Kind::Blob => {
                self.next();
                Node::Literal(Literal::Blob)
            }
            Kind::Param => {
                self.next();
                Node::Param(first.text[1..].to_owned())
            }
            Kind::Quoted => self.column()?,
            Kind::Symbol => self.symbol()?,
            Kind::Word => self.word()?,
        };
        Some(Expr { at, kind })
    }

    fn symbol(&mut self) -> Option<Node> {
        let symbol = self.next()?;
        if symbol.is_any(&["-", "+", "~"]) {
            return Some(Node::Unary(symbol.text.to_owned(), Box::new(self.operand(power::SIGN)?)));
        }
        if !symbol.is("(") {
            return None;
        }
        let node = if self.sees_any(&["SELECT", "WITH", "VALUES"]) {
            Node::Scalar(Box::new(self.select()?))
        } else {
            let mut row = self.list(Parser::expr)?;
            if row.len() == 1 { row.pop()?.kind } else { Node::Row(row) }
        };
        self.need(")")?;
        Some(node)
    }

    fn word(&mut self) -> Option<Node> {
        let word = self.peek()?;
        let is_call = self.peek_at(1).is_some_and(|token| token.is("("));
        match word.text.to_ascii_uppercase().as_str() {
            "NULL" => self.literal(Literal::Null),
            "TRUE" | "FALSE" => self.literal(Literal::Integer),
            "CURRENT_TIMESTAMP" | "CURRENT_DATE" | "CURRENT_TIME" => self.literal(Literal::Text(String::new())),
            "NOT" => {
                self.next();
                Some(Node::Unary("NOT".to_owned(), Box::new(self.operand(power::NOT)?)))
            }
            "EXISTS" => {
                self.next();
                self.need("(")?;
                let select = self.select()?;
                self.need(")")?;
                Some(Node::Exists(Box::new(select)))
            }
            "CASE" => self.case(),
            "CAST" if is_call => self.cast(),
            _ if is_call => self.call(),
            _ => self.column(),
        }
    }

    fn literal(&mut self, literal: Literal) -> Option<Node> {
        self.next();
        Some(Node::Literal(literal))
    }

    fn column(&mut self) -> Option<Node> {
        let mut name = self.name()?;
        let mut table = None;
        while self.take(".") {
            table = Some(name);
            name = self.name()?;
        }
        Some(Node::Column { table, name })
    }

    fn case(&mut self) -> Option<Node> {
        self.need("CASE")?;
        let base = if self.sees("WHEN") { None } else { Some(Box::new(self.expr()?)) };
        let mut whens = Vec::new();
        while self.take("WHEN") {
            let when = self.expr()?;
            self.need("THEN")?;
            whens.push((when, self.expr()?));
        }
        let otherwise = if self.take("ELSE") { Some(Box::new(self.expr()?)) } else { None };
        self.need("END")?;
        Some(Node::Case { base, whens, otherwise })
    }

    fn cast(&mut self) -> Option<Node> {
        self.next();
        self.need("(")?;
        let value = Box::new(self.expr()?);
        self.need("AS")?;
        let ty = self.name()?;
        while !self.take(")") {
            if self.sees("(") {
                self.skip_parentheses()?;
            } else {
                self.name()?;
            }
        }
        Some(Node::Cast(value, ty))
    }

    fn call(&mut self) -> Option<Node> {
        let name = self.name()?.to_ascii_lowercase();
        self.need("(")?;
        self.take("DISTINCT");
        let arguments = if self.sees(")") || self.take("*") { Vec::new() } else { self.list(Parser::expr)? };
        if self.take_all(&["ORDER", "BY"]) {
            self.list(Parser::term)?;
        }
        self.need(")")?;
        let filter = if self.take("FILTER") {
            self.need("(")?;
            self.need("WHERE")?;
            let filter = Box::new(self.expr()?);
            self.need(")")?;
            Some(filter)
        } else {
            None
        };
        let over = if !self.take("OVER") {
            Over::No
        } else if self.sees("(") {
            let window = self.skip_parentheses()?;
            if holds_its_row(window) { Over::Current } else { Over::Framed }
        } else {
            let name = self.name()?;
            let window = self.window(&name);
            if window.is_some_and(holds_its_row) { Over::Current } else { Over::Framed }
        };
        Some(Node::Call(Call { name, arguments, filter, over }))
    }
}

/// Whether the row itself is in the frame of a window, so that no frame is empty.
fn holds_its_row(window: &[Token<'_>]) -> bool {
    let frames = ["ROWS", "RANGE", "GROUPS"];
    let begins = ["PARTITION", "ORDER", "ROWS", "RANGE", "GROUPS"];
    if window.iter().any(|token| token.is("EXCLUDE"))
        || window.first().is_some_and(|token| token.name().is_some() && !token.is_any(&begins))
    {
        return false;
    }
    let Some(frame) = window.iter().position(|token| token.depth == window[0].depth && token.is_any(&frames)) else {
        return true;
    };
    // `ROWS 2 PRECEDING` ends at the row; of BETWEEN, one bound is before it or at it, and the other after it or at it.
    let bounds = &window[frame + 1..];
    if !bounds.first().is_some_and(|token| token.is("BETWEEN")) {
        return true;
    }
    let Some(and) = bounds.iter().position(|token| token.is("AND")) else { return false };
    let (from, to) = bounds.split_at(and);
    from.iter().any(|token| token.is_any(&["PRECEDING", "CURRENT"]))
        && to.iter().any(|token| token.is_any(&["FOLLOWING", "CURRENT"]))
}

fn binding(operator: &str) -> Option<u8> {
    Some(match operator {
        "OR" => power::OR,
        "AND" => power::AND,
        "=" | "==" | "<>" | "!=" | "IS" | "IN" | "NOT" | "BETWEEN" | "LIKE" | "GLOB" | "REGEXP" | "MATCH"
        | "ISNULL" | "NOTNULL" => power::EQUAL,
        "<" | "<=" | ">" | ">=" => power::COMPARE,
        "&" | "|" | "<<" | ">>" => power::BIT,
        "+" | "-" => power::ADD,
        "*" | "/" | "%" => power::MULTIPLY,
        "||" | "->" | "->>" => power::JOIN,
        "COLLATE" => power::COLLATE,
        _ => return None,
    })
}
