// From numbers to places, and the numbers at an axis.

/** The least and greatest of numbers; their outermost hundredths left out if `trimmed`. */
function extent(values, trimmed) {
  if (!trimmed) {
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
    return [low, high];
  }
  const sorted = Float64Array.from(values).sort();
  const outer = Math.floor(sorted.length / 100);
  return sorted.length === 0 ? [Infinity, -Infinity] : [sorted[outer], sorted[sorted.length - 1 - outer]];
}

/** A range somewhat wider than from `low` to `high`, in which labels differ. */
function padded(low, high) {
  if (!(low <= high)) return [0, 1];
  const margin = Math.max(0.05 * (high - low), 1e-6 * Math.max(Math.abs(low), Math.abs(high), 1e-6));
  return [low - margin, high + margin];
}

/** A line through points, for a `path`; `x` and `y` are their places. */
function linePath(steps, values, x, y) {
  const at = (step, i) => `${i ? "L" : "M"}${x(step).toFixed(1)} ${y(values[i]).toFixed(1)}`;
  return steps.map(at).join("");
}

/** Round numbers from `low` to `high`, at most `most`. */
function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * (1 - 1e-9));
  const all = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) all.push(i * step);
  return all;
}

/** Round numbers for a logarithmic axis. */
function logTicks(low, high, most) {
  const decades = Math.log10(high / low);
  if (decades < 1) return ticks(low, high, most);
  const factors = decades < 2.5 ? [1, 2, 5] : [1];
  const every = Math.ceil(decades / most);
  const all = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += every) {
    all.push(...factors.map((factor) => factor * 10 ** power));
  }
  return all.filter((tick) => tick >= low && tick <= high);
}

/** How the numbers at an axis are written: all with the digits that they need. */
function labeller(numbers) {
  const largest = Math.max(...numbers.map(Math.abs), 0);
  const least = Math.min(...numbers.map(Math.abs).filter((size) => size > 0), largest);
  if (largest >= 1e10 || least < 1e-4) return (number) => minus(number.toExponential(0).replace("e+", "e"));
  const [unit, suffix] = largest < 1e4 ? [1, ""] : largest < 1e7 ? [1e3, "k"] : [1e6, "M"];
  const isEnough = (digits) => numbers.every((number) => {
    const shifted = (number / unit) * 10 ** digits;
    return Math.abs(shifted - Math.round(shifted)) < 1e-6;
  });
  const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8].find(isEnough) ?? 9;
  return (number) => Math.abs(number) < 1e-9 * unit ? "0" : minus((number / unit).toFixed(digits)) + suffix;
}
