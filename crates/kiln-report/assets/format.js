// How numbers are written.

/** A number in about four digits. */
function short(value) {
  const size = Math.abs(Number(value.toPrecision(4)));
  if (size === 0) return "0";
  if (size < 1e-3 || size >= 1e6) return minus(value.toExponential(2).replace("e+", "e"));
  return minus(value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(size)))));
}

/** A whole number, its thousands apart. */
function whole(value) {
  const digits = String(Math.round(value));
  return digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A length of time. */
function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const all = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  if (hours > 0) return `${whole(hours)} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

/** How far a run is, how fast it goes, and how long it will take. */
function progressText({ step, steps, seconds, imagesPerSecond, secondsLeft }, status) {
  const parts = [`step ${whole(step)} of ${whole(steps)}`];
  if (seconds > 0) parts.push(duration(seconds));
  if (imagesPerSecond !== null) parts.push(`${rate(imagesPerSecond)} images/s`);
  if (status === "training" && secondsLeft !== null) parts.push(`about ${duration(secondsLeft)} left`);
  return parts.join(", ");
}

/** A number a second, in about three digits. */
function rate(value) {
  return value >= 100 ? whole(value) : short(Number(value.toPrecision(3)));
}

/** A time that is measured rather than waited for. */
function measured(seconds) {
  const [unit, factor] = seconds >= 1 ? ["s", 1] : seconds >= 1e-3 ? ["ms", 1e3] : ["µs", 1e6];
  return `${short(seconds * factor)} ${unit}`;
}

/** With a typographic minus sign. */
function minus(text) {
  return text.replaceAll("-", "−");
}
