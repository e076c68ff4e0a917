//! Working memory of a task, kept by its thread for the next task.

use super::buffer::CacheLine;
use crate::dtype::Element;
use bytemuck::Zeroable;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// Vectors a thread keeps; tasks use a few at a time.
const KEPT: usize = 8;

thread_local! {
    static FREE: RefCell<Vec<Vec<CacheLine>>> = const { RefCell::new(Vec::new()) };
}

/// Elements of any content that go back to the thread when dropped.
pub struct Scratch<T> {
    // Cache lines, so that one vector serves all element types and vectors don't straddle lines.
    lines: Vec<CacheLine>,
    len: usize,
    element: PhantomData<T>,
}

impl<T: Element> Scratch<T> {
    pub fn new(len: usize) -> Self {
        let mut lines = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
        let needed = (len * size_of::<T>()).div_ceil(size_of::<CacheLine>());
        if lines.len() < needed {
            lines.resize(needed, CacheLine::zeroed());
        }
        Scratch { lines, len, element: PhantomData }
    }
}

impl<T: Element> Deref for Scratch<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }
}

impl<T: Element> DerefMut for Scratch<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }
}

impl<T> Drop for Scratch<T> {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        // A thread that ends while it holds scratch has no list any more.
        let _ = FREE.try_with(|free| {
            let mut free = free.borrow_mut();
            if free.len() < KEPT {
                free.push(lines);
            }
        });
    }
}
