//! What can run a scenario.

use std::fmt;
use std::str::FromStr;

/// What runs a scenario: how its interleavings are chosen, and under which memory model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Engine {
    /// The graph engine: every execution under RC11 or sequential consistency, each once. See
    /// [its page](crate::docs::graph_engine).
    Graph,
    /// loom 0.7: a systematic search under a part of the C11 memory model. Two searches, really:
    /// plain, and with a probe beside each atomic; see [the limits](crate::docs::limits).
    Loom,
    /// Shuttle 0.9: sequentially consistent, with a scheduler that samples or enumerates.
    Shuttle(Sampler),
    /// Real threads on this machine.
    Threads,
}

/// How Shuttle chooses the next thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Sampler {
    /// Any runnable thread, with equal chances, at each step.
    Random,
    /// Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): a random priority for
    /// each thread, and `depth` - 1 changes of it. Good at bugs that need few preemptions.
    Pct {
        /// The number of ordering constraints of the bug to be found; at least 1.
        depth: usize,
    },
    /// Uniform random walk (Zhao et al., ASPLOS 2025): all interleavings with about equal chances.
    Urw,
    /// Depth-first search of all schedules, without reduction.
    Dfs,
}

impl Engine {
    /// The engines by name, for messages and arguments.
    pub const NAMES: &'static str = "graph, loom, shuttle-random, shuttle-pct, shuttle-pct:DEPTH, shuttle-urw, shuttle-dfs, threads";

    /// Whether the engine enumerates, so that it can finish.
    pub fn is_exhaustive(self) -> bool {
        matches!(self, Engine::Graph | Engine::Loom | Engine::Shuttle(Sampler::Dfs))
    }

    /// The memory model under which the engine runs, in words.
    pub fn memory_model(self) -> &'static str {
        match self {
            Engine::Graph => "RC11",
            Engine::Loom => "C11 as loom models it",
            Engine::Shuttle(_) => "sequential consistency",
            Engine::Threads => "this machine",
        }
    }

    /// The engines that a build runs when a scenario does not choose.
    pub(crate) fn defaults() -> Vec<Engine> {
        if cfg!(not(any(loom, shuttle, selvedge))) {
            return vec![Engine::Threads];
        }
        let mut engines = Vec::new();
        if cfg!(any(loom, selvedge)) {
            engines.push(Engine::Graph);
            engines.push(Engine::Loom);
        }
        if cfg!(any(shuttle, selvedge)) {
            engines.push(Engine::Shuttle(Sampler::Random));
            engines.push(Engine::Shuttle(Sampler::DEFAULT_PCT));
        }
        engines
    }
}

impl Sampler {
    /// PCT for bugs of depth 3.
    pub const DEFAULT_PCT: Sampler = Sampler::Pct { depth: 3 };
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Engine::Graph => "graph",
            Engine::Loom => "loom",
            Engine::Shuttle(Sampler::Random) => "shuttle-random",
            Engine::Shuttle(Sampler::DEFAULT_PCT) => "shuttle-pct",
            Engine::Shuttle(Sampler::Pct { depth }) => return write!(f, "shuttle-pct:{depth}"),
            Engine::Shuttle(Sampler::Urw) => "shuttle-urw",
            Engine::Shuttle(Sampler::Dfs) => "shuttle-dfs",
            Engine::Threads => "threads",
        };
        f.pad(name)
    }
}

/// A name that no engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseEngineError {
    name: String,
}

impl fmt::Display for ParseEngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown engine {:?}; the engines are {}", self.name, Engine::NAMES)
    }
}

impl std::error::Error for ParseEngineError {}

impl FromStr for Engine {
    type Err = ParseEngineError;

    fn from_str(name: &str) -> Result<Engine, ParseEngineError> {
        let unknown = || ParseEngineError { name: name.to_owned() };
        Ok(match name {
            "graph" => Engine::Graph,
            "loom" => Engine::Loom,
            "shuttle-random" => Engine::Shuttle(Sampler::Random),
            "shuttle-pct" => Engine::Shuttle(Sampler::DEFAULT_PCT),
            "shuttle-urw" => Engine::Shuttle(Sampler::Urw),
            "shuttle-dfs" => Engine::Shuttle(Sampler::Dfs),
            "threads" => Engine::Threads,
            _ => {
                let depth = name.strip_prefix("shuttle-pct:").ok_or_else(unknown)?;
                match depth.parse() {
                    Ok(depth) if depth > 0 => Engine::Shuttle(Sampler::Pct { depth }),
                    _ => return Err(unknown()),
                }
            }
        })
    }
}
