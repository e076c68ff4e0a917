//! Runs a program on the engine and on the reference side by side.

use crate::outcome::{Coverage, GradRefusal};
use crate::program::{Instruction, UnaryCall, ViewCall};
use crate::reference::{self as r, Derivative, Scalar, TrackState};
use kiln_grad::{Device, Sweep, Tensor, live_nodes, no_grad};
use std::collections::HashSet;
use std::rc::Rc;

/// How many backward passes of a program may be recorded: each makes the reference's expressions several
/// times larger.
const RECORDED: usize = 3;

/// What the engine must keep alive for a result.
struct KeptNodes {
    /// How many nodes it is itself; `None` if that is the engine's own affair.
    nodes: Option<usize>,
    parents: Vec<Rc<KeptNodes>>,
    /// Whether it was made of gradients.
    gradients: bool,
}

/// A result on both sides.
#[derive(Clone)]
struct Register {
    name: String,
    tensor: Tensor,
    scalars: Vec<Scalar>,
    /// Nothing if it isn't tracked.
    tape: Option<Rc<KeptNodes>>,
}

pub struct SideBySide {
    seen: Coverage,
    registers: Vec<Register>,
    /// The program so far, as text.
    trace: Vec<String>,
    made: usize,
    recorded: usize,
    /// The nodes that others hold.
    others: usize,
    faulty: bool,
}

/// Runs a program.
///
/// # Errors
/// Where the two sides differ: the program so far, and how.
pub fn run(program: &[Instruction], faulty: bool) -> Result<Coverage, String> {
    let others = live_nodes();
    let mut machine = SideBySide {
        seen: Coverage::default(),
        registers: Vec::new(),
        trace: Vec::new(),
        made: 0,
        recorded: 0,
        others,
        faulty,
    };
    for step in program {
        let result = machine.step(step).and_then(|()| machine.count());
        result.map_err(|error| format!("{}\n// {error}", machine.trace.join("\n")))?;
        // Numbers that overflow say nothing any more.
        if machine.registers.iter().any(|reg| reg.scalars.iter().any(|x| x.value.abs() > 1e6)) {
            break;
        }
    }
    machine.registers.clear();
    match live_nodes() - others {
        0 => Ok(machine.seen),
        left => Err(format!("{}\n// {left} nodes outlive the program", machine.trace.join("\n"))),
    }
}

fn at(numbers: &[f64]) -> Tensor {
    Tensor::from_slice(numbers, [numbers.len()], &Device::cpu())
}

/// Elementwise, with one of the two repeated.
fn each(a: &[Scalar], b: &[Scalar], f: fn(&Scalar, &Scalar) -> Scalar) -> Vec<Scalar> {
    let pick = |x: &[Scalar], i: usize| x[i % x.len()].clone();
    (0..a.len().max(b.len())).map(|i| f(&pick(a, i), &pick(b, i))).collect()
}

fn state(scalars: &[Scalar]) -> TrackState {
    scalars.iter().map(|x| x.state).max().unwrap_or(TrackState::Constant)
}

impl SideBySide {
    /// The place of a result, counted from the last: so most keep theirs when a step goes.
    fn place(&self, pick: usize) -> usize {
        self.registers.len().saturating_sub(1 + pick)
    }

    fn get(&self, pick: usize) -> Register {
        self.registers[self.place(pick)].clone()
    }

    /// Adds a result, and compares it.
    fn push(
        &mut self,
        text: String,
        tensor: Tensor,
        scalars: Vec<Scalar>,
        nodes: Option<usize>,
        parents: &[&Register],
    ) -> Result<(), String> {
        let name = format!("r{}", self.made);
        self.made += 1;
        self.trace.push(format!("let {name} = {text};"));
        let parents: Vec<Rc<KeptNodes>> = parents.iter().filter_map(|reg| reg.tape.clone()).collect();
        let gradients = nodes.is_none() || parents.iter().any(|parent| parent.gradients);
        let tape = (state(&scalars) == TrackState::Tracked)
            .then(|| Rc::new(KeptNodes { nodes, parents, gradients }));
        let register = Register { name, tensor, scalars, tape };
        compare(&register)?;
        self.registers.push(register);
        Ok(())
    }

