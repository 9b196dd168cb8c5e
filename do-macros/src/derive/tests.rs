use quote::quote;
use syn::parse_quote;

use crate::test_support::{assert_expansion, sentences};

#[test]
fn the_derives() {
    let status = super::column::expand(&parse_quote! {
        enum Status {
            Open,
            InProgress,
            #[column(name = "finished")]
            Done,
        }
    });
    let email = super::column::expand(&parse_quote!(
        struct Email(String);
    ));
    let cents = super::column::expand(&parse_quote!(
        struct Cents(i64);
    ));
    let totals = super::row::expand(&parse_quote!(
        struct Totals {
            lines: i64,
            r#type: Option<Status>,
        }
    ));
    let refused = super::rpc_error::expand(&parse_quote!(
        enum Refused {
            Empty,
        }
    ));
    let too_many = super::rpc_error::expand(&parse_quote!(
        #[rpc_error(status = 429, retry_after = 1)]
        struct TooMany(u32, Duration);
    ));
    let quota = super::rpc_error::expand(&parse_quote!(
        #[rpc_error(status = 409)]
        enum Quota {
            #[rpc_error(status = 429, retry_after = r#for)]
            Exceeded {
                dimension: String,
                r#for: Duration,
            },
            Spent,
        }
    ));
    assert_expansion("derives", quote!(#status #email #cents #totals #refused #too_many #quota));
}

#[test]
fn what_an_error_can_not_be_over_http_says_what_it_can() {
    for (input, sentence) in [
        (
            parse_quote!(
                #[rpc_error(status = 200)]
                struct Fine;
            ),
            "the status of an error is from 400 to 599",
        ),
        (
            parse_quote!(
                #[rpc_error(status = "429")]
                struct Text;
            ),
            "`status` takes a number: write `status = 409`",
        ),
        (
            parse_quote!(
                #[rpc_error]
                struct Nothing;
            ),
            "say what it is over HTTP: write `#[rpc_error(status = 409)]`",
        ),
        (
            parse_quote!(
                #[rpc_error(stauts = 409)]
                struct Slip;
            ),
            "`#[rpc_error]` has no option `stauts`: did you mean `status`?",
        ),
        (
            parse_quote!(
                #[rpc_error(status = 429, retry_after = wiat)]
                struct Wait {
                    wait: Duration,
                }
            ),
            "`Wait` has no field `wiat`: did you mean `wait`?",
        ),
        (
            parse_quote!(
                #[rpc_error(status = 429, retry_after = secs(1))]
                struct Call;
            ),
            "`retry_after` names a field that says how long to wait: write `retry_after = wait`",
        ),
        (
            parse_quote!(
                enum Alone {
                    #[rpc_error(retry_after = wait)]
                    Later { wait: Duration },
                }
            ),
            "`retry_after` goes with a status: write `status = 429` before it",
        ),
        (
            parse_quote!(
                #[rpc_error(status = 429, retry_after = wait)]
                enum Whole {
                    Later { wait: Duration },
                }
            ),
            "`retry_after` names a field of a variant: write it above the variant",
        ),
        (
            parse_quote!(
                struct Inside {
                    #[rpc_error(status = 429)]
                    wait: Duration,
                }
            ),
            "`#[rpc_error]` goes above the field's `Inside`",
        ),
    ] {
        assert_eq!(sentences(super::rpc_error::expand(&input)), [sentence]);
    }
}

#[test]
fn what_is_no_column_type_says_what_is() {
    const KINDS: &str = "a column type is an enum without fields, or a newtype such as `struct Email(String);`";
    for (input, sentence) in [
        (
            parse_quote!(
                struct Point {
                    x: f64,
                }
            ),
            KINDS,
        ),
        (
            parse_quote!(
                struct Pair(u8, u8);
            ),
            KINDS,
        ),
        (
            parse_quote!(
                struct Unit;
            ),
            KINDS,
        ),
        (
            parse_quote!(
                struct Of<T>(T);
            ),
            "a column type can't be generic: write a newtype for each",
        ),
        (
            parse_quote!(
                enum Shape {
                    Round(f64),
                }
            ),
            "a variant of a column type has no fields: keep it as JSON, with serde's derives and `#[column(json)]` on \
             the field of the table",
        ),
        (
            parse_quote!(
                enum Same {
                    A,
                    #[column(name = "a")]
                    B,
                }
            ),
            "\"a\" stands for `A` already: write `#[column(name = \"…\")]` above one of them",
        ),
    ] {
        assert_eq!(sentences(super::column::expand(&input)), [sentence]);
    }
}

#[test]
fn what_is_no_row_says_what_is() {
    for (input, sentence) in [
        (
            parse_quote!(
                struct Pair(u8, u8);
            ),
            "the columns of a row have names: write `{ … }` instead of `( … )`",
        ),
        (
            parse_quote!(
                enum Kind {
                    A,
                }
            ),
            "a row of a query is a struct with named fields",
        ),
        (
            parse_quote!(
                struct Of<T> {
                    x: T,
                }
            ),
            "a row of a query can't be generic: write a struct for each query",
        ),
    ] {
        assert_eq!(sentences(super::row::expand(&input)), [sentence]);
    }
}
