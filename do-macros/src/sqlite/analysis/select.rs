//! SELECT: what its columns are.

use super::scope::{Scope, Visible};
use super::{Analysis, Output, Value};
use crate::sqlite::shape::{Arm, Cte, Expr, Item, Node, Query, Select, Selected, Term};

impl Analysis<'_> {
    /// Brings common table expressions into scope.
    pub(super) fn define(&mut self, ctes: &[Cte], outer: Option<&Scope<'_>>, limited: bool) {
        for cte in ctes {
            let columns = self.cte(cte, outer, limited);
            self.ctes.push((cte.name.clone(), columns));
        }
    }

    /// A CTE may name itself: its first arm tells what it is until the others say more.
    fn cte(&mut self, cte: &Cte, outer: Option<&Scope<'_>>, limited: bool) -> Vec<Output> {
        let first = Select { arms: cte.select.arms[..1].to_vec(), order: Vec::new(), ..cte.select.clone() };
        if cte.select.arms.len() == 1 {
            return renamed(self.limited_select(&cte.select, outer, limited), &cte.columns);
        }
        let mut columns = renamed(self.limited_select(&first, outer, limited), &cte.columns);
        // Each round can only lose certainty, so this ends; the bound is for speed.
        for _ in 0..=columns.len() {
            self.ctes.push((cte.name.clone(), columns.clone()));
            let next = renamed(self.limited_select(&cte.select, outer, limited), &cte.columns);
            self.ctes.pop();
            if next == columns {
                break;
            }
            columns = next;
        }
        columns
    }

    pub(super) fn select(&mut self, select: &Select, outer: Option<&Scope<'_>>, one_row: bool) -> Vec<Output> {
        self.limited_select(select, outer, one_row)
    }

    /// A select from which no more may be asked than comes early, if `limited`.
    pub(super) fn limited_select(&mut self, select: &Select, outer: Option<&Scope<'_>>, limited: bool) -> Vec<Output> {
        let known = self.ctes.len();
        let limited = (limited || select.limit.is_some()) && select.streams;
        self.define(&select.ctes, outer, limited);
        let alone = select.arms.len() == 1;
        let mut outputs: Option<Vec<Output>> = None;
        for arm in &select.arms {
            let order = if alone { select.order.as_slice() } else { &[] };
            let arm = self.arm(arm, order, outer, limited);
            outputs = Some(match outputs {
                None => arm,
                Some(before) => before
                    .into_iter()
                    .zip(&arm)
                    .map(|(before, arm)| Output { value: before.value.either(&arm.value), ..before })
                    .collect(),
            });
        }
        let nowhere = Scope { sources: &[], outer, bare: false };
        for bound in select.limit.iter().chain(&select.offset) {
            self.value(bound, &nowhere);
            self.count(bound);
        }
        self.ctes.truncate(known);
        outputs.unwrap_or_default()
    }

    fn arm(&mut self, arm: &Arm, order: &[Term], outer: Option<&Scope<'_>>, limited: bool) -> Vec<Output> {
        match arm {
            Arm::Query(query) => self.query(query, order, outer, limited),
            Arm::Values(rows) => {
                let scope = Scope { sources: &[], outer, bare: false };
                let mut columns: Option<Vec<Output>> = None;
                for row in rows {
                    let values: Vec<Value> = row.iter().map(|value| self.value(value, &scope)).collect();
                    columns = Some(match columns {
                        None => (values.into_iter().enumerate())
                            .map(|(at, value)| Output { name: format!("column{}", at + 1), value, at: row[at].at })
                            .collect(),
                        Some(before) => before
                            .into_iter()
                            .zip(&values)
                            .map(|(before, value)| Output { value: before.value.either(value), ..before })
                            .collect(),
                    });
                }
                columns.unwrap_or_default()
            }
        }
    }

    fn query(&mut self, query: &Query, order: &[Term], outer: Option<&Scope<'_>>, limited: bool) -> Vec<Output> {
        let aggregates = query.items.iter().any(|item| item.value().is_some_and(Expr::aggregates))
            || query.having.as_ref().is_some_and(Expr::aggregates)
            || order.iter().any(|term| term.value.aggregates());
        let bare = aggregates && query.group.is_empty();
        let mut sources = self.sources(&query.from, outer, limited && !bare);
        if let Some(filter) = &query.filter {
            sources.iter_mut().for_each(|source| source.searched_for(filter));
        }
        let rows = Scope { sources: &sources, outer, bare: false };
        if let Some(filter) = &query.filter {
            self.value(filter, &rows);
            self.hindered(filter);
        }
        for key in &query.group {
            let key = named_item(key, &query.items);
            let value = self.value(key, &rows);
            self.ordered(&value, false);
        }
        let groups = Scope { bare, ..rows };
        let outputs = self.items(&query.items, &groups);
        if let Some(having) = &query.having {
            self.value(having, &groups);
        }
        for term in order {
            let key = named_item(&term.value, &query.items);
            let value = self.value(key, &groups);
            if query.group.is_empty() {
                self.ordered(&value, term.descending);
            }
        }
        outputs
    }

    pub(super) fn items(&mut self, items: &[Item], scope: &Scope<'_>) -> Vec<Output> {
        let mut outputs = Vec::new();
        let all = |outputs: &mut Vec<Output>, source: &Visible, at, joined: &[String]| {
            let shown = source.columns.iter().filter(|column| !joined.contains(&column.name));
            outputs.extend(shown.map(|column| Output {
                name: column.name.clone(),
                value: column.value.clone().or_null(scope.bare),
                at,
            }));
        };
        for item in items {
            match &item.what {
                Selected::Star => {
                    scope.sources.iter().for_each(|source| all(&mut outputs, source, item.at, &source.joined))
                }
                Selected::StarOf(table) => scope
                    .sources
                    .iter()
                    .filter(|source| source.is_called(table))
                    .for_each(|source| all(&mut outputs, source, item.at, &[])),
                Selected::Value { value, alias } => {
                    let name = alias.clone().unwrap_or_else(|| match &value.kind {
                        Node::Column { name, .. } => name.clone(),
                        _ => String::new(),
                    });
                    outputs.push(Output { name, value: self.value(value, scope), at: item.at });
                }
            }
        }
        outputs
    }

    /// A select in the place of one value.
    pub(super) fn scalar(&mut self, select: &Select, scope: &Scope<'_>) -> Value {
        let outputs = self.limited_select(select, Some(scope), true);
        let value = outputs.into_iter().next().map_or_else(Value::silent, |output| output.value);
        let lost = !always_gives_a_row(select);
        Value { place: None, origin: None, ..value }.or_null(lost)
    }
}

