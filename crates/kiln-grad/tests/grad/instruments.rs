//! Names, places and pictures of graphs.

use kiln_grad::graph::{Labels, dot, tape, text};
use kiln_grad::{DType, Sweep, Tensor, grad_recorded, scope};

fn scoped() -> (Tensor, Tensor) {
    let x = Tensor::from([1.0, 2.0]).tracked();
    let _model = scope("G");
    let h = {
        let _block = scope("up2");
        x.tanh()
    };
    let y = (&h * 3.0).sum(..);
    (x, y)
}

#[test]
fn nodes_know_scope_and_place() {
    let (x, y) = scoped();
    let sum = y.node().unwrap();
    let mut names = Vec::new();
    let mut nodes = vec![sum.clone()];
    while let Some(node) = nodes.pop() {
        assert_eq!(node.location().file(), file!());
        names.push((node.name(), node.scope().to_string()));
        nodes.extend(node.inputs().map(|(_, input)| input.clone()));
    }
    let scope_of = |name: &str| names.iter().find(|(n, _)| *n == name).unwrap().1.clone();
    assert_eq!(scope_of("tanh"), "G.up2");
    assert_eq!(scope_of("mul_scalar"), "G");
    assert_eq!(scope_of("leaf"), "");
    assert_eq!(x.node().unwrap().meta().to_string(), "f64[2]");
    assert!(x.exp().node().unwrap().scope().is_empty(), "scopes end");
    assert_eq!(x.exp().node().unwrap().location().line(), line!());
}

/// Functions made of other ops hand on where they were called.
#[test]
fn composed_ops_are_placed_where_they_are_called() {
    let image = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).reshape([1, 1, 2, 3]).tracked();
    let row = Tensor::from([0.5, 1.0, 2.0]).tracked();
    let one = Tensor::from([1.0]).tracked();
    let window = kiln_grad::Window::new(2);
    let flat = image.flatten(0);
    let made = [
        image.resize_nearest([4, 6]),
        image.resize_nearest([3, 2]),
        image.resize_bilinear([3, 5], false),
        image.pad(&[(0, 0), (0, 0), (1, 1), (0, 2)], 0.0),
        image.pad_reflect(3, 1, 1),
        image.pad_replicate(3, 1, 1),
        image.max_pool2d(window),
        image.avg_pool2d(window),
        image.conv2d(&Tensor::from([1.0]).reshape([1, 1, 1, 1]), Default::default()),
        image
            .squeeze(0)
            .conv1d(&Tensor::from([1.0, 1.0]).reshape([1, 2, 1]), Default::default())
            .unsqueeze(0),
        image.batch_norm(Some((&one, &one)), 1e-3).0,
        image.batch_norm_by(&one, &one, None, 1e-3),
        image.instance_norm(Some((&one, &one)), 1e-3),
        image.layer_norm(&row, &row, 1e-3),
        image.group_norm(1, None, 1e-3),
        image.var([2, 3], 1.0),
        image.mean_keepdim(3),
        image.softmax(2),
        image.logsumexp(..),
        image.dropout(0.5, kiln_tensor::random::Key::new(1)),
        image.flip(3),
        image.elu(1.0),
        image.clamp(0.0, 1.0),
        Tensor::stack(&[&row, &row], 0),
        Tensor::concat(&row.split(&[1, 2], 0).iter().collect::<Vec<_>>(), 0),
        Tensor::concat(&flat.chunk(2, 0).iter().collect::<Vec<_>>(), 0),
        flat.reshape([3, 2]).embedding(&Tensor::from([1u32, 0])),
        flat.index_select(0, &Tensor::from([1u32, 0])),
        1.0 - &row,
        1.0 / &row,
        &row / 2.0,
        &row - 1.0,
        -&row,
        row.select_at(0, 1),
    ];
    for y in made {
        let mut nodes = vec![y.node().unwrap().clone()];
        while let Some(node) = nodes.pop() {
            assert_eq!(node.location().file(), file!(), "{} at {}", node.name(), node.location());
            nodes.extend(node.inputs().map(|(_, input)| input.clone()));
        }
    }
}

#[test]
fn what_a_rule_records_is_in_the_scope_of_its_op() {
    let (x, y) = scoped();
    let gradient = grad_recorded(y, &[&x]).remove(0);
    let node = gradient.node().unwrap();
    assert_eq!((node.name(), node.scope()), ("tanh_grad", "G.up2"));
}

