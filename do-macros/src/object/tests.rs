use quote::quote;
use syn::parse_quote;

use crate::test_support::{assert_expansion, sentences};

#[test]
fn an_object_with_all_kinds_of_fields() {
    let expansion = super::expand(
        quote! {
            tables(Message, model::Author),
            name = "Room",
            jurisdiction = "eu",
            limits(value = "1MiB", queue = 5, run = "1m 30s")
        },
        parse_quote! {
            /// A chat room.
            pub struct ChatRoom {
                #[stored]
                topic: String,
                #[stored(default = Settings::new(3, true))]
                settings: Settings,
                #[stored]
                mood: Mood,
                #[ephemeral]
                posts_since_wake: u64,
                #[ephemeral(default = Vec::with_capacity(16))]
                recent: Vec<Message>,
            }
        },
    );
    assert_expansion("object_struct", expansion);
}

#[test]
fn an_object_without_fields() {
    assert_expansion(
        "object_unit",
        super::expand(
            quote!(tables(Hit)),
            parse_quote!(
                pub struct RateLimiter;
            ),
        ),
    );
}

#[test]
fn an_object_with_migrations() {
    assert_expansion(
        "object_with_migrations",
        super::expand(
            quote!(
                tables(Hit),
                migrations(
                    1 = r#"
                        CREATE TABLE hit (id INTEGER PRIMARY KEY) STRICT;
                    "#,
                    2 = "ALTER TABLE hit ADD COLUMN at INTEGER",
                    3 = backfill(backfills::times),
                    4 = file("tests/expansions/migration.sql"),
                )
            ),
            parse_quote!(
                pub struct RateLimiter;
            ),
        ),
    );
}

#[test]
fn steps_with_mistakes_are_not_printed() {
    let item = || {
        parse_quote!(
            pub struct RateLimiter;
        )
    };
    let expansion = super::expand(quote!(migrations = "SELECT 1"), item());
    assert_eq!(
        sentences(expansion),
        ["write the steps in parentheses: `migrations(1 = \"…\", 2 = file(\"migrations/2.sql\"))`"]
    );
    let expansion = super::expand(quote!(migration(1 = "SELECT 1")), item());
    assert_eq!(
        sentences(expansion),
        ["`#[durable_object]` on a struct has no option `migration`: did you mean `migrations`?"]
    );
    let expansion = super::expand(quote!(migrations(1 = "SELECT 1", 3 = "SELECT 2")), item());
    assert_eq!(sentences(expansion.clone()), ["migrations count 1, 2, 3, …: write 2 here"]);
    assert!(!expansion.to_string().contains("MIGRATIONS"));
}

#[test]
fn an_object_with_mistakes_is_emitted_all_the_same() {
    let expansion = super::expand(
        quote!(table(Message), limits(value = "2MB?", qeue = 3, queue = "5", run = "soon")),
        parse_quote! {
            pub struct ChatRoom {
                topic: String,
                #[stored]
                #[ephemeral]
                both: u8,
                #[stored]
                shared: Rc<str>,
            }
        },
    );
    assert_eq!(
        sentences(expansion.clone()),
        [
            "`#[durable_object]` on a struct has no option `table`: did you mean `tables`?",
            "`limits` has no option `qeue`: did you mean `queue`?",
            "\"2MB?\" is not a size: write a number and a unit, as in \"64KiB\", \"2MiB\" or \"1GiB\"",
            "`queue` is a number of calls: write `queue = 16384`",
            "\"soon\" is not a duration: write it as in \"30s\", \"1m 30s\", \"24h\" or \"30d\"",
            "what becomes of `topic` when the object sleeps? Write `#[stored]` above it to keep it, or `#[ephemeral]` to \
             start afresh at each wake",
            "a field is either `#[stored]` or `#[ephemeral]`: remove one of them",
            "`Rc<str>` can't be in a field: an object moves between threads, so that its fields are `Send`; use `Arc`",
        ]
    );
    assert_expansion("object_with_mistakes", expansion);
}
