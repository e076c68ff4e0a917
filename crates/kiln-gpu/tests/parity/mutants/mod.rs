//! The comparison checked: shaders and plans with one mistake each, all of which it must catch.

mod table;

use crate::case::KernelCall;
use crate::support;
use kiln_gpu::{Gpu, plan};
use kiln_kernels::{Shader, WgslFile};
use kiln_tensor::gpu::Plan;
use kiln_tensor::{
    Backend, DType, DeviceBuffer, Kernel, Limits, MemoryStats, Pending, Result, Storage, View, ViewMut,
};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::HashSet;
use std::ops::Range;
use table::MUTANTS;

/// Calls that a mutant may survive; as many are compared of each kernel.
const CALLS: usize = 200;

struct ShaderMutant {
    name: &'static str,
    change: Mutation,
    calls: fn() -> BoxedStrategy<KernelCall>,
}

enum Mutation {
    /// What stands in a shader's text, just once, and what stands there instead.
    Text(&'static Shader, &'static str, &'static str),
    Plan(fn(&mut Plan)),
}

/// A GPU that makes a mistake.
#[derive(Clone, Debug)]
struct MutatedGpu {
    gpu: Gpu,
    plan: fn(&mut Plan),
    /// A shader by name, and what runs in its place.
    text: Option<(&'static str, &'static Shader)>,
}

impl MutatedGpu {
    fn new(gpu: &Gpu, mutant: &ShaderMutant) -> Self {
        let (plan, text): (fn(&mut Plan), _) = match mutant.change {
            Mutation::Plan(change) => (change, None),
            Mutation::Text(shader, from, to) => {
                (|_| (), Some((shader.name, changed(shader, mutant.name, from, to))))
            }
        };
        MutatedGpu { gpu: gpu.clone(), plan, text }
    }
}

/// The shader with another text. It lives as long as the program, like all shaders.
fn changed(shader: &Shader, mutant: &str, from: &str, to: &str) -> &'static Shader {
    let text = shader.text();
    assert_eq!(text.matches(from).count(), 1, "{mutant}: `{from}` in {}", shader.name);
    let text: &'static str = text.replace(from, to).leak();
    let name = format!("{}: {mutant}", shader.name).leak();
    let parts = Box::leak(Box::new([WgslFile { file: "mutant.wgsl", text }]));
    Box::leak(Box::new(Shader { name, parts, choices: shader.choices }))
}

impl Backend for MutatedGpu {
    fn name(&self) -> &str {
        self.gpu.name()
    }

    fn alloc(&self, dtype: DType, len: usize) -> Result<DeviceBuffer> {
        self.gpu.alloc(dtype, len)
    }

    fn upload(&self, dtype: DType, bytes: &[u8]) -> Result<DeviceBuffer> {
        self.gpu.upload(dtype, bytes)
    }

    fn run(&self, kernel: &Kernel, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        let outs: Vec<View> = outs.iter().map(ViewMut::view).collect();
        let mut plan = plan::plan(kernel, ins, &outs).expect("it can be planned");
        (self.plan)(&mut plan);
        for pass in &mut plan.passes {
            if let Some((_, shader)) = self.text.filter(|(name, _)| *name == pass.shader.name) {
                pass.shader = shader;
            }
        }
        self.gpu.run_plan(&plan, ins, &outs)
    }

    fn read(&self, storage: &Storage, range: Range<usize>) -> Pending {
        self.gpu.read(storage, range)
    }

    fn flush(&self) -> Result<()> {
        self.gpu.flush()
    }

    fn limits(&self) -> &Limits {
        self.gpu.limits()
    }

    fn memory(&self) -> MemoryStats {
        self.gpu.memory()
    }
}

/// How many calls it takes to catch a mutant.
fn calls_to_catch(mutant: &ShaderMutant, gpu: &Gpu) -> Option<usize> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (calls, mutated) = ((mutant.calls)(), MutatedGpu::new(gpu, mutant));
    (1..=CALLS).find(|_| {
        let case = calls.new_tree(&mut runner).expect("a call can be drawn").current();
        let result = case.check(&mutated);
        let differs = |error: &String| error.starts_with("position");
        assert!(result.as_ref().err().is_none_or(differs), "{}: {result:?}", mutant.name);
        result.is_err()
    })
}

#[test]
fn every_mutant_is_caught() {
    let Some(gpu) = support::gpu() else { return };
    let mut survivors = vec![];
    for mutant in MUTANTS {
        match calls_to_catch(mutant, gpu) {
            Some(calls) => println!("{}: caught by call {calls}", mutant.name),
            None => survivors.push(mutant.name),
        }
    }
    assert!(survivors.is_empty(), "not caught in {CALLS} calls: {survivors:?}");
}

#[test]
fn mutants_have_names_of_their_own() {
    let names: HashSet<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    assert_eq!(names.len(), MUTANTS.len());
}