#[test]
fn text_lists_the_nodes_in_order() {
    let (_, y) = scoped();
    let text = text(&y);
    let lines: Vec<&str> = text.lines().collect();
    let words = |i: usize| lines[i].split_whitespace().collect::<Vec<_>>();
    let names: Vec<&str> = (0..lines.len()).map(|i| words(i)[1]).collect();
    assert_eq!(names[..3], ["leaf", "tanh", "mul_scalar"], "{text}");
    assert_eq!(words(1)[3], words(0)[0], "the input of tanh is the leaf");
    assert!(
        lines[1].contains("f64[2]") && lines[1].contains("in G.up2 ") && lines[1].contains(file!()),
        "{text}"
    );
    assert!(kiln_grad::graph::text(&Tensor::from(1.0)).contains("not tracked"));
    let constant = kiln_grad::graph::text(&(Tensor::from([1.0]) + Tensor::from([2.0]).tracked()));
    assert!(constant.contains("f64[1]"), "{constant}");
}

#[test]
fn dot_draws_nodes_scopes_and_arrows() {
    let (x, y) = scoped();
    let dot = dot(&y);
    let leaf = x.node().unwrap().id();
    assert!(dot.starts_with("digraph kiln {") && dot.ends_with("}\n"));
    assert!(dot.contains(&format!("n{leaf} [shape=box, label=\"leaf\\nf64[2]\"")), "{dot}");
    assert!(dot.contains("subgraph \"cluster_G.up2\"") && dot.contains("label=\"G\""), "{dot}");
    assert!(dot.contains(&format!("n{leaf} -> n")), "{dot}");
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
}

#[test]
fn a_step_in_words() {
    let (x, y) = scoped();
    let one = y.ones_like();
    let mut labels = Labels::new();
    labels.name("x", &x).text(&y);
    let sweep = Sweep::new(y, one, &[&x], false).unwrap();
    let steps: Vec<String> = sweep.map(|step| labels.step_text(&step)).collect();
    let tanh = steps.iter().find(|text| text.contains(" tanh ")).unwrap();
    assert!(tanh.contains("   #1  tanh "), "as in the text: {tanh}");
    assert!(tanh.contains("arrives  [3.0, 3.0] f64[2]"), "{tanh}");
    assert!(tanh.contains("to x     [1.2599, 0.2120] f64[2]"), "{tanh}");
}

/// Numbers are those of the graph, whatever the process has computed before.
#[test]
fn nodes_are_numbered_from_one() {
    for _ in 0..2 {
        let (_, y) = scoped();
        let numbers: Vec<String> =
            text(&y).lines().map(|line| line.split_whitespace().next().unwrap().to_string()).collect();
        assert_eq!(numbers, ["#1", "#2", "#3", "#4", "#5"]);
    }
}

#[test]
fn labels_show_names_values_and_code() {
    let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]).tracked();
    let w = Tensor::ones([5, 5], DType::F64, x.device()).tracked();
    let ((square, y), tape) = tape(|| {
        let square = x.square();
        let y = square.sum(..) + w.sum(..);
        (square, y)
    });
    let mut labels = Labels::new();
    labels
        .name("x", &x)
        .name("w", &w)
        .name("s", &square)
        .values(&tape)
        .source(file!(), include_str!("instruments.rs"));
    let text = labels.text(&y);
    let line = |words: &str| text.lines().position(|line| line.contains(words)).expect(words);
    assert_eq!(text.lines().nth(line("    s  square")).unwrap().matches('x').count(), 1, "{text}");
    assert!(text.contains("= [[ 1.0,  4.0],\n") && text.contains(" [ 9.0, 16.0]] f64[2, 2]\n"), "{text}");
    assert!(text.contains("w  leaf") && text.contains("= f64[5, 5] of norm 5.000000"), "{text}");
    assert!(text.contains(" = 55.0 f64[]"), "{text}");
    assert_eq!(line("| let square = x.square();") + 1, line("    s  square"));
    assert_eq!(
        text.matches("| let y = square.sum(..) + w.sum(..);").count(),
        1,
        "once for its three ops: {text}"
    );
    assert!(!text.contains(file!()), "{text}");

    let dot = labels.dot(&y);
    assert!(
        dot.contains("label=\"x\\nf64[2, 2]\"") && dot.contains("label=\"s = square\\nf64[2, 2]\""),
        "{dot}"
    );
    assert!(
        dot.contains("label=\"add\\nf64[]\\n55.0000\", tooltip=\"let y = square.sum(..) + w.sum(..);\""),
        "{dot}"
    );
}

#[test]
fn tensors_print_their_values() {
    let x = Tensor::from([0.5_f32, -1.0]).tracked();
    assert_eq!(format!("{x}"), "[ 0.5000, -1.0000] f32[2]");
    assert_eq!(format!("{:.1}", x.exp()), "[1.6, 0.4] f32[2]");
    assert_eq!(format!("{:?}", x.square()), "[0.2500, 1.0000] f32[2] from square");
    assert_eq!(format!("{:?}", Tensor::from(2.0)), "2.0 f64[]");
}