    fn step(&mut self, step: &Instruction) -> Result<(), String> {
        if self.registers.is_empty() && !matches!(step, Instruction::Leaf(_) | Instruction::Constant(_)) {
            return Ok(());
        }
        match step {
            Instruction::Leaf(numbers) => {
                let scalars = numbers.iter().map(|&x| r::given(x, TrackState::Tracked)).collect();
                let text = format!("Tensor::from({numbers:?}).tracked()");
                self.push(text, at(numbers).tracked(), scalars, Some(1), &[])
            }
            Instruction::Constant(numbers) => {
                let scalars = numbers.iter().map(|&x| r::given(x, TrackState::Constant)).collect();
                self.push(format!("Tensor::from({numbers:?})"), at(numbers), scalars, Some(0), &[])
            }
            Instruction::Apply(f, x) => self.apply(*f, &self.get(*x)),
            Instruction::Add(a, b) => {
                let (a, b) = (self.get(*a), self.get(*b));
                let scalars = each(&a.scalars, &b.scalars, r::add);
                let text = format!("&{} + &{}", a.name, b.name);
                self.push(text, &a.tensor + &b.tensor, scalars, Some(1), &[&a, &b])
            }
            Instruction::Mul(a, b) => {
                let (a, b) = (self.get(*a), self.get(*b));
                let scalars = each(&a.scalars, &b.scalars, r::mul);
                let text = format!("&{} * &{}", a.name, b.name);
                self.push(text, &a.tensor * &b.tensor, scalars, Some(1), &[&a, &b])
            }
            Instruction::Diamond(a, b) => {
                let (a, b) = (self.get(*a), self.get(*b));
                let (sum, product) =
                    (each(&a.scalars, &b.scalars, r::add), each(&a.scalars, &b.scalars, r::mul));
                let tensor = (&a.tensor + &b.tensor) + (&a.tensor * &b.tensor);
                let text = format!("(&{0} + &{1}) + (&{0} * &{1})", a.name, b.name);
                self.push(text, tensor, each(&sum, &product, r::add), Some(3), &[&a, &b])
            }
            Instruction::ViewCall(view, x) => self.view(*view, &self.get(*x)),
            Instruction::Backward { y, xs, v, recorded, consume } => {
                let recorded = *recorded && self.recorded < RECORDED;
                self.recorded += usize::from(recorded);
                let xs: Vec<Register> = xs.iter().map(|x| self.get(*x)).collect();
                let v = self.get(*v);
                let at = self.place(*y);
                let y = if *consume { self.registers.remove(at) } else { self.registers[at].clone() };
                self.backward(y, &xs, v, recorded, *consume)
            }
            Instruction::Drop(x) => {
                let gone = self.registers.remove(self.place(*x));
                self.trace.push(format!("drop({});", gone.name));
                Ok(())
            }
        }
    }

    fn apply(&mut self, f: UnaryCall, x: &Register) -> Result<(), String> {
        let each = |f: &dyn Fn(&Scalar) -> Scalar| -> Vec<Scalar> { x.scalars.iter().map(f).collect() };
        // Tracked becomes cut, and what isn't tracked stays what it is.
        let cut = |value: f64, old: TrackState| {
            r::given(value, if old == TrackState::Tracked { TrackState::Cut } else { old })
        };
        let name = &x.name;
        let (text, tensor, scalars, nodes) = match f {
            UnaryCall::Sin => (format!("{name}.sin()"), x.tensor.sin(), each(&r::sin), 1),
            UnaryCall::Tanh => (format!("{name}.tanh()"), x.tensor.tanh(), each(&r::tanh), 1),
            UnaryCall::Square => (format!("{name}.square()"), x.tensor.square(), each(&|x| r::mul(x, x)), 1),
            UnaryCall::Track => {
                let leaf = |x: &Scalar| r::given(x.value, TrackState::Tracked);
                let tensor = x.tensor.tracked();
                return self.push(format!("{name}.tracked()"), tensor, each(&leaf), Some(1), &[]);
            }
            UnaryCall::Detach => {
                (format!("{name}.detach()"), x.tensor.detach(), each(&|x| cut(x.value, x.state)), 0)
            }
            UnaryCall::Unrecorded => {
                let tensor = no_grad(|| x.tensor.sin());
                let scalars = each(&|x| cut(x.value.sin(), x.state));
                (format!("no_grad(|| {name}.sin())"), tensor, scalars, 0)
            }
        };
        self.push(text, tensor, scalars, Some(nodes), &[x])
    }

