//! Everything a model or an optimiser has to remember, by name.
//!
//! One walk over named state serves saving, loading, counting parameters, averaging them, and saying
//! what differs between a checkpoint and a model.

use crate::param::{Buffer, Param};
use kiln_grad::graph::Labels;
use kiln_grad::{Array, Meta};
use std::collections::BTreeMap;

/// Something with state that can be walked over.
pub trait Stateful {
    /// Shows each piece of state to the visitor, under a name of its own, always in the same order.
    fn visit(&mut self, v: &mut StateVisitor);
}

/// Makes a type [`Stateful`] by its parts, each under the name of its field.
///
/// ```
/// use kiln_nn::{TensorOptions, layers::Linear, stateful};
/// use kiln_tensor::random::Key;
///
/// struct Mlp {
///     fc1: Linear,
///     fc2: Linear,
/// }
/// stateful!(Mlp: fc1, fc2);
///
/// let linear = |from, to, i| Linear::new(from, to, Key::new(i), &TensorOptions::cpu_f32());
/// let mut mlp = Mlp { fc1: linear(2, 8, 1), fc2: linear(8, 1, 2) };
/// assert_eq!(kiln_nn::named_parameters(&mut mlp)[3].0, "fc2.bias");
/// ```
#[macro_export]
macro_rules! stateful {
    ($type:ty: $($field:ident),+ $(,)?) => {
        impl $crate::Stateful for $type {
            fn visit(&mut self, v: &mut $crate::StateVisitor) {
                $(v.part(stringify!($field), &mut self.$field);)+
            }
        }
    };
}

