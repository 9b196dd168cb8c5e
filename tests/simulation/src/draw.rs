//! Drawing a plan from a seed.

use do_runtime::env::SeededRandom;

use crate::crowd::crowd;
use crate::plan::{
    Act, AgentAct, Caller, DeskAct, Ending, Event, How, Limits, On, Order, Phase, Plan, Post, Set, Step,
};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What is drawn from.
struct Draw {
    random: SeededRandom,
    /// For what was thought of later, so that the rest of a seed's plan stays as it was.
    leaps: SeededRandom,
    order: Order,
    next_token: i64,
    desks: u32,
    agents: u32,
    /// The clock is set back, so that rows that expire are left out.
    back: bool,
    /// Disks fail.
    faults: bool,
    /// The desks that are ended; the others are called under keys.
    mortal: u32,
}

/// A seed that nobody has had before.
///
/// # Panics
/// If the operating system has no random bytes.
pub fn new_seed() -> u64 {
    getrandom::u64().expect("the operating system has random bytes") >> 16
}

/// The plan of a seed.
pub fn plan(seed: u64) -> Plan {
    // Another stream than the kit's.
    let random = SeededRandom::new(seed ^ 0x5349_4d55_4c41_5445);
    let below = |bound: u64| random.below(bound);
    let order = if below(3) == 0 { Order::Usual } else { Order::Drawn };
    let sync_each = below(3) == 0;
    let limits = Limits {
        awake: [40 << 10, 400 << 10, 256 << 20][below(3) as usize],
        checkpoint: [30 << 10, 200 << 10, 64 << 20][below(3) as usize],
        segment: [12 << 10, 64 << 10, 1 << 20][below(3) as usize],
        room: [64 << 10, 1 << 20][below(2) as usize],
        idle: [1, 10, 600, 3_600][below(4) as usize],
    };
    let (back, faults) = (below(5) == 0, below(2) == 0);
    let desks = 1 + below(3) as u32;
    let agents = 2 + below(3) as u32;
    let mortal = if below(2) == 0 { 1 } else { 0 };
    let leaps = SeededRandom::new(seed ^ 0x4c45_4150);
    let mut draw = Draw { random, leaps, order, next_token: 1, desks, agents, back, faults, mortal };
    let (phases, steps) = (3 + draw.below(8), 8 + draw.below(32));
    let phases = (0..phases).map(|_| draw.phase(steps)).collect();
    Plan { seed, order, sync_each, limits, desks, agents, phases }
}