    fn view(&mut self, view: ViewCall, x: &Register) -> Result<(), String> {
        let (name, s, t, three) = (&x.name, &x.scalars, &x.tensor, x.scalars.len() == 3);
        let of = |places: &[usize]| places.iter().map(|&i| r::alias(&s[i])).collect::<Vec<_>>();
        let (call, tensor, scalars, nodes) = match view {
            ViewCall::Flip => {
                let places: Vec<usize> = (0..s.len()).rev().collect();
                ("flip(0)".to_string(), t.flip(0), of(&places), 1)
            }
            ViewCall::Element(i) if three => (format!("narrow(0, {i}, 1)"), t.narrow(0, i, 1), of(&[i]), 1),
            ViewCall::Nested if three => {
                let tensor = t.narrow(0, 1, 2).narrow(0, 0, 1);
                ("narrow(0, 1, 2).narrow(0, 0, 1)".to_string(), tensor, of(&[1]), 2)
            }
            ViewCall::Embed(i) if !three => {
                let mut vector = vec![r::given(0.0, TrackState::Constant); 3];
                vector[i] = s[0].clone();
                (format!("embed([3], &[({i}, 1)])"), t.embed([3], &[(i, 1)]), r::whole(vector), 1)
            }
            ViewCall::Repeat if !three => {
                ("broadcast_to([3])".to_string(), t.broadcast_to([3]), of(&[0; 3]), 1)
            }
            ViewCall::Sum if three => {
                let sum = r::add(&r::add(&s[0], &s[1]), &s[2]);
                ("sum_keepdim(0)".to_string(), t.sum_keepdim(0), vec![r::alias(&sum)], 1)
            }
            // Not of vectors of this length.
            _ => return Ok(()),
        };
        self.push(format!("{name}.{call}"), tensor, scalars, Some(nodes), &[x])
    }

    fn backward(
        &mut self,
        y: Register,
        xs: &[Register],
        v: Register,
        recorded: bool,
        consume: bool,
    ) -> Result<(), String> {
        let names: Vec<&str> = xs.iter().map(|x| &x.name[..]).collect();
        let fits = v.scalars.len() == y.scalars.len();
        let numbers: Vec<f64> = (0..y.scalars.len()).map(|i| 0.75 - i as f64).collect();
        let constant = || numbers.iter().map(|&x| r::given(x, TrackState::Constant)).collect();
        let (text, tensor, scalars): (String, Tensor, Vec<Scalar>) = match fits {
            true => (v.name.clone(), v.tensor.clone(), v.scalars.clone()),
            false => (format!("{numbers:?}"), at(&numbers), constant()),
        };
        let given = if consume { y.name.clone() } else { format!("{}.clone()", y.name) };
        let call = format!("Sweep::new({given}, {text}, [{}], {recorded})", names.join(", "));
        let wanted = self.expected(&y, xs, &scalars, recorded);
        let tensors: Vec<&Tensor> = xs.iter().map(|x| &x.tensor).collect();
        let Register { tensor: y_tensor, tape: y_tape, .. } = y;
        let second = y_tape.is_some_and(|tape| tape.gradients);
        let result = Sweep::new(y_tensor, tensor, &tensors, recorded).map(|sweep| sweep.finish(&tensors));
        match (result.map_err(GradRefusal::from), wanted) {
            (Err(refused), Err(wanted)) if refused == wanted => {
                self.trace.push(format!("{call}.unwrap_err(); // {refused:?}"));
                self.seen.refusals[refused.number()] += 1;
                Ok(())
            }
            (Ok(gradients), Ok(wanted)) => {
                self.seen.gradients += gradients.len();
                self.seen.second += if second { gradients.len() } else { 0 };
                for (i, (gradient, wanted)) in gradients.into_iter().zip(wanted).enumerate() {
                    // Gradients may be made of each other, or be the cotangent itself; aliases are not.
                    let text = format!("{call}.finish()[{i}].alias()");
                    let wanted = wanted.iter().map(r::alias).collect();
                    self.push(text, gradient.alias(), wanted, None, &[])?;
                }
                Ok(())
            }
            (result, wanted) => {
                let wanted = wanted.map(|w| w.iter().map(|g| values(g)).collect::<Vec<_>>());
                Err(format!("{call} gives {result:?}; the reference {wanted:?}"))
            }
        }
    }

