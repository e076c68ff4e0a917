//! The search for the first kernel that makes a NaN or an infinity.

use crate::mode::{OpSite, op_site};
use kiln_tensor::{DType, Element, Float, Kernel, KernelCall, Meta, View, Watcher, Watching, watch};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;

/// Tests every number that the thread's kernels make, until it is dropped, and remembers the first
/// kernel with a NaN or an infinity in its result.
///
/// What a fill puts somewhere is there on purpose, such as −∞ in a mask; so is what is copied or picked from
/// there, and an infinity (but not a NaN) that is computed from it. Other numbers that aren't finite are
/// found when a kernel makes one out of finite inputs, or passes on one that came from outside.
///
/// After the first finding it tests nothing more.
#[derive(Debug)]
pub struct FiniteGuard {
    search: Rc<Search>,
    _watching: Watching,
}

impl FiniteGuard {
    /// Watches this thread from now on.
    pub fn start() -> FiniteGuard {
        let search = Rc::new(Search::default());
        FiniteGuard { _watching: watch(search.clone()), search }
    }

    /// The first kernel whose result isn't finite, if there was one.
    pub fn first_bad(&self) -> Option<Finding> {
        self.search.0.borrow().finding.clone()
    }
}

/// A kernel whose result isn't finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The kernel's name.
    pub kernel: &'static str,
    /// The op it ran for; `None` for work outside of ops, such as an optimiser's update.
    pub site: Option<OpSite>,
    /// Cause of the bad number.
    pub cause: Cause,
    /// Dims and element type of what holds it: a result, or [the input](Cause::Input).
    pub meta: Meta,
    /// Number of its elements that aren't finite.
    pub bad: usize,
    /// The index of the first of them.
    pub index: Vec<usize>,
    /// Its value: NaN or an infinity.
    pub value: f64,
}

/// Origin of a number that isn't finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// The kernel made it out of finite inputs.
    Made {
        /// The largest magnitude among the inputs.
        largest: f64,
    },
    /// The kernel made a NaN out of infinities that were there on purpose.
    MadeOfInfinities,
    /// The kernel was given it, and no kernel that was watched made it: it was in the data or the
    /// parameters before.
    Input {
        /// The number of the input; the tensors changed in place come after the others.
        number: usize,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Finding { kernel, meta, bad, index, value, .. } = self;
        match &self.site {
            None => write!(f, "the kernel `{kernel}`")?,
            Some(OpSite { op, scope, location, backward }) => {
                let direction = if *backward { "backward" } else { "forward" };
                write!(f, "{op} ({direction}, kernel `{kernel}`)")?;
                if let Some(scope) = scope {
                    write!(f, " in {scope}")?;
                }
                write!(f, " at {location}")?;
            }
        }
        let (all, are) = (meta.dims.numel(), if *bad == 1 { "is" } else { "are" });
        let what = format!("{value} at {index:?} of {meta} ({bad} of {all} elements {are} not finite)");
        match self.cause {
            Cause::Made { largest } => {
                write!(f, " made {what} out of inputs that are finite, the largest {largest:.1e}")
            }
            Cause::MadeOfInfinities => {
                write!(f, " made {what} out of infinities that were put into its inputs on purpose")
            }
            Cause::Input { number } => write!(
                f,
                " was given {what} as input {number}, which nothing that was watched made: look at the data and the parameters"
            ),
        }
    }
}

#[derive(Debug, Default)]
struct Search(RefCell<SearchState>);

#[derive(Debug, Default)]
struct SearchState {
    finding: Option<Finding>,
    /// Storages that hold what isn't finite on purpose, by id.
    meant: HashSet<u64>,
    /// Earlier values of the running kernel's outputs, if it works in place.
    before: Vec<Scan>,
}

impl Watcher for Search {
    fn before(&self, kernel: &Kernel, _: &[View], outs: &[View]) {
        let mut state = self.0.borrow_mut();
        state.before.clear();
        if kernel.in_place() && state.finding.is_none() {
            state.before.extend(outs.iter().map(Scan::of));
        }
    }