impl Draw {
    fn below(&self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    fn one_in(&self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    fn phase(&mut self, steps: u64) -> Phase {
        // Many for a few calls each make large batches.
        let callers = if self.one_in(4) { 8 + self.below(8) } else { 1 + self.below(6) };
        let steps = 1 + self.below(2 * steps);
        let caller = |_| {
            let on = if self.order == Order::Drawn && self.one_in(2) { On::Thread } else { On::Task };
            Caller { on, steps: Vec::new() }
        };
        let mut lists: Vec<Caller> = (0..callers).map(caller).collect();
        for _ in 0..steps {
            let caller = self.below(callers) as usize;
            let step = self.step();
            lists[caller].steps.push(step);
        }
        let ending = match self.below(10) {
            0 | 1 => Ending::None,
            2 => Ending::Evict,
            3 => Ending::Restart,
            4 | 5 => Ending::Crash { torn: false },
            6 | 7 => Ending::Crash { torn: true },
            _ => Ending::Rest,
        };
        let events = self.events();
        let mut phase = Phase { callers: lists, events, ending };
        if self.leaps.below(3) == 0 {
            crowd(&mut phase, &self.leaps, self.agents, &mut self.next_token);
        }
        phase
    }

    fn events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut full = false;
        for _ in 0..1 + self.below(8) {
            if self.one_in(6) {
                events.extend(self.checkpoint_and_cut());
            }
            events.push(Event::Rounds(1 + self.below(40) as u32));
            if !full && self.leaps.below(3) == 0 {
                let most = [100, 100, 3 * SECOND, 3 * SECOND, MINUTE, HOUR][self.leaps.below(6) as usize];
                events.extend([
                    Event::Leap { millis: 1 + self.leaps.below(most) },
                    Event::Rounds(1 + self.leaps.below(20) as u32),
                ]);
            }
            let event = match self.below(20) {
                0 => Event::EvictAgent(self.below(self.agents.into()) as u32),
                1 => Event::EvictDesk(self.below(self.desks.into()) as u32),
                2 => Event::EvictAll,
                3 | 4 => Event::Checkpoint,
                5 => Event::Restart,
                6 => Event::Crash { torn: self.one_in(2) },
                7 | 8 => Event::Cut { steps: self.below(120) },
                9 => Event::CrashTwice { steps: self.below(60), torn: self.one_in(2) },
                // While the disk is full time hardly moves, so that nothing is given up for it.
                10..=16 if full => Event::Advance { millis: self.below(200) },
                // To the instants at which rows expire and tries are made, and to those beside them.
                10 | 11 if self.one_in(3) => {
                    let exact = [1, 1, 1, SECOND, 2 * SECOND, MINUTE, 30 * MINUTE, 2 * HOUR, 23 * HOUR + 30 * MINUTE];
                    Event::Advance { millis: exact[self.below(exact.len() as u64) as usize] }
                }
                10 | 11 => Event::Advance { millis: self.below(20 * SECOND) },
                12 | 13 => Event::Advance { millis: self.below(10 * MINUTE) },
                14 => Event::Advance { millis: self.below(3 * HOUR) },
                15 => Event::Advance { millis: self.below(5 * DAY) },
                16 if self.back => Event::Back { millis: self.below(2 * HOUR) },
                17 if self.faults => Event::FailSyncs(1 + self.below(2)),
                18 if self.faults => Event::FailWrites(1 + self.below(2)),
                19 if self.faults => {
                    full = true;
                    Event::Full { left: self.below(300 << 10) }
                }
                _ => Event::Room,
            };
            full &= event != Event::Room;
            events.push(event);
        }
        events
    }

    /// A checkpoint while callers call, and soon after it the end of the power.
    fn checkpoint_and_cut(&self) -> [Event; 4] {
        let end = match self.below(3) {
            0 => Event::Crash { torn: self.one_in(2) },
            _ => Event::Cut { steps: self.below(25) },
        };
        let rounds = |most| Event::Rounds(self.below(most) as u32);
        [rounds(12), Event::Checkpoint, rounds(10), end]
    }

    fn step(&mut self) -> Step {
        let token = self.next_token;
        self.next_token += 1;
        let act = if self.one_in(2) {
            let desk = self.below(self.desks.into()) as u32;
            Act::Desk(desk, self.desk_act(desk < self.mortal))
        } else {
            Act::Agent(self.below(self.agents.into()) as u32, self.agent_act())
        };
        let lives = matches!(&act, Act::Desk(desk, _) if *desk < self.mortal);
        let pays = matches!(&act, Act::Agent(_, AgentAct::Pay(..)));
        let how = match self.below(16) {
            6..=9 if pays => How::Twice,
            0 | 1 if !lives => How::Keyed,
            5 if !lives => How::Twice,
            2 => How::Retried,
            3 => How::Deadline(1 + self.below(5 * SECOND)),
            4 => How::Dropped(self.below(4) as u32),
            _ => How::Plain,
        };
        let pause = if self.one_in(3) { self.below(6) as u32 } else { 0 };
        Step { token, act, how, pause }
    }

    fn label(&self) -> u8 {
        self.below(5) as u8
    }

    fn desk_act(&self, mortal: bool) -> DeskAct {
        match self.below(if self.back { 16 } else { 24 }) {
            0..=2 => DeskAct::Open(self.label(), self.one_in(2).then(|| self.label())),
            3..=5 => {
                let size = if self.one_in(5) { self.below(30_000) } else { self.below(400) };
                DeskAct::File(self.label(), self.below(20) as i8 - 1, size as u32)
            }
            6 => DeskAct::Drop(self.label()),
            7 => DeskAct::Relabel(self.label(), self.label()),
            8 => DeskAct::Put(self.label()),
            9 => DeskAct::Take(self.label()),
            10 => DeskAct::InPart(self.label()),
            11 => DeskAct::Fail(self.label()),
            12 => DeskAct::Panic(self.label()),
            13 if mortal && self.one_in(3) => DeskAct::Erase,
            13 if mortal && self.one_in(3) => DeskAct::Delete,
            13..=15 => DeskAct::View,
            16 | 17 => DeskAct::Issue,
            18 | 19 => DeskAct::LogIn(self.below(3) as u8),
            20 | 21 => DeskAct::Touch(self.below(3) as u8),
            _ => {
                let seconds = [1, 2, 60, 30 * 60, 1 + self.below(4 * HOUR / SECOND)];
                let seconds = (!self.one_in(6)).then(|| seconds[self.below(seconds.len() as u64) as usize]);
                DeskAct::Offer(self.below(3) as u8, seconds)
            }
        }
    }

    fn agent_act(&self) -> AgentAct {
        match self.below(20) {
            0..=4 => self.set(),
            5 => AgentAct::Cancel(self.below(4) as u8),
            6..=11 => AgentAct::Mail((0..1 + self.below(4)).map(|_| self.post()).collect()),
            12 => AgentAct::SendAgain,
            13 | 14 => AgentAct::Pay(self.desk_to_call(), self.below(3 * SECOND)),
            15 => AgentAct::Fail,
            16 => AgentAct::Panic,
            _ => AgentAct::View,
        }
    }

    /// One that is never ended, if there is one.
    fn desk_to_call(&self) -> u32 {
        self.desks - 1 - self.below((self.desks - self.mortal).max(1).into()) as u32
    }

    fn set(&self) -> AgentAct {
        let key = (!self.one_in(3)).then(|| self.below(4) as u8);
        let after = match self.below(4) {
            0 => self.below(100),
            1 => self.below(30 * SECOND),
            2 => self.below(HOUR),
            _ => self.below(2 * DAY),
        };
        match self.below(12) {
            0..=4 => AgentAct::Set(Set::Ring(0), key, after),
            5 | 6 => AgentAct::Set(Set::Ring(1 + self.below(4) as u32), key, after),
            // Periods that no other alarm has.
            7 => AgentAct::Set(Set::Tick, key, 6 * HOUR + self.below(DAY)),
            8 => AgentAct::Set(Set::Doomed, None, after),
            9 => AgentAct::Set(Set::Hopeless, None, after),
            _ => AgentAct::Set(Set::Fetch(self.desk_to_call(), self.below(5 * SECOND)), key, after),
        }
    }

    fn post(&self) -> Post {
        let to = self.below(self.agents.into()) as u32;
        let ready = match self.below(8) {
            0 => Some(self.below(3 * SECOND)),
            1 => Some(self.below(100 * SECOND)),
            2 => None,
            _ => Some(0),
        };
        let slow = self.one_in(5);
        let relay = (!slow && self.one_in(4)).then(|| self.below(self.agents.into()) as u32);
        Post { to, ready, slow, relay }
    }
}
