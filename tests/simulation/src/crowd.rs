//! Callers that all want one agent, while what they set falls due and what they send is delivered: whoever wakes it waits among them
//! for its turn, and finds what those before left, while those behind set something new.

use do_runtime::env::SeededRandom;

use crate::plan::{Act, AgentAct, Caller, Event, How, On, Phase, Post, Set, Step};

/// Makes a crowd of the callers of a phase, among so many agents. What they call comes before all that was to happen in the phase.
pub(crate) fn crowd(phase: &mut Phase, random: &SeededRandom, agents: u32, next_token: &mut i64) {
    let one = random.below(agents.into()) as u32;
    let mut step = |act| {
        let token = *next_token;
        *next_token += 1;
        Step { token, act: Act::Agent(one, act), how: How::Plain, pause: random.below(3) as u32 }
    };
    let kinds: Vec<On> = phase.callers.iter().map(|caller| caller.on).collect();
    let caller = |on| Caller { on, steps: (0..2 + random.below(5)).map(|_| step(act(random, agents))).collect() };
    phase.callers = kinds.into_iter().cycle().take(5 + random.below(8) as usize).map(caller).collect();
    let leaps = (0..4 + random.below(12))
        .flat_map(|_| [Event::Rounds(1 + random.below(10) as u32), Event::Leap { millis: 1 + random.below(3) }]);
    let leaps: Vec<Event> = leaps.collect();
    phase.events.splice(0..0, leaps);
}

/// There is one alarm at a time, so that no other one makes up for it.
fn act(random: &SeededRandom, agents: u32) -> AgentAct {
    let after = [0, 1, 2, 3, 1_000, 60_000][random.below(6) as usize];
    match random.below(8) {
        0..=2 => {
            let first = random.below(agents.into()) as u32;
            let to = (0..1 + random.below(agents.into()) as u32).map(|number| (first + number) % agents);
            AgentAct::Mail(to.map(|to| Post { to, ready: Some(0), slow: false, relay: None }).collect())
        }
        3..=6 => AgentAct::Set(Set::Ring(0), Some(0), after),
        _ => AgentAct::Cancel(0),
    }
}
