//! A failing list made short: parts of it are left out, ever smaller ones, as long as what is left still fails.

/// A list without anything that can be left out alone. `fails` tells why a list fails, if it does.
pub(super) fn shrunk<T: Clone>(list: Vec<T>, fails: impl Fn(&[T]) -> Option<String>) -> (Vec<T>, Option<String>) {
    let mut kept = list;
    let mut why = fails(&kept);
    let mut part = kept.len() / 2;
    while part > 0 {
        let mut at = 0;
        let before = kept.len();
        while at < kept.len() {
            let end = (at + part).min(kept.len());
            let mut tried = kept.clone();
            tried.drain(at..end);
            match fails(&tried) {
                Some(reason) => {
                    kept = tried;
                    why = Some(reason);
                }
                None => at = end,
            }
        }
        // A part of one is tried until nothing goes any more.
        part = if part == 1 && kept.len() < before { 1 } else { part / 2 };
    }
    (kept, why)
}

#[test]
fn what_is_left_fails_and_nothing_of_it_can_go() {
    let fails = |list: &[u32]| (list.contains(&3) && list.contains(&77)).then(|| "both".to_owned());
    assert_eq!(shrunk((0..100).collect(), fails), (vec![3, 77], Some("both".into())));
}
