//! A power cut: what a run has on the disk, and no more.

use crate::support::*;
use std::fs;
use std::path::Path;
use std::process::Command;

/// On a file system of its own, whose image is copied in the midst of a training, which only Linux lets a superuser do.
/// What was written and not synced is in memory and not in the image.
const SCRIPT: &str = r#"
set -e
export PATH="$PATH:/usr/sbin:/sbin"
truncate -s 24M disk && mkfs.ext4 -q disk && mkdir -p run-here cut && mount -o loop disk run-here || exit 77
"$KILN" $TRAIN --out run-here/run --quiet &
training=$!
trap 'kill -KILL $training 2>/dev/null' EXIT
for _ in $(seq 1000); do [ -e run-here/run/checkpoints/step-000010.safetensors ] && break; sleep 0.01; done
for cut in $(seq $CUTS); do
  sleep 0.0$(od -An -N1 -tu1 /dev/urandom | awk '{ printf "%02d", $1 % 80 }')
  kill -STOP $training; cp --sparse=always disk disk-$cut; kill -CONT $training
done
for cut in $(seq $CUTS); do
  mount -o loop disk-$cut cut; cp -r cut/run after-$cut; umount cut; rm disk-$cut
done
"#;

/// The steps of the events in a file of TensorBoard's: records of a length, its checksum, the event and its checksum; the
/// event is a time and a step, as far as this goes.
fn event_steps(bytes: &[u8]) -> Vec<u64> {
    let (mut steps, mut rest) = (Vec::new(), bytes);
    while let Some(length) = rest.first_chunk().map(|length| u64::from_le_bytes(*length) as usize) {
        let whole = rest.len().checked_sub(16).is_some_and(|rest| length <= rest);
        // What wasn't synced may be there as zeros.
        let Some(event) = rest.get(12..).filter(|_| whole && length > 10) else { break };
        let event = &event[..length];
        if event[0] == 0x09 && event[9] == 0x10 {
            let bytes = event[10..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
            let digits = event[10..10 + bytes].iter().rev();
            steps.push(digits.fold(0, |step, byte| step << 7 | u64::from(byte & 0x7f)));
        }
        rest = &rest[length + 16..];
    }
    steps
}

fn last_event(run: &Path) -> u64 {
    let files = names(&run.join("tensorboard"));
    let steps =
        files.iter().flat_map(|name| event_steps(&fs::read(run.join("tensorboard").join(name)).unwrap()));
    steps.max().unwrap_or(0)
}

#[test]
#[cfg(target_os = "linux")]
fn metrics_and_events_last_as_far_as_the_checkpoints() {
    let folder = folder();
    let at = folder.path();
    let cuts: u64 = std::env::var("KILN_POWER_CUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let train = "train vae --data idx:set.idx --steps 1000000 --batch-size 16 --set hidden=16 --set latent=4 --threads 1 \
                 --set log_every=1 --set sheet_every=1000000 --set checkpoint_every=10 --set evaluate_every=1000000";
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", SCRIPT])
        .current_dir(at)
        .env("KILN", env!("CARGO_BIN_EXE_kiln"))
        .env("TRAIN", train)
        .env("CUTS", cuts.to_string())
        .output();
    let Some(output) = output.ok().filter(|output| ![Some(77), Some(1)].contains(&output.status.code()))
    else {
        skipped_tests::skip("no file system can be mounted with unshare and mount");
        return;
    };
    assert!(output.status.success(), "{}", stderr(&output));
    for cut in 1..=cuts {
        let run = at.join(format!("after-{cut}"));
        let saved = names(&run.join("checkpoints"));
        let step = |name: &String| name["step-".len()..].trim_end_matches(".safetensors").parse().ok();
        let last: u64 = saved.iter().filter_map(step).max().unwrap();
        assert!(last >= 10, "{saved:?}");
        let metrics = fs::read_to_string(run.join("metrics.jsonl")).unwrap_or_default();
        let lines = metrics.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let steps: Vec<u64> = lines
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["step"].as_u64().unwrap())
            .collect();
        assert!(
            steps.len() as u64 >= last && steps.iter().copied().eq(1..=steps.len() as u64),
            "{last} {steps:?}"
        );
        assert!(last_event(&run) >= last, "cut {cut}: {} of {last}", last_event(&run));
        // It goes on from there, and nothing is missing.
        let resumed = kiln(at, &format!("train --resume after-{cut} --steps {} --threads 1", last + 2));
        assert!(resumed.status.success(), "{}", stderr(&resumed));
        assert!(!stderr(&resumed).contains("are lost"), "{}", stderr(&resumed));
        let steps: Vec<u64> = timeless(&run)
            .iter()
            .filter(|line| !line["test"].is_object())
            .map(|line| line["step"].as_u64().unwrap())
            .collect();
        assert!(steps.iter().copied().eq(1..=last + 2), "{steps:?}");
    }
}
