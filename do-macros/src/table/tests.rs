use quote::quote;

use crate::test_support::{assert_expansion, sentences};

#[test]
fn a_simple_table() {
    let expansion = super::expand(
        quote!(index = (author, at desc)),
        quote! {
            /// One line of a room's history.
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            pub struct Message {
                #[key]
                pub id: Id<Message>,
                pub author: String,
                pub body: String,
                #[default(now)]
                pub at: Timestamp,
            }
        },
    );
    assert_expansion("table_simple", expansion);
}

#[test]
fn a_table_with_everything() {
    let expansion = super::expand(
        quote!(name = "order", unique = (tenant, number), index(status, where = "status <> 'done'")),
        quote! {
            #[derive(Clone)]
            pub(crate) struct Order {
                #[key]
                tenant: String,
                #[key]
                #[references(on_delete = cascade)]
                customer: Id<Customer>,
                #[default(1)]
                #[column(check = "number > 0")]
                number: u32,
                #[default("new")]
                label: Option<String>,
                #[default(Status::Open)]
                #[index]
                status: Status,
                #[column(json)]
                lines: Vec<Line>,
                #[references(on_delete = set_null)]
                refund: Option<Id<crate::Refund>>,
                #[column(name = "group")]
                r#type: Option<model::Kind>,
                #[default(-1.5)]
                discount: f64,
            }
        },
    );
    assert_expansion("table_with_everything", expansion);
}

#[test]
fn a_table_whose_rows_expire() {
    let expansion = super::expand(
        quote!(ttl = "30d"),
        quote! {
            pub struct Message {
                #[key]
                pub id: Id<Message>,
                #[references]
                pub room: Id<Room>,
                pub body: String,
            }
        },
    );
    assert_expansion("table_with_ttl", expansion);
}

