//! Time that kernels take, by name, scope and direction.

use crate::mode::{current_scope, op_site};
use kiln_tensor::{KernelCall, Meta, View, Watcher, Watching, watch};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// Kernels of one name that ran in one scope, either forward or backward.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileEntry {
    /// The kernel's name, such as `conv`.
    pub kernel: &'static str,
    /// The name scope, such as `G.main.3`; empty if there was none.
    pub scope: Arc<str>,
    /// Whether they ran in backward rules.
    pub backward: bool,
    /// Number of calls.
    pub calls: u64,
    /// Time that they took together, in seconds.
    pub seconds: f64,
    /// The bytes they read and wrote, elements that a broadcast repeats counted once.
    pub bytes: u64,
    /// Their floating-point operations, as [`Kernel::flops`](kiln_tensor::Kernel::flops) counts them.
    pub flops: u64,
}

/// Time that a stretch of work on one thread took, kernel by kernel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    entries: Vec<ProfileEntry>,
    wall_seconds: f64,
}

/// A profile that is being taken, of all kernels that the thread runs until it is
/// [stopped](Profiling::stop).
#[derive(Debug)]
pub struct Profiling {
    sums: Rc<Sums>,
    start: Instant,
    _watching: Watching,
}

/// Kernel, scope and direction.
type ProfileKey = (&'static str, Arc<str>, bool);

#[derive(Debug, Default)]
struct Sums(RefCell<HashMap<ProfileKey, ProfileEntry>>);

impl Watcher for Sums {
    fn after(&self, call: &KernelCall) {
        let kernel = call.kernel.name();
        let scope = current_scope().unwrap_or_default();
        let backward = op_site().is_some_and(|site| site.backward);
        let bytes = |views: &[View]| views.iter().map(View::bytes).sum::<u64>();
        let metas = |views: &[View]| views.iter().map(View::meta).collect::<Vec<Meta>>();
        // What works in place reads its outputs too.
        let passes = if call.kernel.in_place() { 2 } else { 1 };
        let mut sums = self.0.borrow_mut();
        let sum = sums.entry((kernel, scope.clone(), backward)).or_insert(ProfileEntry {
            kernel,
            scope,
            backward,
            calls: 0,
            seconds: 0.0,
            bytes: 0,
            flops: 0,
        });
        sum.calls += 1;
        sum.seconds += call.elapsed.as_secs_f64();
        sum.bytes += bytes(call.ins) + passes * bytes(call.outs);
        sum.flops += call.kernel.flops(&metas(call.ins), &metas(call.outs));
    }
}

impl Profiling {
    /// Watches this thread from now on.
    pub fn start() -> Profiling {
        let sums = Rc::new(Sums::default());
        Profiling { _watching: watch(sums.clone()), sums, start: Instant::now() }
    }

    /// The profile up to now.
    pub fn stop(self) -> Profile {
        let wall_seconds = self.start.elapsed().as_secs_f64();
        let entries = self.sums.0.take().into_values().collect();
        Profile::sorted(entries, wall_seconds)
    }
}

impl Profile {
    /// Calls `f` and watches the kernels it runs on this thread.
    pub fn watch<T>(f: impl FnOnce() -> T) -> (T, Profile) {
        let profiling = Profiling::start();
        let value = f();
        (value, profiling.stop())
    }

    fn sorted(mut entries: Vec<ProfileEntry>, wall_seconds: f64) -> Profile {
        let name = |e: &ProfileEntry| (e.kernel, e.scope.clone(), e.backward);
        entries.sort_by(|a, b| b.seconds.total_cmp(&a.seconds).then_with(|| name(a).cmp(&name(b))));
        Profile { entries, wall_seconds }
    }

    /// All kernels, those that took longest together first.
    pub fn entries(&self) -> &[ProfileEntry] {
        &self.entries
    }

    /// Time of the work that was watched, in seconds, with what was between kernels.
    pub fn wall_seconds(&self) -> f64 {
        self.wall_seconds
    }

    /// Time of all kernels, in seconds; never more than [`wall_seconds`](Self::wall_seconds).
    pub fn seconds(&self) -> f64 {
        self.entries.iter().map(|e| e.seconds).sum()
    }

    /// Number of kernels that ran.
    pub fn calls(&self) -> u64 {
        self.entries.iter().map(|e| e.calls).sum()
    }

    /// The bytes that all kernels read and wrote.
    pub fn bytes(&self) -> u64 {
        self.entries.iter().map(|e| e.bytes).sum()
    }

    /// The floating-point operations of all kernels.
    pub fn flops(&self) -> u64 {
        self.entries.iter().map(|e| e.flops).sum()
    }

    /// Adds what another stretch of work took.
    pub fn merge(&mut self, other: &Profile) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.extend_from_slice(&other.entries);
        let merged =
            group(&entries, |e| ProfileEntry { calls: 0, seconds: 0.0, bytes: 0, flops: 0, ..e.clone() });
        *self = Profile::sorted(merged, self.wall_seconds + other.wall_seconds);
    }

    /// A table of the `top` kernels, one of the `top` scopes, and the totals:
    ///
    /// ```text
    /// kernel                 calls         ms   share    GFLOP/s      GB/s
    /// conv_transpose            12     31.402  44.1 %       98.2      4.10
    /// ```
    ///
    /// Shares are of the whole time watched; what is not in kernels is the line `elsewhere`. Backward rules
    /// are lines of their own, marked with `↩`.
    pub fn text(&self, top: usize) -> String {
        let zero =
            |e: &ProfileEntry| ProfileEntry { calls: 0, seconds: 0.0, bytes: 0, flops: 0, ..e.clone() };
        let by_kernel = group(&self.entries, |e| ProfileEntry { scope: "".into(), ..zero(e) });
        let by_scope = group(&self.entries, |e| ProfileEntry { kernel: "", ..zero(e) });
        let total = group(&self.entries, |e| ProfileEntry {
            kernel: "",
            scope: "".into(),
            backward: false,
            ..zero(e)
        });
        let mut out = String::new();
        self.table(&mut out, "kernel", &Profile::sorted(by_kernel, 0.0).entries, top, |e| e.kernel);
        out.push('\n');
        self.table(&mut out, "scope", &Profile::sorted(by_scope, 0.0).entries, top, |e| match &*e.scope {
            "" => "(none)",
            scope => scope,
        });
        out.push('\n');
        self.table(&mut out, "", &total, 1, |_| "all kernels");
        let rest = (self.wall_seconds - self.seconds()).max(0.0);
        let share = 100.0 * ratio(rest, self.wall_seconds);
        let _ = writeln!(out, "{:<28}{:>8}{:>12.3}{share:>6.1} %", "elsewhere", "", rest * 1e3);
        out
    }

    fn table(
        &self,
        out: &mut String,
        title: &str,
        rows: &[ProfileEntry],
        top: usize,
        name: impl Fn(&ProfileEntry) -> &str,
    ) {
        let columns = ["calls", "ms", "share", "GFLOP/s", "GB/s"];
        let [calls, ms, share, gflops, gbs] = columns;
        let _ = writeln!(out, "{title:<28}{calls:>8}{ms:>12}{share:>8}{gflops:>11}{gbs:>9}");
        for e in rows.iter().take(top) {
            let name = format!("{}{}", name(e), if e.backward { " ↩" } else { "" });
            let share = 100.0 * ratio(e.seconds, self.wall_seconds);
            let [gflops, gbs] = [e.flops, e.bytes].map(|count| ratio(count as f64 / 1e9, e.seconds));
            let (calls, ms) = (e.calls, e.seconds * 1e3);
            let _ = writeln!(out, "{name:<28}{calls:>8}{ms:>12.3}{share:>6.1} %{gflops:>11.1}{gbs:>9.2}");
        }
        if rows.len() > top {
            let _ = writeln!(out, "and {} more", rows.len() - top);
        }
    }
}

/// `a / b`, or 0 where no time passed.
fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// The sums of entries for which `zero` gives the same name, scope and direction, in the order met.
fn group(entries: &[ProfileEntry], zero: impl Fn(&ProfileEntry) -> ProfileEntry) -> Vec<ProfileEntry> {
    let mut sums: Vec<ProfileEntry> = Vec::new();
    let mut places: HashMap<ProfileKey, usize> = HashMap::new();
    for e in entries {
        let empty = zero(e);
        let at = *places.entry((empty.kernel, empty.scope.clone(), empty.backward)).or_insert_with(|| {
            sums.push(empty);
            sums.len() - 1
        });
        let sum = &mut sums[at];
        sum.calls += e.calls;
        sum.seconds += e.seconds;
        sum.bytes += e.bytes;
        sum.flops += e.flops;
    }
    sums
}
