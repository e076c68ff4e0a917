//! Kernels read alone: a kernel is a file with its own parameters, bindings and entry point, joined with two others at most,
//! which its header names.

use kiln_kernels::{ALL, Shader, WgslFile};
use std::collections::BTreeSet;

/// Most files that make a shader.
const PARTS: usize = 3;
/// Most files there may be.
const FILES: usize = 60;

/// The comment lines at the start of a file.
fn header(part: &WgslFile) -> String {
    part.text.lines().take_while(|line| line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The files that a text names.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
    words.map(|word| word.trim_end_matches('.')).filter(|word| word.ends_with(".wgsl")).collect()
}

fn shared(shader: &Shader) -> BTreeSet<&'static str> {
    shader.parts[1..].iter().map(|part| part.file).collect()
}

#[test]
fn a_shader_is_a_file_of_its_own_and_two_others_at_most() {
    let mut own = BTreeSet::new();
    for shader in ALL {
        assert_eq!(shader.parts[0].file, format!("{}.wgsl", shader.name));
        assert!(shader.parts.len() <= PARTS, "{} has {} parts", shader.name, shader.parts.len());
        own.insert(shader.parts[0].file);
    }
    let all: BTreeSet<&str> = ALL.iter().flat_map(|shader| shader.parts).map(|part| part.file).collect();
    let joined: usize = ALL.iter().map(|shader| shader.parts.len()).sum();
    let average = joined as f64 / ALL.len() as f64;
    println!("{} kernels of {} files, {average:.1} files a kernel", ALL.len(), all.len());
    assert!(own.len() == ALL.len() && all.len() <= FILES, "{} files", all.len());
    // No file lies beside them that no kernel is made of.
    let folder = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let present: BTreeSet<String> = names.filter(|name| name.ends_with(".wgsl")).collect();
    assert_eq!(present, all.into_iter().map(String::from).collect());
}

#[test]
fn a_header_names_the_files_joined() {
    for shader in ALL {
        let header = header(&shader.parts[0]);
        assert!(!header.is_empty(), "{} has no header", shader.name);
        assert_eq!(named(&header), shared(shader), "{}", shader.name);
    }
}

#[test]
fn a_kernel_declares_its_parameters_its_bindings_and_its_variants() {
    for shader in ALL {
        let [own, shared @ ..] = shader.parts else { panic!("{} has no part", shader.name) };
        assert!(own.text.contains("\nstruct Params {"), "{}", shader.name);
        let bindings: Vec<usize> =
            (0..16).map(|i| own.text.matches(&format!("@binding({i})")).count()).collect();
        let count = bindings.iter().sum::<usize>();
        assert!(bindings.iter().take(count).all(|&n| n == 1), "{}: {bindings:?}", shader.name);
        for part in shared {
            let declares = ["@binding", "struct Params"].iter().any(|word| part.text.contains(word));
            assert!(!declares, "{} declares parameters", part.file);
        }
        // Either the kernel has an entry point, or it says what the body of products is to compute.
        let body = own.text.contains("@compute") != shared.iter().any(|part| part.file == "gemm.wgsl");
        assert!(body, "{} has no body, or two", shader.name);
    }
}