#[test]
fn an_index_over_the_expiry_is_made_unless_there_is_one() {
    let ddl = |arguments, fields| {
        let expansion =
            super::expand(arguments, quote!(struct Session { #[key] id: Id<Session>, #fields })).to_string();
        let lines = expansion.split("r#\"").nth(1).unwrap_or_default().split("\"#").next().unwrap_or_default();
        lines.lines().filter(|line| line.starts_with("CREATE INDEX")).map(str::to_owned).collect::<Vec<_>>()
    };
    let used_at = || quote!(#[default(now)] used_at: Timestamp, token: String);
    assert_eq!(
        ddl(quote!(ttl = "24h", ttl_from = used_at), used_at()),
        ["CREATE INDEX session_used_at ON session (used_at);"]
    );
    assert_eq!(
        ddl(quote!(ttl = "24h", ttl_from = used_at, index = (used_at desc, token)), used_at()),
        ["CREATE INDEX session_used_at_token ON session (used_at DESC, token);"]
    );
    assert_eq!(
        ddl(quote!(ttl = "24h", ttl_from = used_at, index(used_at, where = "token <> ''")), used_at()),
        [
            "CREATE INDEX session_used_at ON session (used_at) WHERE token <> '';",
            "CREATE INDEX session_used_at_also ON session (used_at);",
        ]
    );
    assert_eq!(
        ddl(quote!(), quote!(#[expires_at] #[column(name = "end")] until: Option<Timestamp>)),
        ["CREATE INDEX session_end ON session (\"end\");"]
    );
    assert_eq!(
        ddl(quote!(ttl = "24h"), quote!(token: String)),
        ["CREATE INDEX session_written_at ON session (__written_at);"]
    );
}

#[test]
fn a_table_with_mistakes_is_emitted_all_the_same() {
    let expansion = super::expand(
        quote!(idnex = author, unique = (autor)),
        quote! {
            pub struct Message {
                #[key]
                pub id: Option<Id<Message>>,
                pub author: String,
                #[defualt(1)]
                pub size: usize,
            }
        },
    );
    assert_eq!(
        sentences(expansion.clone()),
        [
            "`#[table]` has no option `idnex`: did you mean `index`?",
            "there is no attribute `defualt` here: did you mean `default`?",
            "a key is never NULL: write its type without `Option`",
            "`usize` can't be a column: its size differs between machines; use `i64`",
            "there is no field `autor`: did you mean `author`?",
        ]
    );
    assert_expansion("table_with_mistakes", expansion);
}

#[test]
fn a_table_is_a_struct_with_named_fields_and_a_key() {
    for (item, sentence) in [
        (
            quote!(
                enum Kind {
                    A,
                }
            ),
            "a table is a struct with named fields: write `#[table]` above a `struct`",
        ),
        (
            quote!(
                struct Pair(u8, u8);
            ),
            "the fields of a table have names: write `{ … }` instead of `( … )`",
        ),
        (
            quote!(
                struct Nothing;
            ),
            "a table has columns: write a field for each, with `#[key]` above one",
        ),
        (
            quote!(
                struct Log {
                    line: String,
                }
            ),
            "a table has a key: write `#[key]` above a field",
        ),
        (
            quote!(
                struct Of<T> {
                    #[key]
                    id: T,
                }
            ),
            "a table can't be generic: write a struct for each table",
        ),
    ] {
        assert_eq!(sentences(super::expand(quote!(), item)), [sentence]);
    }
}

#[test]
fn the_finders_are_the_prefixes_of_the_indexes() {
    let expansion = super::expand(
        quote!(index = (a, b desc, c), index = (b), unique = (a, b)),
        quote! {
            struct T {
                #[key]
                k: i64,
                #[key]
                l: i64,
                a: String,
                b: i64,
                c: i64,
            }
        },
    );
    let text = crate::test_support::pretty(expansion);
    let finders: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("fn by_")).collect();
    assert_eq!(finders, ["k<'c>(", "a<'c>(", "a_and_b(", "a_and_b_and_c<'c>(", "b<'c>("]);
}

#[test]
fn a_table_with_full_text() {
    let expansion = super::expand(
        quote!(name = "order", search(group, body, tokenize = "porter unicode61")),
        quote! {
            pub struct Order {
                #[key]
                pub id: Id<Order>,
                pub group: String,
                #[column(name = "the body")]
                pub body: Option<String>,
                pub seen: u32,
            }
        },
    );
    assert_expansion("table_with_search", expansion);
}

#[test]
fn full_text_is_written_in_several_ways() {
    let printed = |arguments| {
        let item = quote! {
            struct Note {
                #[key]
                id: i64,
                title: String,
                body: String,
            }
        };
        let text = crate::test_support::pretty(super::expand(arguments, item));
        let line = text.lines().find(|line| line.contains("fts5")).map(str::to_owned);
        line.unwrap_or(text)
    };
    let both = "CREATE VIRTUAL TABLE note_search USING fts5(title, body, content='note', content_rowid='id');";
    assert_eq!(printed(quote!(search = (title, body))), both);
    assert_eq!(printed(quote!(search(title, body))), both);
    assert_eq!(
        printed(quote!(search = body)),
        "CREATE VIRTUAL TABLE note_search USING fts5(body, content='note', content_rowid='id');"
    );
    assert_eq!(
        printed(quote!(search(body, tokenize = "ascii tokenchars '-'"))),
        "CREATE VIRTUAL TABLE note_search USING fts5(body, content='note', content_rowid='id', \
         tokenize='ascii tokenchars ''-''');"
    );
}

#[test]
fn a_mistake_in_full_text_says_what_to_write() {
    let write = "write the columns: `search = body` or `search = (title, body)`";
    for (arguments, sentence) in [
        (quote!(search), write),
        (quote!(search()), write),
        (quote!(search = ()), write),
        (quote!(search = "body"), write),
        (quote!(search = (body desc)), write),
        (quote!(search(body, tokenizer = "porter")), write),
        (quote!(search(tokenize = "porter")), write),
        (quote!(search = body, search = title), "`search` is there already: write it once"),
        (quote!(search = bdoy), "there is no field `bdoy`: did you mean `body`?"),
        (quote!(search = (body, title, body)), "`body` is in this search already: write it once"),
        (quote!(search = at), "`at` is not text: only a `String` or an `Option<String>` is searched"),
        (quote!(search = kind), "`kind` is not text: only a `String` or an `Option<String>` is searched"),
        (quote!(search = tags), "`tags` is not text: only a `String` or an `Option<String>` is searched"),
        (
            quote!(search = rank),
            "`rank` means something of its own in a search: name the column otherwise, as in \
             `#[column(name = \"the_rank\")]`",
        ),
        (
            quote!(search = note_search),
            "`note_search` means something of its own in a search: name the column otherwise, as in \
             `#[column(name = \"the_note_search\")]`",
        ),
        (quote!(search(body, tokenize = " ")), "name a tokenizer: `tokenize = \"porter unicode61\"`"),
        (quote!(search(body, tokenize = "poter")), "there is no tokenizer `poter`: did you mean `porter`?"),
    ] {
        let item = quote! {
            struct Note {
                #[key]
                id: Id<Note>,
                title: String,
                body: Option<String>,
                at: Timestamp,
                kind: Kind,
                #[column(json)]
                tags: String,
                rank: String,
                note_search: String,
            }
        };
        let expansion = super::expand(arguments, item);
        assert_eq!(sentences(expansion.clone()), [sentence]);
        let text = crate::test_support::pretty(expansion);
        assert!(text.contains("fn search<'c>("), "what uses the finder has no error of its own");
    }
}

#[test]
fn what_is_searched_has_a_key_that_is_one_integer() {
    let pages = [quote!(#[key] path: String), quote!(#[key] book: i64, #[key] number: i64), quote!(#[key] id: PageId)];
    for key in pages {
        let item = quote!(struct Page { #key, body: String });
        assert_eq!(
            sentences(super::expand(quote!(search = body), item)),
            ["what is searched has a single key that is an integer: write `#[key] id: Id<Page>`"]
        );
    }
}
