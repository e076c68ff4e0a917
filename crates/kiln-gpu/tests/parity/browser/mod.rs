//! The same calls in a browser. No Rust runs there: a plan is data, and `page.html` carries it out with the
//! browser's own WebGPU, in software, under the limits that every browser has.
//!
//! Where there is no Chromium, or it has no WebGPU, these tests say that they were skipped, unless
//! `KILN_REQUIRE_BROWSER=1` makes that a failure. `KILN_BROWSER_CASES` says how many calls of each kernel are
//! tried.

#[allow(dead_code, reason = "pages are clicked on elsewhere")]
#[path = "../../../../kiln-report/tests/chromium/mod.rs"]
mod chromium;

use crate::case::{CallTensor, KernelCall};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use chromium::{Browser, Page};
use kiln_gpu::plan::plan;
use kiln_kernels::ALL;
use kiln_tensor::gpu::{Binding, Pass};
use kiln_tensor::{Device, Layout, Storage, View};
use serde_json::{Value, json};
use std::cell::RefCell;

/// WebGPU on a program that acts as a GPU, the same one everywhere.
const FLAGS: [&str; 2] = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
/// The most workgroups along one axis of a grid.
const GRID: u64 = 65_535;

/// A page with an open device.
struct Web {
    page: RefCell<Page>,
    _browser: Browser,
}

impl Web {
    /// Starts a browser. It says why if there is none to be had.
    fn start() -> Option<Web> {
        let web = Web::find();
        let required = std::env::var("KILN_REQUIRE_BROWSER").is_ok_and(|v| v == "1");
        assert!(web.is_some() || !required, "KILN_REQUIRE_BROWSER=1, but there is no browser with WebGPU");
        web
    }

    fn find() -> Option<Web> {
        let mut browser = Browser::start(&FLAGS)?;
        let page = concat!("file://", env!("CARGO_MANIFEST_DIR"), "/tests/parity/browser/page.html");
        let mut page = browser.open(page, 300, 300);
        match page.eval("start()").as_str() {
            Some(adapter) => println!("the browser computes on {adapter}"),
            None => {
                skipped_tests::skip("the browser has no WebGPU adapter");
                return None;
            }
        }
        Some(Web { page: RefCell::new(page), _browser: browser })
    }

    fn call(&self, function: &str, argument: &Value) -> Value {
        self.page.borrow_mut().eval(&format!("{function}({argument})"))
    }

    /// Runs the call in the browser and compares with the CPU.
    fn check(&self, case: &KernelCall) -> Result<(), String> {
        let answer = self.call("run", &planned(case)?);
        let Some(outputs) = answer["outputs"].as_array() else {
            return Err(format!("the browser: {}", answer["error"]));
        };
        let words = |text: &Value| {
            let bytes = BASE64.decode(text.as_str().expect("a text")).expect("it is base 64");
            bytemuck::pod_collect_to_vec(&bytes)
        };
        case.compare(&outputs.iter().map(words).collect::<Vec<_>>())
    }
}

fn views(all: &[(Storage, Layout)]) -> Vec<View<'_>> {
    all.iter().map(|(storage, layout)| View { storage, layout }).collect()
}

/// The plan of a call, with all its buffers, as `page.html` takes it.
fn planned(case: &KernelCall) -> Result<Value, String> {
    let cpu = Device::cpu();
    let tensors = |all: &[CallTensor]| -> Vec<(Storage, Layout)> {
        all.iter().map(|t| (t.storage(&cpu), t.layout().1)).collect()
    };
    let (ins, outs) = (tensors(&case.ins), tensors(&case.outs));
    let plan = plan(&case.kernel, &views(&ins), &views(&outs)).map_err(|refusal| format!("{refusal:?}"))?;
    let encode = |words: &[u32]| BASE64.encode(bytemuck::cast_slice::<u32, u8>(words));
    let mut buffers: Vec<String> = case.ins.iter().chain(&case.outs).map(|t| encode(&t.words())).collect();
    // Like those of the pool they are never so small that not one element fits.
    buffers.extend(plan.scratch.iter().map(|words| encode(&vec![0; (*words).max(4)])));
    buffers.push(encode(&[0; 4]));
    let number = |binding: &Binding| match *binding {
        Binding::In(i) => i,
        Binding::Out(i) => case.ins.len() + i,
        Binding::Scratch(i) => case.ins.len() + case.outs.len() + i,
        Binding::Fault => buffers.len() - 1,
    };
    let pass = |pass: &Pass| {
        let mut words = pass.words.clone();
        words.resize(Pass::MAX_WORDS, 0);
        let rows = pass.workgroups.div_ceil(GRID);
        json!({
            "shader": pass.shader.expand(&pass.constants).expect("there is such a variant"),
            "uniform": encode(&words),
            "reads": pass.reads.iter().map(number).collect::<Vec<_>>(),
            "writes": pass.writes.iter().map(number).collect::<Vec<_>>(),
            "grid": [pass.workgroups.div_ceil(rows), rows],
        })
    };
    let passes: Vec<Value> = plan.passes.iter().filter(|pass| pass.workgroups > 0).map(pass).collect();
    let outputs: Vec<usize> = (0..case.outs.len()).map(|i| number(&Binding::Out(i))).collect();
    Ok(json!({ "buffers": buffers, "passes": passes, "outputs": outputs }))
}

#[test]
fn browsers_compile_every_variant() {
    let Some(web) = Web::start() else { return };
    let mut count = 0;
    for shader in ALL {
        for constants in shader.variants() {
            let code = shader.expand(&constants).expect("it is one of the variants");
            // In software a tile's pipeline takes seconds; one for each of its orders of loading would say no more.
            let pipeline =
                !constants.iter().any(|(name, value)| name.ends_with("DEPTH_FIRST") && *value == "true");
            let said = web.call("compile", &json!({ "code": code, "pipeline": pipeline }));
            assert_eq!(said, json!([]), "{} {constants:?}", shader.name);
            count += 1;
        }
    }
    println!("{count} variants of {} kernels compile", ALL.len());
}

#[test]
fn browsers_compute_the_same() {
    let Some(web) = Web::start() else { return };
    let cases = std::env::var("KILN_BROWSER_CASES")
        .map_or(20, |n| n.parse().expect("KILN_BROWSER_CASES is a number"));
    for (name, calls) in crate::calls() {
        let start = std::time::Instant::now();
        crate::hold(calls, cases, |case| web.check(case));
        println!("{name}: {cases} calls in {:.1} s", start.elapsed().as_secs_f64());
    }
}
