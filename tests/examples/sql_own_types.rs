//! Enums and newtypes of the user as parameters and as columns.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
pub enum Status {
    Open,
    InWork,
}

#[derive(Debug, Clone, PartialEq, Eq, Column)]
pub struct Email(pub String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
pub struct Cents(pub i64);

#[table(index = owner, index = status)]
pub struct Order {
    #[key]
    pub id: Id<Order>,
    pub owner: Email,
    pub status: Status,
    pub price: Cents,
    pub discount: Option<Cents>,
}

#[derive(Row)]
pub struct Bill {
    pub owner: Email,
    pub price: Cents,
    pub discount: Option<Cents>,
}

#[durable_object(tables(Order))]
pub struct Shop;

#[durable_object]
impl Shop {
    pub fn of(&self, cx: &Cx<Self>, owner: &Email, status: Option<Status>) -> Result<Vec<Order>> {
        sql!(cx, Order, r#"SELECT * FROM "order" WHERE owner = :owner AND status IS :status"#).all()
    }

    pub fn among(&self, cx: &Cx<Self>, statuses: &[Status], owners: Vec<Email>) -> Result<Vec<(Id<Order>, Status)>> {
        let by = sql!(cx, (Id<Order>, Status), r#"SELECT id, status FROM "order" WHERE owner IN (:owners)"#).all()?;
        let mut rows =
            sql!(cx, (Id<Order>, Status), r#"SELECT id, status FROM "order" WHERE status IN (:statuses)"#).all()?;
        rows.extend(by);
        Ok(rows)
    }

    pub fn bills(&self, cx: &Cx<Self>) -> Result<Vec<Bill>> {
        sql!(cx, Bill, r#"SELECT owner, price, discount FROM "order" WHERE status = :status"#, status = Status::Open)
            .all()
    }

    #[expect(clippy::type_complexity)]
    pub fn records(&self, cx: &Cx<Self>, owner: Email) -> Result<Option<(Email, Status, Cents, Option<Cents>)>> {
        let row = sql!(cx, r#"SELECT owner, status, price, discount FROM "order" WHERE owner = :owner"#).optional()?;
        Ok(row.map(|row| (row.owner, row.status, row.price, row.discount)))
    }

    pub fn price(&self, cx: &Cx<Self>, id: Id<Order>) -> Result<Cents> {
        sql!(cx, Cents, r#"SELECT price FROM "order" WHERE id = :id"#).one()
    }

    pub fn change(&mut self, cx: &mut Cx<Self>, id: Id<Order>, price: Cents, status: Status) -> Result<u64> {
        sql!(cx, r#"UPDATE "order" SET price = :price, status = :status, discount = NULL WHERE id = :id"#).run()
    }

    pub fn add(&mut self, cx: &mut Cx<Self>, owner: Email, price: Cents, discount: Option<Cents>) -> Result<Id<Order>> {
        sql!(
            cx,
            Id<Order>,
            r#"INSERT INTO "order" (owner, status, price, discount) VALUES (:owner, :status, :price, :discount) RETURNING id"#,
            status = Status::InWork,
        )
        .one()
    }
}

fn main() {}
