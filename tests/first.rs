use selvedge::scenario::*;
use selvedge::sync::{Arc, Mutex};
use selvedge::sync::atomic::{AtomicU64, Ordering::*};
use selvedge::thread;

fn naive() {
    let c = Arc::new(AtomicU64::new(0));
    let ts: Vec<_> = (0..2).map(|_| { let c = c.clone(); thread::spawn(move || { let v = c.load(Acquire); c.store(v + 1, Release); }) }).collect();
    for t in ts { t.join().unwrap(); }
    assert_eq!(c.load(Relaxed), 2, "lost update");
}
fn guarded() {
    let c = Arc::new(AtomicU64::new(0));
    let ts: Vec<_> = (0..2).map(|_| { let c = c.clone(); thread::spawn(move || { c.fetch_add(1, Relaxed); }) }).collect();
    for t in ts { t.join().unwrap(); }
    assert_eq!(c.load(Relaxed), 2, "lost update");
}
fn deadlock() {
    let a = Arc::new(Mutex::new(0));
    let b = Arc::new(Mutex::new(0));
    let (a2, b2) = (a.clone(), b.clone());
    let t = thread::spawn(move || { let _x = a2.lock(); let _y = b2.lock(); });
    { let _y = b.lock(); let _x = a.lock(); }
    t.join().unwrap();
}
fn engines() -> Vec<Engine> {
    if cfg!(any(loom, shuttle, selvedge)) {
    vec![Engine::Loom, Engine::Shuttle(Sampler::Random), Engine::Shuttle(Sampler::DEFAULT_PCT), Engine::Shuttle(Sampler::Urw), Engine::Shuttle(Sampler::Dfs), Engine::Threads]
    } else { vec![Engine::Threads] }
}
#[test]
fn counter() {
    for e in engines() {
        let v = Scenario::new("naive counter").engine(e).refute(naive);
        println!("{v}\n");
        let v = Scenario::new("naive counter").engine(e).try_check(naive);
        println!("{v:?}\n");
        let r = Scenario::new("guarded counter").engine(e).check(guarded);
        println!("{r} overlapped {:?}\n", r.overlapped);
    }
}
#[test]
fn locks() {
    for e in engines() {
        if e == Engine::Threads { continue }
        let v = Scenario::new("crossed").engine(e).refute(deadlock);
        println!("{v}\n");
    }
}
