//! What a prefetch hands out, and what becomes of its thread.

use super::*;
use crate::Dataset;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn sampler() -> Sampler {
    let set = Dataset::new("plain", [1, 1, 1], vec![0; 23]).unwrap();
    Sampler::new(Arc::new(set), 5, 1).unwrap()
}

/// A prefetch of sums of indices.
fn sums(ahead: usize) -> Prefetch<u32, Infallible> {
    Prefetch::new(sampler(), ahead, |samples| Ok(samples.indices.iter().sum())).unwrap()
}

#[derive(Debug, thiserror::Error)]
#[error("no batch of sample {0}")]
struct Refused(u32);

/// Waits until `holds`, for at most some seconds.
fn wait_until(holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "it never came about");
        std::thread::yield_now();
    }
}

#[test]
fn batches_are_those_of_the_loader() {
    for ahead in [0, 1, 2, 7, MOST_AHEAD] {
        let (mut prefetch, mut sampler) = (sums(ahead), sampler());
        assert_eq!(prefetch.batches_per_epoch(), 4);
        for _ in 0..30 {
            let next = prefetch.next_batch().unwrap();
            assert_eq!(next.samples.indices, sampler.next_indices());
            assert_eq!(next.batch, next.samples.indices.iter().sum::<u32>());
            assert_eq!(
                (next.samples.cursor, next.samples.epoch()),
                (sampler.cursor(), sampler.cursor().epoch)
            );
            assert_eq!(prefetch.cursor(), sampler.cursor());
        }
    }
}

#[test]
fn resuming_gives_the_batches_that_would_have_followed() {
    for (ahead, after) in [(0, 3), (3, 0), (3, 2), (2, 2)] {
        for before in 0..10 {
            let mut original = sums(ahead);
            (0..before).for_each(|_| drop(original.next_batch().unwrap()));
            // What was prepared and not handed out is not behind the cursor.
            let mut resumed = sums(after);
            resumed.next_batch().unwrap();
            resumed.seek(original.cursor()).unwrap();
            assert_eq!(resumed.cursor(), original.cursor());
            for _ in 0..9 {
                assert_eq!(resumed.next_batch().unwrap(), original.next_batch().unwrap());
            }
        }
    }
}

#[test]
fn a_cursor_is_saved_and_loaded() {
    let mut prefetch = sums(2);
    (0..6).for_each(|_| drop(prefetch.next_batch().unwrap()));
    let mut cursor = Cursor::default();
    kiln_nn::load(&mut cursor, &kiln_nn::save(&mut prefetch.cursor())).unwrap();
    assert_eq!(cursor, Cursor { epoch: 1, position: 10 });
    let error = prefetch.seek(Cursor { epoch: 0, position: 24 }).unwrap_err();
    assert!(error.to_string().contains("at sample 24 of an epoch"), "{error}");
    assert_eq!(prefetch.cursor(), cursor);
}

#[test]
fn no_more_are_prepared_than_asked_for() {
    for ahead in [1, 2, 5] {
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let mut prefetch = Prefetch::new(sampler(), ahead, move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok::<(), Infallible>(())
        })
        .unwrap();
        assert_eq!(made.load(Ordering::SeqCst), 0);
        for consumed in 1..4 {
            prefetch.next_batch().unwrap();
            wait_until(|| made.load(Ordering::SeqCst) >= consumed + ahead);
            std::thread::sleep(Duration::from_millis(10));
            assert_eq!(made.load(Ordering::SeqCst), consumed + ahead);
        }
    }
}

#[test]
fn dropping_ends_a_thread_that_waits() {
    for ahead in [1, 3] {
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let mut prefetch = Prefetch::new(sampler(), ahead, move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok::<(), Infallible>(())
        })
        .unwrap();
        prefetch.next_batch().unwrap();
        wait_until(|| made.load(Ordering::SeqCst) == 1 + ahead);
        drop(prefetch);
        // The thread had a share in what makes batches, and has ended.
        assert_eq!(Arc::strong_count(&made), 1);
    }
}

#[test]
fn an_error_comes_in_its_place_and_ends_the_feed() {
    for ahead in [0, 1, 4] {
        let third = {
            let mut sampler = sampler();
            sampler.next_indices();
            sampler.next_indices();
            sampler.next_indices()[0]
        };
        let mut prefetch = Prefetch::new(sampler(), ahead, move |samples| match samples.indices[0] {
            first if first == third && samples.epoch() == 0 => Err(Refused(first)),
            first => Ok(first),
        })
        .unwrap();
        prefetch.next_batch().unwrap();
        let good = prefetch.next_batch().unwrap().samples.cursor;
        let error = prefetch.next_batch().unwrap_err();
        assert!(matches!(error, PrefetchError::Make(Refused(sample)) if sample == third), "{error}");
        assert_eq!(error.to_string(), format!("no batch of sample {third}"));
        assert!(matches!(prefetch.next_batch(), Err(PrefetchError::Ended)));
        assert_eq!(prefetch.cursor(), good);
        // Elsewhere it goes on.
        prefetch.seek(Cursor { epoch: 1, position: 0 }).unwrap();
        assert_eq!(prefetch.next_batch().unwrap().samples.epoch(), 1);
    }
}

#[test]
fn a_panic_is_an_error() {
    for ahead in [0, 1, 4] {
        let mut prefetch = Prefetch::new(sampler(), ahead, |samples| {
            assert!(samples.cursor.position < 15, "position {}", samples.cursor.position);
            Ok::<(), Infallible>(())
        })
        .unwrap();
        prefetch.next_batch().unwrap();
        prefetch.next_batch().unwrap();
        let error = prefetch.next_batch().unwrap_err();
        assert_eq!(
            error.to_string(),
            "preparing a batch panicked: position 15; this is a bug, please report it with that message"
        );
        assert!(matches!(prefetch.next_batch(), Err(PrefetchError::Ended)));
        prefetch.seek(Cursor::default()).unwrap();
        assert_eq!(prefetch.next_batch().unwrap().samples.cursor.position, 5);
    }
}

#[test]
fn too_many_ahead_are_refused() {
    let prefetch = Prefetch::new(sampler(), usize::MAX, |_| Ok::<(), Infallible>(()));
    let message = prefetch.unwrap_err().to_string();
    assert_eq!(message, format!("{} batches can't be prepared ahead; choose from 0 to 256", usize::MAX));
}