    /// What the reference says of a backward pass.
    fn expected(
        &self,
        y: &Register,
        xs: &[Register],
        v: &[Scalar],
        recorded: bool,
    ) -> Result<Vec<Vec<Scalar>>, GradRefusal> {
        for (i, x) in xs.iter().enumerate() {
            match state(&x.scalars) {
                TrackState::Constant => return Err(GradRefusal::NotTracked(i)),
                TrackState::Cut => return Err(GradRefusal::Detached(i)),
                TrackState::Tracked => {}
            }
        }
        match state(&y.scalars) {
            TrackState::Constant => return Err(GradRefusal::ResultNotTracked),
            TrackState::Cut => return Err(GradRefusal::ResultDetached),
            TrackState::Tracked => {}
        }
        let gradient = |(i, x): (usize, &Register)| {
            let mut reached = false;
            let mut one = |x: &Scalar| {
                let mut derivative = Derivative::of(x, self.faulty);
                let parts = y.scalars.iter().zip(v).filter_map(|(y, v)| Some(r::mul(&derivative.at(y)?, v)));
                let sum = parts.reduce(|a, b| r::add(&a, &b));
                reached |= sum.is_some();
                sum.unwrap_or_else(|| r::given(0.0, TrackState::Constant))
            };
            let gradient: Vec<Scalar> = x.scalars.iter().map(&mut one).collect();
            if !reached {
                return Err(GradRefusal::NoPath(i));
            }
            let constant = |x: &Scalar| r::given(x.value, TrackState::Constant);
            Ok(if recorded { r::whole(gradient) } else { gradient.iter().map(constant).collect() })
        };
        xs.iter().enumerate().map(gradient).collect()
    }

    /// Compares how many nodes are alive, where the reference knows.
    fn count(&mut self) -> Result<(), String> {
        let mut seen: HashSet<*const KeptNodes> = HashSet::new();
        let mut next: Vec<&Rc<KeptNodes>> =
            self.registers.iter().filter_map(|reg| reg.tape.as_ref()).collect();
        let mut nodes = 0;
        while let Some(tape) = next.pop() {
            if seen.insert(Rc::as_ptr(tape)) {
                let Some(own) = tape.nodes else { return Ok(()) };
                nodes += own;
                next.extend(&tape.parents);
            }
        }
        self.seen.counted += 1;
        match live_nodes() - self.others {
            live if live == nodes => Ok(()),
            live => Err(format!("{live} nodes are alive; the reference keeps {nodes}")),
        }
    }
}

fn values(scalars: &[Scalar]) -> Vec<f64> {
    scalars.iter().map(|x| x.value).collect()
}

fn compare(register: &Register) -> Result<(), String> {
    let Register { name, tensor, scalars, .. } = register;
    let (have, want) = (tensor.to_f64_vec().map_err(|error| error.to_string())?, values(scalars));
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
    if have.len() != want.len() || !have.iter().zip(&want).all(close) {
        return Err(format!("{name} is {have:?}; the reference has {want:?}"));
    }
    let tracked = state(scalars) == TrackState::Tracked;
    if tensor.is_tracked() != tracked {
        return Err(format!("{name} is tracked: {}; the reference says {tracked}", tensor.is_tracked()));
    }
    Ok(())
}
