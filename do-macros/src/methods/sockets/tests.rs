use quote::quote;
use syn::parse_quote;

use crate::methods;
use crate::test_support::{assert_expansion, sentences};

#[test]
fn a_block_with_all_events_of_sockets() {
    let expansion = methods::expand(
        quote!(),
        parse_quote! {
            impl ChatRoom {
                #[websocket(open, sends = Message)]
                fn joined(&mut self, socket: &Socket, request: &Upgrade) -> Result {
                    socket.tag("chat")
                }

                #[websocket(message, auto_response("ping", "pong"))]
                fn said(&mut self, cx: &mut Cx<Self>, socket: &Socket, text: &str) -> Result {
                    self.post(cx, text)
                }

                #[websocket(close)]
                #[cfg(feature = "presence")]
                fn left(&mut self, cx: &mut Cx<Self>, socket: &Socket, code: u16, reason: String) -> Result {
                    self.forget(cx, socket)
                }

                #[websocket(error)]
                fn failed(&self, error: &do_runtime::Error) -> Result {
                    Ok(())
                }
            }
        },
    );
    assert_expansion("sockets", expansion);
}

#[test]
fn what_is_wrong_with_a_method_of_sockets_is_said_at_its_place() {
    let said = |method: proc_macro2::TokenStream| {
        let item = syn::parse2(quote! { impl ChatRoom { #method } }).expect("it is an impl block");
        sentences(methods::expand(quote!(), item))
    };
    for (method, sentence) in [
        (
            quote!(
                #[websocket]
                fn said(&mut self, text: String) -> Result {
                    Ok(())
                }
            ),
            "say what it is for: `#[websocket(open)]`, `(message)`, `(close)` or `(error)`",
        ),
        (
            quote!(
                #[websocket(mesage)]
                fn said(&mut self, text: String) -> Result {
                    Ok(())
                }
            ),
            "`#[websocket]` has no option `mesage`: did you mean `message`?",
        ),
        (
            quote!(
                #[websocket(open, close)]
                fn said(&mut self) -> Result {
                    Ok(())
                }
            ),
            "this method is for `open` already: write another one for `close`",
        ),
        (
            quote!(
                #[websocket(message)]
                fn said(&mut self, socket: &Socket) -> Result {
                    Ok(())
                }
            ),
            "write a parameter for the message: `text: String`, `bytes: Bytes`, or a type of your own, which is read from JSON",
        ),
        (
            quote!(
                #[websocket(message)]
                async fn said(this: This<Self>, text: String) -> Result {
                    Ok(())
                }
            ),
            "a `#[websocket]` method is one transaction, and can't await: remove `async`; what takes long is an alarm, or an `#[rpc] async fn` that it is sent to by `cx.send(…)`",
        ),
        (
            quote!(
                #[websocket(open)]
                fn joined(&mut self, request: Upgrade) -> Result {
                    Ok(())
                }
            ),
            "it is lent: write `&Upgrade`",
        ),
        (
            quote!(
                #[websocket(close)]
                fn left(&mut self, reason: String) -> Result {
                    Ok(())
                }
            ),
            "`#[websocket(close)]` takes, in this order, `socket: &Socket`, `code: u16` and `reason: String`; each may be left out",
        ),
        (
            quote!(
                #[websocket(open)]
                fn joined(&mut self, text: String) -> Result {
                    Ok(())
                }
            ),
            "`#[websocket(open)]` takes, in this order, `socket: &Socket` and `request: &Upgrade`; each may be left out",
        ),
        (
            quote!(
                #[websocket(open)]
                fn joined(&mut self) -> Result<u32> {
                    Ok(1)
                }
            ),
            "a `#[websocket]` method gives nothing to anybody: write `Result`",
        ),
        (
            quote!(
                #[websocket(close, auto_response("ping", "pong"))]
                fn left(&mut self) -> Result {
                    Ok(())
                }
            ),
            "messages are answered automatically: write it in `#[websocket(message, …)]`",
        ),
        (
            quote!(
                #[websocket(message, auto_response = "ping")]
                fn said(&mut self, text: String) -> Result {
                    Ok(())
                }
            ),
            "`auto_response` takes a message and its answer: write `auto_response(\"ping\", \"pong\")`",
        ),
        (
            quote!(
                #[websocket(open, send = Message)]
                fn joined(&mut self) -> Result {
                    Ok(())
                }
            ),
            "`#[websocket]` has no option `send`: did you mean `sends`?",
        ),
        (
            quote!(
                #[websocket(open, sends(Message))]
                fn joined(&mut self) -> Result {
                    Ok(())
                }
            ),
            "`sends` takes the type of what the object sends: write `sends = Message`",
        ),
        (
            quote!(
                #[websocket(open, sends = 7)]
                fn joined(&mut self) -> Result {
                    Ok(())
                }
            ),
            "`sends` takes the type of what the object sends: write `sends = Message`; one with a comma in it gets a name of its own by `type`",
        ),
        (
            quote!(
                #[websocket(open, sends = Message)]
                fn joined(&mut self) -> Result {
                    Ok(())
                }
                #[websocket(close, sends = Farewell)]
                fn left(&mut self) -> Result {
                    Ok(())
                }
            ),
            "`joined` says what is sent already: where it is several types, write an enum of them there",
        ),
        (
            quote!(
                #[websocket(open)]
                fn joined(&mut self) -> Result {
                    Ok(())
                }
                #[websocket(open)]
                fn entered(&mut self) -> Result {
                    Ok(())
                }
            ),
            "`joined` is for `open` already: an object has one",
        ),
    ] {
        assert_eq!(said(method.clone()), [sentence], "{method}");
    }
}
