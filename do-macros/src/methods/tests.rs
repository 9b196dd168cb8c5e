use quote::quote;
use syn::parse_quote;

use crate::test_support::{assert_expansion, sentences};

#[test]
fn a_block_with_all_kinds_of_handlers() {
    let expansion = super::expand(
        quote!(),
        parse_quote! {
            impl ChatRoom {
                const LONGEST: usize = 4000;

                #[init]
                fn wake(&mut self, cx: &mut Cx<Self>) -> Result {
                    self.prepare(cx)
                }

                /// Adds a message.
                ///
                /// It is *not* empty.
                #[rpc(public)]
                fn post(&mut self, cx: &mut Cx<Self>, author: String, body: String) -> Result<Message, CallError<Refused>> {
                    self.add(cx, author, body)
                }

                /// The newest messages.
                #[rpc(public, deadline = "1s 500ms")]
                fn history(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<Message>> {
                    self.newest(cx, limit)
                }

                #[rpc(public, slow, idempotent, rename = "search")]
                #[must_use]
                fn find(&self, cx: &Cx<Self>, text: &str, limit: u32) -> Result<Vec<Message>> {
                    self.look(cx, text, limit)
                }

                #[rpc]
                fn reset(&mut self) -> Result {
                    Ok(())
                }

                #[rpc(public)]
                #[cfg(feature = "import")]
                fn import(&mut self, cx: &mut Cx<Self>, lines: Vec<Line>, mut at: Option<Timestamp>) -> Result<u64> {
                    self.take_in(cx, lines, at)
                }

                #[rpc(public)]
                async fn forward(this: This<Self>, room: String, copies: [Option<Self>; 2]) -> model::Sent {
                    this.forward_to(room, copies).await
                }

                #[rpc(public)]
                #[deprecated(note = "use `history`")]
                async fn relay(to: &str) -> Result {
                    Ok(())
                }

                fn helper(&self) {}
            }
        },
    );
    assert_expansion("impl_with_all_kinds", expansion);
}

#[test]
fn a_block_of_helpers() {
    let expansion = super::expand(
        quote!(helpers),
        parse_quote! {
            impl ChatRoom {
                fn count(&self, cx: &Cx<Self>) -> Result<u64> {
                    cx.count::<Message>()
                }
            }
        },
    );
    assert_expansion("impl_helpers", expansion);
}

#[test]
fn a_block_with_mistakes_is_emitted_all_the_same() {
    let expansion = super::expand(
        quote!(),
        parse_quote! {
            impl ChatRoom {
                #[rpc]
                fn id(&self) -> Result<u64> {
                    Ok(1)
                }

                #[rpc(slwo)]
                fn post(&self, cx: &mut Cx<Self>, body: String) -> Result<Message> {
                    self.add(cx, body)
                }

                #[rpc]
                fn echo<T: Clone>(&self, value: T) -> u32 {
                    0
                }
            }
        },
    );
    assert_eq!(
        sentences(expansion.clone()),
        [
            "`#[rpc]` has no option `slwo`: did you mean `slow`?",
            "the stub needs `id` for itself: call the method otherwise, or write `#[rpc(rename = \"get_id\")]`",
            "a handler with `&self` only reads: write `&mut self`, or `cx: &Cx<Self>`",
            "an `#[rpc]` can't be generic: a request has one type; write a method for each, or a type of your own",
            "an `#[rpc]` returns a `Result`: write `Result<u32>`",
        ]
    );
    assert_expansion("impl_with_mistakes", expansion);
}

#[test]
fn a_wrong_option_says_what_to_write() {
    for (options, sentence) in [
        (quote!(idempotent = true), "`idempotent` takes no value: write `idempotent` alone"),
        (quote!(deadline = 2), "`deadline` takes a text: write `deadline = \"2s\"`"),
        (
            quote!(deadline = "soon"),
            "\"soon\" is not a duration: write it as in \"30s\", \"1m 30s\", \"24h\" or \"30d\"",
        ),
    ] {
        let expansion = super::expand(quote!(), parse_quote!(impl Room { #[rpc(#options)] fn f(&self) -> Result {} }));
        assert_eq!(sentences(expansion), [sentence]);
    }
}

#[test]
fn a_wrong_signature_says_what_to_write() {
    for (method, sentence) in [
        (
            quote!(
                fn f(self) -> Result {}
            ),
            "an `#[rpc]` takes `&mut self` to change the object, or `&self` to read it",
        ),
        (
            quote!(
                fn f() -> Result {}
            ),
            "an `#[rpc]` takes `&mut self` to change the object, or `&self` to read it: write one of them first",
        ),
        (
            quote!(
                async fn f(&mut self) -> Result {}
            ),
            "an `async` handler holds no state while it awaits: write `this: This<Self>`, and \
             `this.update(|me, cx| …).await?` where it touches the object",
        ),
        (
            quote!(
                fn f(this: This<Self>) -> Result {}
            ),
            "a handler with `this: This<Self>` awaits: write `async fn`",
        ),
        (
            quote!(
                fn f(&self, x: u8, cx: &Cx<Self>) -> Result {}
            ),
            "`cx` comes right after `self`",
        ),
        (
            quote!(
                fn f(&mut self, cx: Cx<Self>) -> Result {}
            ),
            "`cx` is borrowed: write `&Cx<Self>` to read, or `&mut Cx<Self>` to write",
        ),
        (
            quote!(
                fn f(&self, (a, b): (u8, u8)) -> Result {}
            ),
            "this argument needs a name: write `name: Type`, and take it apart in the body",
        ),
        (
            quote!(
                fn f(&self) {}
            ),
            "an `#[rpc]` returns a `Result`: write `-> Result`, or `-> Result<T>` with a value",
        ),
    ] {
        let expansion = super::expand(quote!(), parse_quote!(impl Room { #[rpc] #method }));
        assert_eq!(sentences(expansion), [sentence]);
    }
}

#[test]
fn generated_names_give_way_to_those_of_the_user() {
    let expansion = super::expand(
        quote!(),
        parse_quote!(impl Room { #[rpc] fn ask(&self, request: Request) -> Result<[u8; ASK]> {} }),
    );
    let text = crate::test_support::pretty(expansion);
    assert!(text.contains("pub enum Request_ {"), "{text}");
    assert!(text.contains("static ASK_:"), "{text}");
}
