//! Runs a scenario under each engine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use selvedge::scenario::{
    Bound, Coverage, Engine, LoomSearch, LoomSeqCst, Memory, Report, Sampler, Scenario,
};

use super::findings::{Findings, Found};

/// A program, and how far the engines go with it.
#[derive(Clone)]
pub struct Row {
    pub name: String,
    program: Arc<dyn Fn() -> String + Send + Sync>,
    /// Executions of each of loom's searches.
    loom_executions: u64,
    loom_search: LoomSearch,
    loom_seq_cst: LoomSeqCst,
    /// How Shuttle chooses schedules, and how many.
    sampler: Sampler,
    schedules: u64,
    sampled_well: bool,
    /// Executions on real threads.
    rounds: u64,
}

impl Row {
    /// A program, which returns all that its threads read and returned.
    pub fn new(
        name: impl Into<String>,
        program: impl Fn() -> String + Send + Sync + 'static,
    ) -> Row {
        Row {
            name: name.into(),
            program: Arc::new(program),
            loom_executions: 3_000,
            loom_search: LoomSearch::Both,
            loom_seq_cst: LoomSeqCst::Fences,
            sampler: Sampler::Dfs,
            schedules: 30_000,
            sampled_well: false,
            rounds: 200,
        }
    }

    /// loom takes SeqCst accesses for acquire and release.
    pub fn loom_native(mut self) -> Row {
        self.loom_seq_cst = LoomSeqCst::Native;
        self
    }

    /// Only this one of loom's searches.
    pub fn loom_search(mut self, search: LoomSearch) -> Row {
        self.loom_search = search;
        self
    }

    /// More, or fewer, executions under loom than others have.
    pub fn loom_executions(mut self, executions: u64) -> Row {
        self.loom_executions = executions;
        self
    }

    /// So many of Shuttle's schedules, chosen by chance, because all of them are too many: the
    /// first ones of a depth-first search are all alike.
    pub fn sampled(mut self, schedules: u64) -> Row {
        self.sampler = Sampler::Urw;
        self.schedules = schedules;
        self
    }

    /// As [`sampled`](Self::sampled), by so many that each outcome should be among them.
    pub fn sampled_well(mut self, schedules: u64) -> Row {
        self.sampled_well = true;
        self.sampled(schedules)
    }

    /// Explores the program under every engine.
    pub fn findings(&self) -> Findings {
        let scenario = || Scenario::new(self.name.clone());
        let [sc, rc11] = [Memory::Sc, Memory::Rc11].map(|memory| {
            let graph = scenario().engine(Engine::Graph).memory(memory).workers(1);
            self.explore(graph, |report| {
                assert_eq!(report.memory, Some(memory), "SELVEDGE_MEMORY is set");
                // Without what happens by itself, which no other engine has.
                report.coverage.is_complete()
            })
        });
        let loom = scenario()
            .engine(Engine::Loom)
            .loom_search(self.loom_search)
            .loom_seq_cst(self.loom_seq_cst)
            .preemption_bound(None)
            .max_executions(self.loom_executions);
        let loom = self.explore(loom, |report| match report.coverage {
            // All that the search of the scenario's choice sees.
            Coverage::Bounded(bound) => {
                let mut whole_search = Bound::default();
                whole_search.search = self.loom_search;
                bound == whole_search
            }
            _ => report.coverage == Coverage::Complete,
        });
        let shuttle =
            scenario().engine(Engine::Shuttle(self.sampler)).max_executions(self.schedules);
        let shuttle = self.explore(shuttle, |report| report.coverage == Coverage::Complete);
        let threads = scenario().engine(Engine::Threads).max_executions(self.rounds);
        let threads = self.explore(threads, |_| false);
        Findings {
            scenario: self.name.clone(),
            sc,
            rc11,
            loom,
            shuttle,
            sampled_well: self.sampled_well,
            threads,
        }
    }

    fn explore(
        &self,
        scenario: Scenario,
        is_complete: impl FnOnce(&Report<String>) -> bool,
    ) -> Found {
        let program = Arc::clone(&self.program);
        let explored = catch_unwind(AssertUnwindSafe(|| scenario.explore(move || program())));
        match explored {
            Ok(report) => Found::Outcomes {
                complete: is_complete(&report),
                outcomes: report.outcomes.into_keys().collect(),
            },
            Err(payload) => Found::Failed(match payload.downcast::<String>() {
                Ok(violation) => *violation,
                Err(_) => "with a panic of another kind".to_owned(),
            }),
        }
    }
}
