use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

use crate::methods::expand;
use crate::test_support::{assert_expansion, pretty, sentences};

/// The sentences for a block with these methods.
fn mistakes(methods: TokenStream) -> Vec<String> {
    sentences(expand(quote!(), parse_quote!(impl Room { #methods })))
}

#[test]
fn a_block_with_all_kinds_of_alarms() {
    let expansion = expand(
        quote!(),
        parse_quote! {
            impl ChatRoom {
                /// Counts the messages of the day.
                #[alarm(every = "1d", retries = 2)]
                fn digest(&mut self, cx: &mut Cx<Self>) -> Result {
                    self.count(cx)
                }

                #[alarm(cron = "0 3 * * MON-FRI", zone = "Europe/Paris")]
                fn tidy(&mut self) -> Result {
                    Ok(())
                }

                /// Reminds somebody of something.
                #[alarm(exhausted = not_reminded, rename = "remind_later")]
                fn remind(&mut self, cx: &mut Cx<Self>, who: String, text: &str, post: Post, at: Option<Timestamp>) -> Result {
                    self.tell(cx, who, text, post, at)
                }

                fn not_reminded(&mut self, who: &str, text: String, post: Post, at: Option<Timestamp>, error: &Error) -> Result {
                    Ok(())
                }

                #[alarm]
                #[cfg(feature = "mail")]
                async fn mail(this: This<Self>, to: Vec<Address>) -> Result<()> {
                    this.send_to(to).await
                }

                #[alarm]
                #[deprecated]
                async fn knock(text: &str) -> Result<(), Error> {
                    Ok(())
                }
            }
        },
    );
    assert_expansion("impl_with_alarms", expansion);
}

#[test]
fn a_block_with_mistaken_alarms_is_emitted_all_the_same() {
    let expansion = expand(
        quote!(),
        parse_quote! {
            impl ChatRoom {
                #[alarm(evry = "1d")]
                fn digest(&mut self) -> Result {
                    Ok(())
                }

                #[alarm]
                fn cancel(&mut self, who: String) -> Result {
                    Ok(())
                }

                #[alarm]
                fn remind(&self, cx: &Cx<Self>, who: String) -> Result {
                    Ok(())
                }
            }
        },
    );
    assert_eq!(
        sentences(expansion.clone()),
        [
            "`#[alarm]` has no option `evry`: did you mean `every`?",
            "the schedule needs `cancel` for itself: call the method otherwise, or write \
             `#[alarm(rename = \"cancel_later\")]`",
            "an `#[alarm]` writes: the transaction that it runs in removes it; write `&mut self`",
        ]
    );
    assert_expansion("impl_with_mistaken_alarms", expansion);
}

#[test]
fn a_wrong_option_says_what_to_write() {
    for (options, sentence) in [
        (quote!(every = 60), "`every` takes a text: write `every = \"1h\"`"),
        (quote!(every = "0s"), "this is no time at all: write at least \"1ms\""),
        (quote!(every = "1h", cron = "0 3 * * *"), "an alarm repeats by `every` or by `cron`: remove one of them"),
        (quote!(cron = "0 25 * * *"), "`25` is no hour: write 0 to 23"),
        (
            quote!(zone = "Europe/Paris"),
            "`zone` is that of a `cron` expression: write `cron = \"0 3 * * *\"` before it, or remove it",
        ),
        (
            quote!(cron = "0 3 * * *", zone = "Paris, France"),
            "\"Paris, France\" is no time zone: write the name of one, such as \"Europe/Paris\" or \"UTC\"",
        ),
        (quote!(retries = "6"), "`retries` is a number: write `retries = 6`"),
        (quote!(retries = 101), "a run that failed is tried again 100 times at most: write `retries = 100`, or less"),
        (
            quote!(retries = 99999999999),
            "a run that failed is tried again 100 times at most: write `retries = 100`, or less",
        ),
        (quote!(exhausted = "undo"), "`exhausted` takes a name alone: write `exhausted = undo`"),
        (quote!(exhausted = Self::undo), "`exhausted` takes a name alone: write `exhausted = undo`"),
        (quote!(exhausted), "`exhausted` takes the name of a method of this block: write `exhausted = give_up`"),
        (quote!(rename = "no name"), "a new name is one of a method, such as \"post_message\""),
    ] {
        let found = mistakes(quote! {
            #[alarm(#options)]
            fn tick(&mut self) -> Result {}
            fn undo(&mut self, error: &Error) -> Result {}
        });
        assert_eq!(found, [sentence]);
    }
}

#[test]
fn a_zone_may_stand_before_its_expression() {
    assert_eq!(
        mistakes(quote! {
            #[alarm(zone = "Europe/Paris", cron = "0 3 * * *")]
            fn tick(&mut self) -> Result {}
        }),
        [""; 0]
    );
}

#[test]
fn a_wrong_signature_says_what_to_write() {
    for (method, sentence) in [
        (
            quote!(
                fn f() -> Result {}
            ),
            "an `#[alarm]` takes `&mut self`, or is an `async fn` with `this: This<Self>`: write `&mut self` first",
        ),
        (
            quote!(
                fn f(self) -> Result {}
            ),
            "an `#[alarm]` takes `&mut self`, or is an `async fn` with `this: This<Self>`",
        ),
        (
            quote!(
                async fn f(this: This<Self>, text: &Text) -> Result {}
            ),
            "an argument travels to its object: take it by value; only `&str` and `&[u8]` can be borrowed",
        ),
        (
            quote!(
                fn f(&mut self) {}
            ),
            "an `#[alarm]` can fail: write `-> Result`",
        ),
        (
            quote!(
                fn f(&mut self) -> Result<u32> {}
            ),
            "an `#[alarm]` gives nothing to anybody: write `Result`",
        ),
        (
            quote!(
                fn f(&mut self) -> Result<(), CallError<Refused>> {}
            ),
            "an `#[alarm]` returns do_runtime's `Error`, which `?` makes of an error of your own: write `Result`",
        ),
        (
            quote!(
                fn f(&mut self) -> io::Result<()> {}
            ),
            "an `#[alarm]` returns a `Result` of do_runtime's `Error`: write `Result`",
        ),
        (
            quote!(
                fn f<T>(&mut self, value: T) -> Result {}
            ),
            "an `#[alarm]` can't be generic: its payload is stored; write a method for each type, or a type of your own",
        ),
    ] {
        assert_eq!(mistakes(quote!(#[alarm] #method)), [sentence]);
    }
}

#[test]
fn what_an_alarm_is_handed_to_takes_its_payload_and_the_error() {
    for (method, sentence) in [
        (quote!(), "there is no method `undo` in this block: write it here, without an attribute, or name another"),
        (
            quote!(
                fn undone(&mut self, who: String, error: &Error) -> Result {}
            ),
            "there is no method `undo` in this block: did you mean `undone`?",
        ),
        (
            quote!(
                #[rpc]
                fn undo(&mut self) -> Result {}
            ),
            "`undo` is an `#[rpc]`: write a method without an attribute of its own for when `remind` is given up",
        ),
        (
            quote!(
                fn undo(&mut self, error: &Error) -> Result {}
            ),
            "`undo` takes the payload of `remind` and then the error for which it was given up: write \
             `fn undo(&mut self, cx: &mut Cx<Self>, who: String, error: &Error) -> Result`",
        ),
        (
            quote!(
                fn undo(&mut self, who: String, error: Error) -> Result {}
            ),
            "`undo` takes the payload of `remind` and then the error for which it was given up: write \
             `fn undo(&mut self, cx: &mut Cx<Self>, who: String, error: &Error) -> Result`",
        ),
        (
            quote!(
                async fn undo(this: This<Self>, who: String, error: &Error) -> Result {}
            ),
            "`undo` is called in a transaction, when `remind` is given up: remove `async`",
        ),
        (
            quote!(
                fn undo(&mut self, who: String, error: &Error) {}
            ),
            "what an alarm is handed to can fail: write `-> Result`",
        ),
    ] {
        let found = mistakes(quote! {
            #[alarm(exhausted = undo)]
            fn remind(&mut self, who: String) -> Result {}
            #method
        });
        assert_eq!(found, [sentence]);
    }
}

#[test]
fn the_runtime_has_no_payload_for_what_it_sets_itself() {
    assert_eq!(
        mistakes(quote! {
            #[alarm(every = "1h")]
            fn digest(&mut self, who: String) -> Result {}
        }),
        ["an alarm with `every` is set by the runtime, which has no payload for it: remove the parameter, or write \
          `#[alarm]` and set it by `cx.schedule().digest(…).every(…)`"]
    );
}

#[test]
fn two_alarms_have_two_names() {
    assert_eq!(
        mistakes(quote! {
            #[alarm]
            fn digest(&mut self) -> Result {}
            #[alarm(rename = "digest")]
            fn summary(&mut self) -> Result {}
        }),
        ["`digest` has the name `digest` already: choose another"]
    );
}

#[test]
fn a_method_is_called_or_scheduled() {
    assert_eq!(
        mistakes(quote! {
            #[rpc]
            #[alarm]
            fn digest(&mut self) -> Result {}
        }),
        ["a method is either `#[rpc]` or `#[alarm]`: write two methods, of which one calls the other"]
    );
}

#[test]
fn calls_and_alarms_may_have_the_same_name() {
    let expansion = expand(
        quote!(),
        parse_quote! {
            impl Room {
                #[rpc]
                fn digest(&mut self, lines: Lines) -> Result {}
                #[alarm(rename = "digest")]
                fn digest_later(&mut self, lines: Lines) -> Result {}
            }
        },
    );
    let text = pretty(expansion);
    assert!(text.contains("const DIGEST_LINES: "), "{text}");
    assert!(text.contains("const DIGEST_LINES_: "), "{text}");
}