impl Item {
    fn value(&self) -> Option<&Expr> {
        match &self.what {
            Selected::Value { value, .. } => Some(value),
            Selected::Star | Selected::StarOf(_) => None,
        }
    }
}

/// An aggregate without GROUP BY has one row, whatever there is.
fn always_gives_a_row(select: &Select) -> bool {
    let [Arm::Query(query)] = select.arms.as_slice() else { return false };
    let aggregates = query.items.iter().any(|item| item.value().is_some_and(Expr::aggregates));
    let sourceless = query.from.is_empty() && query.filter.is_none();
    (aggregates && query.group.is_empty() || sourceless)
        && query.having.is_none()
        && select.limit.is_none()
        && select.offset.is_none()
}

/// In ORDER BY and GROUP BY the alias of an item, or its number, stands for it.
fn named_item<'e>(key: &'e Expr, items: &'e [Item]) -> &'e Expr {
    let Node::Column { table: None, name } = &key.kind else { return key };
    let named = items.iter().find_map(|item| match &item.what {
        Selected::Value { value, alias: Some(alias) } if alias.eq_ignore_ascii_case(name) => Some(value),
        _ => None,
    });
    named.unwrap_or(key)
}

fn renamed(mut outputs: Vec<Output>, names: &[String]) -> Vec<Output> {
    outputs.iter_mut().zip(names).for_each(|(output, name)| output.name.clone_from(name));
    outputs
}

impl Expr {
    /// Whether it makes one value of many rows, not looking into selects of its own.
    fn aggregates(&self) -> bool {
        let any = |all: &[Expr]| all.iter().any(Expr::aggregates);
        match &self.kind {
            Node::Literal(_) | Node::Param(_) | Node::Column { .. } | Node::Exists(_) | Node::Scalar(_) => false,
            Node::Unary(_, one) | Node::NullTest(one) | Node::Cast(one, _) | Node::InTable(one) => one.aggregates(),
            Node::InSelect(one, _) => one.aggregates(),
            Node::Binary(_, left, right) => left.aggregates() || right.aggregates(),
            Node::Between(one, low, high) => one.aggregates() || low.aggregates() || high.aggregates(),
            Node::InList(one, list) => one.aggregates() || any(list),
            Node::Case { base, whens, otherwise } => {
                base.iter().chain(otherwise).any(|one| one.aggregates())
                    || whens.iter().any(|(when, then)| when.aggregates() || then.aggregates())
            }
            Node::Call(call) => call.is_aggregate() || any(&call.arguments),
            Node::Row(all) => any(all),
        }
    }
}
