//! Compiled shaders, kept for as long as the device.

use crate::context::{Context, one_line};
use crate::{fit, shader};
use kiln_tensor::gpu::Pass;
use kiln_tensor::{Error, Result};
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

/// A compiled shader and how its buffers are bound.
pub struct Pipeline {
    pub raw: wgpu::ComputePipeline,
    pub layout: Arc<wgpu::BindGroupLayout>,
}

type Variant = (&'static str, Vec<(&'static str, &'static str)>);

/// Every shader variant that has run.
#[derive(Default)]
pub struct Pipelines {
    pipelines: HashMap<Variant, Arc<Pipeline>>,
    /// By the numbers of buffers read and written.
    layouts: HashMap<(usize, usize), Arc<wgpu::BindGroupLayout>>,
}

impl Pipelines {
    /// The pipeline of a pass, compiled if it is the first of its kind.
    pub fn get(&mut self, context: &Context, pass: &Pass) -> Result<Arc<Pipeline>> {
        let variant = (pass.shader.name, pass.constants.clone());
        if let Some(pipeline) = self.pipelines.get(&variant) {
            return Ok(pipeline.clone());
        }
        let layout = self.layout(context, pass.reads.len(), pass.writes.len());
        let pipeline = Arc::new(compile(context, pass, layout)?);
        self.pipelines.insert(variant, pipeline.clone());
        Ok(pipeline)
    }

    fn layout(&mut self, context: &Context, reads: usize, writes: usize) -> Arc<wgpu::BindGroupLayout> {
        let make = || {
            let entry = |binding: usize, ty, offset| wgpu::BindGroupLayoutEntry {
                binding: binding as u32,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty,
                    has_dynamic_offset: offset,
                    min_binding_size: offset.then(|| NonZeroU64::new(4 * Pass::MAX_WORDS as u64)).flatten(),
                },
                count: None,
            };
            let mut entries = vec![entry(0, wgpu::BufferBindingType::Uniform, true)];
            for i in 0..reads + writes {
                let ty = wgpu::BufferBindingType::Storage { read_only: i < reads };
                entries.push(entry(1 + i, ty, false));
            }
            let descriptor = wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries };
            Arc::new(context.device.create_bind_group_layout(&descriptor))
        };
        self.layouts.entry((reads, writes)).or_insert_with(make).clone()
    }
}

fn compile(context: &Context, pass: &Pass, layout: Arc<wgpu::BindGroupLayout>) -> Result<Pipeline> {
    let name = pass.shader.name;
    let refused = |diagnostic: String| Error::Shader { kernel: name.to_string(), diagnostic };
    let text = pass.shader.expand(&pass.constants).map_err(|error| refused(error.to_string()))?;
    fit::check(name, &text, &context.device.limits())?;
    let scope = context.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let module = shader::module(&context.device, name, text);
    let layouts = [Some(&*layout)];
    let pipeline_layout = context.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: None,
        bind_group_layouts: &layouts,
        immediate_size: 0,
    });
    let raw = context.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(name),
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions {
            constants: &[],
            zero_initialize_workgroup_memory: false,
        },
        cache: context.cache.as_ref().map(|cache| &cache.raw),
    });
    context.cache.as_ref().inspect(|cache| cache.grow());
    match pollster::block_on(scope.pop()) {
        Some(error) => Err(refused(one_line(error))),
        None => Ok(Pipeline { raw, layout }),
    }
}
