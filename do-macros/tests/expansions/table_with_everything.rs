#[derive(Clone)]
pub(crate) struct Order {
    tenant: String,
    customer: Id<Customer>,
    number: u32,
    label: Option<String>,
    status: Status,
    lines: Vec<Line>,
    refund: Option<Id<crate::Refund>>,
    r#type: Option<model::Kind>,
    discount: f64,
}
/// A row of [`Order`] to insert: what the database fills in may be left out.
#[derive(Clone)]
#[allow(clippy::type_complexity)]
pub(crate) struct NewOrder {
    tenant: String,
    customer: Id<Customer>,
    number: ::core::option::Option<u32>,
    label: ::core::option::Option<Option<String>>,
    status: ::core::option::Option<Status>,
    lines: Vec<Line>,
    refund: Option<Id<crate::Refund>>,
    r#type: Option<model::Kind>,
    discount: ::core::option::Option<f64>,
}
#[allow(clippy::all, dead_code)]
impl NewOrder {
    /// Sets `number`, which has its default otherwise.
    #[must_use]
    pub(crate) fn number(mut self, number: u32) -> Self {
        self.number = ::core::option::Option::Some(number);
        self
    }
    /// Sets `label`, which has its default otherwise.
    #[must_use]
    pub(crate) fn label(mut self, label: Option<String>) -> Self {
        self.label = ::core::option::Option::Some(label);
        self
    }
    /// Sets `status`, which has its default otherwise.
    #[must_use]
    pub(crate) fn status(mut self, status: Status) -> Self {
        self.status = ::core::option::Option::Some(status);
        self
    }
    /// Sets `discount`, which has its default otherwise.
    #[must_use]
    pub(crate) fn discount(mut self, discount: f64) -> Self {
        self.discount = ::core::option::Option::Some(discount);
        self
    }
}
#[allow(clippy::all, dead_code)]
impl Order {
    /// A row to insert. `number`, `label`, `status` and `discount` are filled in unless they are set.
    pub(crate) fn new(
        tenant: impl ::core::convert::Into<String>,
        customer: Id<Customer>,
        lines: Vec<Line>,
        refund: Option<Id<crate::Refund>>,
        r#type: Option<model::Kind>,
    ) -> NewOrder {
        NewOrder {
            tenant: ::core::convert::Into::into(tenant),
            customer,
            number: ::core::option::Option::None,
            label: ::core::option::Option::None,
            status: ::core::option::Option::None,
            lines,
            refund,
            r#type,
            discount: ::core::option::Option::None,
        }
    }
    /// Every [`Order`] with this `tenant`, in the order of the index (tenant, customer).
    pub(crate) fn by_tenant<'c>(
        cx: &'c ::do_runtime::Cx<
            impl ::do_runtime::__private::Object + ::do_runtime::__private::Declares<
                Order,
            >,
        >,
        tenant: &::core::primitive::str,
    ) -> ::do_runtime::Find<'c, Order, Id<Customer>> {
        ::do_runtime::__private::find(
            cx,
            &["tenant"],
            ::core::option::Option::Some("customer"),
            &[&tenant],
        )
    }
    /// Every [`Order`] with this `status`, in the order of the index (status).
    pub(crate) fn by_status<'c>(
        cx: &'c ::do_runtime::Cx<
            impl ::do_runtime::__private::Object + ::do_runtime::__private::Declares<
                Order,
            >,
        >,
        status: <Status as ::do_runtime::__private::Column>::Ref<'_>,
    ) -> ::do_runtime::Find<'c, Order> {
        ::do_runtime::__private::find(
            cx,
            &["status"],
            ::core::option::Option::None,
            &[&status],
        )
    }
    /// The [`Order`] with this `tenant` and `number`, if there is one.
    pub(crate) fn by_tenant_and_number(
        cx: &::do_runtime::Cx<
            impl ::do_runtime::__private::Object + ::do_runtime::__private::Declares<
                Order,
            >,
        >,
        tenant: &::core::primitive::str,
        number: u32,
    ) -> ::do_runtime::Result<::core::option::Option<Order>> {
        ::do_runtime::__private::find_unique(
            cx,
            &["tenant", "number"],
            &[&tenant, &number],
        )
    }
}
const _: () = {
    const SCHEMA: &::core::primitive::str = r#"
CREATE TABLE "order" (
    tenant   TEXT          NOT NULL,
    customer INTEGER       NOT NULL REFERENCES "{table:Customer}" ON DELETE CASCADE,
    number   INTEGER       NOT NULL DEFAULT 1 CHECK (number > 0),
    label    TEXT          DEFAULT 'new',
    status   {Status}      NOT NULL,
    lines    TEXT          NOT NULL,
    refund   INTEGER       REFERENCES "{table:crate::Refund}" ON DELETE SET NULL,
    "group"  {model::Kind},
    discount REAL          NOT NULL DEFAULT -1.5,
    PRIMARY KEY (tenant, customer)
) STRICT;
CREATE INDEX order_status ON "order" (status);
CREATE UNIQUE INDEX order_tenant_number ON "order" (tenant, number);
CREATE INDEX order_status_also ON "order" (status) WHERE status <> 'done';
"#;
    const STATUS_COLUMN: ::do_runtime::__private::ColumnType<Status> = <Status as ::do_runtime::__private::Column>::COLUMN_TYPE;
    const LINES_COLUMN: ::do_runtime::__private::ColumnType<Vec<Line>> = ::do_runtime::__private::json_type::<
        Vec<Line>,
    >();
    const TYPE_COLUMN: ::do_runtime::__private::ColumnType<Option<model::Kind>> = <Option<
        model::Kind,
    > as ::do_runtime::__private::Column>::COLUMN_TYPE;
    #[automatically_derived]
    impl ::do_runtime::__private::Table for Order {
        const NAME: &'static ::core::primitive::str = "order";
        const DEF: &'static ::do_runtime::__private::TableDef = &::do_runtime::__private::TableDef {
            name: "order",
            rust_name: "Order",
            schema: SCHEMA,
            types: &[
                ("{table:Customer}", <Customer as ::do_runtime::__private::Table>::NAME),
                ("{Status}", STATUS_COLUMN.sql_type),
                (
                    "{table:crate::Refund}",
                    <crate::Refund as ::do_runtime::__private::Table>::NAME,
                ),
                ("{model::Kind}", TYPE_COLUMN.sql_type),
            ],
            columns: &[
                ::do_runtime::__private::ColumnDef {
                    name: "tenant",
                    sql_type: "TEXT",
                    null: false,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "customer",
                    sql_type: "INTEGER",
                    null: false,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "number",
                    sql_type: "INTEGER",
                    null: false,
                    default: true,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "label",
                    sql_type: "TEXT",
                    null: true,
                    default: true,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "status",
                    sql_type: STATUS_COLUMN.sql_type,
                    null: false,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "lines",
                    sql_type: "TEXT",
                    null: false,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "refund",
                    sql_type: "INTEGER",
                    null: true,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "group",
                    sql_type: TYPE_COLUMN.sql_type,
                    null: true,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "discount",
                    sql_type: "REAL",
                    null: false,
                    default: true,
                },
            ],
            key: &[0, 1],
            assigned: ::core::option::Option::None,
            indexes: &[
                ::do_runtime::__private::IndexDef {
                    name: "order_status",
                    columns: &[("status", false)],
                    unique: false,
                },
                ::do_runtime::__private::IndexDef {
                    name: "order_tenant_number",
                    columns: &[("tenant", false), ("number", false)],
                    unique: true,
                },
                ::do_runtime::__private::IndexDef {
                    name: "order_status_also",
                    columns: &[("status", false)],
                    unique: false,
                },
            ],
            references: &[
                ::do_runtime::__private::ReferenceDef {
                    column: 1,
                    table: <Customer as ::do_runtime::__private::Table>::NAME,
                    on_delete: ::do_runtime::__private::OnDelete::Cascade,
                },
                ::do_runtime::__private::ReferenceDef {
                    column: 6,
                    table: <crate::Refund as ::do_runtime::__private::Table>::NAME,
                    on_delete: ::do_runtime::__private::OnDelete::SetNull,
                },
            ],
            expiry: ::core::option::Option::None,
        };
        type Key<'k> = (&'k ::core::primitive::str, Id<Customer>);
        fn key_values<'v>(
            key: &'v Self::Key<'_>,
        ) -> ::do_runtime::Result<::std::vec::Vec<::do_runtime::__private::Value<'v>>> {
            ::core::result::Result::Ok(
                ::std::vec![
                    ::do_runtime::__private::ToValue::to_value(& key.0) ?,
                    ::do_runtime::__private::ToValue::to_value(& key.1) ?
                ],
            )
        }
        fn values(
            &self,
        ) -> ::do_runtime::Result<::std::vec::Vec<::do_runtime::__private::Value<'_>>> {
            ::core::result::Result::Ok(
                ::std::vec![
                    ::do_runtime::__private::ToValue::to_value(& self.tenant) ?,
                    ::do_runtime::__private::ToValue::to_value(& self.customer) ?,
                    ::do_runtime::__private::ToValue::to_value(& self.number) ?,
                    ::do_runtime::__private::ToValue::to_value(& self.label) ?,
                    STATUS_COLUMN.value(& self.status) ?, LINES_COLUMN.value(& self
                    .lines) ?, ::do_runtime::__private::ToValue::to_value(& self.refund)
                    ?, TYPE_COLUMN.value(& self.r#type) ?,
                    ::do_runtime::__private::ToValue::to_value(& self.discount) ?
                ],
            )
        }
        fn read(
            row: &dyn ::do_runtime::__private::RowAccess,
            first: ::core::primitive::usize,
        ) -> ::do_runtime::Result<Self> {
            ::core::result::Result::Ok(Self {
                tenant: ::do_runtime::__private::column(row, first, "tenant")?,
                customer: ::do_runtime::__private::column(row, first + 1, "customer")?,
                number: ::do_runtime::__private::column(row, first + 2, "number")?,
                label: ::do_runtime::__private::column(row, first + 3, "label")?,
                status: STATUS_COLUMN.read(row, first + 4, "status")?,
                lines: LINES_COLUMN.read(row, first + 5, "lines")?,
                refund: ::do_runtime::__private::column(row, first + 6, "refund")?,
                r#type: TYPE_COLUMN.read(row, first + 7, "group")?,
                discount: ::do_runtime::__private::column(row, first + 8, "discount")?,
            })
        }
        fn assign(&mut self, _: ::core::primitive::i64) {}
    }
    #[automatically_derived]
    impl ::do_runtime::__private::NewRow for NewOrder {
        type Row = Order;
        fn complete(
            self,
            _: ::do_runtime::Timestamp,
        ) -> (Order, ::do_runtime::__private::KeySource) {
            (
                Order {
                    tenant: self.tenant,
                    customer: self.customer,
                    number: self.number.unwrap_or(1),
                    label: self
                        .label
                        .unwrap_or_else(|| ::core::option::Option::Some(
                            ::core::convert::From::from("new"),
                        )),
                    status: self.status.unwrap_or_else(|| Status::Open),
                    lines: self.lines,
                    refund: self.refund,
                    r#type: self.r#type,
                    discount: self.discount.unwrap_or(-1.5),
                },
                ::do_runtime::__private::KeySource::Given,
            )
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::NewRow for Order {
        type Row = Self;
        fn complete(
            self,
            _: ::do_runtime::Timestamp,
        ) -> (Self, ::do_runtime::__private::KeySource) {
            (self, ::do_runtime::__private::KeySource::Given)
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::FromRow for Order {
        const SHAPE: ::do_runtime::__private::RowShape = ::do_runtime::__private::RowShape::Table(
            <Self as ::do_runtime::__private::Table>::DEF,
        );
        fn from_row(
            row: &dyn ::do_runtime::__private::RowAccess,
        ) -> ::do_runtime::Result<Self> {
            ::do_runtime::__private::read_named(row)
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::sql::ColumnsOf<
        (
            String,
            Id<Customer>,
            u32,
            Option<String>,
            Status,
            ::do_runtime::Json<Vec<Line>>,
            Option<Id<crate::Refund>>,
            Option<model::Kind>,
            f64,
        ),
    > for Order {}
};
#[doc(hidden)]
#[allow(unused_macros)]
macro_rules! __table_Order {
    ({ $($callback:tt)* } { $($payload:tt)* }) => {
        $($callback)* ! { { $($payload)* } { "Order" "order"
        r#"
CREATE TABLE "order" (
    tenant   TEXT          NOT NULL,
    customer INTEGER       NOT NULL REFERENCES "{table:Customer}" ON DELETE CASCADE,
    number   INTEGER       NOT NULL DEFAULT 1 CHECK (number > 0),
    label    TEXT          DEFAULT 'new',
    status   ANY      NOT NULL,
    lines    TEXT          NOT NULL,
    refund   INTEGER       REFERENCES "{table:crate::Refund}" ON DELETE SET NULL,
    "group"  ANY,
    discount REAL          NOT NULL DEFAULT -1.5,
    PRIMARY KEY (tenant, customer)
) STRICT;
CREATE INDEX order_status ON "order" (status);
CREATE UNIQUE INDEX order_tenant_number ON "order" (tenant, number);
CREATE INDEX order_status_also ON "order" (status) WHERE status <> 'done';
"#["tenant"
        text, "customer" integer, "number" integer, "label" text ?, "status" own, "lines"
        text = !, "refund" integer ?, "group" own ? = "type", "discount" real] } }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub(crate) use __table_Order as Order;
