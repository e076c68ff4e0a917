//! The text of a test.

use super::Call;
use crate::options::CheckOptions;
use crate::point::elements;
use kiln_grad::Tensor;

pub fn test(call: &Call, name: &str, options: &CheckOptions) -> String {
    let krate = |part: &str| if call.crates { format!("kiln_{part}") } else { format!("kiln::{part}") };
    let mut uses =
        vec![format!("{}::CheckOptions", krate("check")), format!("{}::{{Device, Tensor}}", krate("grad"))];
    for path in &call.uses {
        let facade = path.strip_prefix("kiln_").filter(|_| !call.crates);
        let path = facade.map_or(path.clone(), |rest| format!("kiln::{rest}"));
        if !uses.contains(&path) {
            uses.push(path);
        }
    }
    let uses: String = uses.iter().map(|path| format!("    use {path};\n")).collect();
    let inputs: String = call.inputs.iter().map(|x| format!("        {},\n", tensor(x))).collect();
    let Call { code, linear, .. } = call;
    let options = text_of(options, *linear);
    format!(
        "#[test]\nfn {name}() {{\n{uses}    let inputs: Vec<Tensor> = vec![\n{inputs}    ];\n    \
         let report = {options}.gradients({code}, &inputs);\n    report.assert_pass();\n}}\n"
    )
}

fn tensor(x: &Tensor) -> String {
    let values: Vec<String> = elements(x).into_iter().map(number).collect();
    format!("Tensor::from_slice::<f64>(&[{}], {:?}, &Device::cpu())", values.join(", "), &x.dims()[..])
}

/// A number as Rust reads it back to the same bits.
fn number(x: f64) -> String {
    match x {
        _ if x.is_nan() => "f64::NAN".to_string(),
        f64::INFINITY => "f64::INFINITY".to_string(),
        f64::NEG_INFINITY => "f64::NEG_INFINITY".to_string(),
        _ => format!("{x:?}"),
    }
}

/// The options as they are written, those left out that have their default.
fn text_of(options: &CheckOptions, linear: bool) -> String {
    let plain = CheckOptions::new();
    let mut text = "CheckOptions::new()".to_string();
    let mut add = |differs: bool, call: String| text += if differs { &call } else { "" };
    add(options.order != plain.order, format!(".order({})", options.order));
    add(options.linear || linear, ".linear()".to_string());
    add(options.directions != plain.directions, format!(".directions({})", options.directions));
    add(options.small != plain.small, format!(".jacobian_up_to({})", options.small));
    add(options.seed != plain.seed, format!(".seed({})", options.seed));
    add(options.factor != plain.factor, format!(".tolerance({:?})", options.factor));
    text
}
