//! The sessions: a tour, or a server.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use user_session::User;

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("user-session-data").await?;
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => tour(&objects).await?,
        Some("serve") => {
            let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            let token = objects.get_by_name::<User>("ann").sign_in("curl").await?.token;
            println!(
                "sessions are at http://{address}/rpc/User/ann/{{method}}, and ann is signed in with TOKEN={token}"
            );
            return objects.serve(address).await;
        }
        Some(other) => bail!("there is `serve`, or nothing, and not {other:?}"),
    }
    objects.close().await
}

/// Two sessions of one user, each with a cart and an end of its own.
async fn tour(objects: &Objects) -> Result {
    let ann = objects.get_by_name::<User>("ann");
    let (phone, laptop) = (ann.sign_in("phone").await?, ann.sign_in("laptop").await?);
    ann.add(phone.token, "red shoes", 1).await?;
    let pairs = ann.add(phone.token, "red shoes", 2).await?;
    println!(
        "Ann put red shoes into the cart of her phone, twice: {pairs} pairs. Each use moves the end of its session:"
    );
    for device in ann.devices(laptop.token).await? {
        println!("  session {:>3} on her {:<7} ends {}", device.id, device.device, device.ends);
    }
    ann.sign_out(phone.token).await?;
    match ann.cart(phone.token).await {
        Err(error) => println!("She signed out on her phone, and the cart went with the session: {error}."),
        Ok(cart) => bail!("she signed out, and there is still {cart:?}"),
    }
    println!("The session of her laptop goes on: {} things in its cart.", ann.cart(laptop.token).await?.len());
    Ok(())
}