    fn after(&self, call: &KernelCall) {
        let mut state = self.0.borrow_mut();
        if state.finding.is_some() {
            return;
        }
        if let Some((out, scan)) =
            call.outs.iter().map(|out| (out, Scan::of(out))).find(|(_, scan)| scan.bad > 0)
        {
            state.judge(call, out, scan);
        }
    }
}

impl SearchState {
    /// Finds out why a result isn't finite: that is a finding, or it is so on purpose.
    fn judge(&mut self, call: &KernelCall, out: &View, scan: Scan) {
        let given: Vec<(&View, Scan)> = call
            .ins
            .iter()
            .map(|view| (view, Scan::of(view)))
            .chain(call.outs.iter().zip(self.before.drain(..)))
            .collect();
        let meant = |view: &View| self.meant.contains(&view.storage.id());
        let foreign = given.iter().position(|(view, scan)| scan.bad > 0 && !meant(view));
        let fill = matches!(call.kernel, Kernel::Fill(_));
        let moves = matches!(call.kernel, Kernel::Copy | Kernel::Gather { .. } | Kernel::Select);
        let (cause, (view, scan)) = match foreign {
            Some(number) => (Cause::Input { number }, given[number]),
            None if given.iter().all(|(_, scan)| scan.bad == 0)
                && !matches!(call.kernel, Kernel::Fill(_)) =>
            {
                let largest = given.iter().map(|(_, scan)| scan.largest).fold(0.0, f64::max);
                (Cause::Made { largest }, (out, scan))
            }
            None if scan.nan && !(fill || moves) => (Cause::MadeOfInfinities, (out, scan)),
            None => {
                self.meant.extend(call.outs.iter().map(|out| out.storage.id()));
                return;
            }
        };
        let meta = view.meta();
        let (mut rest, value) = scan.first;
        let mut index = vec![0; meta.dims.rank()];
        for (i, &length) in index.iter_mut().zip(&*meta.dims).rev() {
            (*i, rest) = (rest % length, rest / length);
        }
        let kernel = call.kernel.name();
        self.finding = Some(Finding { kernel, site: op_site(), cause, meta, bad: scan.bad, index, value });
    }
}

/// Findings in some numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    /// Number of those that aren't finite.
    bad: usize,
    /// Whether one is NaN.
    nan: bool,
    /// The first that isn't finite: its position and value.
    first: (usize, f64),
    /// The largest magnitude of the finite ones.
    largest: f64,
}

impl Scan {
    /// Reads a view. Integers are finite, and so is what a failed device doesn't give.
    fn of(view: &View) -> Scan {
        let dtype = view.storage.dtype();
        if !dtype.is_float() {
            return Scan::default();
        }
        match (dtype, view.slice::<f32>(), view.slice::<f64>()) {
            (DType::F32, Ok(values), _) => Scan::values(values),
            (DType::F64, _, Ok(values)) => Scan::values(values),
            _ => view.to_f64_vec().map_or_else(|_| Scan::default(), |values| Scan::values(&values)),
        }
    }

    fn values<T: Float>(values: &[T]) -> Scan {
        const CHUNK: usize = 1024;
        let mut scan = Scan::default();
        for (n, chunk) in values.chunks(CHUNK).enumerate() {
            // Without a branch, so that it runs as fast as memory is read.
            let (finite, largest) = chunk.iter().fold((true, T::zero()), |(finite, largest), &x| {
                let x = x.abs();
                (finite & (x <= T::max_value()), if x > largest { x } else { largest })
            });
            if finite {
                scan.largest = scan.largest.max(Element::to_f64(largest));
                continue;
            }
            for (i, &x) in chunk.iter().enumerate() {
                if x.is_finite() {
                    scan.largest = scan.largest.max(Element::to_f64(x.abs()));
                    continue;
                }
                if scan.bad == 0 {
                    scan.first = (n * CHUNK + i, Element::to_f64(x));
                }
                scan.bad += 1;
                scan.nan |= x.is_nan();
            }
        }
        scan
    }
}
