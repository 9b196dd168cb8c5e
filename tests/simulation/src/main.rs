//! The command: one run by its seed, a plan from a file, or one seed after another for some minutes.
#![allow(clippy::print_stdout)]

fn main() {
    let seed: u64 = std::env::args().nth(1).map_or(1, |seed| seed.parse().expect("a number"));
    let count: u64 = std::env::args().nth(2).map_or(1, |seed| seed.parse().expect("a number"));
    for seed in seed..seed + count {
        let plan = do_simulation::draw::plan(seed, do_simulation::draw::Size::SMALL);
        let begin = std::time::Instant::now();
        let report = do_simulation::run::run(&plan);
        println!("{seed}: {} calls, {} acknowledged, {} starts, {} h, {:?}", report.calls, report.acknowledged, report.starts, report.seconds / 3600, begin.elapsed());
        if let Some(wrong) = &report.wrong {
            if count == 1 {
                for line in &report.lines { println!("{line}"); }
            }
            println!("{seed}: {wrong}");
        }
    }
}
