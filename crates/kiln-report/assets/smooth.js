// Curves without their noise.

/**
 * The values as a smooth curve: at each, the line that fits those within half a `window` of it best, and
 * the same once more. It stays between the least and the greatest value: no norm is below zero.
 */
function smoothed(values, window) {
  const half = Math.min(Math.round(window / 2), values.length);
  if (half === 0) return values;
  const [low, high] = extent(values, false);
  return fitted(fitted(values, half), half).map((value) => Math.min(Math.max(value, low), high));
}

function fitted(values, half) {
  const n = values.length;
  // Sums of values, and of values times places, before each place.
  const [sums, moments] = [new Float64Array(n + 1), new Float64Array(n + 1)];
  for (let i = 0; i < n; i++) {
    sums[i + 1] = sums[i] + values[i];
    moments[i + 1] = moments[i] + i * values[i];
  }
  const fit = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [from, to] = [Math.max(0, i - half), Math.min(n, i + half + 1)];
    const count = to - from;
    const center = (from + to - 1) / 2;
    const mean = (sums[to] - sums[from]) / count;
    const spread = (count * (count * count - 1)) / 12;
    const moment = moments[to] - moments[from] - center * mean * count;
    fit[i] = mean + (spread > 0 ? (moment / spread) * (i - center) : 0);
  }
  return fit;
}
