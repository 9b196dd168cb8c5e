#[test]
fn a_template() {
    let pages = do_runtime::sqlite::build_template(&["CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;".to_owned()]);
    println!("{:?}", pages.map(|p| p.len()));
}
#[test]
fn a_template_with_disk() {
    let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let sim = do_runtime::env::Sim::new(1, do_runtime::Timestamp::from_millis(5), rt.handle().clone());
    let vfs = do_runtime::sqlite::DiskVfs::new(sim.disk.clone()).unwrap();
    println!("{}", vfs.name());
    let pages = do_runtime::sqlite::build_template(&["CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;".to_owned()]);
    println!("{:?}", pages.map(|p| p.len()));
}
