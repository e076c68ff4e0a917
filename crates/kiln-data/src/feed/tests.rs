//! What a feed hands out, and what becomes of its thread.

use super::*;
use crate::Dataset;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn loader() -> Loader {
    let set = Dataset::new("plain", [1, 1, 1], vec![0; 23]).unwrap();
    Loader::new(Arc::new(set), 5, 1).unwrap()
}

/// A feed of sums of indices.
fn sums(ahead: usize) -> Feed<u32, Infallible> {
    Feed::new(loader(), ahead, |draw| Ok(draw.indices.iter().sum())).unwrap()
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
        let (mut feed, mut loader) = (sums(ahead), loader());
        assert_eq!(feed.batches_per_epoch(), 4);
        for _ in 0..30 {
            let fed = feed.next_batch().unwrap();
            assert_eq!(fed.draw.indices, loader.next_indices());
            assert_eq!(fed.batch, fed.draw.indices.iter().sum::<u32>());
            assert_eq!((fed.draw.cursor, fed.draw.epoch()), (loader.cursor(), loader.cursor().epoch));
            assert_eq!(feed.cursor(), loader.cursor());
        }
    }
}

#[test]
fn resuming_gives_the_batches_that_would_have_followed() {
    for (ahead, after) in [(0, 3), (3, 0), (3, 2), (2, 2)] {
        for before in 0..10 {
            let mut original = sums(ahead);
            (0..before).for_each(|_| drop(original.next_batch().unwrap()));
            // What was prepared and not handed out is not in the state.
            let saved = kiln_nn::save(&mut original);
            let mut resumed = sums(after);
            resumed.next_batch().unwrap();
            kiln_nn::load(&mut resumed, &saved).unwrap();
            assert_eq!(resumed.cursor(), original.cursor());
            for _ in 0..9 {
                assert_eq!(resumed.next_batch().unwrap(), original.next_batch().unwrap());
            }
        }
    }
}

#[test]
fn the_state_is_that_of_a_loader() {
    let (mut feed, mut loader) = (sums(2), loader());
    for _ in 0..6 {
        feed.next_batch().unwrap();
        loader.next_indices();
    }
    let mut resumed = super::tests::loader();
    kiln_nn::load(&mut resumed, &kiln_nn::save(&mut feed)).unwrap();
    assert_eq!(resumed.cursor(), loader.cursor());
    kiln_nn::load(&mut sums(0), &kiln_nn::save(&mut loader)).unwrap();
    let error = feed.seek(Cursor { epoch: 0, position: 24 }).unwrap_err();
    assert!(error.to_string().contains("at sample 24 of an epoch"), "{error}");
    assert_eq!(feed.next_batch().unwrap().draw.indices, loader.next_indices());
}

#[test]
fn no_more_are_prepared_than_asked_for() {
    for ahead in [1, 2, 5] {
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let mut feed = Feed::new(loader(), ahead, move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok::<(), Infallible>(())
        })
        .unwrap();
        assert_eq!(made.load(Ordering::SeqCst), 0);
        for consumed in 1..4 {
            feed.next_batch().unwrap();
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
        let mut feed = Feed::new(loader(), ahead, move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok::<(), Infallible>(())
        })
        .unwrap();
        feed.next_batch().unwrap();
        wait_until(|| made.load(Ordering::SeqCst) == 1 + ahead);
        drop(feed);
        // The thread had a share in what makes batches, and has ended.
        assert_eq!(Arc::strong_count(&made), 1);
    }
}

#[test]
fn an_error_comes_in_its_place_and_ends_the_feed() {
    for ahead in [0, 1, 4] {
        let third = {
            let mut loader = loader();
            loader.next_indices();
            loader.next_indices();
            loader.next_indices()[0]
        };
        let mut feed = Feed::new(loader(), ahead, move |draw| match draw.indices[0] {
            first if first == third && draw.epoch() == 0 => Err(Refused(first)),
            first => Ok(first),
        })
        .unwrap();
        feed.next_batch().unwrap();
        let good = feed.next_batch().unwrap().draw.cursor;
        let error = feed.next_batch().unwrap_err();
        assert!(matches!(error, FeedError::Make(Refused(sample)) if sample == third), "{error}");
        assert_eq!(error.to_string(), format!("no batch of sample {third}"));
        assert!(matches!(feed.next_batch(), Err(FeedError::Ended)));
        assert_eq!(feed.cursor(), good);
        // Elsewhere it goes on.
        feed.seek(Cursor { epoch: 1, position: 0 }).unwrap();
        assert_eq!(feed.next_batch().unwrap().draw.epoch(), 1);
    }
}

#[test]
fn a_panic_is_an_error() {
    for ahead in [0, 1, 4] {
        let mut feed = Feed::new(loader(), ahead, |draw| {
            assert!(draw.cursor.position < 15, "position {}", draw.cursor.position);
            Ok::<(), Infallible>(())
        })
        .unwrap();
        feed.next_batch().unwrap();
        feed.next_batch().unwrap();
        let error = feed.next_batch().unwrap_err();
        assert_eq!(
            error.to_string(),
            "preparing a batch panicked: position 15; this is a bug, please report it with that message"
        );
        assert!(matches!(feed.next_batch(), Err(FeedError::Ended)));
        feed.seek(Cursor::default()).unwrap();
        assert_eq!(feed.next_batch().unwrap().draw.cursor.position, 5);
    }
}

#[test]
fn too_many_ahead_are_refused() {
    let feed = Feed::new(loader(), usize::MAX, |_| Ok::<(), Infallible>(()));
    let message = feed.unwrap_err().to_string();
    assert_eq!(message, format!("{} batches can't be prepared ahead; choose from 0 to 256", usize::MAX));
}
