/* Numbers that more than one figure needs, and how they read: pure functions in float64, no drawing.
   The decoder is the trained network of bars.json: z -> 32 tanh -> the logits of 16 pixels. */

const [HIDDEN, PIXELS] = [32, 16];
const clamp = (v, lo, hi) => Math.min(hi, Math.max(lo, v));
const grid = (n, lo, hi) => Float64Array.from({ length: n }, (_, i) => lo + (hi - lo) * i / (n - 1));
const sum = (f) => f.reduce((s, v) => s + v, 0);
const trapezoid = (f, h) => h * (sum(f) - 0.5 * (f[0] + f[f.length - 1]));
const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));    // log(1 + e^a)
const logNormal = (z, mu = 0, sigma = 1) =>
  -0.5 * ((z - mu) / sigma) ** 2 - Math.log(sigma) - 0.5 * Math.log(2 * Math.PI);

function floats(base64) {                                     // float32, little-endian
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return Float64Array.from(new Float32Array(bytes.buffer));
}

function logits(w, z) {                                       // w: a, b (32 each), A (16 x 32), c (16) in one row
  const out = w.slice(-PIXELS);
  for (let i = 0; i < HIDDEN; i++) {
    const h = Math.tanh(w[i] * z + w[HIDDEN + i]);
    for (let d = 0; d < PIXELS; d++) out[d] += w[2 * HIDDEN + d * HIDDEN + i] * h;
  }
  return out;
}

const meanImage = (w, z) => logits(w, z).map(sigmoid);        // the mean of p(x|z), pixel by pixel

function logLik(w, x, z) {                                    // log p(x|z) in nats
  const a = logits(w, z);
  let s = 0;
  for (let d = 0; d < PIXELS; d++) s += x[d] * a[d] - softplus(a[d]);
  return s;
}

// ---------- as text

const fix = (v, digits = 2) =>                                // a real minus, and never "-0.00"
  v.toFixed(digits).replace(/^-(?=0\.?0*$)/, "").replace("-", "\u2212");
const raise = (n) => String(n).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
function sig(v) {                                             // three significant digits: 0.109, 2.05 x 10^-6
  if (v >= 1e-3 || v === 0) return v.toPrecision(3);
  const power = Math.floor(Math.log10(v));
  return `${(v / 10 ** power).toFixed(2)} \u00d7 10${raise(power)}`;
}
function percent(share) {                                     // 100%, 56%, 4.3%, 0.09%, 0.0003%
  const v = 100 * share;
  return `${v >= 10 || v === 0 ? v.toFixed(0) : v.toFixed(v >= 1 ? 1 : -Math.floor(Math.log10(v)))}%`;
}
