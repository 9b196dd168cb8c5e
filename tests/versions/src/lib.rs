//! What all versions of the program have in common: the commands. A class registers itself in its program, so each version
//! is a program of its own.

/// `main`, for a `Room` with the methods `add`, `fill`, `notes`, `find` and `check`: the folder, a command, and what it takes.
#[macro_export]
macro_rules! program {
    () => {
        #[tokio::main]
        async fn main() -> std::process::ExitCode {
            match command().await {
                Ok(lines) => {
                    #[allow(clippy::print_stdout, reason = "it is the answer")]
                    lines.iter().for_each(|line| println!("{line}"));
                    std::process::ExitCode::SUCCESS
                }
                Err(error) => {
                    eprintln!("{error}");
                    std::process::ExitCode::FAILURE
                }
            }
        }

        async fn command() -> Result<Vec<String>> {
            let arguments: Vec<String> = std::env::args().skip(1).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let [folder, command @ ..] = arguments.as_slice() else { bail!("the first argument is a folder") };
            let objects = Objects::open(folder).await?;
            let room = objects.get_by_name::<Room>("lobby");
            let lines = match command {
                ["add", author, body] => room.add((*author).to_owned(), (*body).to_owned()).await.map(|()| Vec::new()),
                ["fill", count] => room.fill(count.parse().or_invalid()?).await.map(|()| Vec::new()),
                ["notes"] => room.notes().await,
                ["find", query] => room.find((*query).to_owned()).await,
                ["check"] => room.check().await.map(|line| vec![line]),
                _ => bail!("there is no such command: {command:?}"),
            };
            objects.close().await?;
            lines
        }
    };
}
