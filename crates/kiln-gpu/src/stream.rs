//! Work on its way to the device: passes are recorded, and submitted together.

use crate::context::{Context, TIMEOUT};
use crate::pipelines::Pipelines;
use crate::pool::Pool;
use kiln_tensor::gpu::Pass;
use kiln_tensor::{Error, Result};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};

/// Passes in a batch.
const PASSES: usize = 512;
/// Uploaded bytes after which a batch is submitted, so that the memory they are staged in is freed.
const UPLOADED: usize = 64 << 20;
/// Batches that may be on the device while another one is recorded.
const IN_FLIGHT: usize = 3;
/// The bytes of a pass's uniform, which are also the distance between two; devices want multiples of 256.
const SLOT: usize = 4 * Pass::MAX_WORDS;
/// The most workgroups along one axis of a grid.
const GRID: u64 = 65_535;
/// The bytes of the words in which kernels tell of indices out of range.
const FAULT: u64 = 16;

/// Recorded work, and the batches under way.
pub struct CommandStream {
    context: Arc<Context>,
    pool: Arc<Pool>,
    pipelines: Pipelines,
    uniforms: wgpu::Buffer,
    fault: wgpu::Buffer,
    /// The uniforms of the recorded passes.
    words: Vec<u8>,
    recorded: Option<Recorded>,
    /// Copies to the host that end the recorded work. Copies that are asked for one after the other are
    /// submitted together, when the first is waited for or a pass follows.
    copies: Vec<(wgpu::Buffer, Sender<Mapped>)>,
    /// Where those copies find the submission they are part of.
    batch: Arc<OnceLock<wgpu::SubmissionIndex>>,
    uploaded: usize,
    in_flight: VecDeque<wgpu::SubmissionIndex>,
    /// Whether a kernel ran that can find an index out of range, since values were last read.
    may_fault: bool,
}

type Mapped = std::result::Result<(), wgpu::BufferAsyncError>;

/// An encoder and the pass that is open in it, if one is.
struct Recorded {
    // Dropped first: a pass must end before its encoder.
    pass: Option<wgpu::ComputePass<'static>>,
    encoder: wgpu::CommandEncoder,
}

/// Bytes that are being copied to where the host can read them.
pub struct Copied {
    staging: wgpu::Buffer,
    mapped: Receiver<Mapped>,
    batch: Arc<OnceLock<wgpu::SubmissionIndex>>,
    bytes: usize,
    faults: bool,
}

impl CommandStream {
    pub fn new(context: Arc<Context>, pool: Arc<Pool>) -> Result<Self> {
        use wgpu::BufferUsages as Use;
        let uniforms = context.buffer((PASSES * SLOT) as u64, Use::UNIFORM | Use::COPY_DST)?;
        // Fresh buffers hold zeros.
        let fault = context.buffer(FAULT, Use::STORAGE | Use::COPY_SRC)?;
        Ok(CommandStream {
            context,
            pool,
            pipelines: Pipelines::default(),
            uniforms,
            fault,
            words: vec![],
            recorded: None,
            copies: vec![],
            batch: Arc::default(),
            uploaded: 0,
            in_flight: VecDeque::new(),
            may_fault: false,
        })
    }

