//! A function at a point, and the text of a test that repeats its check.

mod rounding;
mod text;

use crate::options::CheckOptions;
use crate::report::{CheckReport, Verdict};
use kiln_grad::{CaseFn, Tensor};
use std::fmt;
use std::sync::Arc;

/// A function at a point, with the program text that calls it: what a check needs, and what the test is
/// written from that repeats a check which failed.
///
/// ```
/// use kiln_check::{CheckOptions, call};
/// use kiln_grad::Tensor;
///
/// let softsign = call!(|x| &x[0] / (x[0].abs() + 1.0), [Tensor::from([0.5, -1.0])]);
/// softsign.check(&CheckOptions::new())?;
/// println!("{}", softsign.as_test("softsign", &CheckOptions::new()));
/// # Ok::<(), kiln_check::CheckFailure>(())
/// ```
#[derive(Clone)]
pub struct Call {
    code: String,
    uses: Vec<String>,
    crates: bool,
    f: CaseFn,
    inputs: Vec<Tensor>,
    linear: bool,
}

/// A [`Call`] of a closure that captures nothing, by its own text: `call!(|x| x[0].exp(), [a])`, where `x` is
/// the slice of the inputs.
#[macro_export]
macro_rules! call {
    (|$x:ident| $body:expr, $inputs:expr) => {
        $crate::Call::new(concat!("|", stringify!($x), "| ", stringify!($body)), $inputs, |$x| $body)
    };
}

impl Call {
    /// The function `f` at `inputs`; `code` is the closure as Rust, such as `|x| x[0].exp()`.
    pub fn new(
        code: impl Into<String>,
        inputs: impl Into<Vec<Tensor>>,
        f: impl Fn(&[Tensor]) -> Tensor + Send + Sync + 'static,
    ) -> Call {
        let (code, inputs) = (code.into(), inputs.into());
        Call { code, uses: Vec::new(), crates: false, f: Arc::new(f), inputs, linear: false }
    }

    /// The same call, checked as a function that is [linear](CheckOptions::linear) in each input.
    #[must_use]
    pub fn linear(self) -> Call {
        Call { linear: true, ..self }
    }

    /// The same call, whose code needs a `use` of this path, such as `kiln_grad::ops::Conv`.
    #[must_use]
    pub fn using(mut self, path: &str) -> Call {
        self.uses.push(path.to_string());
        self
    }

    /// The same call in a program that depends on kiln's crates one by one: the test's paths are `kiln_check` and so
    /// on instead of `kiln::check`.
    #[must_use]
    pub fn by_crates(self) -> Call {
        Call { crates: true, ..self }
    }

    /// The function.
    pub fn function(&self) -> &CaseFn {
        &self.f
    }

    /// The inputs it is called with.
    pub fn inputs(&self) -> &[Tensor] {
        &self.inputs
    }

    /// Checks the call, and on a mismatch makes the [`CheckFailure`] that prints the test to paste: with the
    /// roundest inputs at which the check still fails.
    ///
    /// # Errors
    /// When the check finds a mismatch. What is inconclusive is left to the report.
    ///
    /// # Panics
    /// As [`CheckOptions::gradients`].
    pub fn check(&self, options: &CheckOptions) -> Result<CheckReport, CheckFailure> {
        let report = self.report(options);
        if report.verdict() != Verdict::Mismatch {
            return Ok(report);
        }
        let rounded = rounding::roundest(self, options);
        let report = rounded.as_ref().map_or(report, |call| call.report(options));
        let test = rounded.as_ref().unwrap_or(self).as_test("the_gradient_is_right", options);
        Err(CheckFailure { report: Box::new(report), test })
    }

    fn report(&self, options: &CheckOptions) -> CheckReport {
        let options = if self.linear { options.clone().linear() } else { options.clone() };
        options.gradients(|x| (self.f)(x), &self.inputs).labelled(&self.code)
    }

    /// The text of a `#[test]` of this name that makes this check again: ready to paste, with the
    /// dims, parameters, values and options.
    pub fn as_test(&self, name: &str, options: &CheckOptions) -> String {
        text::test(self, name, options)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} at {:?}", self.code, self.inputs)
    }
}

/// A check that found a mismatch: the report, and a test to paste that repeats it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{report}\n\nTo repeat it, paste this test:\n\n{test}")]
pub struct CheckFailure {
    /// Findings of the check.
    pub report: Box<CheckReport>,
    /// The text of the test.
    pub test: String,
}