/// One piece of state.
#[derive(Debug)]
pub enum Slot<'a> {
    /// A trained tensor.
    Param(&'a Param),
    /// A tensor that isn't trained.
    Buffer(&'a Buffer),
    /// A count, such as of steps.
    Count(&'a mut u64),
    /// A number, such as the best measure so far.
    Number(&'a mut f64),
    /// A text.
    Text(&'a mut String),
}

/// Walks over state and calls a function with the full name of each piece: names of parts joined by
/// dots, as PyTorch joins them.
pub struct StateVisitor<'a> {
    path: String,
    each: &'a mut dyn FnMut(&str, Slot),
}

impl<'a> StateVisitor<'a> {
    /// A visitor that calls `each` with name and state.
    pub fn new(each: &'a mut dyn FnMut(&str, Slot)) -> Self {
        StateVisitor { path: String::new(), each }
    }

    /// Shows a trained tensor.
    pub fn param(&mut self, name: &str, param: &Param) {
        self.show(name, Slot::Param(param));
    }

    /// Shows a tensor that isn't trained.
    pub fn buffer(&mut self, name: &str, buffer: &Buffer) {
        self.show(name, Slot::Buffer(buffer));
    }

    /// Shows a count.
    pub fn count(&mut self, name: &str, count: &mut u64) {
        self.show(name, Slot::Count(count));
    }

    /// Shows a number.
    pub fn number(&mut self, name: &str, number: &mut f64) {
        self.show(name, Slot::Number(number));
    }

    /// Shows a text.
    pub fn text(&mut self, name: &str, text: &mut String) {
        self.show(name, Slot::Text(text));
    }

    /// Walks over a part, whose state gets `name` in front.
    pub fn part(&mut self, name: &str, part: &mut (impl Stateful + ?Sized)) {
        let length = self.path.len();
        self.path.push_str(name);
        self.path.push('.');
        part.visit(self);
        self.path.truncate(length);
    }

    fn show(&mut self, name: &str, slot: Slot) {
        (self.each)(&format!("{}{name}", self.path), slot);
    }
}

/// State by name, as it is saved.
pub type StateDict = BTreeMap<String, StateValue>;

/// A saved piece of state.
#[derive(Clone, Debug)]
pub enum StateValue {
    /// A parameter or buffer.
    Tensor(Array),
    /// A count.
    Count(u64),
    /// A number, which may be infinite or NaN.
    Number(f64),
    /// A text.
    Text(String),
}

impl StateValue {
    fn describe(&self) -> String {
        match self {
            StateValue::Tensor(array) => array.meta().to_string(),
            StateValue::Count(_) => "a count".to_string(),
            StateValue::Number(_) => "a number".to_string(),
            StateValue::Text(_) => "a text".to_string(),
        }
    }
}

/// How saved state differs from what it is loaded into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the saved state does not fit: {}", shown(.differences))]
pub struct LoadError {
    /// One difference each: what is missing, unexpected, or of another kind.
    pub differences: Vec<String>,
}

/// How many differences a message shows.
const SHOWN: usize = 3;

/// The first differences, and how many more there are: those of another model are hundreds.
fn shown(differences: &[String]) -> String {
    let text = differences[..differences.len().min(SHOWN)].join("; ");
    match differences.len().saturating_sub(SHOWN) {
        0 => text,
        more => format!("{text}; and {more} more"),
    }
}

/// All state, by name.
///
/// # Panics
/// When two pieces have one name: a bug of a `visit`.
pub fn save(stateful: &mut (impl Stateful + ?Sized)) -> StateDict {
    let mut dict = StateDict::new();
    stateful.visit(&mut StateVisitor::new(&mut |name, slot| {
        let value = match slot {
            Slot::Param(param) => StateValue::Tensor(param.tensor().into_array()),
            Slot::Buffer(buffer) => StateValue::Tensor(buffer.array()),
            Slot::Count(count) => StateValue::Count(*count),
            Slot::Number(number) => StateValue::Number(*number),
            Slot::Text(text) => StateValue::Text(text.clone()),
        };
        let before = dict.insert(name.to_string(), value);
        assert!(before.is_none(), "two pieces of state are named {name}");
    }));
    dict
}

/// Puts saved state in. Either all of it fits and is loaded, or nothing changes.
///
/// # Errors
/// Lists what is missing, unexpected, or differs in dims or type.
pub fn load(stateful: &mut (impl Stateful + ?Sized), dict: &StateDict) -> Result<(), LoadError> {
    let mut differences = Vec::new();
    let mut known = Vec::new();
    stateful.visit(&mut StateVisitor::new(&mut |name, slot| {
        known.push(name.to_string());
        let Some(value) = dict.get(name) else {
            differences.push(format!("{name} is missing"));
            return;
        };
        if let Some(want) = mismatch(&slot, value) {
            differences.push(format!("{name} is {}, wanted {want}", value.describe()));
        }
    }));
    known.sort_unstable();
    let unexpected = dict.keys().filter(|name| known.binary_search(name).is_err());
    differences.extend(unexpected.map(|name| format!("{name} is unexpected")));
    if !differences.is_empty() {
        return Err(LoadError { differences });
    }
    stateful.visit(&mut StateVisitor::new(&mut |name, slot| match (slot, &dict[name]) {
        (Slot::Param(param), StateValue::Tensor(array)) => param.set(placed(array, param.tensor().array())),
        (Slot::Buffer(buffer), StateValue::Tensor(array)) => buffer.set(placed(array, &buffer.array())),
        (Slot::Count(count), StateValue::Count(value)) => *count = *value,
        (Slot::Number(number), StateValue::Number(value)) => *number = *value,
        (Slot::Text(text), StateValue::Text(value)) => text.clone_from(value),
        _ => unreachable!("checked above"),
    }));
    Ok(())
}

/// What the slot wants, if the value doesn't fit it.
fn mismatch(slot: &Slot, value: &StateValue) -> Option<String> {
    let fits = |want: Meta, have: &Array| want == have.meta();
    match (slot, value) {
        (Slot::Param(p), StateValue::Tensor(a)) if fits(p.tensor().meta(), a) => None,
        (Slot::Buffer(b), StateValue::Tensor(a)) if fits(b.array().meta(), a) => None,
        (Slot::Count(_), StateValue::Count(_))
        | (Slot::Number(_), StateValue::Number(_))
        | (Slot::Text(_), StateValue::Text(_)) => None,
        (Slot::Param(p), _) => Some(p.tensor().meta().to_string()),
        (Slot::Buffer(b), _) => Some(b.array().meta().to_string()),
        (Slot::Count(_), _) => Some("a count".to_string()),
        (Slot::Number(_), _) => Some("a number".to_string()),
        (Slot::Text(_), _) => Some("a text".to_string()),
    }
}

/// The array on the device of another. A device that fails remembers it and reports it later.
fn placed(array: &Array, like: &Array) -> Array {
    array.to_device(like.device()).unwrap_or_else(|_| like.clone())
}

/// The trained tensors with their names, in the order of the walk. A tensor that occurs under several names
/// is listed under the first.
pub fn named_parameters(stateful: &mut (impl Stateful + ?Sized)) -> Vec<(String, Param)> {
    let mut params: Vec<(String, Param)> = Vec::new();
    stateful.visit(&mut StateVisitor::new(&mut |name, slot| {
        if let Slot::Param(param) = slot
            && !params.iter().any(|(_, known)| known.same(param))
        {
            params.push((name.to_string(), param.clone()));
        }
    }));
    params
}

/// Labels for texts and pictures of graphs, in which trained tensors have their names:
/// `labels(&mut net).dot(&loss)`.
pub fn labels(stateful: &mut (impl Stateful + ?Sized)) -> Labels {
    let mut labels = Labels::new();
    for (name, param) in named_parameters(stateful) {
        labels.name(name, &param.tensor());
    }
    labels
}

/// The trained tensors, in the order of the walk, each once.
pub fn parameters(stateful: &mut (impl Stateful + ?Sized)) -> Vec<Param> {
    named_parameters(stateful).into_iter().map(|(_, param)| param).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::{Device, Tensor};

    struct Sample {
        weight: Param,
        mean: Buffer,
        steps: u64,
        note: String,
    }

    impl Sample {
        fn new(first: f32) -> Self {
            Sample {
                weight: Param::new([first, 2.0_f32]),
                mean: Buffer::new(Tensor::from([[first]]).into_array()),
                steps: first as u64,
                note: format!("note {first}"),
            }
        }
    }

    impl Stateful for Sample {
        fn visit(&mut self, v: &mut StateVisitor) {
            v.param("weight", &self.weight);
            v.buffer("mean", &self.mean);
            v.count("steps", &mut self.steps);
            v.text("note", &mut self.note);
        }
    }

    fn listed(dict: &StateDict) -> String {
        let value = |value: &StateValue| match value {
            StateValue::Tensor(array) => format!("{} {:?}", array.meta(), array.to_f64_vec().unwrap()),
            other => format!("{other:?}"),
        };
        dict.iter().map(|(name, v)| format!("{name}: {}\n", value(v))).collect()
    }

    #[test]
    fn round_trip() {
        let saved = save(&mut Sample::new(7.0));
        let mut other = Sample::new(1.0);
        load(&mut other, &saved).unwrap();
        assert_eq!(listed(&save(&mut other)), listed(&saved));
        assert_eq!(other.note, "note 7");
    }

    #[test]
    fn what_does_not_fit_is_listed_and_nothing_changes() {
        let mut dict = save(&mut Sample::new(7.0));
        dict.remove("mean");
        dict.insert(
            "weight".to_string(),
            StateValue::Tensor(Array::zeros([3], kiln_grad::DType::F32, &Device::cpu())),
        );
        dict.insert("steps".to_string(), StateValue::Text("seven".to_string()));
        dict.insert("extra".to_string(), StateValue::Count(1));
        let mut sample = Sample::new(1.0);
        let before = listed(&save(&mut sample));
        let error = load(&mut sample, &dict).unwrap_err();
        assert_eq!(
            error.differences,
            [
                "weight is f32[3], wanted f32[2]",
                "mean is missing",
                "steps is a text, wanted a count",
                "extra is unexpected"
            ]
        );
        assert_eq!(
            error.to_string(),
            "the saved state does not fit: weight is f32[3], wanted f32[2]; mean is missing; \
             steps is a text, wanted a count; and 1 more"
        );
        assert_eq!(listed(&save(&mut sample)), before);
    }

    /// A weight under two names.
    struct Tied(Sample, Sample);

    impl Stateful for Tied {
        fn visit(&mut self, v: &mut StateVisitor) {
            v.part("a", &mut self.0);
            v.part("b", &mut self.1);
        }
    }

    #[test]
    fn a_shared_weight_is_one_parameter() {
        let (a, mut b) = (Sample::new(1.0), Sample::new(2.0));
        b.weight = a.weight.clone();
        let mut tied = Tied(a, b);
        assert_eq!(named_parameters(&mut tied).len(), 1);
        assert_eq!(named_parameters(&mut tied)[0].0, "a.weight");
        assert_eq!(save(&mut tied).len(), 8);
    }
}