    /// Records a pass. A buffer of `reads` or `writes` that is `None` is that of faults.
    pub fn record(&mut self, pass: &Pass, buffers: &[Option<&wgpu::Buffer>]) -> Result<()> {
        if pass.workgroups == 0 {
            return Ok(());
        }
        let [x, y] = grid(pass)?;
        self.context.recording(pass.shader.name);
        let pipeline = self.pipelines.get(&self.context, pass)?;
        if self.words.len() == PASSES * SLOT || !self.copies.is_empty() {
            self.submit()?;
        }
        self.may_fault |= buffers.iter().any(Option::is_none);
        let offset = self.words.len();
        assert!(pass.words.len() <= Pass::MAX_WORDS, "{} has too many words", pass.shader.name);
        self.words.extend_from_slice(bytemuck::cast_slice(&pass.words));
        self.words.resize(offset + SLOT, 0);
        let slot = wgpu::BufferBinding {
            buffer: &self.uniforms,
            offset: 0,
            size: wgpu::BufferSize::new(SLOT as u64),
        };
        let mut entries =
            vec![wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::Buffer(slot) }];
        for (i, buffer) in buffers.iter().enumerate() {
            let buffer = buffer.unwrap_or(&self.fault);
            entries
                .push(wgpu::BindGroupEntry { binding: 1 + i as u32, resource: buffer.as_entire_binding() });
        }
        let group = self.context.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.layout,
            entries: &entries,
        });
        let recorded = self.recorded.get_or_insert_with(|| Recorded::new(&self.context));
        let recorded = recorded.pass();
        recorded.set_pipeline(&pipeline.raw);
        recorded.set_bind_group(0, &group, &[offset as u32]);
        recorded.dispatch_workgroups(x, y, 1);
        Ok(())
    }

    /// Bytes have been uploaded, which wait in memory for the next submission.
    pub fn uploaded(&mut self, bytes: usize) -> Result<()> {
        self.uploaded += bytes;
        if self.uploaded > UPLOADED { self.submit() } else { Ok(()) }
    }

    /// Starts the recorded work.
    pub fn submit(&mut self) -> Result<()> {
        self.context.check()?;
        let encoder = self.recorded.take().map(Recorded::end);
        self.send(encoder)
    }

    /// Records a copy of part of a buffer to the host.
    pub fn copy(&mut self, buffer: Option<&wgpu::Buffer>, offset: u64, bytes: usize) -> Result<Copied> {
        use wgpu::BufferUsages as Use;
        self.context.check()?;
        let faults = std::mem::take(&mut self.may_fault);
        let staging = self.context.buffer(bytes as u64 + FAULT, Use::MAP_READ | Use::COPY_DST)?;
        let encoder = self.recorded.get_or_insert_with(|| Recorded::new(&self.context)).encoder();
        if let Some(buffer) = buffer {
            encoder.copy_buffer_to_buffer(buffer, offset, &staging, 0, Some(bytes as u64));
        }
        if faults {
            encoder.copy_buffer_to_buffer(&self.fault, 0, &staging, bytes as u64, Some(FAULT));
        }
        let (send, mapped) = channel();
        self.copies.push((staging.clone(), send));
        Ok(Copied { staging, mapped, batch: self.batch.clone(), bytes, faults })
    }

    /// The submission that a copy is part of, which is made if need be.
    pub fn submission(&mut self, copied: &Copied) -> Result<wgpu::SubmissionIndex> {
        if copied.batch.get().is_none() {
            self.submit()?;
        }
        let lost = || Error::DeviceLost { reason: "a copy was never submitted".to_string() };
        copied.batch.get().cloned().ok_or_else(lost)
    }

    fn send(&mut self, encoder: Option<wgpu::CommandEncoder>) -> Result<()> {
        if !self.words.is_empty() {
            self.context.write(&self.uniforms, &self.words);
            self.words.clear();
        }
        let commands = encoder.map(wgpu::CommandEncoder::finish);
        let submission = self.context.queue.submit(commands);
        self.in_flight.push_back(submission.clone());
        for (staging, send) in self.copies.drain(..) {
            staging.map_async(wgpu::MapMode::Read, .., move |result| {
                // Nobody listens if the bytes aren't wanted any more.
                let _ = send.send(result);
            });
        }
        // Copies that come later are part of another submission.
        let _ = std::mem::take(&mut self.batch).set(submission);
        self.pool.submitted();
        self.uploaded = 0;
        if self.in_flight.len() > IN_FLIGHT {
            let oldest = self.in_flight.pop_front();
            self.context.wait(oldest)?;
        }
        // Frees what finished batches held, uploads' staging memory above all.
        let _ = self.context.device.poll(wgpu::PollType::Poll);
        self.context.check()
    }
}

impl Recorded {
    fn new(context: &Context) -> Self {
        Recorded { pass: None, encoder: context.device.create_command_encoder(&Default::default()) }
    }

    fn pass(&mut self) -> &mut wgpu::ComputePass<'static> {
        let begin = || self.encoder.begin_compute_pass(&Default::default()).forget_lifetime();
        self.pass.get_or_insert_with(begin)
    }

    /// For what isn't part of a pass.
    fn encoder(&mut self) -> &mut wgpu::CommandEncoder {
        self.pass = None;
        &mut self.encoder
    }

    fn end(self) -> wgpu::CommandEncoder {
        drop(self.pass);
        self.encoder
    }
}

impl Copied {
    /// Waits for the bytes, which this submission brings.
    pub fn wait(self, context: &Context, submission: wgpu::SubmissionIndex) -> Result<Vec<u8>> {
        context.wait(Some(submission))?;
        let lost = |reason: String| Error::DeviceLost { reason };
        // Whichever thread polls calls back, so that may be a moment later.
        let mapped =
            self.mapped.recv_timeout(TIMEOUT).map_err(|_| lost("a buffer was never mapped".to_string()))?;
        mapped.map_err(|error| lost(error.to_string()))?;
        let view = self.staging.get_mapped_range(..).map_err(|error| lost(error.to_string()))?;
        let (bytes, fault) = view.split_at(self.bytes);
        if self.faults {
            report(bytemuck::pod_read_unaligned(fault))?;
        }
        Ok(bytes.to_vec())
    }
}

/// The error that a device's words of faults tell of.
fn report([code, index, len, _]: [u32; 4]) -> Result<()> {
    let kernel = match code {
        0 => return Ok(()),
        1 => "gather",
        3 => "scatter",
        _ => "scatter_add",
    };
    Err(Error::IndexOutOfRange { kernel, index, len: len as usize })
}

/// The grid of a pass, folded if one axis can't hold it.
fn grid(pass: &Pass) -> Result<[u32; 2]> {
    let rows = pass.workgroups.div_ceil(GRID);
    if rows > GRID {
        return Err(Error::LimitExceeded {
            what: format!("the kernel `{}` in workgroups", pass.shader.name),
            need: pass.workgroups,
            have: GRID * GRID,
        });
    }
    Ok([pass.workgroups.div_ceil(rows) as u32, rows as u32])
}
