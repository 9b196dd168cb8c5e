const _: () = {
    #[automatically_derived]
    impl ::do_runtime::__private::ToValue for Status {
        fn to_value(&self) -> ::do_runtime::Result<::do_runtime::__private::Value<'_>> {
            let text = match self {
                Self::Open => "open",
                Self::InProgress => "in_progress",
                Self::Done => "finished",
            };
            ::core::result::Result::Ok(
                ::do_runtime::__private::Value::Text(::std::borrow::Cow::Borrowed(text)),
            )
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::Binds<::do_runtime::__private::Text> for Status {}
    #[automatically_derived]
    impl ::do_runtime::__private::Column for Status {
        const SQL_TYPE: &'static ::core::primitive::str = "TEXT";
        type Ref<'k> = Self;
        fn as_key(&self) -> Self {
            match self {
                Self::Open => Self::Open,
                Self::InProgress => Self::InProgress,
                Self::Done => Self::Done,
            }
        }
        fn from_value(
            value: ::do_runtime::__private::ValueRef<'_>,
        ) -> ::do_runtime::Result<Self> {
            match value {
                ::do_runtime::__private::ValueRef::Text("open") => {
                    ::core::result::Result::Ok(Self::Open)
                }
                ::do_runtime::__private::ValueRef::Text("in_progress") => {
                    ::core::result::Result::Ok(Self::InProgress)
                }
                ::do_runtime::__private::ValueRef::Text("finished") => {
                    ::core::result::Result::Ok(Self::Done)
                }
                other => {
                    ::core::result::Result::Err(
                        ::do_runtime::Error::new(
                            ::do_runtime::ErrorKind::Storage,
                            ::std::format!(
                                "a `Status` is one of \"open\", \"in_progress\", \"finished\", not {other}"
                            ),
                        ),
                    )
                }
            }
        }
    }
};
const _: () = {
    const INNER: ::do_runtime::__private::ColumnType<String> = <String as ::do_runtime::__private::Column>::COLUMN_TYPE;
    #[automatically_derived]
    impl ::do_runtime::__private::ToValue for Email {
        fn to_value(&self) -> ::do_runtime::Result<::do_runtime::__private::Value<'_>> {
            INNER.value(&self.0)
        }
    }
    #[automatically_derived]
    impl<C> ::do_runtime::__private::Binds<C> for Email
    where
        String: ::do_runtime::__private::BindsInside<C>,
    {}
    #[automatically_derived]
    impl ::do_runtime::__private::Column for Email {
        const SQL_TYPE: &'static ::core::primitive::str = INNER.sql_type;
        const NULL: ::core::primitive::bool = INNER.null;
        type Ref<'k> = &'k Self;
        fn as_key(&self) -> &Self {
            self
        }
        fn from_value(
            value: ::do_runtime::__private::ValueRef<'_>,
        ) -> ::do_runtime::Result<Self> {
            ::core::result::Result::map(INNER.from_value(value), Self)
        }
    }
};
const _: () = {
    const INNER: ::do_runtime::__private::ColumnType<i64> = <i64 as ::do_runtime::__private::Column>::COLUMN_TYPE;
    #[automatically_derived]
    impl ::do_runtime::__private::ToValue for Cents {
        fn to_value(&self) -> ::do_runtime::Result<::do_runtime::__private::Value<'_>> {
            INNER.value(&self.0)
        }
    }
    #[automatically_derived]
    impl<C> ::do_runtime::__private::Binds<C> for Cents
    where
        i64: ::do_runtime::__private::BindsInside<C>,
    {}
    #[automatically_derived]
    impl ::do_runtime::__private::Column for Cents {
        const SQL_TYPE: &'static ::core::primitive::str = INNER.sql_type;
        const NULL: ::core::primitive::bool = INNER.null;
        type Ref<'k> = Self;
        fn as_key(&self) -> Self {
            Self(self.0)
        }
        fn from_value(
            value: ::do_runtime::__private::ValueRef<'_>,
        ) -> ::do_runtime::Result<Self> {
            ::core::result::Result::map(INNER.from_value(value), Self)
        }
    }
};
const _: () = {
    const TYPE_COLUMN: ::do_runtime::__private::ColumnType<Option<Status>> = <Option<
        Status,
    > as ::do_runtime::__private::Column>::COLUMN_TYPE;
    #[automatically_derived]
    impl ::do_runtime::__private::FromRow for Totals {
        const SHAPE: ::do_runtime::__private::RowShape = ::do_runtime::__private::RowShape::Fields(
            "Totals",
            &[
                ("lines", ::do_runtime::__private::ValueShape::of::<i64>()),
                ("type", TYPE_COLUMN.shape()),
            ],
        );
        fn from_row(
            row: &dyn ::do_runtime::__private::RowAccess,
        ) -> ::do_runtime::Result<Self> {
            ::core::result::Result::Ok(Self {
                lines: ::do_runtime::__private::named_column::<i64>(row, "lines")?,
                r#type: TYPE_COLUMN.read_named(row, "type")?,
            })
        }
    }
};
#[automatically_derived]
impl ::do_runtime::RpcError for Refused {}
#[automatically_derived]
impl ::core::convert::From<Refused> for ::do_runtime::Error {
    fn from(error: Refused) -> Self {
        ::do_runtime::__private::user_error(error)
    }
}
#[automatically_derived]
impl ::do_runtime::RpcError for TooMany {
    const STATUSES: &'static [::core::primitive::u16] = &[429u16];
    fn status(&self) -> ::core::primitive::u16 {
        429u16
    }
    fn retry_after(&self) -> ::core::option::Option<::do_runtime::RetryAfter> {
        ::do_runtime::__private::retry_after(&self.1)
    }
}
#[automatically_derived]
impl ::core::convert::From<TooMany> for ::do_runtime::Error {
    fn from(error: TooMany) -> Self {
        ::do_runtime::__private::user_error(error)
    }
}
#[automatically_derived]
impl ::do_runtime::RpcError for Quota {
    const STATUSES: &'static [::core::primitive::u16] = &[409u16, 429u16];
    fn status(&self) -> ::core::primitive::u16 {
        match self {
            Self::Exceeded { .. } => 429u16,
            Self::Spent { .. } => 409u16,
        }
    }
    fn retry_after(&self) -> ::core::option::Option<::do_runtime::RetryAfter> {
        match self {
            Self::Exceeded { r#for: wait, .. } => {
                ::do_runtime::__private::retry_after(wait)
            }
            _ => ::core::option::Option::None,
        }
    }
}
#[automatically_derived]
impl ::core::convert::From<Quota> for ::do_runtime::Error {
    fn from(error: Quota) -> Self {
        ::do_runtime::__private::user_error(error)
    }
}
