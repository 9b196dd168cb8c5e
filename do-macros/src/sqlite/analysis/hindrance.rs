//! Why no index serves a condition.

use super::Analysis;
use crate::sqlite::shape::{Expr, Node};

/// What stands in the way of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sqlite) enum Hindrance {
    /// `LIKE` and its kind, over this column.
    Pattern(String),
    /// A column is in a function, a calculation or a COLLATE of another order.
    Computed,
    /// `WHERE active`, or `WHERE NOT active`: no value is looked for in this column. The value that is meant.
    Truth(String, &'static str),
}

impl Analysis<'_> {
    /// Notes what hinders in a condition.
    pub(super) fn hindered(&mut self, condition: &Expr) {
        let hindrance = match &condition.kind {
            Node::Binary(operator, left, right) => match operator.as_str() {
                "AND" | "OR" => {
                    self.hindered(left);
                    self.hindered(right);
                    None
                }
                "LIKE" | "GLOB" | "REGEXP" => match &left.kind {
                    Node::Column { name, .. } => Some(Hindrance::Pattern(name.clone())),
                    _ => mentions_column(left).then_some(Hindrance::Computed),
                },
                "=" | "==" | "<" | "<=" | ">" | ">=" | "IS" => {
                    [left, right].into_iter().any(|side| is_computed(side)).then_some(Hindrance::Computed)
                }
                _ => None,
            },
            Node::Between(one, ..) | Node::InList(one, _) | Node::InSelect(one, _) => {
                is_computed(one).then_some(Hindrance::Computed)
            }
            Node::Column { name, .. } => Some(Hindrance::Truth(name.clone(), "TRUE")),
            Node::Unary(operator, one) if operator == "NOT" => match &one.kind {
                Node::Column { name, .. } => Some(Hindrance::Truth(name.clone(), "FALSE")),
                _ => None,
            },
            Node::Call(_) => mentions_column(condition).then_some(Hindrance::Computed),
            _ => None,
        };
        self.hindrances.extend(hindrance);
    }
}

/// Whether it is more than a column.
fn is_computed(expr: &Expr) -> bool {
    !matches!(expr.kind, Node::Column { .. } | Node::Row(_)) && mentions_column(expr)
}

fn mentions_column(expr: &Expr) -> bool {
    match &expr.kind {
        Node::Column { .. } => true,
        Node::Unary(_, one) | Node::Cast(one, _) => mentions_column(one),
        Node::Binary(_, left, right) => mentions_column(left) || mentions_column(right),
        Node::Call(call) => call.arguments.iter().any(mentions_column),
        Node::Case { base, whens, otherwise } => {
            base.iter().chain(otherwise).any(|one| mentions_column(one))
                || whens.iter().any(|(when, then)| mentions_column(when) || mentions_column(then))
        }
        _ => false,
    }
}
